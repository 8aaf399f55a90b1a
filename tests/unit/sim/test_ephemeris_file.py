"""Ephemerides in files: the same numbers, nothing to write to, and no flight that depends on a disk. Judge: those in memory."""

import tempfile
from datetime import UTC, datetime

import numpy as np
import pytest

from payload.orbit.contacts import time_grid
from payload.orbit.propagation import Sgp4
from payload.sim.ephemeris_file import MOST_BYTES, EphemerisFiles

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
    files = EphemerisFiles(MOST_BYTES + 1)
    kept = files.keep(ephemeris)
    for _ in range(2):
        for there, here in zip(columns(kept), columns(ephemeris), strict=True):
            assert there is not here
            np.testing.assert_array_equal(there, here, strict=True)
            with pytest.raises(ValueError, match="read-only"):
                there[0] = 0.0
        files.let_go()


def test_few_samples_stay_in_memory(ephemeris):
    kept = EphemerisFiles(MOST_BYTES).keep(ephemeris)
    assert all(a is b for a, b in zip(columns(kept), columns(ephemeris), strict=True))


def test_a_full_disk_is_no_reason_not_to_fly(ephemeris, monkeypatch):
    def refuse():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    kept = EphemerisFiles(MOST_BYTES + 1).keep(ephemeris)
    np.testing.assert_array_equal(kept.position_km, ephemeris.position_km)
