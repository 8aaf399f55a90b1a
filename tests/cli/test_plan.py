"""`payload-sim plan`: what it writes, what it answers, what it refuses."""

import csv
import json
import time
from itertools import pairwise

import pytest

from payload import api
from payload.sim import assemble

SCENARIO = "scenarios/quickstart.yaml"


@pytest.fixture
def scenario(root):
    return root / SCENARIO


def test_a_plan_is_printed_and_written_in_three_forms(call, scenario, tmp_path):
    answer = call("plan", scenario, "--out", tmp_path, "--scheduler", "best-of")
    assert answer.code == 0, answer.err
    *_, last, place = answer.out.splitlines()
    (folder,) = tmp_path.iterdir()
    assert place == str(folder)
    told = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    images = told["images"]
    assert last.startswith(f"{len(images)} of {len(images) + len(told['left_out'])} targets")
    assert len(images) + len(told["left_out"]) == 35
    starts = [image["start_s"] for image in images]
    assert starts == sorted(starts)
    assert len({image["target"] for image in images}) == len(images) > 20
    with (folder / "plan.csv").open(newline="", encoding="utf-8") as file:
        assert [row["id"] for row in csv.DictReader(file)] == [image["id"] for image in images]
    shapes = json.loads((folder / "plan.geojson").read_text(encoding="utf-8"))
    for feature, image in zip(shapes["features"], images, strict=True):
        assert feature["geometry"]["coordinates"] == [image["lon_deg"], image["lat_deg"]]
        assert feature["properties"]["target"] == image["target"]


def test_the_plan_of_the_scenarios_own_planner_is_the_one_that_flies(call, scenario, tmp_path):
    """Without clouds to learn of, the images of a flight are those of its plan."""
    answer = call("plan", scenario, "--out", tmp_path / "plan", "--json", "--quiet")
    told = json.loads(answer.out)
    assert told["scheduler"] == "fifo"
    changes = ["rescheduling.policy=none", "fidelity=surrogate"]
    (tmp_path / "spool").mkdir()
    summary = api.fly(api.check(scenario, changes), tmp_path / "spool")
    assert summary["targets"]["acquired"] == len(told["images"])


def test_a_flight_and_its_plan_tell_as_many_targets_out_of_reach(call, scenario, tmp_path):
    """The pole is never below the satellite by daylight; of the area beside it no shot is, of that in the north each."""

    def area(name, lat_deg, **more):
        ring = [[10.0, lat_deg], [10.6, lat_deg], [10.6, lat_deg + 0.2], [10.0, lat_deg + 0.2]]
        geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        return {"type": "Feature", "properties": {"name": name, **more}, "geometry": geometry}

    def point(name, lat_deg, **more):
        geometry = {"type": "Point", "coordinates": [20.0, lat_deg]}
        return {"type": "Feature", "properties": {"name": name, **more}, "geometry": geometry}

    features = [
        *(point("pole", -89.0), point("later pole", -88.0, arrives_h=2.0)),
        *(point("seen", 70.0), point("late", 70.5, arrives_h=30.0)),
        *(area("dark", -70.0), area("light", 72.0)),
    ]
    file = tmp_path / "places.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    words = ("--set", f"targets.file={file}", "--set", "fidelity=surrogate", "--json")
    planned = json.loads(call("plan", scenario, *words, "--out", tmp_path / "plan").out)
    why = "never within reach in daylight and in time"
    out = {name for name, told in planned["left_out"].items() if told == why}
    answer = call("run", scenario, *words, "--out", tmp_path / "run")
    flown = json.loads(answer.out)
    assert {"pole", "later pole"} <= out
    assert not out & {"seen", "late"}
    assert flown["targets"]["out_of_reach"] == len(out) == 2 + sum(n[:5] == "dark/" for n in out)
    assert f"{len(out)} of {flown['targets']['requested']} targets" in answer.err
    dark, light = flown["requests"]["areas"]
    assert dark["out_of_reach"] == dark["shots"] > 1
    assert light["out_of_reach"] == 0 < light["shots"]
    page = (next((tmp_path / "run").iterdir()) / "report.html").read_text(encoding="utf-8")
    assert f"{len(out)} out of reach" in page


def test_slew_and_cap_of_the_scenario_bind_the_plan(call, scenario, tmp_path):
    keys = ("--set", "camera.max_images_per_orbit=2", "--set", "camera.slew_deg_per_s=0.5")
    answer = call("plan", scenario, *keys, "--out", tmp_path, "--scheduler", "priority", "--json")
    images = json.loads(answer.out)["images"]
    orbit_s = assemble(api.check(scenario)).limits.orbit_s["sixer"]
    assert orbit_s == pytest.approx(5730.0, rel=0.01)  # Kepler's third law: 550 km, 95.5 min
    orbits = [int(image["start_s"] // orbit_s) for image in images]
    assert max(map(orbits.count, orbits)) == 2
    for first, second in pairwise(images):
        turn_s = abs(second["roll_deg"] - first["roll_deg"]) / 0.5 + 30.0
        assert second["start_s"] >= first["start_s"] + first["duration_s"] + turn_s


def test_milp_tells_how_far_from_the_best_it_is(call, scenario, tmp_path):
    answer = call("plan", scenario, "--out", tmp_path, "--scheduler", "milp", "--json")
    told = json.loads(answer.out)  # nothing else is on stdout
    assert told["gap"] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "either a SCENARIO or --measure"),
        ((SCENARIO, "--measure"), "either a SCENARIO or --measure"),
        (("--measure", "--effort", "0"), "--effort"),
        ((SCENARIO, "--scheduler", "densty"), "did you mean 'density'"),
        ((SCENARIO, "--set", "camera.slew_deg_per_s=0"), "slew_deg_per_s"),
        ((SCENARIO, "--set", "camera.slew_deg_per_s=-1"), "slew_deg_per_s"),
        ((SCENARIO, "--set", "camera.max_images_per_orbit=0"), "max_images_per_orbit"),
    ],
)
def test_mistakes_are_told(call, root, tmp_path, words, says):
    words = [root / word if word == SCENARIO else word for word in words]
    answer = call("plan", *words, "--out", tmp_path / "plans")
    assert answer.code == 2, answer.err
    assert says in answer.err
    assert not (tmp_path / "plans").exists()


def test_a_very_slow_platform_takes_little_and_does_not_fail(call, scenario, tmp_path):
    words = ("--set", "camera.slew_deg_per_s=0.001", "--json")
    few = json.loads(call("plan", scenario, *words, "--out", tmp_path).out)["images"]
    assert 1 <= len(few) < 20


@pytest.mark.parametrize("kind", ["fifo", "density", "best-of"])
def test_ten_thousand_requests_on_one_spot_are_planned(call, scenario, tmp_path, kind):
    """A few images at each pass, whatever the planner; four times the requests take far less than 16 times as long."""

    def seconds(count):
        features = [
            {
                "type": "Feature",
                "properties": {"priority": 1 + index % 10},
                "geometry": {"type": "Point", "coordinates": [-156.8 + 1e-5 * index, 71.3]},
            }
            for index in range(count)
        ]
        file = tmp_path / f"{count}.geojson"
        file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        words = ("--set", f"targets.file={file}", "--scheduler", kind, "--json", "--out", tmp_path)
        began = time.process_time()
        answer = call("plan", scenario, *words)
        spent = time.process_time() - began
        assert answer.code == 0, answer.err
        assert 1 <= len(json.loads(answer.out)["images"]) < 20
        return spent

    seconds(10)
    assert seconds(10_000) < 10 * seconds(2_500)
