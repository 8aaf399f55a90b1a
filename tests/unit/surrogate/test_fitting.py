"""The error on scenes kept out, by a count of its own: of donors that are all alike nothing is left to chance."""

import statistics
from dataclasses import replace

import pytest
from made_up_tiles import FITTED_ON, SAMPLES

from payload.errors import ScenarioError
from payload.pruning import Policy, decide
from payload.surrogate import Sample, calibrate, fitting
from payload.types import CoverEstimate, Glance

PIXELS, RAW_BYTES = 1000, 6072
DRAWS = 8  # of each tile


def kept_out(scene, number, cloudy_px, found_px, size_bytes):
    """A tile over which no clear ground is called cloud."""
    return Sample(
        tile_id=f"{scene}#{number}",
        scene=scene,
        glance=Glance(cloudy_px / PIXELS, "forest", 40.0, cloudy_px / PIXELS),
        estimate=CoverEstimate(
            PIXELS, found_px, found_px, cloudy_px - found_px, 0, PIXELS - cloudy_px, float(found_px)
        ),
        raw_bytes=RAW_BYTES,
        encoded_bytes=size_bytes,
        held_out=True,
    )


# Of donors every cloud is found, and each record has 2,000 bytes: so are tiles drawn, and kept up to a cover of 0.7.
DONORS = [
    replace(kept_out(f"donor-{n}", 0, 20 * n, 20 * n, 2000), held_out=False) for n in range(50)
]
KEPT_OUT = [
    kept_out("a", 0, 0, 0, 2500),  # 500 bytes too short
    kept_out("a", 1, 700, 700, 1900),  # at the threshold, and kept
    kept_out("b", 0, 900, 600, 2300),  # painted it is kept, with 100 clear pixels; drawn it is dropped
    kept_out("b", 1, 100, 90, 2000),
    kept_out("c", 0, 1000, 1000, 1500),  # kept by nobody
    *[kept_out("d", n, 0, 0, 1000 + 30 * n) for n in range(35)],  # each of another length
]  # fmt: skip
PAINTED = {"a": [2500, 1900], "b": [2300, 2000], "c": [0], "d": [1000 + 30 * n for n in range(35)]}
OFF = {"a": [-500, 100], "b": [-2300, 0], "c": [0], "d": [1000 - 30 * n for n in range(35)]}


@pytest.fixture(scope="module")
def fitted():
    return calibrate(DONORS + KEPT_OUT, FITTED_ON)


def ends(off):
    """Of all draws what a fortieth lies below, and above: between two of them in proportion."""
    in_order = sorted(off * DRAWS)
    for share in (0.025, 0.975):
        place = share * (len(in_order) - 1)
        below, above = in_order[int(place)], in_order[int(place) + 1]
        yield below + (place - int(place)) * (above - below)


def test_errors_of_bytes_are_those_counted_by_hand(fitted):
    error = fitted.held_out.kept_bytes
    painted = [size for sizes in PAINTED.values() for size in sizes]
    off = [each for errors in OFF.values() for each in errors]
    assert error.tile_mean == pytest.approx(statistics.mean(painted), rel=1e-5)
    assert error.tile_bias == pytest.approx(statistics.mean(off), rel=1e-5)
    assert (error.tile_low, error.tile_high) == pytest.approx(tuple(ends(off)), rel=1e-5)
    scene_mean = statistics.mean(map(sum, PAINTED.values()))
    of_scenes = list(map(sum, OFF.values()))
    assert error.total_bias == pytest.approx(statistics.mean(of_scenes) / scene_mean, rel=1e-5)
    spread = statistics.stdev(of_scenes * DRAWS) / scene_mean
    assert error.total_spread == pytest.approx(spread, rel=1e-5)
    assert error.scenes == fitted.held_out.scenes == 4
    assert fitted.held_out.tiles == 40


def test_errors_of_clear_pixels_are_those_counted_by_hand(fitted):
    """Of 1000, 300, 100, 900, none and 35 times 1000 the hundred are lost."""
    error = fitted.held_out.kept_clear_px
    assert error.tile_mean == pytest.approx(37_300 / 40, rel=1e-5)
    assert error.tile_bias == pytest.approx(-100 / 40, rel=1e-5)
    assert (error.tile_low, error.tile_high) == pytest.approx(tuple(ends([-100] + [0] * 39)))
    assert error.total_bias == pytest.approx(-100 / 37_300, rel=1e-5)


@pytest.mark.parametrize("cloudy_px", [0, 699, 700, 701, 1000])
def test_errors_are_told_under_the_rule_that_flies(cloudy_px):
    estimate = kept_out("a", 0, cloudy_px, cloudy_px, 2000).estimate
    (decision,) = decide([estimate], Policy("tile", fitting.MAX_CLOUD_COVER))
    kept = (2000, PIXELS - cloudy_px) if decision.keep else (0, 0)
    assert fitting.brought_down(estimate, 2000) == kept
    assert decision.keep == (cloudy_px <= 700)


def test_each_scene_kept_out_is_drawn_several_times_as_an_image_of_its_own_mood(monkeypatch):
    """As flights draw: one mood for all tiles of a scene, another at each turn."""
    met = {}
    draw = fitting.draw

    def noted(surrogate, glance, rng, size, *, mood):
        met.setdefault(tuple(mood.tolist()), []).append(glance.cover)
        return draw(surrogate, glance, rng, size, mood=mood)

    monkeypatch.setattr(fitting, "draw", noted)
    calibrate(DONORS + KEPT_OUT, FITTED_ON)
    assert len(met) == 4 * DRAWS
    assert sorted(map(len, met.values())) == [1] * DRAWS + [2] * 2 * DRAWS + [35] * DRAWS


def test_fifty_donors_are_enough_and_one_less_is_not():
    calibrate(DONORS + KEPT_OUT, FITTED_ON)
    with pytest.raises(ScenarioError, match="49 tiles to fit a surrogate on"):
        calibrate(DONORS[1:] + KEPT_OUT, FITTED_ON)


def test_donors_hold_what_was_seen_of_them():
    """Covers to four digits, probabilities to a pixel; where a masker has none, the mask itself counts."""
    bare = [replace(s, estimate=s.estimate._replace(expected_cloud_px=None)) for s in SAMPLES]
    for samples in (SAMPLES, bare):
        donors = calibrate(samples, FITTED_ON).donors
        fitted_on = [item for item in samples if not item.held_out]
        assert donors.cover == pytest.approx([item.glance.cover for item in fitted_on], abs=6e-5)
        thick = [item.glance.thick_cover for item in fitted_on]
        assert donors.thick_cover == pytest.approx(thick, abs=6e-5)
        expected = [
            item.estimate.cloud_px + (3 if item.estimate.expected_cloud_px is not None else 0)
            for item in fitted_on
        ]
        assert list(donors.expected_cloud_px) == expected
