"""The results folder: written beside, renamed when whole; an interrupted run leaves nothing half.

What a killed run left, the next run of that name takes away; it knows by the lock (see `payload.scratch`).
"""

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from errno import EBADF, EEXIST, EINVAL, ENOTEMPTY, ENOTSUP
from glob import escape
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import IO, Any, Self

from payload.errors import ScenarioError
from payload.scratch import held_at, left_behind

_NO_SYNC = {EINVAL, EBADF, ENOTSUP}
"""Says a file system that cannot do it, as some of networks cannot; the results are none the worse."""


def dump_json(path: Path, value: Mapping[str, Any], *, indent: int | None = 2) -> None:
    """Write a JSON file, as people read it or on one line; numbers are finite."""
    text = json.dumps(value, indent=indent, allow_nan=False, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def dump_parts(
    path: Path, head: Mapping[str, Any], name: str, parts: Iterable[Mapping[str, Any]]
) -> None:
    """What `dump_json` writes on one line of `{**head, name: [*parts]}`, part by part; `head` is not empty."""
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{_on_a_line(head)[:-1]}, {_on_a_line(name)}: [")
        for number, part in enumerate(parts):
            file.write(f"{', ' if number else ''}{_on_a_line(part)}")
        file.write("]}\n")


def _bring_to_disk(folder: Path) -> None:
    """See that the disk holds all files of a folder, and their names."""
    for place, _, names in os.walk(folder):
        for name in names:
            _sync(Path(place, name))
        _sync(Path(place))


def _sync(path: Path) -> None:
    """See that the disk holds a file, or the names in a folder; a full disk may say so only now."""
    if path.is_dir() and os.name == "nt":  # where no folder can be opened
        return
    known = os.open(path, os.O_RDONLY)
    try:
        os.fsync(known)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(known)


def _on_a_line(value: object) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


def _behind_link(path: Path) -> Path:
    """Where a folder stands that a link names, or is to stand; the link itself where it names a file, or nothing for ever."""
    if not path.is_symlink():
        return path
    found = Path(os.path.realpath(path))
    return path if found.is_file() or found.is_symlink() else found


@dataclass
class ResultsFolder:
    """`<parent>/<name>`, replaced whole by what is written between entering and leaving.

    On an exception what was written is removed and an older folder of that name stays as it was. Where the name is a
    symbolic link to a folder elsewhere, all this happens there, and the link stays.
    """

    parent: Path
    name: str
    _mark: str = field(default_factory=lambda: token_hex(4), init=False)
    _held: IO[bytes] | None = field(default=None, init=False, repr=False)
    _place: Path = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._place = _behind_link(self.final)

    @property
    def final(self) -> Path:
        """Where the results stand when all is well."""
        return self.parent / self.name

    @property
    def partial(self) -> Path:
        """Where they are written until then."""
        return self._beside("partial", self._mark)

    @property
    def spool(self) -> Path:
        """For what is only needed during the run."""
        return self.partial / ".spool"

    def __enter__(self) -> Self:
        try:
            self._place.parent.mkdir(parents=True, exist_ok=True)
            self._sweep()
            self._held = held_at(self._beside("lock", self._mark))
            self.partial.mkdir()
            self.spool.mkdir()
        except OSError as error:
            shutil.rmtree(self.partial, ignore_errors=True)
            self._let_go()
            raise ScenarioError(
                f"{self.parent}: results cannot be written there: {error.strerror}"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._replace()
        finally:  # also of who is interrupted while it waits for the disk
            self._clear(self._mark)
            self._let_go()

    def _let_go(self) -> None:
        """Nobody writes here any more."""
        if self._held is not None:
            self._beside("lock", self._mark).unlink(missing_ok=True)
            self._held.close()

    def _replace(self) -> None:
        """What was written stands in the place of an older folder."""
        shutil.rmtree(self.spool)
        _bring_to_disk(self.partial)  # its name must not outlive a power cut without what it names
        old = self._beside("old", self._mark)
        while True:
            if self._place.is_symlink() or self._place.is_file():
                self._place.unlink(missing_ok=True)
            with suppress(FileNotFoundError):  # or another run of that name has just put it aside
                self._place.rename(old)
            try:
                self.partial.rename(self._place)
            except OSError as error:
                if error.errno not in {ENOTEMPTY, EEXIST}:
                    raise
            else:
                break
            shutil.rmtree(
                old, ignore_errors=True
            )  # it was faster, and its results are replaced, too
        _sync(self._place.parent)  # the new name stands before what it replaces goes
        shutil.rmtree(old, ignore_errors=True)

    def write_json(self, name: str, value: Mapping[str, Any]) -> None:
        """Write a JSON file into the folder."""
        dump_json(self.partial / name, value)

    def _sweep(self) -> None:
        """Remove what killed runs of the same name left; older results that one had just put aside are put back."""
        for lock in self._place.parent.glob(f".{escape(self._place.name)}.lock-*"):
            with left_behind(lock) as is_left:
                if not is_left:
                    continue
                self._clear(lock.name.rpartition("-")[2])
                lock.unlink(missing_ok=True)

    def _clear(self, mark: str) -> None:
        """Remove what a run has not brought to an end, and put back what it had put aside."""
        old = self._beside("old", mark)
        if old.exists() and not self._place.exists():
            old.rename(self._place)
        for left in (old, self._beside("partial", mark)):
            shutil.rmtree(left, ignore_errors=True)

    def _beside(self, what: str, mark: str) -> Path:
        return self._place.parent / f".{self._place.name}.{what}-{mark}"
