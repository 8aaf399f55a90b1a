"""`payload-sim calibrate`, and how flights by a surrogate are told and refused on the command line."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from payload.compression.record import HEADER_BYTES
from payload.darkroom.pixels import Pixels
from payload.sim import calibration
from payload.surrogate import read_surrogate


@pytest.fixture
def few_cuts(monkeypatch):
    """Scenes that tell what a record costs of its own: a few, where that is not the question."""
    monkeypatch.setattr(calibration, "_CUT_SCENES", 3)


@pytest.mark.usefixtures("few_cuts")
def test_it_fits_a_surrogate_that_then_flies(call, write_scenario, tmp_path):
    path, out = write_scenario(), tmp_path / "small.json"
    answer = call("calibrate", path, "--out", out, "--scenes", 60)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(f"{out}: fitted on 192 tiles of 32 x 32 px in 48 scenes")
    assert "95 % interval" in answer.out
    flown = call(
        "run", path, "--out", tmp_path / "out",
        "--set", "fidelity=surrogate", "--set", "surrogate.file=small.json",
    )  # fmt: skip
    assert flown.code == 0, flown.err
    assert "No pixels were rendered" in flown.out
    assert Path(flown.out.splitlines()[-1]).name == "report.html"


@pytest.mark.usefixtures("few_cuts")
def test_where_nobody_asks_for_a_number_as_many_scenes_are_painted_as_some_minutes_allow(
    call, write_scenario, tmp_path, monkeypatch
):
    monkeypatch.setattr(calibration, "USUAL_PX", 62 * 64**2)
    out = tmp_path / "small.json"
    answer = call("calibrate", write_scenario(), "--out", out)
    assert (answer.code, answer.err) == (0, "")
    fitted = read_surrogate(out)
    assert fitted.scenes + fitted.held_out.scenes == 62


def test_what_a_record_costs_of_its_own_is_learnt_from_the_fit_alone(
    call, write_scenario, tmp_path, monkeypatch
):
    """Scenes that are kept out judge it; and no record is shorter than its header, whatever the parts of tiles say."""
    asked = []
    monkeypatch.setattr(Pixels, "own_bytes", lambda _, view: asked.append(view.id) or 10.0)
    out = tmp_path / "small.json"
    assert call("calibrate", write_scenario(), "--out", out, "--scenes", 60).code == 0
    fitted = read_surrogate(out)
    assert len(set(asked)) == len(asked) == fitted.scenes < 60
    assert fitted.own_bytes == HEADER_BYTES


@pytest.mark.usefixtures("few_cuts")
def test_scenes_that_were_not_found_are_told(call, write_scenario, tmp_path, monkeypatch):
    """So few looks are taken that strata stay thin."""
    monkeypatch.setattr(calibration, "_MOST_LOOKS", 2)
    out = tmp_path / "small.json"
    answer = call("calibrate", write_scenario(), "--out", out, "--scenes", 100)
    assert answer.code == 0
    fitted = read_surrogate(out)
    painted = fitted.scenes + fitted.held_out.scenes
    assert painted < 100
    assert answer.err.startswith(f"note: of 100 scenes {painted} were painted")


@pytest.mark.usefixtures("few_cuts")
def test_twice_gives_equal_bytes_whatever_the_scenarios_seed_and_targets(
    call, write_scenario, tmp_path
):
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    assert call("calibrate", write_scenario(), "--out", one, "--scenes", 60).code == 0
    other = write_scenario(seed=99, places=[(0.0, 0.0)], duration_h=1)
    answer = call("calibrate", other, "--out", two, "--scenes", 60, "--json")
    assert one.read_bytes() == two.read_bytes()
    told = json.loads(answer.out)
    assert told["sha256"] == read_surrogate(one).digest
    assert told["kept_bytes"]["scenes"] == told["scenes"] == 12


@pytest.mark.usefixtures("few_cuts")
def test_a_refusal_names_the_commands_that_help(call, write_scenario, tmp_path, monkeypatch):
    """The packaged surrogate is not of this masker; the commands told, with what a shell must see quoted, are followed to the letter."""
    path = write_scenario()
    changes = ["masker={kind: blue, blue_threshold: 0.2}", "masker.blue_threshold=0.3"]
    words = ["--set", "fidelity=surrogate", "--set", changes[0], "--set", changes[1]]
    refused = call("run", path, *words, "--out", tmp_path / "out")
    assert refused.code == 2
    assert len(refused.err.splitlines()) == 1
    assert "the packaged surrogate was fitted on something else: the masker" in refused.err
    assert not (tmp_path / "out").exists()
    command, switch = re.findall(r"`(.*?)`", refused.err)
    monkeypatch.chdir(tmp_path)
    fit = shlex.split(command)[1:]
    assert call(*fit, "--scenes", 60).code == 0
    flown = call("run", path, *words, *shlex.split(switch), "--out", tmp_path / "out")
    assert flown.code == 0, flown.err


@pytest.mark.parametrize("command", ["check", "calibrate"])
def test_rasters_have_no_surrogate(call, write_scenario, tmp_path, root, command):
    scene = {"kind": "rasters", "path": str(root / "scenarios" / "rasters"), "place": "drawn"}
    path = write_scenario(scene=scene, fidelity="surrogate")
    words = ["--out", tmp_path / "no.json"] if command == "calibrate" else []
    answer = call(command, path, *words)
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1
    assert "'rasters' does not; use fidelity: pixels" in answer.err
    assert not (tmp_path / "no.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "/nowhere/s.json"], "a file name in an existing folder"),
        (["--out", "/"], "a file name in an existing folder"),
        (["--out", "/nowhere.json", "--scenes", "3"], "at least 60"),
        (["--out", "https://example.org/s.json"], "plain local path"),
    ],
    ids=str,
)
def test_what_cannot_be_is_a_sentence(call, write_scenario, words, said):
    answer = call("calibrate", write_scenario(), *words)
    assert answer.code == 2
    assert said in answer.err


def test_a_file_that_is_no_surrogate_is_told_with_its_key(call, write_scenario, tmp_path):
    (tmp_path / "bad.json").write_text("{}")
    path = write_scenario(fidelity="surrogate", surrogate={"file": "bad.json"})
    answer = call("check", path)
    assert answer.code == 2
    assert "small.yaml:1: surrogate.file:" in answer.err
    assert "bad.json: is not a surrogate" in answer.err


def test_an_interruption_leaves_an_older_surrogate_as_it_was(
    call, write_scenario, tmp_path, monkeypatch
):
    out = tmp_path / "small.json"
    out.write_text("older")
    judged = Pixels.judged

    def interrupted(self, view, name):
        if int(name.removeprefix("look-")) > 20:
            raise KeyboardInterrupt
        return judged(self, view, name)

    monkeypatch.setattr(Pixels, "judged", interrupted)
    answer = call("calibrate", write_scenario(), "--out", out)
    assert answer.code == 130
    assert "interrupted" in answer.err
    assert out.read_text() == "older"
    assert {item.name for item in tmp_path.iterdir()} == {
        "small.json",
        "small.yaml",
        "places.geojson",
    }


@pytest.mark.usefixtures("few_cuts")
def test_a_surrogate_of_the_packaged_payload_needs_no_scenario(call, tmp_path, monkeypatch):
    """Masks are made up here: the network's own take minutes."""
    from payload.masking.onnx_masker import OnnxMasker  # noqa: PLC0415
    from payload.types import CloudMask  # noqa: PLC0415

    def predict(_, tile):
        return CloudMask(np.zeros(tile.patch.bands.shape[1:], np.float32), 0.5)

    monkeypatch.setattr(OnnxMasker, "predict", predict)
    out = tmp_path / "default.json"
    assert call("calibrate", "--out", out, "--scenes", 60).code == 0
    assert read_surrogate(out).fitted_on.tile_px == 256
