"""Worker processes that have the assembled scenario and share the spool of the process that flies."""

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
"""What a process with the assembled scenario and a memo does with a job; a module-level function, so it can be pickled."""


@dataclass
class Crew:
    """A number of helper processes, started only when there is work.

    Attributes:
        memo: Its spool is shared by the helpers.
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
        """End the helpers at once, whatever they are doing."""
        self.dismiss()

    def dismiss(self) -> None:
        """End the helpers at once and free their memory; new ones start with the next jobs."""
        self._staff.dismiss()

    def share(self, work: Work[Job, Done], jobs: Sequence[Job]) -> Share[Job, Done]:
        """Start helpers on jobs."""
        desk = self.memo.spool / "assembly"
        if not desk.exists():
            with desk.open("wb") as file:
                known = self.assembly, self.memo.keeps_records
                _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(known)
        return self._staff.share(partial(_do, str(desk), work), jobs)


def _do(desk: str, work: Work[Job, Done], job: Job) -> Done:
    """Do a job in a helper process."""
    return work(*_at_desk(desk), job)


@cache
def _at_desk(desk: str) -> tuple[Assembly, Memo]:
    with Path(desk).open("rb") as file:
        assembly, keeps_records = pickle.load(file)
    memo = Memo(assembly.darkroom, Path(desk).parent, keeps_records=keeps_records)
    return assembly, memo


class _Pickler(pickle.Pickler):
    """Pickles a scenario as plain data, since the classes of its plug-ins are created when it is read."""

    def reducer_override(self, value: object) -> Any:  # noqa: ANN401 - as pickle wants it
        if isinstance(value, Scenario):
            return _scenario, (value.model_dump(mode="json"), str(Path.cwd()))
        return NotImplemented


def _scenario(data: dict[str, object], folder: str) -> Scenario:
    return Scenario.model_validate(data, context={"folder": Path(folder)})
