"""Bad input gets one clear sentence and the right exit code; nothing half-written is left."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import rasterio

from payload.api import json_schema
from payload.sim.aboard.memory import MassMemory

BAD_SUM = [
    "1 99901U 26001A   26079.00000000  .00000000  00000-0  00000+0 0    04",
    "2 99901  97.5929 157.5000 0000000   0.0000   0.0000 15.05491322    01",
]
DECAYING = [
    "1 99901U 26001A   26172.00000000  .10000000  00000-0  10000-0 0    05",
    "2 99901  97.5929 157.5000 0000000   0.0000   0.0000 16.60000000    03",
]
MODELS = Path(str(files("payload"))) / "data" / "models"


def checked(line):
    """A TLE line with its checksum made right."""
    total = sum(int(c) if c.isdecimal() else c == "-" for c in line[:68])
    return line[:68] + str(total % 10)


def write_tif(path, array, **profile):
    """Write an array (B, H, W) as a GeoTIFF without georeference."""
    count, height, width = array.shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            count=count,
            height=height,
            width=width,
            dtype=array.dtype,
            **profile,
        ) as file:
            file.write(array)
    return path


@pytest.fixture
def model(tmp_path):
    """A copy of the packaged model and its card."""
    for suffix in (".onnx", ".json"):
        shutil.copy(MODELS / f"default{suffix}", tmp_path / f"m{suffix}")
    return tmp_path / "m.onnx"


def orbit(**options):
    return [{"name": "one", "orbit": {"kind": "sgp4", **options}}]


SCENARIOS = {
    "a station at latitude 95": (
        {"stations": [{"name": "s", "lat_deg": 95, "lon_deg": 0}]},
        "stations.0.lat_deg: found 95",
    ),
    "a station on the Moon": (
        {"stations": [{"name": "s", "lat_deg": 5, "lon_deg": 0, "height_m": 384400000}]},
        "stations.0.height_m: found 384400000; expected a number from -500 to 9,000",
    ),
    "a constellation with neither time nor inclination": (
        {
            "constellations": [
                {"name": "c", "altitude_km": 550, "planes": 2, "satellites_per_plane": 2}
            ]
        },
        "constellations.0: expected exactly one of ltan and inclination_deg",
    ),
    "passes that are nowhere": ({"passes": {"file": "gone.csv"}}, "passes.file: there is no such"),
    "a negative size": ({"memory": {"capacity_mb": -3}}, "memory.capacity_mb: found -3"),
    "a pixel of no size": (
        {"camera": {"gsd_m": 0, "width_px": 80, "height_px": 72}},
        "camera.gsd_m: found 0; expected a number above 0.1 and up to 1,000",
    ),
    "a count below its least": (
        {"rescheduling": {"policy": "next_opportunity", "max_retakes": -1}},
        "rescheduling.max_retakes: found -1; expected a whole number from 0 to 1,000",
    ),
    "an error that no sample is asked for": (
        {"fidelity": "sampled", "sampled": {"error": 0.00005}},
        "sampled.error: found 5e-05; expected a number from 0.0001 to 1",
    ),
    "a plug-in's number beyond both ends": (
        {"link": {"kind": "fixed", "rate_mbps": -1}},
        "link.rate_mbps: found -1; expected a number above 0 and up to 1,000,000",
    ),
    "a word for a number": (
        {"duration_h": "long"},
        "duration_h: found 'long'; expected a number above 0 and up to 8,784",
    ),
    "a number that is none": (
        {"dut1_s": float("nan")},
        "expected a finite number from -0.9 to 0.9",
    ),
    "half a retake": (
        {"rescheduling": {"policy": "next_opportunity", "max_retakes": 0.5}},
        "rescheduling.max_retakes: found 0.5; expected a whole number from 0 to 1,000",
    ),
    "yes for a number": (
        {"link": {"kind": "fixed", "rate_mbps": True}},
        "link.rate_mbps: found True; expected a number above 0 and up to 1,000,000",
    ),
    "no for a number in a list": (
        {"stations": [{"name": "s", "lat_deg": 1, "lon_deg": 2, "height_m": False}]},
        "stations.0.height_m: found False; expected a number from -500 to 9,000",
    ),
    "a TLE with a bad checksum": ({"satellites": orbit(tle=BAD_SUM)}, "checksum"),
    "no source of the orbit": ({"satellites": orbit()}, "satellites.0.orbit"),
    "two sources of the orbit": (
        {"satellites": orbit(altitude_km=550, ltan="10:30", tle=BAD_SUM)},
        "satellites.0.orbit",
    ),
    "an orbit inside the Earth": (
        {"satellites": orbit(altitude_km=-100, ltan="10:30")},
        "satellites.0.orbit.altitude_km",
    ),
    "an unknown plug-in": ({"link": {"kind": "laser"}}, "no link of kind 'laser'"),
    "an unknown profile": ({"computer": {"profile": "cray"}}, "computer.profile"),
    "a missing file": (
        {"targets": {"file": "gone.geojson"}},
        "targets.file: there is no such file",
    ),
    "a raster path with a scheme": (
        {"scene": {"kind": "rasters", "path": "https://host/a.tif"}},
        "scene.path",
    ),
    "a raster path of GDAL's": (
        {"scene": {"kind": "rasters", "path": "/vsicurl/host/a.tif"}},
        "scene.path",
    ),
    "a missing model": ({"masker": {"kind": "onnx", "model": "gone.onnx"}}, "masker.model"),
    "a tile size that no network can use": ({"pruning": {"tile_px": 100}}, "pruning.tile_px"),
    "a year beyond all satellites": (
        {"epoch_utc": "9999-12-31T23:59:59Z"},
        "epoch_utc: the year 9999",
    ),
    "an epoch that is a number": ({"epoch_utc": 2026}, "epoch_utc: expected a date and time"),
    "a radiator below a square centimetre": (
        {
            "power": {
                "array_w": 20,
                "battery_wh": 40,
                "bus_w": 3,
                "thermal": {"heat_capacity_j_k": 60, "radiator_m2": 1e-300},
            }
        },
        "power.thermal.radiator_m2: found 1e-300; expected a number from 0.0001 to 10,000",
    ),
    "an empty fleet": ({"satellites": []}, "satellites"),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_check_can_find_is_2_with_file_and_line(call, write_scenario, tmp_path, name):
    changes, said = SCENARIOS[name]
    path = write_scenario(**changes)
    for command in (["check", path], ["run", path, "--out", tmp_path / "out"], ["passes", path]):
        answer = call(*command)
        assert answer.code == 2, answer.err
        assert said in answer.err
        assert "small.yaml:1: " in answer.err, "file and line"
        assert answer.err.count("\n") == 1, "one sentence"
        assert answer.out == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"type": "Point", "coordinates": [0, 95]}',
        '{"type": "Point", "coordinates": [NaN, 5]}',
        '{"type": "Line"}',
        '{"type": "FeatureCollection", "features": 3}',
        "[]",
        "",
    ],
)
def test_targets_that_are_none_are_found_by_check(call, write_scenario, tmp_path, text):
    path = write_scenario()
    (tmp_path / "places.geojson").write_text(text)
    answer = call("check", path)
    assert answer.code == 2
    assert "small.yaml:1: targets.file: " in answer.err


def test_a_model_card_is_checked_before_anything_flies(call, write_scenario, model):
    path = write_scenario(masker={"kind": "onnx", "model": model.name})
    assert call("check", path).code == 0
    card = model.with_suffix(".json")
    good = card.read_text()
    for text, said in (
        ("{", "card"),
        (good.replace('"blue"', '"violet"'), "violet"),
        ("[]", "card"),
    ):
        card.write_text(text)
        answer = call("check", path)
        assert (answer.code, "small.yaml:1: masker" in answer.err) == (2, True), answer.err
        assert said in answer.err
    card.write_text(good)
    model.write_bytes(model.read_bytes() + b"x")
    answer = call("check", path)
    assert answer.code == 2
    assert "digest" in answer.err.lower() or "sha-256" in answer.err.lower()
    card.unlink()
    assert call("check", path).code == 2


IMAGES = {
    "three bands": (np.ones((3, 20, 20), np.uint16), 5),
    "complex numbers": (np.ones((4, 20, 20), np.complex64), 5),
}


@pytest.mark.parametrize("name", IMAGES)
def test_images_that_cannot_be_masked_are_5(call, tmp_path, name):
    array, code = IMAGES[name]
    image = write_tif(tmp_path / "image.tif", array)
    answer = call("mask", image, "--out", tmp_path / "out")
    assert answer.code == code
    assert answer.err.startswith("error: ")
    assert answer.err.count("\n") == 1
    assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True


def test_a_truncated_image_is_5_and_leaves_no_mask(call, tmp_path):
    noise = np.random.default_rng(1).integers(0, 9999, (4, 600, 600), np.uint16)
    image = write_tif(tmp_path / "image.tif", noise, tiled=True)
    data = image.read_bytes()
    for size in (0, 10, len(data) // 2):
        image.write_bytes(data[:size])
        answer = call("mask", image, "--out", tmp_path / "out")
        assert answer.code == 5, answer.err
        assert not list((tmp_path / "out").glob("*"))


def test_an_image_without_any_data_says_so(call, tmp_path):
    image = write_tif(tmp_path / "image.tif", np.zeros((4, 20, 20), np.uint16), nodata=0)
    answer = call("mask", image, "--out", tmp_path / "out")
    assert answer.code == 5 or "no data" in answer.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["mask", "https://host/a.tif", "--out", "x"], 2),
        (["mask", "/vsicurl/host/a.tif", "--out", "x"], 2),
        (["mask", "gone.tif", "--out", "x"], 5),
        (["mask", "gone.tif", "--out", "x", "--bands", "1,2"], 2),
        (["mask", "gone.tif", "--out", "x", "--probability-threshold", "7"], 2),
        (["mask", "a.tif", "b.tif", "--out", "x", "--truth", "t.tif"], 2),
        (["mask", "a.tif", "c/a.tif", "--out", "x"], 2),
        (["mask", "a.tif", "--out", "x", "--scale", "nan"], 2),
        (["mask", "a.tif", "--out", "x", "--model", "gone.onnx"], 6),
        (["unpack", "gone.tiles", "--out", "x"], 7),
        (["check", "gone.yaml"], 2),
        (["run", "gone.yaml"], 2),
        (["compare", "gone.yaml"], 2),
        (["report", "gone"], 2),
        (["query", "gone", "select 1"], 2),
        (["fly"], 2),
        (["run"], 2),
        (["run", "a.yaml", "--sett", "a=1"], 2),
    ],
)
def test_wrong_words_have_their_codes(call, monkeypatch, tmp_path, words, code):
    monkeypatch.chdir(tmp_path)
    answer = call(*words)
    assert answer.code == code, answer.err
    assert answer.out == ""
    assert not list(tmp_path.rglob("*.tif"))


def test_a_model_that_is_not_its_cards_is_6(call, tmp_path, model):
    model.write_bytes(model.read_bytes()[:-1] + b"\0")
    image = write_tif(tmp_path / "image.tif", np.ones((4, 20, 20), np.uint16))
    answer = call("mask", image, "--out", tmp_path / "out", "--model", model)
    assert answer.code == 6
    assert "sha-256" in answer.err.lower() or "digest" in answer.err.lower()


def test_a_model_that_is_no_network_is_6_in_flight(call, tmp_path, model):
    model.write_bytes(b"no network")
    card = json.loads(model.with_suffix(".json").read_text())
    card["sha256"] = hashlib.sha256(b"no network").hexdigest()
    model.with_suffix(".json").write_text(json.dumps(card))
    image = write_tif(tmp_path / "image.tif", np.ones((4, 20, 20), np.uint16))
    assert call("mask", image, "--out", tmp_path / "out", "--model", model).code == 6


@pytest.mark.parametrize("data", [b"", b"no container", b"\x89TILES\r\n" + bytes(100)])
def test_what_is_no_container_is_7(call, tmp_path, data):
    (tmp_path / "a.tiles").write_bytes(data)
    answer = call("unpack", tmp_path / "a.tiles", "--out", tmp_path / "out")
    assert answer.code == 7
    assert not list(tmp_path.rglob("*.tif"))


def test_an_orbit_that_decays_in_flight_is_4(call, write_scenario, tmp_path):
    path = write_scenario(
        satellites=orbit(tle=[checked(line) for line in DECAYING]), duration_h=24 * 20
    )
    assert call("check", path).code == 4
    assert call("run", path, "--out", tmp_path / "out").code == 4
    assert not list((tmp_path / "out").glob("*"))


def test_rasters_that_break_in_flight_are_5(call, write_scenario, tmp_path):
    noise = np.random.default_rng(1).integers(0, 9999, (4, 300, 300), np.uint16)
    image = write_tif(tmp_path / "image.tif", noise, tiled=True)
    image.write_bytes(image.read_bytes()[:-200_000])
    path = write_scenario(
        scene={"kind": "rasters", "path": "image.tif", "place": "drawn"},
        camera={
            "gsd_m": 10,
            "width_px": 300,
            "height_px": 300,
            "bit_depth": 16,
            "max_off_nadir_deg": 45,
        },
    )
    answer = call("run", path, "--out", tmp_path / "out")
    assert answer.code == 5, answer.err
    assert not list((tmp_path / "out").glob("*"))


def test_an_oracle_without_truth_is_6_in_flight(call, write_scenario, tmp_path):
    write_tif(tmp_path / "image.tif", np.ones((4, 80, 80), np.uint16))
    path = write_scenario(
        scene={"kind": "rasters", "path": "image.tif", "place": "drawn"},
        masker={"kind": "oracle"},
        camera={
            "gsd_m": 10,
            "width_px": 64,
            "height_px": 64,
            "bit_depth": 16,
            "max_off_nadir_deg": 45,
        },
    )
    assert call("run", path, "--out", tmp_path / "out").code == 6


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"places": [(0.0, -89.0)]}, "no target could be seen"),
        ({"stations": []}, "no contact with any station"),
        ({"memory": {"capacity_mb": 0.0005}}, "everything overflowed"),
        ({"duration_h": 0.001}, "no target could be seen"),
    ],
)
def test_a_flight_in_which_nothing_happens_is_valid_and_says_so(
    call, write_scenario, tmp_path, changes, said
):
    answer = call("run", write_scenario(**changes), "--out", tmp_path / "out", "--json")
    assert answer.code == 0, answer.err
    assert said in answer.err
    summary = json.loads(answer.out)
    parts = summary["bytes"]
    assert parts["acquired"] == sum(count for name, count in parts.items() if name != "acquired")
    assert any(said in note for note in summary["notes"])


def test_a_broken_law_is_70(call, write_scenario, tmp_path, monkeypatch):
    release = MassMemory.release
    monkeypatch.setattr(MassMemory, "release", lambda self, tile_id: release(self, tile_id) + 1)
    answer = call("run", write_scenario(), "--out", tmp_path / "out")
    assert answer.code == 70
    assert not list((tmp_path / "out").glob("*"))


def test_an_interruption_is_130_and_leaves_nothing(write_scenario, tmp_path):
    path = write_scenario(
        camera={"gsd_m": 10, "width_px": 3000, "height_px": 3000, "max_off_nadir_deg": 50}
    )
    out = tmp_path / "out"
    words = [sys.executable, "-m", "payload", "run", str(path), "--out", str(out)]

    def listen():
        """A shell's background jobs, and so their children, may be deaf to Ctrl-C; a person's are not."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=listen,  # noqa: PLW1509 - no threads here
    ) as process:
        deadline = time.monotonic() + 60
        while not list(out.glob(".small-*/.spool/*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "interrupted" in err
    assert not list(out.iterdir())


def test_an_interruption_is_130_also_among_code_made_of_strings(tmp_path):
    """As that of dataclasses while a library is imported: `python -m` would end by the signal instead."""
    (tmp_path / "sitecustomize.py").write_text(
        """
import sys, types

def app(**_):
    exec("raise KeyboardInterrupt")

sys.modules["payload.cli"] = types.ModuleType("payload.cli")
sys.modules["payload.cli"].app = app
"""
    )
    path = os.pathsep.join([str(tmp_path), *sys.path])
    answer = subprocess.run(
        [sys.executable, "-m", "payload"],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (
        130,
        "interrupted; no incomplete files are left\n",
    )


def test_a_mask_never_overwrites_an_input(call, tmp_path):
    image = write_tif(tmp_path / "a.tif", np.ones((4, 20, 20), np.uint16))
    truth = write_tif(tmp_path / "a_mask.tif", np.zeros((1, 20, 20), np.uint8))
    before = truth.read_bytes()
    answer = call("mask", image, "--truth", truth, "--out", tmp_path)
    assert (answer.code, truth.read_bytes()) == (2, before)


def test_a_scene_that_cannot_serve_is_found_by_check(call, write_scenario, tmp_path):
    write_tif(tmp_path / "image.tif", np.ones((4, 80, 80), np.uint16))
    good = {"kind": "rasters", "path": "image.tif", "place": "drawn"}
    assert call("check", write_scenario(scene=good)).code == 0
    for change in ({"bands": [1, 2, 3]}, {"bands": [1, 2, 3, 9]}, {"path": "places.geojson"}):
        answer = call("check", write_scenario(scene=good | change))
        assert answer.code == 2
        assert "small.yaml:1: scene: " in answer.err


def test_one_bad_container_does_not_keep_others_from_being_restored(call, write_scenario, tmp_path):
    assert call("run", write_scenario(), "--out", tmp_path / "out").code == 0
    good = next((tmp_path / "out").glob("*/downlink/*.tiles"))
    (tmp_path / "bad.tiles").write_bytes(b"bad")
    answer = call("unpack", tmp_path / "bad.tiles", good, "--out", tmp_path / "restored")
    assert answer.code == 7
    assert (tmp_path / "restored" / f"{good.stem}.tif").exists()


def test_a_container_that_is_not_whole_is_restored_and_told(call, write_scenario, tmp_path):
    """Cut before its index, of which the tiles are intact, or with another one behind it."""
    path = write_scenario(pruning={"tile_px": 32, "max_cloud_cover": 1.0})
    assert call("run", path, "--out", tmp_path / "out").code == 0
    found = sorted((tmp_path / "out").glob("*/downlink/*.tiles"))
    whole, other = (path.read_bytes() for path in found[:2])
    file = tmp_path / "image.tiles"
    file.write_bytes(whole)
    assert call("unpack", file, "--out", tmp_path / "restored").code == 0
    restored = (tmp_path / "restored" / "image.tif").read_bytes()
    for damaged, told in ((whole[:-8], "no index"), (whole + other, "another container begins")):
        file.write_bytes(damaged)
        answer = call("unpack", file, "--out", tmp_path / "again")
        assert answer.code == 7
        assert told in answer.out
        assert "damaged or incomplete" in answer.err
        assert (tmp_path / "again" / "image.tif").read_bytes() == restored


def test_a_seed_is_no_what_if(call, write_scenario):
    answer = call("compare", write_scenario(), "--what-if", "seed=1,2")
    assert answer.code == 2
    assert "one seed" in answer.err


def test_a_query_of_strange_bytes_or_twin_columns_is_a_sentence(call, write_scenario, tmp_path):
    assert call("run", write_scenario(), "--out", tmp_path / "out").code == 0
    folder = next((tmp_path / "out").iterdir())
    assert call("query", folder, "select '\udcff'").code == 2
    assert call("query", folder, "select 1 a, 2 a", "--json").code == 2
    answer = call(
        "query",
        folder,
        "select {'a': [1, 2.5], 'b': ['nan'::float]} x, '2026-06-21'::date y",
        "--json",
    )
    assert json.loads(answer.out) == [{"x": {"a": [1, 2.5], "b": [None]}, "y": "2026-06-21"}]


def test_an_eccentricity_of_one_is_refused(call, write_scenario, tmp_path):
    elements = {
        "EPOCH": "2026-06-21T00:00:00",
        "MEAN_MOTION": 15.0,
        "ECCENTRICITY": 1.0,
        "INCLINATION": 97.6,
        "RA_OF_ASC_NODE": 0,
        "ARG_OF_PERICENTER": 0,
        "MEAN_ANOMALY": 0,
    }
    (tmp_path / "one.json").write_text(json.dumps(elements))
    answer = call("check", write_scenario(satellites=orbit(omm_file="one.json")))
    assert answer.code == 2
    assert "ECCENTRICITY is '1.0'; expected a number from 0 to" in answer.err


@pytest.mark.parametrize("command", ["check", "passes"])
def test_purchased_passes_over_an_unknown_station_are_2_with_the_place_of_the_key(
    call, write_scenario, tmp_path, command
):
    (tmp_path / "bought.csv").write_text(
        "satellite,station,start_utc,end_utc\n"
        "one,nowhere,2026-06-21T00:00:00Z,2026-06-21T00:05:00Z\n"
    )
    answer = call(
        command,
        write_scenario(
            satellites=orbit(altitude_km=550, ltan="10:30"), passes={"file": "bought.csv"}
        ),
    )
    assert answer.code == 2
    assert "small.yaml:1: passes.file: " in answer.err
    assert "no station is called 'nowhere'" in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("stations=[]", "nothing can be received"),
        ("camera.width_px=1", "an image covers only 0.0"),
        ("memory.capacity_mb=0.0001", "0.0001 MB cannot hold a whole tile"),
    ],
)
def test_so_little_that_nothing_can_come_of_it_is_allowed_with_a_note(
    call, write_scenario, change, said
):
    path = write_scenario()
    assert "note: " not in call("check", path).err
    found = call("check", path, "--set", change)
    assert found.code == 0
    assert said in found.err


def test_a_name_that_is_no_text_is_refused_before_anything_flies(call, write_scenario, tmp_path):
    out = f"{tmp_path}/r\udcfc"  # a byte of Latin-1, as Python has it from the command line
    found = call("run", write_scenario(), "--out", out)
    assert (found.code, "expected a name in UTF-8" in found.err) == (2, True)
    assert not Path(out).exists()


def test_who_has_closed_stdout_gets_no_traceback():
    closed = subprocess.run(
        [sys.executable, "-m", "payload", "schema"],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        preexec_fn=lambda: os.close(1),
    )
    assert (closed.returncode, closed.stderr) == (0, "")


@pytest.mark.parametrize("seed", [-1, 2**63])
@pytest.mark.parametrize("command", ["run", "compare", "plan", "world"])
def test_a_seed_that_is_none_is_blamed_on_the_option_that_gave_it(
    call, write_scenario, tmp_path, command, seed
):
    """The bounds are those of the key."""
    more = {
        "compare": ("--what-if", "link.rate_mbps=2"),
        "world": ("--at", "48,11", "--time", "2025-06-01T00:00:00Z", "--scenario"),
    }
    words = (*more.get(command, ()), write_scenario(), "--out", tmp_path / "out")
    answer = call(command, *words, "--seed", seed)
    assert answer.code == 2
    bounds = json_schema()["properties"]["seed"]
    assert bounds["minimum"] == 0
    most = bounds["exclusiveMaximum"] - 1
    assert answer.err == f"error: --seed {seed}: expected 0 to {most:,}\n"
