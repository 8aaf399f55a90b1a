"""The log of a long job: JSON lines for programs, and for people a line with the time remaining."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Journal:
    """A file of JSON lines, each with the seconds since the journal was opened.

    Attributes:
        path: File that lines are appended to; None for no file.
        context: Facts that every line carries, such as the stage.
        screen: A terminal to show progress on; None shows none.
    """

    path: Path | None = None
    context: dict[str, str | int] = field(default_factory=dict[str, str | int])
    screen: TextIO | None = None
    _opened_s: float = field(default_factory=time.monotonic)

    def log(self, event: str, **facts: object) -> None:
        """Add a line; a fact `done` between 0 and 1 is shown with the time remaining."""
        elapsed_s = time.monotonic() - self._opened_s
        if self.path is not None:
            line = {"elapsed_s": round(elapsed_s, 1), **self.context, "event": event, **facts}
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        if self.screen is not None:
            self._show(event, elapsed_s, facts)

    def progress(self, event: str, items: Sequence[Item], *, every: int) -> Iterator[Item]:
        """Yield items one by one, and log after each `every` of them how many are done."""
        journal = self.within()
        for number, item in enumerate(items, start=1):
            yield item
            if number % every == 0 or number == len(items):
                journal.log(event, count=number, done=number / len(items))

    def within(self, **context: str | int) -> "Journal":
        """The same journal for a part of the job, with more context and its own clock."""
        return Journal(self.path, {**self.context, **context}, self.screen)

    def _show(self, event: str, elapsed_s: float, facts: dict[str, object]) -> None:
        if self.screen is None:
            return
        done = facts.get("done")
        where = " ".join(str(value) for value in self.context.values())
        rest = ", ".join(f"{key} {value}" for key, value in facts.items() if key != "done")
        if isinstance(done, float) and 0 < done <= 1:
            left_s = elapsed_s * (1 - done) / done
            text = f"{where}: {event} {done:.0%}, {_clock(left_s)} left; {rest}"
        else:
            text = f"{where}: {event} {rest}"
        # On a terminal a step is overwritten by whatever comes next.
        is_terminal = self.screen.isatty()
        is_step = is_terminal and isinstance(done, float) and done < 1
        begin, end = "\r\x1b[K" if is_terminal else "", "" if is_step else "\n"
        self.screen.write(f"{begin}{text[:110] if is_step else text}{end}")
        self.screen.flush()


SILENT = Journal()


def on_screen(path: Path) -> Journal:
    """A journal that also shows progress on stderr."""
    return Journal(path, screen=sys.stderr)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
