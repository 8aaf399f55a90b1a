"""One flight in a process of its own: a job as JSON on stdin, lines of JSON about it on stdout.

What plug-ins and libraries print goes to stderr. It ends on SIGTERM as on Ctrl-C, and leaves nothing half-written then.
"""

import json
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from payload.web.telling import keep_stdout


def main() -> None:
    """Read the job, fly it, tell how it goes."""
    teller = Teller(keep_stdout())
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _fly(json.loads(sys.stdin.read()), teller)
    except KeyboardInterrupt:
        teller.tell(state="cancelled")
    except BrokenPipeError:  # nobody listens any more
        sys.stderr.close()


@dataclass(frozen=True)
class Teller:
    """Says to the server how a flight goes, a line at a time."""

    stream: IO[str]

    def tell(self, **said: str) -> None:
        """Say it at once."""
        self.stream.write(json.dumps(said) + "\n")
        self.stream.flush()


def _fly(job: dict[str, object], teller: Teller) -> None:
    from payload import api  # noqa: PLC0415 - an interruption while it is imported is polite too
    from payload.analysis.words import answer  # noqa: PLC0415
    from payload.errors import PayloadError  # noqa: PLC0415

    path, out = Path(str(job["scenario"])), Path(str(job["out"]))
    changes = [str(change) for change in job["changes"]]  # type: ignore[attr-defined]
    words = [word for change in changes for word in ("--set", change)]
    try:
        scenario = api.check(path, changes)
        teller.tell(state="flying", arm="", image="")
        result = api.run(
            scenario,
            out,
            tell=lambda arm, image: teller.tell(state="flying", arm=arm, image=image),
            command=["payload-sim", "run", str(path), *words],
        )
    except PayloadError as error:
        teller.tell(state="failed", message=str(error))
        return
    teller.tell(state="done", folder=result.folder.name, message=answer(result.summary))


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
