"""A plan as files: CSV for tables, JSON for programs, GeoJSON for maps."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from payload.analysis.words import plain_table
from payload.plans import Plan
from payload.products.folder import ResultsFolder
from payload.scenario.models import Scenario
from payload.types import Opportunity, Target
from payload.units import at, iso_utc

CSV, JSON, GEOJSON = "plan.csv", "plan.json", "plan.geojson"


@dataclass(frozen=True, slots=True)
class PlannedImage:
    """An image to be taken; times are those of the shutter, `roll_deg` is positive to the right."""

    satellite: str
    target: str
    start_utc: str
    end_utc: str
    start_s: float
    duration_s: float
    roll_deg: float
    sun_elevation_deg: float
    priority: float
    lat_deg: float
    lon_deg: float
    volume_bytes: int
    id: str


@dataclass(frozen=True, slots=True)
class PlanReport:
    """A plan, with nothing flown.

    Attributes:
        scenario: Its name.
        digest: Its digest.
        scheduler: Kind of scheduler.
        value: Sum of priority times P(clear); for a shot, its share of the area's priority.
        bound: Upper bound on the value of any plan; None if the scheduler gives none.
        images: In order of time.
        left_out: Targets that are not taken, and why.
    """

    scenario: str
    digest: str
    scheduler: str
    value: float
    bound: float | None
    images: tuple[PlannedImage, ...]
    left_out: Mapping[str, str]

    @property
    def gap(self) -> float | None:
        """Shortfall from the bound, as a share of it; None if there is no bound."""
        return None if not self.bound else 1.0 - self.value / self.bound

    def lines(self) -> list[str]:
        """The plan as a table in text."""
        rows = [
            (
                one.start_utc,
                one.satellite,
                one.target,
                f"{one.roll_deg:+.1f}",
                f"{one.sun_elevation_deg:.1f}",
                f"{one.priority:g}",
            )
            for one in self.images
        ]
        table = plain_table(["start (UTC)", "satellite", "target", "roll", "sun", "priority"], rows)
        gap = "" if self.gap is None else f", at most {self.gap:.2%} below the best"
        wanted = len(self.images) + len(self.left_out)
        last = (
            f"{len(self.images)} of {wanted} targets, value {self.value:g}{gap} ({self.scheduler})"
        )
        return [*table, last]

    def notes(self) -> list[str]:
        """What is left out, by reason."""
        reasons = sorted(set(self.left_out.values()))
        counts = {why: list(self.left_out.values()).count(why) for why in reasons}
        return [
            f"{count:,} {'target' if count == 1 else 'targets'} not planned: {why}"
            for why, count in counts.items()
        ]

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {**asdict(self), "gap": self.gap}


def plan_report(
    scenario: Scenario,
    plan: Plan,
    images: Sequence[Opportunity],
    targets: Mapping[str, Target],
    *,
    left_out: Mapping[str, str],
) -> PlanReport:
    """A plan in words and numbers.

    Args:
        scenario: The scenario planned for.
        plan: The scheduler's plan.
        images: Those of the plan, in its order.
        targets: By name.
        left_out: Targets that are not taken, and why.
    """

    def utc(time_s: float) -> str:
        return iso_utc(at(scenario.epoch_utc, time_s))

    return PlanReport(
        scenario=scenario.name,
        digest=scenario.digest,
        scheduler=scenario.scheduler.kind,
        value=plan.value,
        bound=plan.bound,
        images=tuple(
            PlannedImage(
                satellite=item.satellite,
                target=item.target,
                start_utc=utc(item.start_s),
                end_utc=utc(item.end_s),
                start_s=item.start_s,
                duration_s=item.duration_s,
                roll_deg=item.roll_deg,
                sun_elevation_deg=item.sun_elevation_deg,
                priority=targets[item.target].priority,
                lat_deg=targets[item.target].lat_deg,
                lon_deg=targets[item.target].lon_deg,
                volume_bytes=item.volume_bytes,
                id=item.id,
            )
            for item in images
        ),
        left_out=left_out,
    )


def write_plan(found: PlanReport, out: Path) -> Path:
    """Write the three files into a folder of `out`, all or none, and return its path.

    The folder is named after the scenario and its digest.

    Raises:
        ScenarioError: The folder cannot be written.
    """
    with ResultsFolder(out, f"{found.scenario}-{found.digest[:12]}") as folder:
        folder.write_json(JSON, found.as_dict())
        folder.write_json(GEOJSON, _geojson(found))
        (folder.partial / CSV).write_text(_csv(found), encoding="utf-8", newline="")
    return folder.final


def _csv(found: PlanReport) -> str:
    text = io.StringIO()
    columns = list(PlannedImage.__dataclass_fields__)
    table = csv.DictWriter(text, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(asdict(one) for one in found.images)
    return text.getvalue()


def _geojson(found: PlanReport) -> dict[str, Any]:
    """A point for each image. Source: RFC 7946."""
    features = []
    for one in found.images:
        properties = asdict(one)
        place = [properties.pop("lon_deg"), properties.pop("lat_deg")]
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": place},
                "properties": properties,
            }
        )
    return {"type": "FeatureCollection", "features": features}
