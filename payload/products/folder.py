"""The results folder: written beside, renamed when whole; an interrupted run leaves nothing half."""

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from payload.errors import ScenarioError


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


def _on_a_line(value: object) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


@dataclass
class ResultsFolder:
    """`<parent>/<name>`, replaced whole by what is written between entering and leaving.

    On an exception what was written is removed and an older folder of that name stays as it was.
    """

    parent: Path
    name: str

    @property
    def final(self) -> Path:
        """Where the results stand when all is well."""
        return self.parent / self.name

    @property
    def partial(self) -> Path:
        """Where they are written until then."""
        return self.parent / f".{self.name}.partial-{os.getpid()}"

    @property
    def spool(self) -> Path:
        """For what is only needed during the run."""
        return self.partial / ".spool"

    def __enter__(self) -> Self:
        try:
            self.parent.mkdir(parents=True, exist_ok=True)
            self._sweep()
            self.partial.mkdir()
            self.spool.mkdir()
        except OSError as error:
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
        if kind is not None:
            shutil.rmtree(self.partial, ignore_errors=True)
            return
        shutil.rmtree(self.spool)
        old = self.parent / f".{self.name}.old-{os.getpid()}"
        if self.final.is_symlink() or self.final.is_file():
            self.final.unlink()
        elif self.final.exists():
            self.final.rename(old)
        self.partial.rename(self.final)
        shutil.rmtree(old, ignore_errors=True)

    def write_json(self, name: str, value: Mapping[str, Any]) -> None:
        """Write a JSON file into the folder."""
        dump_json(self.partial / name, value)

    def _sweep(self) -> None:
        """Remove what a killed run of the same name left, unless that run is still alive."""
        for left in self.parent.glob(f".{self.name}.*-*"):
            owner = left.name.rpartition("-")[2]
            if owner.isdecimal() and not Path(f"/proc/{owner}").exists():
                shutil.rmtree(left, ignore_errors=True)
