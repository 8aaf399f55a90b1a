"""`payload-sim`, also as `python -m payload`. Imports only what it needs to handle an interruption cleanly."""

import os
import signal
import sys
from io import TextIOWrapper
from types import FrameType
from typing import NoReturn

from payload.collecting import collect_less, leave_at_once

INTERRUPTED = 130
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""Threads of a small matrix product wait for each other whenever anything else computes, as with --jobs: on a busy machine
the codec `strong` took five times as long with two threads as with one, on an idle one nine tenths as long. Measured."""


def main() -> NoReturn:
    """Run the command line and exit with its code; an interruption at any time ends in one sentence."""
    try:
        _open_streams()
        _hear_ends()
        collect_less()
        leave_at_once()
        for name, value in ONE_THREAD.items():
            os.environ.setdefault(name, value)
        from payload.cli import app  # noqa: PLC0415 - so that an interruption during the import is handled too

        app(prog_name="payload-sim")
    except KeyboardInterrupt:
        exec("")  # noqa: S102 - else Python, interrupted in code from a string (a dataclass), ends by the signal
        print("interrupted; no incomplete files are left", file=sys.stderr)  # noqa: T201
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:  # for example no space left for a help text
        print(f"error: {error.strerror or error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    sys.exit(0)


def _open_streams() -> None:
    """Discard messages if stderr is closed, as after `2>&-`; escape characters that a stream cannot encode."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - stays open to the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _hear_ends() -> None:
    """Treat SIGTERM, and the closing of the terminal unless under `nohup`, as an interruption."""
    signal.signal(signal.SIGTERM, _interrupt)
    closed: signal.Signals | None = getattr(signal, "SIGHUP", None)  # not on every system
    if closed is not None and signal.getsignal(closed) == signal.SIG_DFL:
        signal.signal(closed, _interrupt)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
