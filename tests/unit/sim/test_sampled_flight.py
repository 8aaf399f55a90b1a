"""Sampled flights agree with pixels within their own interval, whoever flies, and paint no more than they say."""

import json
from functools import partial

import numpy as np
import pytest

from payload import api
from payload.darkroom.looked_at import look_at
from payload.darkroom.sampled import FEWEST_IN_STRATUM, FEWEST_TILES, choose_members
from payload.darkroom.strata import kind_of_stratum, stratum
from payload.errors import ScenarioError
from payload.imaging.tiling import cut_tile, cut_tiles
from payload.ledger import Fate, audit
from payload.run import _summarise
from payload.scenario.load import load_scenario
from payload.sim import ARMS, assemble, fly_arms
from payload.sim.sample_error import Sample, foreseen
from payload.sim.survey import sample_of
from payload.types import Glance

PLACES = tuple(
    (lon, lat) for lat in (-55, -35, -15, 5, 25, 45, 62) for lon in range(-170, 190, 24)
)  # fmt: skip
ROOMY = {"memory": {"capacity_mb": 1000}, "link": {"kind": "fixed", "rate_mbps": 100}}
WIDE = {"gsd_m": 20, "width_px": 224, "height_px": 192, "max_off_nadir_deg": 45}
NARROW = WIDE | {"width_px": 180, "height_px": 116}
GROWN_TO = 0.025
MANY = ROOMY | {"places": PLACES, "camera": WIDE}
FEW = MANY | {"places": PLACES[::3]}


def fly_in(write_scenario, folder, fidelity="sampled", fraction=0.1, error=None, **changes):
    """Fly a small scenario with changes; all arms, a tenth painted if not told otherwise."""
    spool = folder / "spool"
    spool.mkdir(exist_ok=True)
    named = {"fidelity": fidelity, "sampled": {"fraction": fraction, "error": error}}
    assembly = assemble(load_scenario(write_scenario(**(FEW | named | changes))))
    records, memo = fly_arms(assembly, spool)
    return _summarise(assembly, "0" * 64, records, memo), records, memo


@pytest.fixture
def fly(write_scenario, tmp_path):
    """Fly with changes, for one test."""
    return partial(fly_in, write_scenario, tmp_path)


@pytest.fixture(scope="module")
def usual(scenario_writer, tmp_path_factory):
    """The flight without a change, for all tests."""
    folder = tmp_path_factory.mktemp("usual")
    return fly_in(partial(scenario_writer, folder), folder)


def arm_of(summary, name="prune"):
    return next(arm for arm in summary["arms"] if arm["name"] == name)


def test_a_tile_cut_alone_is_the_tile_cut_with_the_others(write_scenario):
    """The world is pure: what a window holds does not depend on what else is painted."""
    assembly = assemble(load_scenario(write_scenario(camera=WIDE)))
    image = assembly.camera.expose(next(iter(assembly.opportunities["one"])))
    scene = assembly.source.scene(image.view)
    for margin_px in (0, 8, 24):
        cut = partial(cut_tile, scene, image.id, tile_px=80, margin_px=margin_px)
        for tile in cut_tiles(scene, image.id, tile_px=80, margin_px=margin_px):
            alone = cut((tile.row, tile.col))
            assert (alone.id, alone.window, alone.inset) == (tile.id, tile.window, tile.inset)
            np.testing.assert_array_equal(alone.patch.bands, tile.patch.bands)
            np.testing.assert_array_equal(alone.patch.truth, tile.patch.truth)
            np.testing.assert_array_equal(alone.surroundings, tile.surroundings)


def test_requests_that_arrive_after_the_start_are_sampled_like_those_known_at_once(
    write_scenario, tmp_path
):
    """All arrive after a minute, before anything can be taken: the first plan is empty, and the flight is the same."""
    file = write_scenario(**FEW, fidelity="sampled", sampled={"fraction": 0.1, "error": None})
    at_once, later = tmp_path / "at_once", tmp_path / "later"
    found = []
    for spool in (at_once, later):
        spool.mkdir()
        assembly = assemble(load_scenario(file))
        records, memo = fly_arms(assembly, spool, arms=("prune",))
        painted = sample_of(memo.darkroom).painted
        found.append((painted, records["prune"].delivered_s.keys()))
        places = tmp_path / "places.geojson"
        wanted = json.loads(places.read_text())
        for item in wanted["features"]:
            item["properties"]["arrives_h"] = 1 / 60
        places.write_text(json.dumps(wanted))
    assert found[0] == found[1]
    assert len(painted) < len(records["prune"].ledger.acquired) / 2


def test_painted_tiles_are_those_of_a_flight_by_pixels(fly, usual):
    _, _, memo = usual
    _, _, whole = fly("pixels")
    painted = sample_of(memo.darkroom).painted
    pairs = [
        (fact, other)
        for image, facts in memo.facts_of.items()
        for fact, other in zip(facts, whole.facts_of[image], strict=True)
    ]
    assert FEWEST_TILES / 2 < len(painted) < len(pairs) / 2
    for fact, other in pairs:
        assert (fact.tile_id, fact.pixels, fact.raw_bytes) == (
            other.tile_id, other.pixels, other.raw_bytes,
        )  # fmt: skip
        if fact.tile_id in painted:
            assert fact == other.without_records


def test_all_arms_fly_the_same_sample_and_balance(fly):
    _, records, memo = fly(memory={"capacity_mb": 0.5}, link={"kind": "fixed", "rate_mbps": 0.05})
    assert tuple(records) == ARMS
    for record in records.values():
        audit(record.ledger)
        books = record.ledger
        assert books.acquired_bytes() == sum(books.total_bytes(fate) for fate in Fate)
    assert records["raw"].ledger.total_bytes(Fate.SAVED) == 0
    sizes: dict[str, set[int]] = {}
    for arm in ("compressed", "discard", "prune", "oracle"):
        for outcome in (o for image in records[arm].images for o in image.outcomes):
            if outcome.is_kept:
                sizes.setdefault(outcome.tile_id, set()).add(outcome.encoded_bytes)
    assert all(len(found) == 1 for found in sizes.values())
    assert not memo.truthless


def test_a_small_flight_is_painted_whole_and_is_the_flight_by_pixels(fly):
    few = {"places": PLACES[90:96], "camera": {**WIDE, "width_px": 96, "height_px": 64}}
    sampled, pixels = fly(**few), fly("pixels", **few)
    assert sampled[0]["tiles"]["acquired"] <= FEWEST_TILES
    assert sampled[0]["arms"] == pixels[0]["arms"]
    assert sampled[0]["sampled"]["painted"] == sampled[0]["sampled"]["tiles"]


@pytest.mark.parametrize(
    ("places", "tiles", "said"),
    [
        (PLACES[:90:6], 4, "All 4 tiles were rendered"),
        (PLACES[27:28], 1, "The only tile was rendered"),
        (PLACES[93:94], 0, "No tiles were acquired"),
    ],
)
def test_where_all_tiles_are_painted_nothing_is_unsure(fly, places, tiles, said):
    small = {**WIDE, "width_px": 32, "height_px": 32}
    never_again = {"policy": "none"}
    summary = fly(places=places, camera=small, rescheduling=never_again)[0]
    told = summary["sampled"]
    assert told["painted"] == told["tiles"] == tiles
    assert told["sentences"][0].startswith(said)
    assert len(told["sentences"]) == 1
    for name in set(ARMS) - {"raw", "discard"}:
        own, arm = told["arms"][name], arm_of(summary, name)
        for key in ("downlinked_bytes", "clear_pixels_delivered"):
            assert own[f"{key}_low"] == own[f"{key}_high"] == arm[key]


def test_a_flight_repeats_bit_for_bit(fly, usual):
    assert fly()[0] == usual[0]


def glances(count, seed=5):
    rng = np.random.default_rng(seed)
    surfaces = ("water", "forest", "snow", "sand", "glint", "town")
    return {
        f"image-{number}": [
            Glance(
                float(rng.choice([0.0, rng.random(), 1.0])),
                str(rng.choice(surfaces)),
                float(rng.uniform(5, 70)),
                float(rng.random()),
            )
            for _ in range(12)
        ]
        for number in range(count)
    }


def members(chosen, seen):
    """Which tiles are painted, by image."""
    looked = look_at(9, seen)
    painted = chosen.painted(looked)
    return {
        (name, number)
        for name, begin in looked.images.items()
        for number in range(len(seen[name]))
        if painted[begin + number]
    }


def test_a_larger_fraction_holds_the_smaller_one_and_every_stratum_has_some():
    seen = glances(300)
    before: set[tuple[str, int]] = set()
    total = sum(map(len, seen.values()))
    for fraction in (0.01, 0.05, 0.1, 0.3, 0.7, 0.95, 1.0):
        chosen = choose_members(9, fraction, look_at(9, seen).lots_by_stratum)
        now = members(chosen, seen)
        assert before <= now
        assert len(now) >= 0.95 * max(fraction * total, FEWEST_TILES)
        strata = {stratum(item) for items in seen.values() for item in items}
        assert {stratum(seen[name][number]) for name, number in now} == strata
        before = now
    assert len(before) == total


def test_tiles_of_a_rare_size_are_painted_by_their_weight_and_else_like_others_of_their_kind():
    """A quarter as large, they weigh a quarter: so many fewer of as many are painted, to 4 deviations of a binomial."""
    rng = np.random.default_rng(4)
    covers = rng.choice([0.0, 1.0], 6000)
    seen = {
        "wide": [Glance(cover, "forest", 50.0, cover, 2**16) for cover in covers[:4000]],
        "narrow": [Glance(cover, "forest", 50.0, cover, 2**14) for cover in covers[4000:]],
    }
    looked = look_at(9, seen)
    chosen = choose_members(9, 0.05, looked.lots_by_stratum)
    painted = chosen.painted(looked)
    assert painted.sum() == pytest.approx(0.05 * painted.size, abs=4 * (0.05 * painted.size) ** 0.5)
    wide, narrow = painted[:4000].mean(), painted[4000:].mean()
    assert narrow == pytest.approx(wide / 4, abs=4 * (wide / 4 / 2000) ** 0.5)
    few = choose_members(
        9, 0.05, {where: lots[:40] for where, lots in looked.lots_by_stratum.items()}
    )
    counts = {
        where: (lots[:40] < few.shares[where]).sum()
        for where, lots in looked.lots_by_stratum.items()
    }
    assert all(count >= FEWEST_IN_STRATUM for where, count in counts.items() if where[3] == 17)


def test_small_tiles_of_a_rare_size_are_like_their_own_size_alone():
    """A record of 1 x 32 px is no thirty-second of one of 32 x 32, so some of each size are painted, and two large ones may share."""
    rng = np.random.default_rng(4)
    for sizes, fewest in (((2**10, 2**5), FEWEST_IN_STRATUM), ((2**16, 2**14), 0)):
        covers = rng.choice([0.0, 1.0], 4000)
        seen = {
            f"{pixels}": [Glance(cover, "forest", 50.0, cover, pixels) for cover in some]
            for pixels, some in zip(sizes, (covers[:3900], covers[3900:]), strict=True)
        }
        looked = look_at(9, seen)
        painted = choose_members(9, 0.05, looked.lots_by_stratum).painted(looked)
        counts = np.bincount(looked.looks.member, painted)
        rare = [where[3] == sizes[1].bit_length() for where in looked.looks.strata]
        assert sum(rare) == 2
        assert fewest <= counts[rare].min() < 2 * FEWEST_IN_STRATUM
        kinds = {kind_of_stratum(where) for where in looked.looks.strata}
        assert len(kinds) == (4 if fewest else 2)


def test_membership_is_by_name_alone():
    """Whoever else is looked at, and in which order."""
    seen = glances(300)
    chosen = choose_members(9, 0.1, look_at(9, seen).lots_by_stratum)
    together = members(chosen, seen)
    for name in ("image-7", "image-250"):
        alone = members(chosen, {name: seen[name]})
        assert alone == {each for each in together if each[0] == name}
    other = members(chosen, {"other": seen["image-7"]})
    assert {number for _, number in other} != {n for name, n in together if name == "image-7"}


def within(summary, pixels, arm="prune"):
    """Of bytes and of clear pixels: whether pixels lie in the stated interval, and half of it as a share."""
    told, real = summary["sampled"]["arms"][arm], arm_of(pixels, arm)
    for name in ("downlinked_bytes", "clear_pixels_delivered"):
        low, high = told[f"{name}_low"], told[f"{name}_high"]
        yield low <= real[name] <= high, (high - low) / 2 / real[name]


def both(fly, seed, **changes):
    """A sampled flight over all places, of another world and season, and the same by pixels."""
    day = MANY | {"seed": seed, "epoch_utc": f"2026-{1 + seed % 12:02d}-11T00:00:00Z"}
    return fly(**(day | changes))[0], fly("pixels", **(day | changes))[0]


JUDGED = ("compressed", "prune", "mask", "oracle")


def test_a_sample_agrees_with_pixels_within_its_own_interval(fly):
    """The judge is the same flight by pixels, which the sample stands for.

    Of sixteen intervals of 95 % more than two miss in one case of twenty-three (binomial).
    """
    found = []
    for seed in (201, 202):
        sampled, pixels = both(fly, seed)
        assert sampled["tiles"]["acquired"] == pixels["tiles"]["acquired"] > 1000
        assert sampled["bytes"]["acquired"] == pixels["bytes"]["acquired"]
        found += [each for arm in JUDGED for each in within(sampled, pixels, arm)]
    assert sum(is_within for is_within, _ in found) >= len(found) - 2
    assert all(0.0002 < width < 0.1 for _, width in found)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_intervals_hold_what_they_promise_over_seeds(fly):
    """Counted over worlds, arms and figures: near 95 %, and errors of both signs even out.

    Samples here are of some 240 tiles, of which rare mistakes may have no example: 0.96 of 288 were counted when this was written.
    """
    held: list[bool] = []
    off: list[float] = []
    for seed in range(300, 336):
        sampled, pixels = both(fly, seed)
        for arm in JUDGED:
            held += [is_within for is_within, _ in within(sampled, pixels, arm)]
            mine, real = (arm_of(each, arm)["downlinked_bytes"] for each in (sampled, pixels))
            off.append(mine / real - 1)
    assert len(held) > 250
    assert np.mean(held) >= 0.88
    assert abs(np.mean(off)) < 0.006


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_intervals_of_samples_that_grew_hold_what_they_promise(fly):
    """Stopping where the error seems small must not make it seem smaller than it is.

    Seeds that were not looked at when the rule was fixed: 146 of 160 intervals held, 0.91.
    """
    held: list[bool] = []
    for seed in range(9201, 9221):
        sampled, pixels = both(fly, seed, error=GROWN_TO)
        told = sampled["sampled"]
        assert FEWEST_TILES * 1.2 < told["painted"] < told["tiles"]
        for arm in JUDGED:
            held += [is_within for is_within, _ in within(sampled, pixels, arm)]
    assert np.mean(held) >= 0.88


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_intervals_hold_where_a_third_of_the_tiles_are_narrow_ones_at_the_edges(fly):
    """Tiles of 32 px and, at the edges, of 20: each size is sampled by itself, and all count in one total.

    145 of 160 intervals held when this was written, 0.91, and bytes were off by -0.3 % in the mean.
    """
    held: list[bool] = []
    off: list[float] = []
    for seed in range(9501, 9521):
        sampled, pixels = both(fly, seed, camera=NARROW)
        assert FEWEST_TILES < sampled["sampled"]["painted"] < sampled["sampled"]["tiles"]
        for arm in JUDGED:
            held += [is_within for is_within, _ in within(sampled, pixels, arm)]
            mine, real = (arm_of(each, arm)["downlinked_bytes"] for each in (sampled, pixels))
            off.append(mine / real - 1)
    assert np.mean(held) >= 0.88
    assert abs(np.mean(off)) < 0.006


def test_more_is_painted_until_the_interval_is_as_asked_for(fly, usual):
    coarse, fine = usual[0], fly(error=0.02)[0]
    assert fine["sampled"]["painted"] > coarse["sampled"]["painted"]
    own = arm_of(fine)
    told = fine["sampled"]["arms"]["prune"]
    half = told["downlinked_bytes_high"] - own["downlinked_bytes"]
    assert half / own["downlinked_bytes"] < 0.03


def test_a_survey_foresees_what_the_flight_tells(fly, write_scenario):
    """All that was planned comes down here, and who takes from whom is drawn before: totals alone are guessed, by donors as they are: to three hundredths."""
    summary, records, memo = fly(error=0.05)
    darkroom = sample_of(memo.darkroom)
    planned = set(darkroom.planned.images)
    assert {image.acquisition.id for image in records["compressed"].images} == planned
    sample = Sample(assemble(load_scenario(write_scenario(**FEW, fidelity="sampled"))), darkroom)
    widest = 0.0
    for name, told in summary["sampled"]["arms"].items():
        for key in ("downlinked_bytes", "clear_pixels_delivered"):
            half = (told[f"{key}_high"] - told[f"{key}_low"]) / 2
            widest = max(widest, half / arm_of(summary, name)[key])
    assert foreseen(sample) == pytest.approx(widest, rel=0.03)
    assert widest < 0.051


@pytest.mark.parametrize(("sure", "is_wider"), [(0.9, False), (3.0, True)])
def test_a_flight_says_if_it_is_less_sure_than_was_asked_for(fly, monkeypatch, sure, is_wider):
    """Here all that was planned comes down, so that it is as sure as was foreseen; of the second a third is foreseen."""
    monkeypatch.setattr("payload.sim.survey._SURE", sure)
    summary = fly(error=0.03)[0]
    widest = max(
        (told[f"{key}_high"] - told[f"{key}_low"]) / 2 / arm_of(summary, name)[key]
        for name, told in summary["sampled"]["arms"].items()
        for key in ("downlinked_bytes", "clear_pixels_delivered")
    )
    said = summary["sampled"]["sentences"][1]
    assert (widest > 0.03) == is_wider
    assert (f"Up to ± {100 * widest:.2f} %" in said) == is_wider
    assert ("exceeds the ± 3 % requested" in said) == is_wider


@pytest.mark.parametrize(
    "change",
    [
        {"codec": {"kind": "raw"}},
        {"codec": {"kind": "auto"}, "masker": {"kind": "oracle"}},
        {"loss": {"max_error": 2}},
        pytest.param({"loss": {"bits_per_sample": 3.0}}, marks=pytest.mark.slow),
        {"memory": {"capacity_mb": 1000, "keep_pruned_h": 5}, "requests": {"policy": "least_sure"}},
        {"camera": {**WIDE, "counted_bands": 3, "bit_depth": 10}},
        {"rescheduling": {"policy": "next_opportunity", "max_cloud_cover": 0.5}},
    ],
    ids=str,
)
def test_any_payload_flies_by_a_sample_without_a_fit(fly, change):
    """Books are audited by the flight; what comes down is that of pixels but for a fifth."""
    sampled = fly(**change)[0]
    pixels = fly("pixels", **change)[0]
    assert 0 < sampled["sampled"]["painted"] < sampled["sampled"]["tiles"]
    for key in ("downlinked_bytes", "clear_pixels_delivered"):
        assert arm_of(sampled)[key] == pytest.approx(arm_of(pixels)[key], rel=0.2)


def test_rasters_are_refused_with_a_sentence(root):
    with pytest.raises(ScenarioError, match="knows cloud cover without rendering"):
        api.check(root / "scenarios" / "replay.yaml", ["fidelity=sampled"])


def test_a_run_says_what_it_is_and_how_far_to_trust_it(write_scenario, tmp_path):
    named = {"fidelity": "sampled", "sampled": {"error": None}, "products": {"tiles": "all"}}
    result = api.run(api.check(write_scenario(**(FEW | named))), tmp_path / "out")
    told = json.loads((result.folder / "summary.json").read_text())["sampled"]
    assert 0.85 * FEWEST_TILES <= told["painted"] < told["tiles"]
    assert set(told["arms"]) == set(ARMS) - {"raw", "discard"}
    page = (result.folder / "report.html").read_text(encoding="utf-8")
    assert "This is a sampled flight." in page
    assert "95 % interval" in page
    assert not list(result.folder.glob("downlink/*"))
    assert not list(result.folder.glob("tiles/*"))


def test_the_sample_is_no_part_of_other_scenarios(write_scenario):
    """Nor of their digests: what is not used changes no name of a results folder."""
    plain = load_scenario(write_scenario())
    changed = load_scenario(write_scenario(sampled={"fraction": 0.5}))
    assert changed.digest == plain.digest
    assert "sampled" not in plain.model_dump(mode="json")
    used = load_scenario(write_scenario(fidelity="sampled", sampled={"fraction": 0.5}))
    assert used.model_dump(mode="json")["sampled"] == {"fraction": 0.5, "error": 0.02}
