"""How long a flight will take: estimated in a separate process, then corrected by the rate at which images are processed."""

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from payload.web.telling import keep_stdout

MEEK = 10
"""Niceness of the process that estimates, so that it gives way to the flight."""
FEW = 3
"""Number of images after which the flight's own pace counts; until then, the estimate's."""
PACES = (0.2, 20.0)
"""A pace outside these limits is due to a hitch rather than to the machine."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What `estimate` expects of a flight.

    Attributes:
        cpu_s: [s] CPU time of one core, in total.
        images: Number of images planned.
        image_s: [s] CPU time of one core per image.
        at_once: Number of processes that share the work.
    """

    cpu_s: float
    images: int
    image_s: float
    at_once: int

    def left_s(self, told: int, since_first_s: float) -> float:
        """[s] Time remaining when work on an image begins.

        Args:
            told: Images that this process has begun, including this one.
            since_first_s: [s] Time since it began the first.
        """
        begun = min(self.images, max(0, told - 1) * self.at_once) * self.image_s
        pace = since_first_s * self.at_once / begun if told > FEW and begun else 1.0
        pace = min(max(pace, PACES[0]), PACES[1])
        return max(0.0, self.cpu_s - begun) / self.at_once * pace


def main() -> None:
    """Read a job of `flight`, write an Expectation as JSON; if that fails, write nothing, as the flight reports the reason."""
    os.nice(MEEK)
    stream = keep_stdout()
    job = json.loads(sys.stdin.read())
    from payload import api  # noqa: PLC0415 - only once the niceness is set
    from payload.errors import PayloadError  # noqa: PLC0415

    try:
        scenario = api.check(Path(job["scenario"]), [str(change) for change in job["changes"]])
        found = api.estimate(scenario)
    except PayloadError:
        return
    told = Expectation(found.cpu_s, found.images, found.image_s, found.at_once)
    with stream:
        stream.write(json.dumps(asdict(told)))


if __name__ == "__main__":
    main()
