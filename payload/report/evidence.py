"""What lies behind the figures: what was thrown away where, delays, processing times, battery charge."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from payload.report.checked import Count, Real, Seconds

OWN = "prune"
ARMS = ("raw", "compressed", "prune", "oracle")
"""Arms whose delays are drawn."""
MOST_PLACES = 12
"""Number of places shown by name, those at which most was thrown away."""
STEPS = 300
"""Number of steps in a curve of delays."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Discard:
    """Tiles of one surface or place that the scenario's own arm judged, those pruned, and their clear pixels by truth."""

    name: str
    tiles: Count
    pruned: Count
    clear_px: Count | None
    thrown_px: Count | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """What an arm delivered in one step of delay, counted from when each tile was taken."""

    arm: str
    step: Count
    tiles: Count
    clear_px: Count | None


@dataclass(frozen=True, slots=True)
class Work:
    """The time from an image's exposure until all its tiles are judged."""

    satellite: str
    taken_s: Seconds
    judged_s: Seconds


@dataclass(frozen=True, slots=True)
class Charge:
    """State of charge of a satellite's battery at one time."""

    satellite: str
    time_s: Seconds
    charge: Real


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the tables say beyond the figures of the summary.

    Attributes:
        surfaces: By class of ground; None if the folder does not record it.
        places: By target, those at which most was thrown away first.
        longest_s: [s] The longest delay of any arm; 0 if nothing came down.
        arrivals: By arm and step, of `longest_s` / STEPS each.
        work: In order of time.
        charges: By satellite, in order of time.
        compressed_bytes: [byte] Raw bytes of the tiles that were compressed, whatever became of them.
    """

    surfaces: tuple[Discard, ...] | None
    places: tuple[Discard, ...]
    longest_s: float = 0.0
    arrivals: tuple[Arrival, ...] = ()
    work: tuple[Work, ...] = ()
    charges: tuple[Charge, ...] = ()
    compressed_bytes: int = 0


_DISCARD = """
    count(*) as tiles, count(*) filter (t.fate = 'pruned') as pruned,
    case when bool_or(t.clear_px is null) then null else sum(t.clear_px)::bigint end as clear_px,
    case when bool_or(t.clear_px is null) then null
        else coalesce(sum(t.clear_px) filter (t.fate = 'pruned'), 0)::bigint end as thrown_px"""
_SURFACES = f"""
    select coalesce(s.surface, 'unknown') as name, {_DISCARD}
    from tiles as t left join surfaces as s on s.tile = t.tile
    where t.arm = '{OWN}' group by 1 order by thrown_px desc nulls last, name"""
_PLACES = f"""
    select t.target as name, {_DISCARD} from tiles as t where t.arm = '{OWN}' group by 1
    having thrown_px > 0 order by thrown_px desc, name limit {MOST_PLACES}"""
_COMPRESSED = f"""
    select coalesce(sum(raw_bytes), 0) from tiles
    where arm = '{OWN}' and encoded_bytes is not null"""
_LONGEST = """
    select coalesce(max(delivered_s - time_s), 0.0) from tiles where isfinite(delivered_s)"""
_ARRIVALS = """
    select arm, least({steps}, ceil((delivered_s - time_s) / {step}))::bigint as step,
        count(*) as tiles,
        case when bool_or(clear_px is null) then null
            else sum(clear_px - coalesce(clear_not_coded_px, 0))::bigint end as clear_px
    from tiles where isfinite(delivered_s) and arm in ({arms}) group by 1, 2 order by 1, 2"""
_WORK = f"""
    select i.satellite, i.time_s as taken_s, max(e.time_s) as judged_s
    from images as i join events as e on e.arm = i.arm and e.subject = i.image and e.kind = 'judged'
    where i.arm = '{OWN}' group by i.satellite, i.image, i.time_s order by 2, 1"""
_CHARGES = f"""
    select satellite, time_s, charge from power where arm = '{OWN}' order by satellite, time_s"""


class Reader(Protocol):
    """Queries the tables of a folder; anything wrong with them is reported in one sentence."""

    def rows(self, kind: type[T], sql: str) -> tuple[T, ...]:
        """Rows as values of a dataclass whose fields are named after the columns."""
        ...

    def number(self, sql: str) -> float:
        """The single number that a query returns."""
        ...


def read_evidence(ask: Reader, tables: frozenset[str]) -> Evidence:
    """Query a folder's tables.

    Args:
        ask: Queries them.
        tables: Names of the tables present; folders of earlier versions have neither surfaces nor power.
    """
    longest_s = ask.number(_LONGEST)
    arms = ", ".join(f"'{arm}'" for arm in ARMS)
    arrivals = _ARRIVALS.format(steps=STEPS, step=repr(longest_s / STEPS), arms=arms)
    return Evidence(
        surfaces=ask.rows(Discard, _SURFACES) if "surfaces" in tables else None,
        places=ask.rows(Discard, _PLACES),
        longest_s=longest_s,
        arrivals=ask.rows(Arrival, arrivals) if longest_s > 0 else (),
        work=ask.rows(Work, _WORK),
        charges=ask.rows(Charge, _CHARGES) if "power" in tables else (),
        compressed_bytes=round(ask.number(_COMPRESSED)),
    )
