"""Yes and no are no numbers, whatever file they stand in: pydantic alone would take them for 1 and 0."""

import json
import shutil

import pytest

from payload.energy.profiles import load_profile
from payload.errors import PayloadError
from payload.masking.card import read_card
from payload.masking.packaged import packaged
from payload.scenario.load import load_scenario
from payload.surrogate.file import PACKAGED, read_surrogate
from payload.sweep.spec import load_sweep

SCENARIO = """\
name: good
epoch_utc: 2026-03-20T00:00:00Z
duration_h: 24
satellites:
  - name: one
    orbit: {kind: sgp4, altitude_km: 550, ltan: 22:30}
targets: {file: places.geojson}
camera: {gsd_m: 10, width_px: 64, height_px: 64}
scene: {kind: synthetic}
memory: {capacity_mb: 10}
link: {kind: fixed, rate_mbps: 1}
"""
SWEEP = "name: s\nbase: s.yaml\n"
PROFILE = """\
name: mine
platform: p
workload: w
active_w: 2
power_basis: chip
status: assumed
source: none
"""


@pytest.fixture
def base(tmp_path):
    (tmp_path / "places.geojson").write_text('{"type": "Point", "coordinates": [0, 0]}')
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO)
    return path


def said(read, path):
    with pytest.raises(PayloadError) as caught:
        read(path)
    return str(caught.value).splitlines()[0]


def test_a_scenario_refuses_it_of_a_plug_in_whose_kind_is_not_said(base):
    base.write_text(SCENARIO + "masker: {probability_threshold: true}\n")
    assert said(load_scenario, base) == (
        f"{base}:12: masker.probability_threshold: found True; expected a number from 0 to 1"
    )


def test_a_scenario_refuses_it_in_a_list_of_numbers(base):
    base.write_text(
        SCENARIO.replace("{kind: synthetic}", "{kind: rasters, path: ., bands: [4, true, 2, 1]}")
    )
    assert said(load_scenario, base) == (
        f"{base}:9: scene.bands.1: found True; expected a whole number"
    )


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            "random: {samples: true, over: {link.rate_mbps: {low: 1, high: 2}}}",
            "3: random.samples: found True; expected a whole number from 1 to 10,000,000",
        ),
        (
            "random: {samples: 3, over: {link.rate_mbps: {low: false, high: 2}}}",
            "3: random.over.link.rate_mbps.low: found False; expected a number",
        ),
        ("seeds: [3, true]", "3: seeds.1: found True; expected a whole number"),
    ],
)
def test_a_sweep_refuses_it(base, text, answer):
    path = base.with_name("sweep.yaml")
    path.write_text(f"{SWEEP}{text}\n")
    assert said(load_sweep, path) == f"{path}:{answer}"


def test_a_sweep_takes_it_where_it_is_a_flag_or_the_value_of_any_key(base):
    path = base.with_name("sweep.yaml")
    path.write_text(
        f"{SWEEP}grid: {{radio.cover_reports: [true, false]}}\n"
        "random: {samples: 3, over: {memory.capacity_mb: {low: 1, high: 2, whole: true}}}\n"
    )
    assert load_sweep(path).cell_count == 5


def test_a_compute_profile_refuses_it(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(f"{PROFILE}mpx_per_s: true\n")
    assert said(load_profile, path) == (
        f"{path}:8: mpx_per_s: found True; expected a number above 0 and up to 1e+18"
    )


def test_a_model_card_refuses_it(tmp_path):
    told = packaged("default", "int8").with_suffix(".json")
    card = json.loads(told.read_text(encoding="utf-8"))
    card["scaling"]["gain"][2] = True
    path = tmp_path / "card.json"
    path.write_text(json.dumps(card), encoding="utf-8")
    assert said(read_card, path) == f"{path}: scaling.gain.2: found True; expected a number"


def test_a_surrogate_refuses_it(tmp_path):
    path = tmp_path / "one.json"
    shutil.copy(PACKAGED, path)
    found = json.loads(path.read_text(encoding="utf-8"))
    found["donors"]["cover"][7] = False
    path.write_text(json.dumps(found), encoding="utf-8")
    assert said(read_surrogate, path) == (
        f"{path}: donors.cover.7: found False; expected a number from 0 to 1"
    )
