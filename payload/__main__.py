"""`payload-sim`, also as `python -m payload`. Only what it needs to be interrupted politely is imported here."""

import gc
import signal
import sys
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130
COLLECT_AFTER = 100_000
"""Objects made beyond those let go, until Python looks for cycles. A flight makes millions of lasting records and few
cycles: at Python's own 700 a third of its time went into looking through them again and again."""


def main() -> NoReturn:
    """Run the command line and leave with its exit code; an interruption at any moment is one sentence."""
    try:
        signal.signal(signal.SIGTERM, _interrupt)
        gc.set_threshold(COLLECT_AFTER, 20, 20)
        from payload.cli import app  # noqa: PLC0415 - an interruption while it is imported is polite too

        app(prog_name="payload-sim")
    except KeyboardInterrupt:
        print("interrupted; nothing half-written is left", file=sys.stderr)  # noqa: T201
        sys.exit(INTERRUPTED)
    sys.exit(0)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
