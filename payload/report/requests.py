"""The plan compared with the flight: which requests were taken, cloudy, taken again, refused or expired."""

from dataclasses import dataclass

from payload.report.checked import Count, Real
from payload.report.words import count, number, share, size, span


@dataclass(frozen=True, slots=True)
class AreaTold:
    """Number of shots covering an area, how many of them cannot be taken, and the share of it that came down clear."""

    name: str
    shots: Count
    clear_share: Real
    out_of_reach: Count = 0


@dataclass(frozen=True, slots=True)
class Waits:
    """[s] From the arrival of a request to its first clear image on the ground; None if there is none."""

    p50: Real | None
    p90: Real | None
    max: Real | None


@dataclass(frozen=True, slots=True)
class RequestsTold:
    """What became of the requests; None if truth is unknown."""

    policy: str
    requested: Count
    clear_in_time: Count | None
    value: Real | None
    value_wanted: Real
    taken: Count
    cloudy: Count
    retaken: Count
    not_taken: dict[str, Count]
    expired: Count | None
    latency_s: Waits
    plans: Count
    reports: Count
    report_bytes: Count
    areas: tuple[AreaTold, ...] | None


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A line of the reconciliation: what, how often, and what it means."""

    name: str
    value: str
    meaning: str


def _out_of_reach(area: AreaTold) -> str:
    return f", {area.out_of_reach:,} of them out of reach" if area.out_of_reach else ""


def _value_row(told: RequestsTold) -> PlanRow:
    """The value, beside what all requests are worth once; a target that is wanted repeatedly can bring more than that."""
    wanted = number(told.value_wanted)
    meaning = "Sum of the priorities of clear images in time; for areas, times their clear share."
    if told.value is None:
        return PlanRow("Value", "unknown", meaning)
    value = number(told.value)
    if told.value > told.value_wanted:
        again = (
            f"With repeated images of targets it can exceed the sum of all priorities, {wanted}."
        )
        return PlanRow("Value", value, f"{meaning} {again}")
    return PlanRow("Value", f"{value} of {wanted}", meaning)


def plan_rows(told: RequestsTold) -> tuple[PlanRow, ...]:
    """The plan compared with the flight, line by line."""
    clear = "unknown" if told.clear_in_time is None else f"{told.clear_in_time:,}"
    wait = told.latency_s.p50
    rows = [
        PlanRow(
            "Plans made or sent up",
            f"{told.plans:,}",
            f"Policy {told.policy}; all are in plan.csv.",
        ),
        PlanRow("Taken", f"{told.taken:,}", "Images; as_flown.csv lists each with its plan."),
        PlanRow("Cloudy", f"{told.cloudy:,}", "Of these, according to the masker on board."),
        PlanRow("Taken again", f"{told.retaken:,}", "Images of a target already imaged before."),
        *(
            PlanRow(f"Not taken: {why}", f"{times:,}", "Planned, but refused or skipped.")
            for why, times in told.not_taken.items()
        ),
        PlanRow(
            "Expired",
            "unknown" if told.expired is None else f"{told.expired:,}",
            "Targets (for areas, their shots) whose deadline passed without a clear image on the ground.",
        ),
        PlanRow(
            "Clear in time",
            clear,
            "Targets (for areas, their shots) with a clear image on the ground by their deadline.",
        ),
        _value_row(told),
        PlanRow(
            "From request to clear image",
            "none" if wait is None else span(wait),
            "Median over targets, from the arrival of the request.",
        ),
    ]
    if told.reports:
        rows.append(
            PlanRow(
                "Cover reports",
                f"{told.reports:,} made, {size(told.report_bytes)} came down",
                "Sent first in each contact: link bytes in addition to those of tiles.",
            )
        )
    rows += [
        PlanRow(
            f"Area {area.name}",
            share(area.clear_share),
            f"Came down clear, in {count(area.shots, 'shot')}{_out_of_reach(area)}.",
        )
        for area in told.areas or ()
    ]
    return tuple(rows)
