"""What a worker does: fly one run and write its row. Equal in this process, in a pool and on a cluster."""

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
    """A run as it travels to a worker: plain data alone.

    Attributes:
        key: Of its row.
        digest: Of its scenario, as it was when the sweep was laid out.
        seed: Of its scenario.
        data: Its scenario, as a file would hold it.
        base_folder: Where relative paths in it start.
        folder: Of the sweep; the worker writes the row there if it sees it.
        packages: Versions of those that its plug-ins lean on and that need not be there.
        code: Digest of the program that its key is of.
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
    """A run that is over: its row's text, and how long it took; None for a row that stood there already."""

    key: str
    text: str
    wall_s: float | None


class Executor(Protocol):
    """Who flies jobs; entered before use, so that its workers live from one call to the next."""

    @property
    def workers(self) -> int:
        """How many fly at once."""

    def fly(self, jobs: Iterable[Job]) -> Iterator[Landed]:
        """Fly jobs and tell of each when it is over, in no order."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


class Serial:
    """One run after another in this process."""

    workers = 1

    def fly(self, jobs: Iterable[Job]) -> Iterator[Landed]:
        """Fly jobs in their order."""
        return map(fly_job, jobs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""


def fly_job(job: Job) -> Landed:
    """Fly a run and write its row; a run that raises leaves a row that tells why.

    Raises:
        SweepError: A file that the scenario names has changed since the sweep was laid out, or the program is another one here.
    """
    standing = row_path(job.folder, job.key)
    if standing.exists():  # a cluster asks again for what a lost worker knew
        return Landed(job.key, standing.read_text(encoding="utf-8"), None)
    if not _is_same_here(job):  # the row would bear the key of figures that others would get
        raise SweepError(
            "a worker has another version of payload-sim, or of a package that it stands on, than the sweep: "
            "install the same on all machines, start workers and sweep again"
        )
    start_s = time.perf_counter()
    with collecting_less():
        text = _row(job).text
    if standing.parent.is_dir():
        write_row(job.folder, job.key, text)
    return Landed(job.key, text, time.perf_counter() - start_s)


def _is_same_here(job: Job) -> bool:
    """Whether this process flies with the program, and the packages, that the key of a job is of."""
    return job.code == code_digest() and job.packages == versions_of(job.packages)


def condemned(job: Job) -> Landed:
    """A run whose process died each time."""
    return Landed(job.key, died_row(job.key, job.digest, job.seed).text, None)


def _row(job: Job) -> Row:
    with _spool(job) as spool:
        try:
            scenario = Scenario.model_validate(dict(job.data), context={"folder": job.base_folder})
            changed = scenario.digest != job.digest
            summary = {} if changed else fly(scenario, spool)
        except Exception as error:
            if is_full_disk(error):
                raise  # the others would fail too, and a row would outlast what is no fault of the run
            return failed_row(job.key, job.digest, job.seed, error, spool)
    if changed:
        raise SweepError(
            "a file that the scenario names has changed while the sweep ran: start it again"
        )
    return flown_row(job.key, summary)


@contextmanager
def _spool(job: Job) -> Iterator[Path]:
    """A folder for the flight: in the sweep's folder if that is seen, so that what a killed worker leaves is found."""
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
    """A sweep flies in a folder: what its killed workers leave goes in the end, however that comes."""
    try:
        yield
    finally:
        _clear_spool(folder)


def _clear_spool(folder: Path) -> None:
    """Remove what killed workers have left in the folder of a sweep; what another sweep flies there stays."""
    for lock in folder.glob(f"{_SPOOL}*{_LOCK}"):
        with left_behind(lock) as is_left:
            if is_left:
                shutil.rmtree(lock.with_name(lock.name.removesuffix(_LOCK)), ignore_errors=True)
                lock.unlink(missing_ok=True)
