"""The results folder: written under another name and renamed once complete, so an interrupted run leaves nothing partial.

What a killed run left is removed by the next run of that name, which recognises it by the lock (see `payload.scratch`).
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
"""Errors from file systems that cannot sync, as some network file systems cannot; the results are none the worse."""


def dump_json(path: Path, value: Mapping[str, Any], *, indent: int | None = 2) -> None:
    """Write a JSON file, indented for readers or on one line; numbers must be finite."""
    text = json.dumps(value, indent=indent, allow_nan=False, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def dump_parts(
    path: Path, head: Mapping[str, Any], name: str, parts: Iterable[Mapping[str, Any]]
) -> None:
    """Write what `dump_json` writes on one line for `{**head, name: [*parts]}`, part by part; `head` must not be empty."""
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{_on_a_line(head)[:-1]}, {_on_a_line(name)}: [")
        for number, part in enumerate(parts):
            file.write(f"{', ' if number else ''}{_on_a_line(part)}")
        file.write("]}\n")


def _bring_to_disk(folder: Path) -> None:
    """Make sure that all files of a folder, and their names, are on disk."""
    for place, _, names in os.walk(folder):
        for name in names:
            _sync(Path(place, name))
        _sync(Path(place))


def _sync(path: Path) -> None:
    """Make sure that a file, or the names in a folder, are on disk; a full disk may be reported only now."""
    if path.is_dir() and os.name == "nt":  # folders cannot be opened there
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
    """The folder that a link points to, existing or not; the link itself if it points to a file or cannot be resolved."""
    if not path.is_symlink():
        return path
    found = Path(os.path.realpath(path))
    return path if found.is_file() or found.is_symlink() else found


@dataclass
class ResultsFolder:
    """`<parent>/<name>`, replaced as a whole by what is written between entering and leaving.

    On an exception, what was written is removed, and an older folder of that name stays as it was. If the name is a
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
        """Where the results are once everything has succeeded."""
        return self.parent / self.name

    @property
    def partial(self) -> Path:
        """Where they are written until then."""
        return self._beside("partial", self._mark)

    @property
    def spool(self) -> Path:
        """For data needed only during the run."""
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
                f"{self.parent}: results cannot be written to this folder: {error.strerror}"
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
        finally:  # also if interrupted while waiting for the disk
            self._clear(self._mark)
            self._let_go()

    def _let_go(self) -> None:
        """Release the lock: this run writes here no more."""
        if self._held is not None:
            self._beside("lock", self._mark).unlink(missing_ok=True)
            self._held.close()

    def _replace(self) -> None:
        """Put what was written in the place of an older folder."""
        shutil.rmtree(self.spool)
        _bring_to_disk(self.partial)  # a power cut must not leave the name without its contents
        old = self._beside("old", self._mark)
        while True:
            if self._place.is_symlink() or self._place.is_file():
                self._place.unlink(missing_ok=True)
            with suppress(FileNotFoundError):  # or another run of that name has just moved it aside
                self._place.rename(old)
            try:
                self.partial.rename(self._place)
            except OSError as error:
                if error.errno not in {ENOTEMPTY, EEXIST}:
                    raise
            else:
                break
            # another run was faster; its results are replaced, too
            shutil.rmtree(old, ignore_errors=True)
        _sync(self._place.parent)  # the new name must be on disk before what it replaces is removed
        shutil.rmtree(old, ignore_errors=True)

    def write_json(self, name: str, value: Mapping[str, Any]) -> None:
        """Write a JSON file into the folder."""
        dump_json(self.partial / name, value)

    def _sweep(self) -> None:
        """Remove what killed runs of the same name left; older results that one had just moved aside are put back."""
        for lock in self._place.parent.glob(f".{escape(self._place.name)}.lock-*"):
            with left_behind(lock) as is_left:
                if not is_left:
                    continue
                self._clear(lock.name.rpartition("-")[2])
                lock.unlink(missing_ok=True)

    def _clear(self, mark: str) -> None:
        """Remove what a run did not finish, and put back what it had moved aside."""
        old = self._beside("old", mark)
        if old.exists() and not self._place.exists():
            old.rename(self._place)
        for left in (old, self._beside("partial", mark)):
            shutil.rmtree(left, ignore_errors=True)

    def _beside(self, what: str, mark: str) -> Path:
        return self._place.parent / f".{self._place.name}.{what}-{mark}"
