"""The surrogate itself: what it draws, that equal samples give equal bytes, and how it refuses."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_tiles import FITTED_ON, PIXELS, RAW_BYTES, SAMPLES, SIZE

from payload.analysis.fidelity import UNKNOWN, surrogate_part
from payload.errors import ScenarioError
from payload.rng import stream
from payload.surrogate import (
    PACKAGED,
    Donors,
    Error,
    HeldOut,
    Surrogate,
    TileSize,
    calibrate,
    draw,
    read_surrogate,
    write_surrogate,
)
from payload.text_files import check_place
from payload.types import SURFACES, CoverEstimate, Glance


@pytest.fixture(scope="module")
def fitted():
    return calibrate(SAMPLES, FITTED_ON)


def drawn(surrogate, glance, name="tile", *, size=SIZE, mood=None):
    return draw(surrogate, glance, stream(0, name), size, mood=mood)


def test_equal_samples_give_equal_bytes(fitted, tmp_path):
    again = calibrate(SAMPLES, FITTED_ON)
    write_surrogate(fitted, tmp_path / "one.json")
    write_surrogate(again, tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert fitted.digest == again.digest


def test_what_is_written_is_read_again(fitted, tmp_path):
    write_surrogate(fitted, tmp_path / "one.json")
    read = read_surrogate(tmp_path / "one.json")
    assert read == fitted
    assert read.digest == fitted.digest
    assert [item.name for item in tmp_path.iterdir()] == ["one.json"]


def test_a_file_of_before_knows_no_cost_of_a_record_and_is_read(fitted, tmp_path):
    path = tmp_path / "one.json"
    write_surrogate(replace(fitted, own_bytes=300), path)
    assert read_surrogate(path).own_bytes == 300
    path.write_text(path.read_text().replace(' "own_bytes": 300,\n', ""))
    assert read_surrogate(path) == fitted


glances = st.builds(
    Glance,
    cover=st.floats(0, 1),
    surface=st.sampled_from(SURFACES),
    sun_elevation_deg=st.floats(-5, 90),
    thick_cover=st.none() | st.floats(0, 1),
)
sizes = st.builds(TileSize, pixels=st.integers(1, 5000), raw_bytes=st.integers(100, 50_000))


@given(glance=glances, size=sizes)
def test_a_draw_is_a_possible_tile(fitted, glance, size):
    estimate, encoded_bytes = drawn(fitted, glance, size=size)
    pixels = size.pixels
    assert estimate.valid_px == pixels
    assert estimate.cloudy_px == round(glance.cover * pixels)
    assert estimate.clear_px + estimate.cloudy_px == pixels
    assert estimate.cloud_px == estimate.true_cloud_px + estimate.false_cloud_px
    counts = (estimate.true_cloud_px, estimate.missed_cloud_px, estimate.false_cloud_px)
    assert min(*counts, estimate.true_clear_px) >= 0
    assert 0 <= estimate.expected_cloud_px <= pixels
    assert 1 <= encoded_bytes <= size.raw_bytes


def test_a_clear_donor_gives_a_clear_tile_its_whole_vector(fitted):
    """Mistakes and length are of one donor: no pair is drawn that no donor has."""
    donors = fitted.donors
    pairs = set(zip(donors.false_cloud_px, donors.encoded_bytes, strict=True))
    glance = Glance(0.0, "forest", 30.0, 0.0)
    for turn in range(50):
        estimate, encoded_bytes = drawn(fitted, glance, f"tile-{turn}")
        assert (estimate.false_cloud_px, encoded_bytes) in pairs


def test_a_draw_follows_surface_and_thickness(fitted):
    def called(glance):
        found = [drawn(fitted, glance, f"tile-{turn}")[0].cloud_px for turn in range(100)]
        return np.mean(found) / PIXELS

    assert called(Glance(0.0, "snow", 30.0, 0.0)) == pytest.approx(0.3, abs=0.02)
    assert called(Glance(0.0, "sand", 30.0, 0.0)) == pytest.approx(0.02, abs=0.01)
    assert called(Glance(1.0, "sand", 30.0, 0.9)) > 0.75
    assert called(Glance(1.0, "sand", 30.0, 0.1)) < 0.25


def test_a_glance_without_thickness_is_drawn_too(fitted):
    estimates = {
        drawn(fitted, Glance(1.0, "sand", 30.0), f"tile-{turn}")[0].cloud_px for turn in range(60)
    }
    assert len(estimates) > 3


@pytest.mark.parametrize(("pixels", "cloud_px", "expected_px"), [(1000, 310, 330), (500, 155, 165)])
def test_probabilities_stray_from_the_mask_as_far_as_those_of_the_donor(
    pixels, cloud_px, expected_px
):
    """By hand: of 300 cloudy pixels 240 are found, of 700 clear ones 70 are called cloud; expected are 20 more than the 310."""
    one = Donors((0,), (0,), (0.3,), (0.3,), (40.0,), (240,), (60,), (70,), (630,), (330,), (6072,), (2000,))  # fmt: skip
    nothing = Error(0, 0, 0, 0, 0, 0, 0)
    alone = Surrogate(FITTED_ON, one, HeldOut(0, 0, 0, nothing, nothing))
    glance = Glance(0.3, SURFACES[0], 40.0, 0.3)
    estimate, _ = drawn(alone, glance, size=TileSize(pixels, 6072))
    assert estimate.cloud_px == cloud_px
    assert estimate.expected_cloud_px == pytest.approx(expected_px)


def test_another_size_has_the_same_shares(fitted):
    glance = Glance(0.5, "soil", 40.0, 0.3)
    whole, whole_bytes = drawn(fitted, glance)
    part, part_bytes = drawn(fitted, glance, size=TileSize(PIXELS // 4, RAW_BYTES // 4))
    assert part.cloud_px == pytest.approx(whole.cloud_px / 4, abs=2)
    assert part_bytes == pytest.approx(whole_bytes / 4, abs=1)


def test_what_a_record_costs_of_its_own_does_not_shrink_with_its_tile(fitted):
    """By hand: beyond 300 bytes a quarter of a tile takes a quarter; no record is longer than the raw one."""
    costly = replace(fitted, own_bytes=300)
    glance = Glance(0.5, "soil", 40.0, 0.3)
    whole, part = TileSize(PIXELS, RAW_BYTES), TileSize(PIXELS // 4, RAW_BYTES // 4)
    _, whole_bytes = drawn(fitted, glance)
    assert drawn(costly, glance, size=whole) == drawn(fitted, glance, size=whole)
    assert drawn(costly, glance, size=part)[1] == pytest.approx(
        300 + (whole_bytes - 300) / 4, abs=1
    )
    assert drawn(costly, glance, size=TileSize(1, 90))[1] == 90


def test_no_more_is_a_record_s_own_cost_than_its_length(fitted):
    costly = replace(fitted, own_bytes=max(fitted.donors.encoded_bytes))
    glance = Glance(0.0, "forest", 30.0, 0.0)
    for pixels in (PIXELS, PIXELS // 2, 1):
        size = TileSize(pixels, RAW_BYTES)
        assert drawn(costly, glance, size=size)[1] == drawn(fitted, glance)[1]


def test_tiles_of_one_image_prefer_donors_of_one_scene(fitted):
    glance = Glance(0.0, "forest", 30.0, 0.0)

    def lengths(mood):
        return len({drawn(fitted, glance, f"tile-{i}", mood=mood)[1] for i in range(60)})

    assert lengths(stream(0, "image").random(fitted.scenes)) <= 4  # a scene has four tiles
    assert lengths(None) > 4


def test_the_mood_makes_no_donor_likelier_than_another(fitted):
    """Over many images each neighbour is drawn as often as without moods: chi-squared, 0.1 % level."""
    glance = Glance(0.4, "soil", 40.0, 0.2)
    (near,) = fitted.neighbours_each([glance])
    turns = 3000
    seen = Counter(
        drawn(fitted, glance, f"tile-{turn}", mood=stream(turn, "image").random(fitted.scenes))[1]
        for turn in range(turns)
    )
    lengths = Counter(fitted.donors.encoded_bytes[donor] for donor in near)
    assert seen.keys() <= lengths.keys()
    expected = {length: turns * count / near.size for length, count in lengths.items()}
    chi2 = sum((seen[length] - wanted) ** 2 / wanted for length, wanted in expected.items())
    assert chi2 < 29.6  # 10 degrees of freedom at most


def test_the_error_on_scenes_kept_out_is_that_of_an_independent_count(fitted):
    others = [item for item in SAMPLES if item.held_out]
    held_out = fitted.held_out
    assert (held_out.tiles, held_out.scenes) == (len(others), 50)
    kept = [item.encoded_bytes for item in others if item.estimate.cover <= 0.7]
    assert held_out.kept_bytes.tile_mean == pytest.approx(sum(kept) / len(others), rel=1e-5)
    assert abs(held_out.kept_bytes.total_bias) < 0.05
    low, high = held_out.kept_clear_px.total(50)
    assert low < 0 < high


def test_a_total_over_more_images_is_surer(fitted):
    error = fitted.held_out.kept_bytes
    widths = [high - low for low, high in map(error.total, (1, 10, 100, 10**6))]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == pytest.approx(2 * 1.96 * error.total_spread / error.scenes**0.5, rel=1e-3)


def test_a_total_over_no_images_has_no_interval(fitted):
    assert fitted.held_out.kept_bytes.total(0) is None
    part = surrogate_part(fitted, name="x", images=0, totals=(UNKNOWN, UNKNOWN))
    assert not any("For a total" in sentence for sentence in part["sentences"])
    assert part["sentences"][1].endswith("(mask) were not assessed.")
    for told in (part["held_out"]["kept_bytes"], part["held_out"]["kept_clear_px"]):
        assert (told["total_low"], told["total_high"]) == UNKNOWN
    assert replace(fitted.held_out.kept_bytes, total_spread=3.0).total(1)[0] == -1.0
    some = surrogate_part(fitted, name="x", images=1, totals=((-0.5, None), (-0.01, 0.02)))
    said = "For a total over 1 image the 95 % interval of the error is -50.0 % upwards for bytes, -1.0 % to +2.0 % for"
    assert said in some["sentences"][1]


def test_no_scene_is_on_both_sides(fitted):
    assert len(fitted.donors.scene) == sum(not item.held_out for item in SAMPLES)
    assert fitted.scenes == 150


@pytest.mark.parametrize(
    "samples",
    [
        SAMPLES[:20],
        [item for item in SAMPLES if not item.held_out],
        [replace(item, estimate=CoverEstimate(PIXELS, 5)) for item in SAMPLES],
    ],
)
def test_too_few_samples_or_none_with_truth_are_refused(samples):
    with pytest.raises(ScenarioError, match=r"expected at least 50 and 1|truth"):
        calibrate(samples, FITTED_ON)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"masker": {"kind": "other"}}, "the masker (kind was made up, is other here)"),
        ({"codec": {"kind": "made up", "level": 3}}, "the codec (level was not set, is 3 here)"),
        ({"tile_px": 64}, "the tile size (was 32, is 64 here)"),
        ({"world": {}}, "the scene (kind was made up, is not set here)"),
        (
            {"sensor": FITTED_ON.sensor | {"gsd_m": 20.0}},
            "the camera (gsd_m was 10.0, is 20.0 here)",
        ),
        ({"probe": (1001.0, 0.25)}, "the world's code"),
        ({"probe": (1000.0,)}, "the world's code"),
    ],
)
def test_a_difference_is_named(change, said):
    assert said in FITTED_ON.difference(replace(FITTED_ON, **change))


def test_machines_that_round_differently_are_no_difference():
    assert FITTED_ON.difference(replace(FITTED_ON, probe=(1000.0 + 1e-5, 0.25 + 1e-5))) is None


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        (r"(?s).*", ""),
        (r"(?s).{1000}\Z", ""),
        (r"(?s).+", "[]"),
        pytest.param(r"(?s).+", "[" * 100_000, id="deep"),
        (r'"format": 1', '"format": 2'),
        (r'"donors"', '"others"'),
        (r'"held_out"', '"others"'),
        (r'"surface": \[', '"surface": [99,'),
        (r'"surface": \[', '"surface": [1,'),
        (r'"raw_bytes": \[', '"raw_bytes": [0,'),
    ],
)
def test_a_damaged_file_is_refused_with_its_name(fitted, tmp_path, pattern, instead):
    path = tmp_path / "one.json"
    write_surrogate(fitted, path)
    path.write_text(re.sub(pattern, instead, path.read_text(), count=1))
    with pytest.raises(ScenarioError, match=r"one\.json: is not a surrogate"):
        read_surrogate(path)


@pytest.mark.skipif(not Path("/dev/null").is_char_device(), reason="there is no /dev/null")
def test_a_device_is_not_read_as_a_file():
    """Of /dev/zero there is no end."""
    with pytest.raises(ScenarioError, match="/dev/null is not a file"):
        read_surrogate(Path("/dev/null"))


def test_a_donor_without_a_pixel_is_refused_with_its_number(fitted, tmp_path):
    counts = ("true_cloud_px", "missed_cloud_px", "false_cloud_px", "true_clear_px")
    donors = fitted.donors
    empty = {name: (*getattr(donors, name)[:7], 0, *getattr(donors, name)[8:]) for name in counts}
    write_surrogate(replace(fitted, donors=replace(donors, **empty)), tmp_path / "one.json")
    with pytest.raises(
        ScenarioError, match=r"one\.json: is not a surrogate: donor 7 has no pixels"
    ):
        read_surrogate(tmp_path / "one.json")


def test_a_file_that_cannot_be_written_is_told(fitted, tmp_path):
    with pytest.raises(ScenarioError, match="cannot be written"):
        write_surrogate(fitted, tmp_path / "nowhere" / "one.json")


def test_a_place_that_takes_no_file_is_told_before_the_work(tmp_path, monkeypatch):
    check_place(tmp_path / "one.json")
    assert not list(tmp_path.iterdir())

    def refused(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refused)
    with pytest.raises(ScenarioError, match=r"one\.json: cannot be written: Permission denied"):
        check_place(tmp_path / "one.json")


def test_the_packaged_one_is_small_and_learnt_from_thousands_of_tiles():
    assert PACKAGED.stat().st_size < 300_000
    packaged = read_surrogate(PACKAGED)
    assert len(packaged.donors.scene) > 2000
    assert packaged.held_out.scenes > 100
    assert abs(packaged.held_out.kept_bytes.total_bias) < 0.05
    assert abs(packaged.held_out.kept_clear_px.total_bias) < 0.02
