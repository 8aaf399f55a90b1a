"""Grids of variants: main effects against sums by hand, and knobs by what they do."""

import itertools

import pytest

from payload.analysis.crossed import compare_settings, knobs_ranked, main_effects
from payload.analysis.intervals import mean_of

KEY = "pixels.clear_delivered"
SKIES = (100.0, 250.0, 40.0, 90.0)


def grid(worth):
    """Base and a 3 x 2 grid; `worth(a, b)` is added to each sky's own worth."""
    settings = [{"k.a": a, "k.b": b} for a, b in itertools.product("123", "xy")]
    flights = [("base", [{KEY: sky} for sky in SKIES])]
    for index, setting in enumerate(settings):
        mine = [
            {KEY: sky + worth(setting["k.a"], setting["k.b"]) + 0.01 * seed * (index % 3)}
            for seed, sky in enumerate(SKIES)
        ]
        flights.append((", ".join(f"{k}={v}" for k, v in setting.items()), mine))
    return flights, settings


def test_main_effects_are_differences_of_means_over_the_other_knob():
    """By hand: at a = 3 the mean over b less that at a = 1, seed by seed, then over seeds."""
    flights, settings = grid(lambda a, b: 10 * int(a) + (5 if b == "y" else 0))
    found = {effect.variant: effect for effect in main_effects(flights[1:], settings)}
    assert list(found) == ["k.a=2 against 1", "k.a=3 against 1", "k.b=y against x"]
    at = {name: [seed[KEY] for seed in mine] for name, mine in flights}
    by_hand = [
        (three_x + three_y) / 2 - (one_x + one_y) / 2
        for three_x, three_y, one_x, one_y in zip(
            at["k.a=3, k.b=x"], at["k.a=3, k.b=y"], at["k.a=1, k.b=x"], at["k.a=1, k.b=y"],
            strict=True,
        )
    ]  # fmt: skip
    three = found["k.a=3 against 1"].difference
    assert three.value == pytest.approx(mean_of(by_hand).value)
    assert (three.low, three.high) == pytest.approx((mean_of(by_hand).low, mean_of(by_hand).high))
    assert three.value == pytest.approx(20, abs=0.1)
    assert found["k.b=y against x"].difference.value == pytest.approx(5, abs=0.1)


def test_what_knobs_do_together_cancels_in_main_effects():
    """Worth +1 where both agree and -1 where not: no knob does anything by itself (a law of contrasts)."""
    flights, settings = grid(lambda a, b: (1 if (a == "2") == (b == "y") else -1) * 7.0)
    found = {effect.variant: effect for effect in main_effects(flights[1:], settings)}
    assert found["k.a=2 against 1"].difference.value == pytest.approx(0, abs=0.1)


def test_knobs_are_ranked_by_their_largest_effect():
    flights, settings = grid(lambda a, b: -10 * int(a) + (5 if b == "y" else 0))
    found = compare_settings(flights, range(4), settings)
    ranked = knobs_ranked(found)
    assert [effect.knob for effect in ranked] == ["k.a", "k.b"]
    assert ranked[0].variant == "k.a=3 against 1"
    assert len(found.effects) == 6  # each cell against the base is there, too
    assert [key for key, _ in found.as_dict()["ranked"]] == [KEY] * 3


def test_variants_one_by_one_have_no_main_effects_but_knobs():
    flights = [(name, [{KEY: sky + add} for sky in SKIES]) for name, add in [("base", 0), ("k.a=1", 3), ("k.b=1", 9)]]  # fmt: skip
    found = compare_settings(flights, range(4), [{"k.a": "1"}, {"k.b": "1"}])
    assert found.main == ()
    assert [effect.knob for effect in knobs_ranked(found)] == ["k.b", "k.a"]


def test_a_figure_that_one_cell_lacks_counts_in_no_main_effect_of_that_seed():
    flights, settings = grid(lambda a, b: 10 * int(a))  # noqa: ARG005
    flights[1][1][2] = {KEY: None}
    flights[2][1][3] = {}
    found = {effect.variant: effect for effect in main_effects(flights[1:], settings)}
    assert found["k.a=2 against 1"].difference.count == 2
