"""A results folder is whole or not there, whoever is killed, and whoever else writes one of the same name."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from payload.errors import ScenarioError
from payload.products.folder import ResultsFolder

WRITER = """
import sys, time
from pathlib import Path
from payload.products.folder import ResultsFolder

with ResultsFolder(Path(sys.argv[1]), "name") as folder:
    folder.write_json("summary.json", {"by": "another"})
    if sys.argv[2] == "between":  # both renames
        folder.final.rename(folder._beside("old", folder._mark))
    print("writing", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def another(tmp_path):
    """Start a process that writes the same folder, and has not finished."""
    running = []

    def begin(when="writing"):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), when], stdout=subprocess.PIPE
        )
        running.append(process)
        assert process.stdout.readline() == b"writing\n"
        return process

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def write(parent, by):
    with ResultsFolder(parent, "name") as folder:
        folder.write_json("summary.json", {"by": by})


def told(parent):
    return (parent / "name" / "summary.json").read_text()


def test_what_a_killed_run_left_goes_with_the_next_one(tmp_path, another):
    process = another()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list(tmp_path.glob(".name.partial-*"))
    write(tmp_path, "me")
    assert [path.name for path in tmp_path.iterdir()] == ["name"]
    assert "me" in told(tmp_path)


def test_a_run_takes_nothing_from_one_that_is_still_flying(tmp_path, another):
    another()
    (theirs,) = tmp_path.glob(".name.partial-*")
    write(tmp_path, "me")
    assert "another" in (theirs / "summary.json").read_text()
    assert "me" in told(tmp_path)


def test_results_that_a_killed_run_had_put_aside_are_put_back(tmp_path, another):
    write(tmp_path, "me")
    process = another("between")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "name").exists()
    with pytest.raises(ValueError, match="not JSON"):
        write(tmp_path, by=float("nan"))
    assert "me" in told(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["name"]


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    honest = Path.mkdir

    def full(path, *args, **options):
        if "partial" in path.name:
            raise OSError(28, "No space left on device")
        honest(path, *args, **options)

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(ScenarioError, match="No space left"):
        write(tmp_path, "me")
    assert list(tmp_path.iterdir()) == []


def test_an_exception_leaves_an_older_folder_as_it_was(tmp_path):
    write(tmp_path, "me")
    with pytest.raises(ValueError, match="not JSON"):
        write(tmp_path, by=float("nan"))
    assert "me" in told(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["name"]


def test_of_two_that_end_at_once_the_last_one_stands(tmp_path, monkeypatch):
    """The other one's folder comes into the place just before mine, after I have seen that it is empty."""
    honest, others = Path.rename, ["another", "a third"]

    def raced(path, target):
        if "partial" in path.name and others:
            write_at_once = others.pop()
            with monkeypatch.context() as undone:
                undone.setattr(Path, "rename", honest)
                write(tmp_path, write_at_once)
        return honest(path, target)

    write(tmp_path, "older")
    monkeypatch.setattr(Path, "rename", raced)
    write(tmp_path, "me")
    assert others == []
    assert "me" in told(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["name"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_all_that_is_written_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    """A power cut right after the renaming must not leave a name for files that are empty."""
    synced, sync = [], os.fsync

    def watch(known):
        synced.append((Path(f"/proc/self/fd/{known}").readlink(), (tmp_path / "name").exists()))
        sync(known)

    monkeypatch.setattr(os, "fsync", watch)
    with ResultsFolder(tmp_path, "name") as folder:
        folder.write_json("summary.json", {"by": "me"})
        (folder.partial / "tiles").mkdir()
        (folder.partial / "tiles" / "one.tif").write_bytes(b"pixels")
        inside = {path for path in folder.partial.rglob("*") if path != folder.spool}
        wanted = inside | {folder.partial}
    assert {path for path, is_named in synced if not is_named} == wanted
    assert synced[-1] == (tmp_path, True)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "full")])
def test_what_cannot_be_brought_to_the_disk_leaves_the_older_results_alone(
    tmp_path, monkeypatch, error
):
    write(tmp_path, "before")

    def fail(_known):
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(error)):
        write(tmp_path, "me")
    assert "before" in told(tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == ["name"]


def test_a_file_system_that_cannot_sync_takes_results_all_the_same(tmp_path, monkeypatch):
    def refuse(_known):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "fsync", refuse)
    write(tmp_path, "me")
    assert "me" in told(tmp_path)


@pytest.mark.parametrize("exists", [True, False], ids=["of a folder", "of one yet to be made"])
def test_a_link_stays_and_the_results_stand_where_it_points(tmp_path, exists):
    """As where results are kept on another, larger disk."""
    disk, here = tmp_path / "disk", tmp_path / "here"
    here.mkdir()
    if exists:
        (disk / "results").mkdir(parents=True)
        (disk / "results" / "older.txt").touch()
    (here / "name").symlink_to(disk / "results", target_is_directory=True)
    for by in ("me", "me again"):
        write(here, by)
    assert (here / "name").is_symlink()
    assert f'"{by}"' in (disk / "results" / "summary.json").read_text()
    assert told(here) == (disk / "results" / "summary.json").read_text()
    assert [path.name for path in disk.iterdir()] == ["results"]
    assert [path.name for path in here.iterdir()] == ["name"]
    assert [path.name for path in (disk / "results").iterdir()] == ["summary.json"]


def test_a_run_that_fails_leaves_what_a_link_points_to(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "older.txt").touch()
    (tmp_path / "name").symlink_to("disk", target_is_directory=True)
    with pytest.raises(ValueError, match="JSON"), ResultsFolder(tmp_path, "name") as folder:
        folder.write_json("summary.json", {"value": float("nan")})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk", "name"]
    assert [path.name for path in (tmp_path / "name").iterdir()] == ["older.txt"]


def test_a_link_to_a_file_or_to_itself_gives_way(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "name").symlink_to("file")
    write(tmp_path, "me")
    assert (tmp_path / "file").read_text() == "mine"
    assert "me" in told(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    (other / "name").symlink_to("name")
    write(other, "me")
    assert "me" in told(other)
