"""What a flight will take: estimated in a process of its own beside it, then held against how fast its images go."""

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from payload.web.telling import keep_stdout

MEEK = 10
"""By which the estimate gives way to the flight: a process's niceness."""
FEW = 3
"""Images from which on the flight's own pace counts; before, the estimate's."""
PACES = (0.2, 20.0)
"""A pace beyond these says more of a hitch than of the machine."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What `estimate` expects of a flight.

    Attributes:
        cpu_s: [s] Of one core, in all.
        images: Planned.
        image_s: [s] Of one core that an image takes.
        at_once: How many processes share the work.
    """

    cpu_s: float
    images: int
    image_s: float
    at_once: int

    def left_s(self, told: int, since_first_s: float) -> float:
        """[s] What is left when work on an image begins.

        Args:
            told: Images that this process has begun, this one included.
            since_first_s: [s] Since it began the first.
        """
        begun = min(self.images, max(0, told - 1) * self.at_once) * self.image_s
        pace = since_first_s * self.at_once / begun if told > FEW and begun else 1.0
        pace = min(max(pace, PACES[0]), PACES[1])
        return max(0.0, self.cpu_s - begun) / self.at_once * pace


def main() -> None:
    """Read a job of `flight`, tell an Expectation as JSON; nothing is said where that fails, as the flight says why."""
    os.nice(MEEK)
    stream = keep_stdout()
    job = json.loads(sys.stdin.read())
    from payload import api  # noqa: PLC0415 - meek before it works
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
