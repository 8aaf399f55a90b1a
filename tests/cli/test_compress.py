"""`payload-sim compress`: what it answers, what it writes, what it refuses."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from contracts.codec import textured
from unit.trials.conftest import write_tif


@pytest.fixture
def image(tmp_path):
    return write_tif(tmp_path / "scene.tif", textured((4, 90, 70), 12))


def test_all_codecs_are_measured_in_one_table_and_a_page(call, image, tmp_path):
    out = tmp_path / "out"
    answer = call("compress", image, "--out", out)
    assert answer.code == 0, answer.err
    assert answer.out.startswith("scene.tif, tiles of 256 px: 12 bits, lossless, best of 3 rounds")
    for name in ("raw", "med-zstd", "zstd-3"):
        assert f"\n{name} " in answer.out
    assert {path.name for path in out.iterdir()} == {"codecs.html", "codecs.json"}


def test_json_is_what_the_file_holds(call, image, tmp_path):
    answer = call("compress", image, "--codec", "raw", "--json", "--out", tmp_path / "out")
    assert json.loads(answer.out) == json.loads((tmp_path / "out" / "codecs.json").read_text())


REFUSED = [
        ((), 2, "no images given"),
        (("{gone}",), 5, "there is no file"),
        (("{text}",), 5, "cannot be read as a GeoTIFF"),
        (("{image}", "--codec", "zip"), 3, "no codec of kind 'zip'"),
        (("{image}", "--codec", "raw,,"), 2, "different names"),
        (("{image}", "--tile", "0"), 2, "--tile 0"),
        (("{image}", "--bit-depth", "9"), 5, "does not fit the 9 bits"),
        (("{image}", "--bit-depth", "99"), 2, "--bit-depth 99"),
        (("{image}", "--max-error", "-1"), 2, "--max-error -1"),
        (("{image}", "--rounds", "0"), 2, "--rounds 0"),
        (("{image}", "--most-tiles", "0"), 2, "--most-tiles 0"),
        (("{image}", "--tiles", "{text}"), 2, "--data"),
        (("{image}", "--data", "{folder}", "--out", "{folder}"), 2, "excludes images"),
        (("--data", "{folder}", "--out", "{folder}"), 5, "index.csv: cannot be read"),
        (("--data", "{folder}", "--tiles", "{text}", "--out", "{folder}"), 2, "not a list of tiles"),
        (("https://host/a.tif",), 2, "plain local path"),
        (("{image}", "--out", "{text}"), 2, "cannot be written to"),
]  # fmt: skip


@pytest.mark.parametrize("refused", REFUSED)
def test_what_cannot_be_measured_is_one_sentence(call, image, tmp_path, refused):
    words, code, said = refused
    (tmp_path / "text.tif").write_text("no image")
    (tmp_path / "folder").mkdir()
    places = {
        "image": image,
        "text": tmp_path / "text.tif",
        "gone": tmp_path / "gone.tif",
        "folder": tmp_path / "folder",
    }
    answer = call("compress", *(word.format(**places) for word in words))
    assert answer.code == code, answer.err
    assert said in answer.err
    assert answer.err.count("\n") == 1, answer.err
    assert answer.out == ""
    assert not list((tmp_path / "folder").iterdir())


def test_samples_without_data_are_told_of(call, tmp_path):
    bands = np.full((1, 40, 40), np.nan, np.float32)
    bands[:, :30] = 0.2
    answer = call("compress", write_tif(tmp_path / "holes.tif", bands), "--codec", "raw")
    assert answer.code == 0
    assert "25.0% of the samples have no data" in answer.err


def test_an_interruption_leaves_the_older_page_as_it_was(call, tmp_path):
    image = write_tif(tmp_path / "large.tif", textured((4, 1024, 1024), 12))
    out = tmp_path / "out"
    assert call("compress", image, "--codec", "raw", "--most-tiles", "1", "--out", out).code == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    words = ["-m", "payload", "compress", str(image), "--rounds", "1000", "--out", str(out)]

    def listen():
        """A shell's background jobs may be deaf to Ctrl-C; a person's are not."""
        signal.signal(signal.SIGINT, signal.default_int_handler)

    with subprocess.Popen(
        [sys.executable, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=listen,  # noqa: PLW1509 - no threads here
    ) as process:
        time.sleep(4)  # long enough to be among the tiles, a thousandth of what all would take
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert err.strip() == "interrupted; no incomplete files are left"
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
