"""Helpers that know the scenario assembled and work on the same spool as the process that flies."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, Self

from payload.darkroom.memo import Memo
from payload.scenario.models import Scenario
from payload.sim.assemble import Assembly
from payload.workers import Done, Helpers, Job, Share

Work = Callable[[Assembly, Memo, Job], Done]
"""What anybody does with a job who has the scenario assembled and a memo; a function of a module."""


@dataclass
class Crew:
    """So many helpers; none is started before there is something to do.

    Attributes:
        memo: Whose spool they share.
    """

    helpers: int
    assembly: Assembly
    memo: Memo
    _staff: Helpers = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._staff = Helpers(self.helpers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """The helpers end at once, whatever they are at."""
        self.dismiss()

    def dismiss(self) -> None:
        """The helpers end at once, and what they hold in memory is free; new ones come with the next jobs."""
        self._staff.dismiss()

    def share(self, work: Work[Job, Done], jobs: Sequence[Job]) -> Share[Job, Done]:
        """Have helpers begin with jobs."""
        desk = self.memo.spool / "assembly"
        if not desk.exists():
            with desk.open("wb") as file:
                known = self.assembly, self.memo.keeps_records
                _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(known)
        return self._staff.share(partial(_do, str(desk), work), jobs)


def _do(desk: str, work: Work[Job, Done], job: Job) -> Done:
    """A helper does a job."""
    return work(*_at_desk(desk), job)


@cache
def _at_desk(desk: str) -> tuple[Assembly, Memo]:
    with Path(desk).open("rb") as file:
        assembly, keeps_records = pickle.load(file)
    memo = Memo(assembly.darkroom, Path(desk).parent, keeps_records=keeps_records)
    return assembly, memo


class _Pickler(pickle.Pickler):
    """Knows how a scenario travels: as plain data, for its plug-ins' classes are made when it is read."""

    def reducer_override(self, value: object) -> Any:  # noqa: ANN401 - as pickle wants it
        if isinstance(value, Scenario):
            return _scenario, (value.model_dump(mode="json"), str(Path.cwd()))
        return NotImplemented


def _scenario(data: dict[str, object], folder: str) -> Scenario:
    return Scenario.model_validate(data, context={"folder": Path(folder)})
