"""What a cluster cannot do is said in a sentence: nobody works there, the disk is full, another program is installed."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from payload.errors import SweepError, is_full_disk
from payload.sweep import cluster as room
from payload.sweep.cluster import Cluster
from payload.sweep.flying import Job, fly_job
from payload.sweep.grid import code_digest

distributed = pytest.importorskip("distributed")
JOB = Job("0" * 64, "", 0, {}, Path(), Path("nowhere"))


@pytest.fixture
def at_home(monkeypatch):
    """A scheduler in this process, with as many workers as it is told to have."""
    monkeypatch.setattr(room, "PATIENCE_S", 0.6)

    def start(workers):
        return distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=False,
            protocol="tcp",
            dashboard_address=None,
        )

    return start


def full(_job):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "rows")


def test_a_scheduler_without_workers_is_not_waited_for_without_end(at_home):
    with (
        at_home(0) as home,
        pytest.raises(SweepError, match=r"no worker for 0\.6 s.*dask worker tcp:"),
        Cluster(home.scheduler_address),
    ):
        pass


def test_workers_that_leave_and_do_not_come_back_are_missed(at_home):
    with at_home(1) as home, Cluster(home.scheduler_address) as cluster:
        home.scale(0)
        home.sync(home._correct_state)
        with pytest.raises(SweepError, match=r"no worker for 0\.6 s"):
            list(cluster.fly([JOB]))


def test_a_full_disk_of_a_worker_is_no_lost_cluster(at_home, monkeypatch):
    monkeypatch.setattr(room, "fly_job", full)
    with at_home(1) as home, Cluster(home.scheduler_address) as cluster:
        with pytest.raises(OSError, match="No space left") as caught:
            list(cluster.fly([JOB]))
        assert is_full_disk(caught.value)
        assert not isinstance(caught.value, SweepError)


def test_a_worker_of_another_program_leaves_no_row_under_this_ones_key():
    assert JOB.code == code_digest()
    with pytest.raises(SweepError, match="a different version"):
        fly_job(replace(JOB, code="f" * 64))


@pytest.mark.parametrize("packages", [{"imagecodecs": "0.0.1"}, {"no-such-package": "1.0"}])
def test_nor_does_one_that_has_another_package_of_a_plug_in_or_none(packages):
    with pytest.raises(SweepError, match="a different version"):
        fly_job(replace(JOB, packages=packages))
