"""What a run is expected to take, against what it then takes; seconds are of CPU, so that others may work too."""

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest

from payload.darkroom.store import PLACE, find_store
from payload.estimate import estimate, expectation, trying
from payload.estimate.products import products_of
from payload.estimate.remembering import remembered_share
from payload.fleet import FleetSize, write_fleet
from payload.run import run
from payload.scenario.load import load_scenario
from payload.scenario.models import SampledModel
from payload.sim import assemble, fly_arms
from payload.sim.loops.first_plan import first_plan
from payload.sim.survey import sample_of

# What a process has held at most is told with that of its parent before it became another, so that a small one stands between.
BETWEEN = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


EXPECTING = """
import json, pathlib, sys
from payload import api
expected = api.estimate(api.check(pathlib.Path(sys.argv[1]), sys.argv[2:]))
print(json.dumps([expected.cpu_s, expected.memory_bytes, expected.disk_bytes]))
"""


def taken(scenario, changes, out):
    """CPU seconds, greatest memory and bytes on disk of a run from the shell."""
    words = [word for change in changes for word in ("--set", change)]
    command = [sys.executable, "-m", "payload", "run", str(scenario), *words, "--out", str(out)]
    said = subprocess.run(
        [sys.executable, "-c", BETWEEN, *command], check=True, capture_output=True, text=True
    ).stdout.split()
    on_disk = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    return float(said[0]), int(said[1]) * 1024, on_disk


def expected_of(scenario, changes):
    """The same three, as a process of its own expects them, as from the shell."""
    said = subprocess.run(
        [sys.executable, "-c", EXPECTING, str(scenario), *changes],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return json.loads(said)


def within_two(expected, found):
    return all(one / 2 <= other <= one * 2 for one, other in zip(expected, found, strict=True))


def test_a_day_without_pixels_takes_what_was_expected(root, tmp_path):
    path, changes = root / "scenarios" / "quickstart.yaml", ["fidelity=surrogate"]
    expected = expected_of(path, changes)
    assert within_two(expected, taken(path, changes, tmp_path)), expected


@pytest.mark.slow
def test_cloudy_places_that_are_taken_again_and_again_take_what_was_expected(root, tmp_path):
    """Five days of places that are nearly always called cloudy: several times as many images as the first plan has."""
    path = root / "scenarios" / "quickstart.yaml"
    changes = [
        "fidelity=surrogate",
        "rescheduling.max_cloud_cover=0.05",
        "rescheduling.max_retakes=20",
        "duration_h=120",
    ]
    expected = expected_of(path, changes)
    assert within_two(expected, taken(path, changes, tmp_path)), expected


def test_a_flight_by_pixels_takes_what_was_expected(root, tmp_path):
    path, changes = root / "scenarios" / "replay.yaml", ["duration_h=12"]
    expected = expected_of(path, changes)
    assert within_two(expected, taken(path, changes, tmp_path)), expected


def test_of_large_images_a_part_is_painted_that_tells_of_the_whole(root, monkeypatch):
    """One tile of 25, and the seconds and the tiles of all, as where all are painted."""
    changes = ["fidelity=pixels", "camera.width_px=1200", "camera.height_px=1200", "duration_h=6"]
    changes += ["pruning.tile_px=256"]
    assembly = assemble(load_scenario(root / "scenarios" / "quickstart.yaml", changes))
    images = first_plan(assembly).images
    whole_s, whole_tiles, whole = trying.work_on_some(assembly, images)
    monkeypatch.setattr(trying, "TIMED_PX", 256**2)
    part_s, part_tiles, part = trying.work_on_some(assembly, images)
    assert len(whole) == 25 * len(part) > 0
    assert whole_tiles == part_tiles == 25
    assert whole_s / 2 <= part_s <= whole_s * 2


@pytest.mark.parametrize(
    ("tiles", "error", "painted"), [(1_260, 0.02, 478), (512, 0.02, 189), (1_920, 0.04, 325)]
)
def test_samples_of_few_tiles_are_as_small_as_they_were(tiles, error, painted):
    """Painted in flights of the quickstart, of Phi-Sat-2's eight images, and of the quickstart in tiles of 64 px."""
    share = expectation.painted_share(SampledModel(error=error), tiles)
    assert painted / 2 <= share * tiles <= painted * 2


def test_bands_that_are_counted_take_no_room_on_disk(write_scenario):
    """Records hold the painted bands, so that where all comes down the same is left, whatever else was counted."""
    found = []
    for bands in (0, 116):
        camera = {"gsd_m": 20, "width_px": 80, "height_px": 72, "counted_bands": bands}
        roomy = {"memory": {"capacity_mb": 1000}, "link": {"kind": "fixed", "rate_mbps": 1000}}
        assembly = assemble(load_scenario(write_scenario(camera=camera, **roomy)))
        images = first_plan(assembly).images
        _, tiles, facts = trying.work_on_some(assembly, images)
        found.append(products_of(assembly, images, facts, round(tiles * len(images))).bytes)
    assert found[0] == pytest.approx(found[1], rel=0.01)
    assert found[0] > 10_000


def test_images_of_requests_that_arrive_during_the_flight_are_expected(root, tmp_path):
    """All arrive an hour after the begin: the first plan of the flight is empty."""
    places = json.loads((root / "scenarios" / "quickstart.geojson").read_text(encoding="utf-8"))
    for feature in places["features"]:
        feature["properties"]["arrives_h"] = 1
    (tmp_path / "late.geojson").write_text(json.dumps(places), encoding="utf-8")
    changes = f"targets.file={tmp_path / 'late.geojson'}", "fidelity=surrogate"
    scenario = load_scenario(root / "scenarios" / "quickstart.yaml", changes)
    assembly = assemble(scenario)
    assert not first_plan(assembly).images
    records, _ = fly_arms(assembly, tmp_path, arms=["prune"])
    flown, expected = len(records["prune"].images), expectation.foresee(scenario).images
    assert 0 < flown / 2 <= expected <= flown * 2


@pytest.mark.parametrize("fidelity", ["pixels", "sampled", "surrogate"])
def test_where_no_image_is_taken_nothing_is_painted(root, fidelity):
    """Nor is the compiler loaded, whatever would do the work."""
    dark = "epoch_utc=2026-12-21T00:00:00Z", "duration_h=1", f"fidelity={fidelity}"
    work = expectation.foresee(load_scenario(root / "scenarios" / "quickstart.yaml", dark))
    assert work.images == work.extent.painted_px == 0
    assert not work.extent.is_compiled


def test_what_the_memo_holds_is_not_expected_to_be_done_again(
    write_scenario, tmp_path, monkeypatch
):
    """All that a run has left, less an image whose records are gone, and nothing where the memo is off."""
    scenario = load_scenario(write_scenario())
    place = tmp_path / "memo"
    monkeypatch.setenv(PLACE, str(place))
    assert estimate(scenario).image_s > 0
    assembly = assemble(scenario)
    images = first_plan(assembly).images
    assert remembered_share(assembly, images, find_store(), 1.0) == 0.0
    run(scenario, tmp_path / "out")
    assert estimate(scenario).image_s == 0.0
    next(place.rglob("*.records")).unlink()
    assert remembered_share(assembly, images, find_store(), 1.0) == pytest.approx(
        1.0 - 1.0 / len(images)
    )
    monkeypatch.setenv(PLACE, "off")
    assert remembered_share(assembly, images, find_store(), 1.0) == 0.0


def test_of_a_larger_sample_the_part_that_is_not_in_a_smaller_one_is_expected(
    write_scenario, tmp_path
):
    """By nesting: of a sample twice as large half is painted already, and all of one that is grown to as sure a total."""
    wide = {"gsd_m": 20, "width_px": 224, "height_px": 192, "max_off_nadir_deg": 45}
    places = tuple((5.0 * lon, lat) for lat in (60, 66, 72) for lon in range(7))
    sampled = {"fidelity": "sampled", "sampled": {"fraction": 0.01, "error": None}}
    scenario = load_scenario(write_scenario(camera=wide, places=places, **sampled))
    store = find_store({PLACE: str(tmp_path / "memo")})
    assembly = assemble(scenario, store=store)
    (tmp_path / "spool").mkdir()
    _, memo = fly_arms(assembly, tmp_path / "spool")
    painted, tiles = len(sample_of(memo.darkroom).painted), sum(map(len, memo.facts_of.values()))
    assert 0 < painted <= tiles / 2
    bare, images = assemble(scenario), first_plan(assembly).images
    for times in (0.5, 2.0):  # whatever size was expected
        assert remembered_share(bare, images, store, times * painted / tiles) == 1.0
    rules = SampledModel(fraction=1.0, error=None)
    larger = assemble(scenario.model_copy(update={"sampled": rules}))
    assert remembered_share(larger, images, store, 2 * painted / tiles) == pytest.approx(0.5)


@pytest.mark.slow
@pytest.mark.parametrize("changes", [["duration_h=12"], ["fidelity=sampled"]], ids=str)
def test_a_run_of_which_all_is_remembered_takes_what_was_expected(
    root, tmp_path, changes, monkeypatch
):
    path = root / "scenarios" / "quickstart.yaml"
    monkeypatch.setenv(PLACE, str(tmp_path / "memo"))
    first = taken(path, changes, tmp_path / "first")
    expected, found = expected_of(path, changes), taken(path, changes, tmp_path / "second")
    assert within_two(expected, found), (expected, found)
    assert found[0] < first[0] / 2


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not find_spec("numba"), reason="takes minutes without numba")
def test_a_single_image_by_the_strongest_codec_takes_what_was_expected(root, tmp_path):
    """Pictures and restored tiles are as many as the tiles themselves, and none of them is coded again."""
    path = root / "scenarios" / "quickstart.yaml"
    changes = ["duration_h=3", "codec.kind=strong", "camera.width_px=1024", "camera.height_px=1024"]
    expected = expected_of(path, changes)
    assert within_two(expected, taken(path, changes, tmp_path)), expected


def test_large_tiles_take_the_memory_that_was_expected(root, tmp_path):
    """A network's layers are as large as the tile that it looks at."""
    path = root / "scenarios" / "quickstart.yaml"
    changes = ["duration_h=3", "pruning.tile_px=1280"]
    changes += ["camera.width_px=1280", "camera.height_px=1280"]
    expected = expected_of(path, changes)
    assert within_two(expected, taken(path, changes, tmp_path)), expected


LONG = """
name: long
seed: 19
epoch_utc: 2026-06-21T00:00:00Z
duration_h: {hours}
satellites: [{{name: one, orbit: {{kind: sgp4, altitude_km: 550, ltan: "10:30"}}}}]
stations:
  - {{name: svalbard, lat_deg: 78.23, lon_deg: 15.39, min_elevation_deg: 10}}
  - {{name: awarua, lat_deg: -46.53, lon_deg: 168.38, min_elevation_deg: 10}}
targets: {{{targets}}}
camera: {{gsd_m: 10, width_px: 1600, height_px: 1536, max_off_nadir_deg: 35, min_sun_elevation_deg: 15}}
scene: {{kind: synthetic}}
memory: {{capacity_mb: 36}}
link: {{kind: fixed, rate_mbps: 0.25}}
fidelity: surrogate
"""
AGAIN = """{"type": "FeatureCollection", "features": [{"type": "Feature",
"properties": {"name": "bear-island", "repeat_h": 24},
"geometry": {"type": "Point", "coordinates": [19.0, 74.45]}}]}"""


def write_long(folder, hours, targets):
    (folder / "again.geojson").write_text(AGAIN, encoding="utf-8")
    path = folder / "long.yaml"
    path.write_text(LONG.format(hours=hours, targets=targets), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("hours", "targets"),
    [
        pytest.param(1_000, "file: again.geojson", id="months over one place"),
        pytest.param(
            24, "mapping: {min_land: 0.5, max_duty: 0.1}", id="mapping", marks=pytest.mark.slow
        ),
    ],
)
def test_long_ways_and_many_images_take_what_was_expected(tmp_path, hours, targets):
    """Of the first nearly all is written for states and contacts, of the second for tiles."""
    path = write_long(tmp_path, hours, targets)
    expected = expected_of(path, [])
    assert within_two(expected, taken(path, [], tmp_path / "out")), expected


def test_a_large_fleet_over_few_places_takes_what_was_expected(tmp_path):
    """Next to no image, but contacts and states."""
    write_fleet(tmp_path, FleetSize(planes=10, satellites_per_plane=10, targets=3, hours=3.0))
    expected = expected_of(tmp_path / "fleet.yaml", [])
    out = tmp_path / "out"
    assert within_two(expected, taken(tmp_path / "fleet.yaml", [], out)), expected


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [["duration_h=12"], ["duration_h=8", "products.tiles=all"], ["fidelity=sampled"]],
    ids=["pixels", "all tiles restored", "a sample"],
)
def test_a_painted_day_takes_what_was_expected(root, tmp_path, changes):
    path = root / "scenarios" / "quickstart.yaml"
    expected = expected_of(path, changes)
    assert within_two(expected, taken(path, changes, tmp_path)), expected


@pytest.mark.slow
def test_a_fleet_takes_what_was_expected(tmp_path):
    write_fleet(tmp_path, FleetSize(planes=2, satellites_per_plane=5, targets=200))
    expected = expected_of(tmp_path / "fleet.yaml", [])
    out = tmp_path / "out"
    assert within_two(expected, taken(tmp_path / "fleet.yaml", [], out)), expected


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["ground_loop", "on_board"])
def test_a_fleet_that_plans_anew_at_each_contact_takes_the_time_that_was_expected(tmp_path, policy):
    write_fleet(tmp_path, FleetSize(planes=2, satellites_per_plane=5, targets=200))
    path = tmp_path / "fleet.yaml"
    changes = [f"rescheduling.policy={policy}", "scheduler.kind=priority"]
    expected, found = expected_of(path, changes), taken(path, changes, tmp_path / "out")
    assert within_two(expected[:2], found[:2]), expected


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        ["rescheduling.policy=ground_loop", "scheduler.kind=best-of"],
        ["rescheduling.policy=next_opportunity", "scheduler.kind=ltap", "rescheduling.forecast={}"],
        ["rescheduling.policy=on_board", "rescheduling.plans_memory=true"],
        ["rescheduling.policy=ground_loop", "rescheduling.horizon_h=12"],
    ],
    ids=["the better of several plans", "forecasts", "memory", "half a day ahead"],
)
def test_a_fleet_whose_plans_are_made_anew_takes_the_time_that_was_expected(tmp_path, changes):
    write_fleet(tmp_path, FleetSize(planes=2, satellites_per_plane=2, targets=60))
    path = tmp_path / "fleet.yaml"
    expected, found = expected_of(path, changes), taken(path, changes, tmp_path / "out")
    assert within_two(expected[:2], found[:2]), (expected, found)
