"""What commands that fly many runs share: how many at once, and a line that tells how far it is."""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from payload.commands.talk import say

if TYPE_CHECKING:
    from payload.sweep import Progress

ROWS = "rows"
"""Where a sweep's folder has its rows; the sweep itself is not imported for that."""


@contextmanager
def resumable(folder: Path) -> Iterator[None]:
    """Whoever interrupts is told that what is flown stands, and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        rows = sum(1 for _ in (folder / ROWS).glob("[0-9a-f]*.json"))
        say(f"rows finished in {folder}: {rows}; the same command continues from there")
        raise


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[["Progress"], None]]:
    """What it will take, said once; then a line on a terminal's stderr with the time left."""
    if quiet:
        yield lambda _: None
        return
    live = sys.stderr.isatty()
    told_s = 0.0

    def tell(progress: "Progress") -> None:
        nonlocal told_s
        if progress.is_forecast and progress.left_s is not None and progress.one_run_s is not None:
            say(
                f"one run took {_span(progress.one_run_s)}; {progress.of - progress.done} more "
                f"will take about {_span(progress.left_s)}"
            )
        now_s = time.monotonic()
        if live and (now_s - told_s > 0.2 or progress.done == progress.of):
            told_s = now_s
            left = "" if progress.left_s is None else f", {_span(progress.left_s)} left"
            sys.stderr.write(f"\r\x1b[K{progress.done} of {progress.of} runs{left}")
            sys.stderr.flush()

    try:
        yield tell
    finally:
        if live:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _span(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 99.5:
        return f"{seconds:.2g} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{seconds / 3600:.1f} h"
