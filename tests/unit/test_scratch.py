"""Folders for a while: nobody else's, gone in the end, and what a killed process leaves goes with the next one."""

import errno
import fcntl
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from payload import scratch
from payload.scratch import Lock, held_at, hold, hold_soon, left_behind, scratch_folder

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


def holder():
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
    killed, left = holder()
    killed.kill()
    end(killed)
    assert (left / "big").exists()
    busy, used = holder()
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


def test_a_lock_that_is_gone_is_not_left_behind(place):
    """Whoever held it has put all away; nothing is made of it by looking."""
    with left_behind(place / "gone.lock") as is_left:
        assert not is_left
    assert not list(place.iterdir())


def test_a_lock_is_left_behind_once_nobody_holds_it_and_says_what_it_said(place):
    lock = place / "some.lock"
    lock.write_bytes(b"said")
    with lock.open("ab") as held:
        hold(held)
        with left_behind(lock) as is_left:
            assert not is_left
    with left_behind(lock) as is_left:
        assert is_left
        with left_behind(lock) as is_left_too:  # who was told so holds it
            assert not is_left_too
    assert lock.read_bytes() == b"said"


def test_a_lock_that_another_took_away_before_it_was_held_is_made_again(place, monkeypatch):
    """Who comes between sees a lock that nobody holds."""
    lock, came = place / "some.lock", []

    def come_between(file):
        if not came:
            came.append(lock)
            with left_behind(lock) as is_left:
                assert is_left
                lock.unlink()
        hold(file)

    monkeypatch.setattr(scratch, "hold", come_between)
    with held_at(lock), left_behind(lock) as is_left:
        assert came
        assert not is_left
    assert lock.exists()


def test_what_is_anothers_stays(place, monkeypatch):
    """By its owner: the same files, seen by somebody else."""
    (place / "payload-sim-22").mkdir()
    (place / "payload-sim-22.lock").write_text("")
    me = os.geteuid()
    monkeypatch.setattr(scratch.os, "geteuid", lambda: me + 1)
    with scratch_folder():
        pass
    assert (place / "payload-sim-22").exists()
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    with scratch_folder():
        pass
    assert not list(place.iterdir())


def test_a_lock_is_waited_for_as_long_as_patience_lasts(place, monkeypatch):
    """By a clock of our own: each look takes a second, and the other lets go while it is waited for, or never."""
    lock, now_s, gone_s = place / "some.lock", [0.0], [3.0]

    def wait(_s):
        now_s[0] += 1.0
        if now_s[0] >= gone_s[0]:
            held.close()

    monkeypatch.setattr(scratch.time, "monotonic", lambda: now_s[0])
    monkeypatch.setattr(scratch.time, "sleep", wait)
    for patience_s, found, after_s in ((5.0, Lock.OURS, 3.0), (2.0, Lock.ANOTHERS, 3.0)):
        now_s[0], gone_s[0] = 0.0, 3.0 if found is Lock.OURS else math.inf
        with lock.open("ab") as held, lock.open("ab") as mine:
            hold(held)
            assert hold_soon(mine, patience_s) is found
        assert now_s[0] == after_s


def test_where_locks_are_unknown_nobody_is_told_that_he_has_one(place, monkeypatch):
    """Some disks know none (ENOLCK): nothing fails, and nothing is taken for left behind."""

    def unknown(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    lock = place / "some.lock"
    monkeypatch.setattr(fcntl, "flock", unknown)
    with lock.open("ab") as held:
        hold(held)
        assert hold_soon(held, 0.0) is Lock.NOBODYS
    with left_behind(lock) as is_left:
        assert not is_left
