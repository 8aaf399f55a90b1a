"""Folders for a while: nobody else's, gone in the end, and what a killed process leaves goes with the next one."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from payload.scratch import scratch_folder

HOLD = """
import sys
from payload.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "big").write_bytes(bytes(1000))
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def hold():
    """Another process that has such a folder, and its place."""
    words = [sys.executable, "-c", HOLD]
    held = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return held, Path(held.stdout.readline().strip())


def end(held):
    held.communicate()


def test_it_is_this_users_alone_and_gone_in_the_end(place):
    with scratch_folder() as folder:
        assert folder.parent == place
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "file").write_text("x")
    assert not list(place.iterdir())


def test_it_goes_when_what_is_done_in_it_fails(place):
    with pytest.raises(ZeroDivisionError), scratch_folder():
        _ = 1 / 0
    assert not list(place.iterdir())


def test_what_a_killed_process_left_goes_with_the_next_and_what_is_in_use_stays(place):
    killed, left = hold()
    killed.kill()
    end(killed)
    assert (left / "big").exists()
    busy, used = hold()
    assert not left.exists()
    with scratch_folder():
        assert (used / "big").exists()
    end(busy)
    assert not list(place.iterdir())


def test_a_strangers_link_is_not_followed(place):
    """Anybody may write into TMPDIR."""
    precious = place / "precious"
    precious.mkdir()
    (precious / "file").write_text("x")
    (place / "payload-sim-00").symlink_to(precious)
    (place / "payload-sim-00.lock").symlink_to(precious / "file")
    (place / "payload-sim-11").symlink_to(precious)
    (place / "payload-sim-11.lock").write_text("")
    with scratch_folder():
        pass
    assert (precious / "file").read_text() == "x"
    assert (place / "payload-sim-00.lock").is_symlink()
