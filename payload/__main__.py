"""`payload-sim`, also as `python -m payload`. Only what it needs to be interrupted politely is imported here."""

import os
import signal
import sys
from io import TextIOWrapper
from types import FrameType
from typing import NoReturn

from payload.collecting import collect_less, leave_at_once

INTERRUPTED = 130
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""Threads of a small product of matrices wait for each other wherever anything else computes, as with --jobs: on a busy
machine the codec `strong` took five times as long with two as with one, on an idle one nine tenths. Measured."""


def main() -> NoReturn:
    """Run the command line and leave with its exit code; an interruption at any moment is one sentence."""
    try:
        _open_streams()
        _hear_ends()
        collect_less()
        leave_at_once()
        for name, value in ONE_THREAD.items():
            os.environ.setdefault(name, value)
        from payload.cli import app  # noqa: PLC0415 - an interruption while it is imported is polite too

        app(prog_name="payload-sim")
    except KeyboardInterrupt:
        exec("")  # noqa: S102 - Python remembers an interruption of code from a string, as of a dataclass, as its own end
        print("interrupted; nothing half-written is left", file=sys.stderr)  # noqa: T201
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:  # as where there is no room for a help text
        print(f"error: {error.strerror or error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    sys.exit(0)


def _open_streams() -> None:
    """Talk of which nobody hears goes nowhere, as after `2>&-`; what a stream cannot spell is told by its number."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - it stays open to the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _hear_ends() -> None:
    """Whoever ends it, or closes its terminal, interrupts it; after `nohup` nobody does by closing that."""
    signal.signal(signal.SIGTERM, _interrupt)
    closed: signal.Signals | None = getattr(signal, "SIGHUP", None)  # not on every system
    if closed is not None and signal.getsignal(closed) == signal.SIG_DFL:
        signal.signal(closed, _interrupt)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
