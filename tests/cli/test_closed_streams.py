"""Streams that are closed, full or of few letters: what can be done is done, and nothing ends in a traceback."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")


def shell(words, ending="", **environment):
    """A command as a shell starts it, its streams as the ending says."""
    line = shlex.join([sys.executable, "-m", "payload", *map(str, words)])
    return subprocess.run(
        ["sh", "-c", f"{line} {ending}"],
        capture_output=True,
        check=False,
        env=os.environ | environment,
        timeout=100,
    )


def test_without_stderr_a_run_says_on_stdout_what_it_always_says(write_scenario, tmp_path):
    words = ["run", write_scenario(duration_h=1), "--json", "--out", tmp_path / "out"]
    done = shell(words, "2>&-")
    assert done.returncode == 0
    assert Path(json.loads(done.stdout)["folder"], "report.html").is_file()


def test_without_stderr_a_mistake_is_an_exit_code_alone(write_scenario):
    done = shell(["check", write_scenario(), "--set", "a=1"], "2>&-")
    assert (done.returncode, done.stdout) == (2, b"")


@pytest.mark.skipif(not FULL.exists(), reason="no device here answers as a full disk does")
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"]])
def test_a_help_text_that_finds_no_room_is_one_sentence(words):
    done = shell(words, f">{FULL}")
    assert done.returncode == 1
    assert done.stderr == b"error: No space left on device\n"


def test_what_a_stream_cannot_spell_is_told_by_its_number(write_scenario, tmp_path):
    words = ["run", write_scenario(duration_h=1), "--out", tmp_path / "日本"]
    done = shell(words, PYTHONIOENCODING="latin-1")
    assert done.returncode == 0
    assert rb"\u65e5\u672c" in done.stdout.splitlines()[-1]
    assert shell(["compare", "--help"], PYTHONIOENCODING="latin-1").returncode == 0
