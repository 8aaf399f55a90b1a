"""The memo on disk: what is damaged is absent, what is too much goes, and no disk fails a run."""

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from payload.darkroom.facts import ClearPart, Thumbnail, TileFacts
from payload.darkroom.store import Store, _let_go, find_store
from payload.errors import ScenarioError
from payload.scratch import Lock, hold
from payload.types import CoverEstimate, NotCoded

KEY, OTHER = "ab" * 32, "cd" * 32
FACTS = (
    TileFacts(
        tile_id="one#0,0",
        pixels=64,
        raw_bytes=400,
        estimate=CoverEstimate(64, 10, 8, 1, 2, 53, 0.1 + 0.2),
        perfect=CoverEstimate(64, 9, 9, 0, 0, 55, 9.0),
        encoded_bytes=200,
        record_at=0,
        thumbnail=Thumbnail(4, 40, 40, 200),
        clear_part=ClearPart(150, NotCoded(70, 2, 8), 3),
        encodings=2,
    ),
    TileFacts("one#0,1", 64, 400, CoverEstimate(64, 0), None, 210, 240),
)
RECORDS = bytes(range(256)) * 2


@pytest.fixture
def store(tmp_path):
    return find_store({"PAYLOAD_SIM_MEMO": str(tmp_path / "memo")})


@pytest.fixture
def spool(tmp_path):
    path = tmp_path / "spool"
    path.write_bytes(RECORDS)
    return path


def files(store):
    return sorted(path for path in store.place.rglob("*") if path.is_file())


def test_what_is_written_is_read_to_the_last_bit(store, spool, tmp_path):
    assert store.read(KEY, None) is None
    store.write(KEY, FACTS, spool)
    out = tmp_path / "out"
    assert store.read(KEY, out) == FACTS
    assert out.read_bytes() == RECORDS
    assert store.read(OTHER, None) is None
    assert store.found == 1


def test_records_that_were_not_kept_are_not_there(store, spool, tmp_path):
    store.write(KEY, FACTS, None)
    assert store.read(KEY, None) == FACTS
    assert store.read(KEY, tmp_path / "out") is None
    store.write(KEY, FACTS, spool)
    store.write(KEY, FACTS, None)  # another flight, which wants none, takes none away
    assert store.read(KEY, tmp_path / "out") == FACTS


def test_an_entry_under_the_name_of_another_is_not_believed(store, spool, tmp_path):
    """As a tool that puts a backup back may leave it: whole in itself, and of another view."""
    store.write(KEY, FACTS, spool)
    for path in files(store):
        wrong = store.place / OTHER[:2] / f"{OTHER}{path.suffix}"
        wrong.parent.mkdir(exist_ok=True)
        wrong.write_bytes(path.read_bytes())
    assert store.read(OTHER, None) is None
    assert store.read(OTHER, tmp_path / "out") is None
    assert store.read(KEY, tmp_path / "out") == FACTS


def test_a_file_in_the_place_of_the_memo_is_called_no_folder(tmp_path, caplog):
    (tmp_path / "memo").write_text("mine")
    assert find_store({"PAYLOAD_SIM_MEMO": str(tmp_path / "memo")}) is None
    assert caplog.messages == [f"no memo in {tmp_path / 'memo'}: it is not a folder"]


@pytest.mark.parametrize("suffix", [".facts", ".records"])
@pytest.mark.parametrize("where", [0, 0.3, 0.7, -1])
def test_any_damage_is_noticed_and_replaced(store, spool, tmp_path, suffix, where):
    store.write(KEY, FACTS, spool)
    (path,) = (path for path in files(store) if path.suffix == suffix)
    whole = path.read_bytes()
    at = where if where == -1 else int(where * len(whole))
    damaged = bytearray(whole)
    damaged[at] ^= 1
    for content in (bytes(damaged), whole[:at], b""):
        path.write_bytes(content)
        assert store.read(KEY, tmp_path / "out") is None
        store.write(KEY, FACTS, spool)
        assert path.read_bytes() == whole
        assert store.read(KEY, tmp_path / "out") == FACTS


@pytest.mark.parametrize(
    "name", [f"{KEY}.facts", f"{KEY}.records", None], ids=["facts", "records", "folder"]
)
def test_a_folder_in_an_entrys_place_or_a_file_in_its_folders_costs_that_entry_alone(
    tmp_path, spool, caplog, name
):
    """It is not the memo's own, so it is neither counted nor removed, even by one that is full."""
    store = Store(tmp_path / "memo", limit_bytes=10_000)
    place = store.place / KEY[:2]
    precious = place if name is None else place / name / "precious"
    precious.parent.mkdir(parents=True)
    precious.write_bytes(bytes(9_000))
    os.utime(precious.parent, (1000, 1000))
    for number in range(16):
        for key in (KEY, f"{number:02x}" * 32):
            store.write(key, FACTS, spool)
            assert (store.read(key, tmp_path / "out") == FACTS) is (key != KEY)
    assert not store.holds(KEY, records=True)
    assert precious.stat().st_size == 9_000
    assert not caplog.messages


def test_the_longest_unused_go_first(tmp_path, spool):
    store = Store(tmp_path / "memo", limit_bytes=10_000)
    store.place.mkdir()
    keys = [f"{number:02x}" * 32 for number in range(5)]
    for age, key in enumerate(keys[:4]):
        store.write(key, FACTS, spool)
        for path in files(store):
            if path.stem == key:
                os.utime(path, (1000 + age, 1000 + age))
    assert store.read(keys[0], None)  # used just now
    for number in range(5, 9):
        store.write(f"{number:02x}" * 32, FACTS, spool)
    assert sum(path.stat().st_size for path in files(store)) <= 10_000
    assert store.read(keys[0], None) == FACTS
    assert store.read(keys[1], None) is None


def test_nothing_but_entries_is_counted_or_removed(tmp_path, spool):
    """A folder may be named that holds other things, in folders of two letters or with endings like ours."""
    names = (
        "db/precious.sql",
        "go/notes.facts",
        f"ab/{'cd' * 32}.facts",
        f"ab/{'ab' * 32}.txt",
        "x",
    )
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(9_000))
        os.utime(path, (1000, 1000))
    store = Store(tmp_path, limit_bytes=5_000)
    keys = [f"{number:02x}" * 32 for number in range(10)]
    for key in keys:
        store.write(key, FACTS, spool)
    assert all((tmp_path / name).stat().st_size == 9_000 for name in names)
    kept = [key for key in keys if store.read(key, None)]
    assert 0 < len(kept) < len(keys)


def test_the_limit_is_that_of_all_who_write(tmp_path, spool):
    """Eight hold the folder open and write in turn, each entry less than what is counted anew for."""
    stores = [Store(tmp_path, limit_bytes=200_000) for _ in range(8)]
    for number in range(250):
        stores[number % 8].write(f"{number:02x}" * 32, FACTS, spool)
        if number > 100:
            size_bytes = sum(path.stat().st_size for path in tmp_path.glob("??/*"))
            assert size_bytes <= 200_000
    assert size_bytes >= 100_000


class Disk:
    """That is as full as it is said to be, and with each byte of a memo fuller; no disk of the machine."""

    def __init__(self, place, total, free):
        self.place, self.total, self.empty = place, total, free

    @property
    def free(self):
        return self.empty - sum(path.stat().st_size for path in self.place.glob("??/*"))


def test_a_memo_leaves_others_some_of_a_disk_that_is_nearly_full(
    tmp_path, spool, monkeypatch, caplog
):
    """15 % of a megabyte: entries come as long as there is more, and those that are there stay."""
    disk = Disk(tmp_path, 1_000_000, 180_000)
    monkeypatch.setattr("shutil.disk_usage", lambda place: disk if place == tmp_path else None)
    store = Store(tmp_path, limit_bytes=10_000_000)
    keys = [f"{number:02x}" * 32 for number in range(100)]
    for key in keys:
        store.write(key, FACTS, spool)
    kept = [key for key in keys if store.read(key, None) == FACTS]
    entry_bytes = (disk.empty - disk.free) / len(kept)
    assert kept == keys[: len(kept)]
    assert 150_000 <= disk.free < 150_000 + 1.1 * entry_bytes
    assert len(caplog.messages) == 1
    assert "MB are left to others" in caplog.text


@pytest.mark.parametrize(("free_gb", "is_kept"), [(4.1, True), (3.9, False)])
def test_of_a_large_disk_four_gigabytes_are_left(tmp_path, spool, monkeypatch, free_gb, is_kept):
    disk = Disk(tmp_path, 2_000_000_000_000, free_gb * 1e9)
    monkeypatch.setattr("shutil.disk_usage", lambda _: disk)
    store = Store(tmp_path, limit_bytes=10_000_000)
    store.write(KEY, FACTS, spool)
    assert (store.read(KEY, None) == FACTS) is is_kept


def test_whoever_waits_too_long_for_another_keeps_nothing_more(tmp_path, spool, monkeypatch):
    """The other may be stopped, and a run is neither to stop with it nor to wait at each of its images."""
    monkeypatch.setattr("payload.darkroom.store._PATIENCE_S", 0.01)
    one = Store(tmp_path, limit_bytes=20_000)
    one.write(KEY, FACTS, spool)
    with (tmp_path / ".payload-sim-tally").open("r+b") as held:
        hold(held)
        one.write(OTHER, FACTS, spool)
    one.write(OTHER, FACTS, spool)
    assert (one.read(KEY, None), one.read(OTHER, None)) == (FACTS, None)
    next_run = Store(tmp_path, limit_bytes=20_000)
    next_run.write(OTHER, FACTS, spool)
    assert next_run.read(OTHER, None) == FACTS


def test_what_was_used_in_the_future_goes_first(tmp_path, spool):
    """It was written while the clock was wrong, and would outlast all that comes."""
    store = Store(tmp_path, limit_bytes=10_000)
    wrong = [f"{number:02x}" * 32 for number in range(4)]
    for key in wrong:
        store.write(key, FACTS, spool)
    for path in files(store):
        os.utime(path, (4e9, 4e9))
    fresh = [f"{number:02x}" * 32 for number in range(16, 22)]
    for key in fresh:
        store.write(key, FACTS, spool)
    assert all(store.read(key, None) == FACTS for key in fresh)
    assert not any(store.read(key, tmp_path / "out") for key in wrong[:2])


def test_a_tally_that_is_damaged_is_counted_anew(tmp_path, spool):
    stores = [Store(tmp_path, limit_bytes=10_000) for _ in range(2)]
    for number in range(40):
        stores[number % 2].write(f"{number:02x}" * 32, FACTS, spool)
        damage = (b"0", b"x")[number % 2] * (number % 25)
        (tmp_path / ".payload-sim-tally").write_bytes(damage)
        assert sum(path.stat().st_size for path in tmp_path.glob("??/*")) <= 10_000


def test_what_cannot_be_marked_as_used_is_read_all_the_same(store, spool, tmp_path, monkeypatch):
    """As in a folder that is mounted for reading alone."""
    store.write(KEY, FACTS, spool)

    def refuse(*_args):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "utime", refuse)
    assert store.read(KEY, tmp_path / "out") == FACTS
    assert (tmp_path / "out").read_bytes() == RECORDS


def test_who_has_no_home_flies_without_a_memo(caplog):
    assert find_store({"PAYLOAD_SIM_MEMO": "~nobody-of-this-name/memo"}) is None
    assert "no memo" in caplog.text


def test_a_link_that_somebody_else_made_is_not_followed(tmp_path, monkeypatch, caplog):
    (tmp_path / "own").mkdir(mode=0o700)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "own")
    assert find_store({"PAYLOAD_SIM_MEMO": str(link)}) is not None
    honest = Path.lstat

    def strange(path):
        found = list(honest(path))
        found[stat.ST_UID] += path == link
        return os.stat_result(found)

    monkeypatch.setattr(Path, "lstat", strange)
    assert find_store({"PAYLOAD_SIM_MEMO": str(link)}) is None
    assert "another user" in caplog.text


def test_an_entry_beyond_the_limit_is_not_kept(tmp_path, spool):
    store = Store(tmp_path, limit_bytes=100)
    store.write(KEY, FACTS, spool)
    assert store.read(KEY, None) is None


def test_an_entry_of_just_the_limit_is_kept(store, tmp_path, spool):
    store.write(KEY, FACTS, spool)
    size_bytes = sum(path.stat().st_size for path in files(store) if path.stem == KEY)
    for spare_bytes, found in ((0, FACTS), (-1, None)):
        full = Store(tmp_path / f"full{spare_bytes}", limit_bytes=size_bytes + spare_bytes)
        full.place.mkdir()
        full.write(KEY, FACTS, spool)
        assert full.read(KEY, None) == found


def test_no_more_goes_than_has_to(tmp_path):
    """Of files of 10 bytes two make room for 20, three for 21."""
    for wanted_bytes, gone in ((20, 2), (21, 3), (0, 0)):
        paths = [tmp_path / f"{wanted_bytes}-{number}" for number in range(4)]
        for path in paths:
            path.write_bytes(bytes(10))
        freed_bytes = _let_go([(0.0, 10, path) for path in paths], wanted_bytes)
        assert freed_bytes == 10 * gone
        assert [path.exists() for path in paths] == [False] * gone + [True] * (4 - gone)


def test_what_is_held_is_told_without_being_read(store, spool):
    """Facts alone serve who wants no records, and none who wants them."""
    assert not store.holds(KEY, records=False)
    store.write(KEY, FACTS, None)
    assert store.holds(KEY, records=False)
    assert not store.holds(KEY, records=True)
    store.write(KEY, FACTS, spool)
    assert store.holds(KEY, records=True)
    assert not store.holds(OTHER, records=False)


def test_what_a_killed_process_left_half_written_is_removed(store, spool):
    store.write(KEY, FACTS, spool)
    left = store.place / KEY[:2] / f"{KEY}.facts.0123.partial"
    left.write_bytes(b"half")
    find_store({"PAYLOAD_SIM_MEMO": str(store.place)}).write(OTHER, FACTS, spool)
    assert not left.exists()


def test_where_locks_are_unknown_only_what_is_long_half_written_is_removed(
    store, spool, monkeypatch
):
    """Others may be writing: what is an hour and a second old is nobody's, what is fresh is somebody's."""
    monkeypatch.setattr("payload.darkroom.store.hold_soon", lambda *_: Lock.NOBODYS)
    left = store.place / KEY[:2] / f"{KEY}.facts.0123.partial"
    fresh = left.with_name(f"{KEY}.facts.4567.partial")
    left.parent.mkdir()
    for path in (left, fresh):
        path.write_bytes(b"half")
    old_s = time.time() - 3601
    os.utime(left, (old_s, old_s))
    store.write(OTHER, FACTS, spool)
    assert store.read(OTHER, None) == FACTS
    assert (left.exists(), fresh.exists()) == (False, True)


def test_the_place_is_the_users_own(store, spool):
    store.write(KEY, FACTS, spool)
    assert store.place.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files(store))
    assert b"pickle" not in b"".join(path.read_bytes() for path in files(store))


def test_a_place_that_others_may_write_to_is_not_used(tmp_path, caplog):
    tmp_path.chmod(0o777)
    assert find_store({"PAYLOAD_SIM_MEMO": str(tmp_path)}) is None
    assert "chmod 700" in caplog.text


def test_a_place_that_cannot_be_fails_nothing(tmp_path, spool, caplog):
    (tmp_path / "file").write_text("")
    assert find_store({"PAYLOAD_SIM_MEMO": str(tmp_path / "file" / "memo")}) is None
    store = Store(tmp_path / "file", limit_bytes=10_000)  # a file stands where a folder should
    store.write(KEY, FACTS, spool)
    store.write(KEY, FACTS, spool)
    assert store.read(KEY, None) is None
    assert caplog.text.count("no more is stored") == 1


def test_the_environment_names_place_and_limit(tmp_path):
    assert find_store({"PAYLOAD_SIM_MEMO": "off"}) is None
    assert find_store({"XDG_CACHE_HOME": str(tmp_path)}).place == tmp_path / "payload-sim"
    limited = {"PAYLOAD_SIM_MEMO": str(tmp_path / "m"), "PAYLOAD_SIM_MEMO_MB": "3"}
    assert find_store(limited).limit_bytes == 3_000_000
    with pytest.raises(ScenarioError, match="megabytes"):
        find_store(limited | {"PAYLOAD_SIM_MEMO_MB": "much"})


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_store import FACTS, KEY, OTHER, RECORDS
from payload.darkroom.store import find_store
store = find_store()
spool = Path(sys.argv[1])
spool.write_bytes(RECORDS)
for number in range(300):
    for key in (KEY, OTHER):
        store.write(key, FACTS, spool)
        assert store.read(key, None) in (FACTS, None)
"""


def test_several_processes_write_at_once(tmp_path):
    place = {"PAYLOAD_SIM_MEMO": str(tmp_path / "memo")}
    code = WRITER.format(tests=os.path.dirname(__file__))  # noqa: PTH120
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / f"spool-{number}")],
            env=os.environ | place,
        )
        for number in range(3)
    ]
    assert [process.wait() for process in running] == [0, 0, 0]
    store = find_store(place)
    assert store.read(KEY, tmp_path / "out") == FACTS
    assert store.read(OTHER, tmp_path / "out") == FACTS
    assert not list(store.place.rglob("*.partial"))
