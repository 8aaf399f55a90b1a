"""What the page of effects says first, by effects of known chances."""

from dataclasses import replace

import pytest

from payload.analysis.intervals import Mean
from payload.analysis.paired import PairedComparison, compare_paired
from payload.sweep.effects import render

KEY = "pixels.clear_delivered"


def page_of(*chances):
    """Of variants whose differences are resolved by themselves, each with a chance."""
    flown = [(name, [{KEY: value} for value in (1.0, 2.0, 3.0)]) for name in ("base", "v")]
    (effect,) = compare_paired(flown, range(3)).effects
    effects = [
        replace(effect, variant=f"v{number}", chance=chance, difference=Mean(2.0, 1.0, 3.0, 3))
        for number, chance in enumerate(chances)
    ]
    return render(PairedComparison(("base",), (0, 1, 2), tuple(effects)), "title")


@pytest.mark.parametrize(
    ("chances", "said", "verdict"),
    [
        ((0.03, 0.04), "None of the 2 ranked differences is resolved with this number of seeds", "resolved by itself, not among 2"),
        ((0.04, 0.01), "The largest effect on clear pixels delivered is that of v0", "resolved among 2"),
        ((0.04,), "The largest effect on clear pixels delivered is that of v0", "resolved among 1"),
        ((0.06, 0.01), "The largest effect on clear pixels delivered is that of v1", "resolved by itself, not among 2"),
    ],
)  # fmt: skip
def test_the_answer_names_what_is_resolved_among_all(chances, said, verdict):
    page = page_of(*chances)
    assert said in page
    assert verdict in page
    assert "Each interval is taken by itself" in page
