"""`as_flown.csv` read back: every image that was planned or taken, and what happened to it."""

import csv
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from payload.errors import ScenarioError
from payload.report.checked import Count, Real, Seconds
from payload.report.words import share

FILE = "as_flown.csv"
MOST_ROWS = 100
MOST_BYTES = 50_000_000
UNPLANNED = "\N{EM DASH}"


@dataclass(frozen=True, slots=True)
class FlownImage:
    """An image planned or taken, with the last plan version that contained it (None if none did)."""

    time_s: Seconds
    utc: str
    satellite: str
    target: str
    planned_in: Count | None
    what: str
    why: str
    retake: bool
    cover: Real | None
    tiles_delivered: Count
    tiles: Count

    @property
    def planned(self) -> str:
        """The number of the plan."""
        return UNPLANNED if self.planned_in is None else f"plan {self.planned_in}"

    @property
    def became(self) -> str:
        """What happened to it."""
        again = ", taken again" if self.retake else ""
        return f"{self.what}{again}{': ' + self.why if self.why else ''}"

    @property
    def cloud(self) -> str:
        """Cloud cover by the masker."""
        return UNPLANNED if self.cover is None else share(self.cover)

    @property
    def down(self) -> str:
        """Tiles on the ground."""
        return f"{self.tiles_delivered:,} of {self.tiles:,}" if self.tiles else UNPLANNED


_ROWS = TypeAdapter(tuple[FlownImage, ...])


def read_as_flown(folder: Path) -> tuple[FlownImage, ...] | None:
    """The contents of the file, in order of time; None if there is none.

    Raises:
        ScenarioError: The file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ScenarioError(f"{path}: larger than {MOST_BYTES:,} bytes")
        with path.open(encoding="utf-8", newline="") as file:
            rows = [
                {key: value if value or key == "why" else None for key, value in row.items()}
                for row in csv.DictReader(file)
            ]
        return _ROWS.validate_python(rows)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise ScenarioError(f"{path}: damaged: {key}: {first['msg']}") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ScenarioError(f"{path}: damaged: not a CSV table ({error})") from error
