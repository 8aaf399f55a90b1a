"""Work that is handed out comes back whole and in order, whatever happens to who does it."""

import os
import pickle
import signal
import time
from functools import partial

import pytest

from payload.fleet import FleetSize, write_fleet
from payload.sim import assemble
from payload.timetable import wanted
from payload.workers import Helpers, Share


def square(number):
    return number * number, os.getpid()


def die_elsewhere(how, here, number):
    """A worker that is killed, as by a system that is out of memory, or told to end."""
    if os.getpid() != here:
        os.kill(os.getpid(), how)
    return square(number)


def blocked(_job):
    """What the thread that works here does not hear."""
    return signal.pthread_sigmask(signal.SIG_BLOCK, ())


def leave_all(share):
    """Nothing is left for who hands out."""
    while share._left:
        time.sleep(0.01)


def keep_busy(helpers):
    """Somebody is at a job of ten minutes, two more wait."""
    jobs = [helpers.pool.submit(time.sleep, 600.0) for _ in range(3)]
    while not jobs[0].running():
        time.sleep(0.01)


def test_jobs_come_back_in_their_order_whoever_does_them():
    """The last two are done here, all others by a helper: those are the first that come back."""
    by_hand = []

    def here(number):
        by_hand.append(number)
        while len(by_hand) == 2 and share._left:
            time.sleep(0.01)
        return square(number)

    with Helpers(1) as helpers:
        share = helpers.share(square, range(20))
        found = share.finish(here)
    assert [value for value, _ in found] == [number**2 for number in range(20)]
    assert [who == os.getpid() for _, who in found] == [False] * 18 + [True] * 2
    assert by_hand == [19, 18]


def test_helpers_are_started_deaf_to_ctrl_c_and_who_starts_them_is_not():
    """Else one that is still importing when a terminal tells all of it leaves a traceback."""
    with Helpers(1) as helpers:
        theirs = helpers.pool.submit(blocked, 0).result()
    assert (signal.SIGINT in theirs, signal.SIGINT in blocked(0)) == (True, False)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=str)
def test_what_killed_helpers_leave_is_done_here(how, caplog):
    """Also what is handed out when they are gone."""
    work = partial(die_elsewhere, how, os.getpid())
    with Helpers(2) as helpers:
        found = helpers.share(work, range(9)).finish(work)
        assert found == [(number**2, os.getpid()) for number in range(9)]
        assert helpers.share(work, [7]).finish(work) == [(49, os.getpid())]
    assert "killed" in caplog.text


def test_helpers_end_at_once_and_new_ones_come_with_the_next_jobs():
    """Whatever they are at: half a minute is time enough to end, on a slow machine too."""
    helpers = Helpers(1)
    first = helpers.pool.submit(os.getpid).result()
    keep_busy(helpers)
    begun_s = time.monotonic()
    helpers.dismiss()
    assert time.monotonic() - begun_s < 30.0
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    with helpers:
        last = helpers.pool.submit(os.getpid).result()
        assert last not in {first, os.getpid()}
        keep_busy(helpers)
    assert time.monotonic() - begun_s < 60.0
    with pytest.raises(ProcessLookupError):
        os.kill(last, 0)


def test_a_failure_of_a_job_is_a_failure():
    with Helpers(1) as helpers:
        share = helpers.share(square, ["no number"])
        leave_all(share)
        with pytest.raises(TypeError):
            share.finish(square)


def test_satellites_find_the_same_whoever_looks(tmp_path, monkeypatch):
    """Second method: the same by one process. Equal to the bit, as equality of floats is."""
    scenario = write_fleet(
        tmp_path, FleetSize(planes=2, satellites_per_plane=4, stations=3, targets=30, hours=6.0)
    )
    alone = assemble(scenario)
    monkeypatch.setattr(wanted, "WORTH_LOOKS", 0)
    monkeypatch.setattr(Share, "_take_last", leave_all)
    beside = assemble(scenario, jobs=3)
    for name, found in alone.opportunities.items():
        assert list(beside.opportunities[name]) == list(found)
    assert list(alone.opportunities) == alone.satellites
    assert sum(map(len, alone.opportunities.values())) > 100


def refuse(*_, **__):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("name", ["scratch_folder", "Path.write_bytes"])
def test_a_full_disk_is_no_reason_not_to_look(name, tmp_path, monkeypatch, caplog):
    """Judge: who looks alone and needs no disk."""
    scenario = write_fleet(
        tmp_path, FleetSize(planes=1, satellites_per_plane=3, stations=1, targets=9, hours=6.0)
    )
    alone = assemble(scenario)
    monkeypatch.setattr(wanted, "WORTH_LOOKS", 0)
    monkeypatch.setattr(f"payload.timetable.wanted.{name}", refuse)
    beside = assemble(scenario, jobs=2)
    assert {name: list(found) for name, found in beside.opportunities.items()} == {
        name: list(found) for name, found in alone.opportunities.items()
    }
    assert any(alone.opportunities.values())
    assert "No space left" in caplog.text


def test_what_a_helper_finds_and_cannot_write_it_hands_over(tmp_path, monkeypatch):
    (tmp_path / "search").write_bytes(pickle.dumps(square))
    assert pickle.loads(wanted._search_beside(str(tmp_path), [3]).read_bytes()) == [square(3)]
    before = set(tmp_path.iterdir())
    monkeypatch.setattr(wanted.pickle, "dump", refuse)
    assert wanted._search_beside(str(tmp_path), [3, 4]) == [square(3), square(4)]
    assert set(tmp_path.iterdir()) == before


def test_a_small_fleet_looks_alone(tmp_path, monkeypatch):
    scenario = write_fleet(
        tmp_path, FleetSize(planes=1, satellites_per_plane=2, stations=1, targets=3, hours=1.0)
    )
    monkeypatch.setattr(wanted, "Helpers", None)
    assert len(assemble(scenario, jobs=8).opportunities) == 2
