"""Ephemerides in a file: the same numbers, nothing to write to, and no flight that depends on a disk. Judge: those in memory."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from payload.orbit.contacts import time_grid
from payload.orbit.propagation import Sgp4
from payload.timetable.ephemeris_file import MOST_BYTES, EphemerisFile

ORBIT = Sgp4(
    altitude_km=550.0,
    ltan="10:30",
    epoch_utc=datetime(2026, 6, 21, tzinfo=UTC),
    satellite="one",
)


@pytest.fixture
def ephemeris():
    return ORBIT.propagate(time_grid(7_200.0))


def columns(path):
    return path.position_km, path.velocity_km_s


def test_a_file_gives_the_same_numbers_again_and_again(ephemeris):
    with EphemerisFile(MOST_BYTES + 1) as file:
        kept = file.keep(ephemeris)
    for _ in range(2):
        for there, here in zip(columns(kept), columns(ephemeris), strict=True):
            assert there is not here
            np.testing.assert_array_equal(there, here, strict=True)
            with pytest.raises(ValueError, match="read-only"):
                there[0] = 0.0
        file.let_go()


def test_few_samples_stay_in_memory(ephemeris):
    with EphemerisFile(MOST_BYTES) as file:
        kept = file.keep(ephemeris)
    assert all(a is b for a, b in zip(columns(kept), columns(ephemeris), strict=True))


def test_a_full_disk_is_no_reason_not_to_fly(ephemeris, monkeypatch):
    def refuse():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with EphemerisFile(MOST_BYTES + 1) as file:
        kept = file.keep(ephemeris)
    np.testing.assert_array_equal(kept.position_km, ephemeris.position_km)


def test_a_disk_that_fills_keeps_what_it_has(ephemeris):
    class Full(np.ndarray):
        def tofile(self, *_):
            raise OSError(28, "No space left on device")

    with EphemerisFile(MOST_BYTES + 1) as file:
        written = file.keep(ephemeris)
        full = ephemeris.position_km.view(Full)
        assert file.keep_array(full) is full
        again = file.keep_array(ephemeris.position_km)
    assert again is not ephemeris.position_km
    for there in (written.position_km, again):
        np.testing.assert_array_equal(there, ephemeris.position_km)


def test_more_than_was_expected_stays_in_memory():
    array = np.arange(MOST_BYTES // 8 + 1.0)
    with EphemerisFile(array.nbytes + 8) as file:
        assert file.keep_array(array) is not array
        assert file.keep_array(array) is array
        assert file.keep_array(np.ones(1)).flags.writeable is False


def test_a_large_fleet_has_one_file(ephemeris):
    """However many satellites there are: a process may hold 1,024 open files, or 256."""

    def opened():
        return len(list(Path("/dev/fd").iterdir()))

    before = opened()
    with EphemerisFile(MOST_BYTES + 1) as file:
        kept = [file.keep(ephemeris) for _ in range(20)]
    assert all(each.position_km is not ephemeris.position_km for each in kept)
    assert opened() == before + 1
