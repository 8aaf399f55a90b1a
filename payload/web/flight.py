"""One flight in a process of its own: a job as JSON on stdin, lines of JSON about it on stdout.

It ends on SIGTERM as on Ctrl-C, and leaves nothing half-written then.
"""

import json
import signal
import sys
from pathlib import Path
from types import FrameType


def main() -> None:
    """Read the job, fly it, tell how it goes."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _fly(json.loads(sys.stdin.read()))
    except KeyboardInterrupt:
        _tell(state="cancelled")
    except BrokenPipeError:  # nobody listens any more
        sys.stderr.close()


def _fly(job: dict[str, object]) -> None:
    from payload import api  # noqa: PLC0415 - an interruption while it is imported is polite too
    from payload.analysis.words import answer  # noqa: PLC0415
    from payload.errors import PayloadError  # noqa: PLC0415

    path, out = Path(str(job["scenario"])), Path(str(job["out"]))
    changes = [str(change) for change in job["changes"]]  # type: ignore[attr-defined]
    words = [word for change in changes for word in ("--set", change)]
    try:
        scenario = api.check(path, changes)
        _tell(state="flying", arm="", image="")
        result = api.run(
            scenario,
            out,
            tell=lambda arm, image: _tell(state="flying", arm=arm, image=image),
            command=["payload-sim", "run", str(path), *words],
        )
    except PayloadError as error:
        _tell(state="failed", message=str(error))
        return
    _tell(state="done", folder=result.folder.name, message=answer(result.summary))


def _tell(**said: str) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
