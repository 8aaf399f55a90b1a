"""What a worker does: fly one run and write its row. The same in this process, in a pool and on a cluster."""

import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Protocol, Self

from payload.collecting import collecting_less
from payload.errors import SweepError, is_full_disk
from payload.run import fly
from payload.scenario.models import Scenario
from payload.scratch import held_at, left_behind, scratch_folder
from payload.sweep.grid import code_digest, versions_of
from payload.sweep.rows import ROWS, Row, died_row, failed_row, flown_row, row_path, write_row

_SPOOL, _LOCK = ".spool-", ".lock"


@dataclass(frozen=True, slots=True)
class Job:
    """A run as it is sent to a worker: plain data only.

    Attributes:
        key: Key of its row.
        digest: Digest of its scenario, as it was when the sweep was laid out.
        seed: Seed of its scenario.
        data: Its scenario, as a file would hold it.
        base_folder: Folder to which its relative paths refer.
        folder: The sweep's folder; the worker writes the row there if it can see it.
        packages: Versions of the optional packages that its plug-ins depend on.
        code: Digest of the program for which the key was computed.
    """

    key: str
    digest: str
    seed: int
    data: Mapping[str, object]
    base_folder: Path
    folder: Path
    packages: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    code: str = field(default_factory=code_digest)


@dataclass(frozen=True, slots=True)
class Landed:
    """A finished run: the text of its row, and how long it took (None if the row already existed)."""

    key: str
    text: str
    wall_s: float | None


class Executor(Protocol):
    """Something that flies jobs; it is entered before use, so that its workers live from one call to the next."""

    @property
    def workers(self) -> int:
        """How many jobs fly at once."""

    def fly(self, jobs: Iterable[Job]) -> Iterator[Landed]:
        """Fly jobs and yield each as it finishes, in no particular order."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


class Serial:
    """One run after another in this process."""

    workers = 1

    def fly(self, jobs: Iterable[Job]) -> Iterator[Landed]:
        """Fly jobs in order."""
        return map(fly_job, jobs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to release."""


def fly_job(job: Job) -> Landed:
    """Fly a run and write its row; a run that raises leaves a row with its error.

    Raises:
        SweepError: A file named in the scenario has changed since the sweep was laid out, or the program here is another one.
    """
    standing = row_path(job.folder, job.key)
    if standing.exists():  # a cluster repeats a job whose result was lost with its worker
        return Landed(job.key, standing.read_text(encoding="utf-8"), None)
    if not _is_same_here(job):  # the figures would not match the row's key
        raise SweepError(
            "a worker has a different version of payload-sim, or of a package it depends on, than the sweep: "
            "install the same versions on all machines, then restart the workers and the sweep"
        )
    start_s = time.perf_counter()
    with collecting_less():
        text = _row(job).text
    if standing.parent.is_dir():
        write_row(job.folder, job.key, text)
    return Landed(job.key, text, time.perf_counter() - start_s)


def _is_same_here(job: Job) -> bool:
    """Whether this process has the program and package versions for which a job's key was computed."""
    return job.code == code_digest() and job.packages == versions_of(job.packages)


def condemned(job: Job) -> Landed:
    """The result of a run whose process died each time."""
    return Landed(job.key, died_row(job.key, job.digest, job.seed).text, None)


def _row(job: Job) -> Row:
    with _spool(job) as spool:
        try:
            scenario = Scenario.model_validate(dict(job.data), context={"folder": job.base_folder})
            changed = scenario.digest != job.digest
            summary = {} if changed else fly(scenario, spool)
        except Exception as error:
            if is_full_disk(error):
                raise  # other runs would fail too, and a row would outlast a fault that is not the run's
            return failed_row(job.key, job.digest, job.seed, error, spool)
    if changed:
        raise SweepError("a file named in the scenario changed during the sweep; start it again")
    return flown_row(job.key, summary)


@contextmanager
def _spool(job: Job) -> Iterator[Path]:
    """A scratch folder for the flight, in the sweep's folder if visible, so that a killed worker's leftovers are found."""
    if not (job.folder / ROWS).is_dir():
        with scratch_folder() as elsewhere:
            yield elsewhere
        return
    name = f"{_SPOOL}{job.key}-{token_hex(4)}"  # another sweep in the folder may fly the same run
    spool, lock = job.folder / name, job.folder / f"{name}{_LOCK}"
    with held_at(lock):
        spool.mkdir()
        try:
            yield spool
        finally:
            shutil.rmtree(spool, ignore_errors=True)
            lock.unlink(missing_ok=True)


@contextmanager
def clean_folder(folder: Path) -> Iterator[None]:
    """Remove what killed workers have left in a sweep's folder when the block ends, however it ends."""
    try:
        yield
    finally:
        _clear_spool(folder)


def _clear_spool(folder: Path) -> None:
    """Remove what killed workers have left in a sweep's folder; flights of another sweep in progress there are kept."""
    for lock in folder.glob(f"{_SPOOL}*{_LOCK}"):
        with left_behind(lock) as is_left:
            if is_left:
                shutil.rmtree(lock.with_name(lock.name.removesuffix(_LOCK)), ignore_errors=True)
                lock.unlink(missing_ok=True)
