"""One flight in its own process: a job as JSON on stdin, progress as lines of JSON on stdout.

Output of plug-ins and libraries goes to stderr. SIGTERM ends it like Ctrl-C, leaving nothing half-written.
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
    """Read the job, fly it, report progress."""
    teller = Teller(keep_stdout())
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _fly(json.loads(sys.stdin.read()), teller)
    except KeyboardInterrupt:
        teller.tell(state="cancelled")
    except BrokenPipeError:  # nobody is listening any more
        sys.stderr.close()


@dataclass(frozen=True)
class Teller:
    """Reports the progress of a flight to the server, line by line."""

    stream: IO[str]

    def tell(self, **said: str) -> None:
        """Send a message at once."""
        self.stream.write(json.dumps(said) + "\n")
        self.stream.flush()


def _fly(job: dict[str, object], teller: Teller) -> None:
    from payload import api  # noqa: PLC0415 - so that an interruption during the import is handled too
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
