"""`payload-sim world`: a scene of the synthetic Earth, a map of its clouds, or its laws."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from payload.commands.options import AsJson, Overrides, Quiet, whole_number_option, with_seed
from payload.commands.talk import answer, answer_json, as_dict, say
from payload.errors import ScenarioError

if TYPE_CHECKING:
    from payload.api import Earth, LawsReport, MapReport, SceneReport

MOST_PX = 16384
_MOST_GSD_M = 1000.0
_FIRST_YEAR, _LAST_YEAR = 1958, 2099


At = Annotated[
    str | None,
    typer.Option("--at", metavar="LAT,LON", help="Render the scene around this place [deg]."),
]
Time = Annotated[
    str | None,
    typer.Option(
        "--time", metavar="T", help="ISO 8601 with a time zone; by default the scenario's epoch."
    ),
]
IsMap = Annotated[bool, typer.Option("--map", help="Draw the cloud cover of the whole globe.")]
IsMeasured = Annotated[
    bool,
    typer.Option("--measure", help="Measure cloud statistics: means, belts, lifetimes, sizes."),
]
Year = Annotated[
    int | None,
    whole_number_option(
        "--year", about="For --measure (2025), or for --map to draw that year's mean cover."
    ),
]
Effort = Annotated[
    float, typer.Option("--effort", help="For --measure: 1 takes some minutes, 0.1 is rough.")
]
ScenarioOption = Annotated[
    Path | None,
    typer.Option("--scenario", metavar="FILE", help="Use this scenario's world, camera and epoch."),
]
GsdM = Annotated[
    float | None, typer.Option("--gsd-m", help="[m] Pixel size; by default 10 or the scenario's.")
]
SizePx = Annotated[
    int | None,
    whole_number_option("--size-px", about="[px] Side of the scene, without a scenario: 1024."),
]
WorldSeed = Annotated[
    int | None, whole_number_option("--seed", about="Seed of the world: the scenario's own, or 0.")
]
OutFolder = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the files go.")]


def world(
    out: OutFolder,
    at: At = None,
    time: Time = None,
    is_map: IsMap = False,
    year: Year = None,
    is_measured: IsMeasured = False,
    effort: Effort = 1.0,
    scenario: ScenarioOption = None,
    overrides: Overrides = None,
    gsd_m: GsdM = None,
    size_px: SizePx = None,
    seed: WorldSeed = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Look at the synthetic Earth: a scene, a cloud map, or its statistics.

    With --at it renders the scene around a place: the image as GeoTIFF in reflectance, per-pixel truth beside it (cloud, thin cloud, surface; optical depth), and a picture (PNG).

    With --map it draws global cloud cover at an instant, or with --year its mean over that year.

    With --measure it compares the clouds with satellite observations and writes laws.json and laws.md.

    Example:  payload-sim world --at 48.1,11.5 --time 2025-06-01T10:30:00Z --out world
    """
    from payload.scenario.options import refuse_remote

    refuse_remote([path for path in (out, scenario) if path is not None])
    wanted = _Wanted(at, time, year, is_map, is_measured, effort)
    wanted.check()
    changes = with_seed(overrides, seed)
    if scenario is None:
        if overrides:
            raise ScenarioError("--set changes a scenario: name it with --scenario FILE")
        earth, epoch_utc = _plain(gsd_m, size_px, seed or 0), None
    else:
        if gsd_m is not None or size_px is not None:
            raise ScenarioError(
                "--gsd-m and --size-px come from the scenario: change them with --set camera.gsd_m=…"
            )
        earth, epoch_utc = _of_scenario(scenario, changes)
    if wanted.takes_long and not quiet and sys.stderr.isatty():
        say("this takes about a minute")
    _report(_do(wanted, earth, epoch_utc, out), as_json=as_json)


def _report(found: "SceneReport | MapReport | LawsReport", *, as_json: bool) -> None:
    if as_json:
        answer_json(as_dict(found))
    else:
        for line in found.lines():
            answer(line)
    for note in found.notes():
        say(f"note: {note}")


@dataclass(frozen=True)
class _Wanted:
    """What the words of the command line ask for."""

    at: str | None
    time: str | None
    year: int | None
    is_map: bool
    is_measured: bool
    effort: float

    @property
    def takes_long(self) -> bool:
        """Whether a person should be told to wait."""
        return (self.is_map and self.year is not None) or self.is_measured

    def check(self) -> None:
        """ScenarioError if they do not ask for one thing."""
        if (self.at is not None) + self.is_map + self.is_measured != 1:
            raise ScenarioError("expected one of --at LAT,LON (a scene), --map and --measure")
        if self.at is not None and self.year is not None:
            raise ScenarioError("--year: goes with --map and --measure; a scene needs --time")
        if self.time is not None and (self.is_measured or self.year is not None):
            raise ScenarioError("--time: cannot be combined with --year or --measure")
        if not 0.0 < self.effort <= 100.0:
            raise ScenarioError(f"--effort {self.effort}: expected a number above 0, at most 100")


def _do(
    wanted: _Wanted, earth: "Earth", epoch_utc: datetime | None, out: Path
) -> "SceneReport | MapReport | LawsReport":
    from payload import api

    if wanted.at is not None:
        return api.paint_world(earth, *place(wanted.at), _moment(wanted.time, epoch_utc), out)
    if wanted.is_measured:
        return api.measure_world(earth, _year(wanted.year or 2025), out, effort=wanted.effort)
    if wanted.year is not None:
        return api.map_world(earth, _year(wanted.year), out)
    return api.map_world(earth, _moment(wanted.time, epoch_utc), out)


def _of_scenario(path: Path, changes: Sequence[str]) -> "tuple[Earth, datetime]":
    from payload import api

    scenario = api.load_scenario(path, changes)
    return api.earth(scenario), scenario.epoch_utc


def _plain(gsd_m: float | None, size_px: int | None, seed: int) -> "Earth":
    """The synthetic Earth under a camera of these words.

    Raises:
        ScenarioError: There is no such camera.
    """
    from payload import api

    gsd_m = 10.0 if gsd_m is None else gsd_m
    size_px = 1024 if size_px is None else size_px
    if not 0.1 < gsd_m <= _MOST_GSD_M:
        raise ScenarioError(
            f"--gsd-m {gsd_m:g}: expected a number above 0.1, at most {_MOST_GSD_M:g}"
        )
    if not 1 <= size_px <= MOST_PX:
        raise ScenarioError(f"--size-px {size_px}: expected 1 to {MOST_PX}")
    return api.Earth.plain(seed=seed, gsd_m=gsd_m, size_px=size_px)


def place(text: str) -> tuple[float, float]:
    """Latitude and longitude [deg] of `LAT,LON`.

    Raises:
        ScenarioError: It is no place on the Earth.
    """
    try:
        lat_deg, lon_deg = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ScenarioError(f"--at {text!r}: expected two numbers, such as 48.1,11.5") from error
    if not (-90.0 <= lat_deg <= 90.0 and -180.0 <= lon_deg <= 360.0):
        raise ScenarioError(
            f"--at {text}: expected a latitude of -90 to 90 and a longitude of -180 to 360 degrees"
        )
    return lat_deg, lon_deg - 360.0 if lon_deg > 180.0 else lon_deg


def _moment(text: str | None, epoch_utc: datetime | None) -> datetime:
    if text is None:
        if epoch_utc is None:
            raise ScenarioError(
                "expected --time, in ISO 8601 with a time zone, such as 2025-06-01T10:30:00Z"
            )
        return epoch_utc
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ScenarioError(
            f"--time {text!r}: expected ISO 8601 with a time zone, such as 2025-06-01T10:30:00Z"
        ) from error
    if moment.tzinfo is None:
        raise ScenarioError(
            f"--time {text}: the time zone is missing; for UTC write {moment.isoformat()}Z"
        )
    _year(moment.year)
    return moment.astimezone(UTC)


def _year(year: int) -> int:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise ScenarioError(f"the year {year} is not between {_FIRST_YEAR} and {_LAST_YEAR}")
    return year
