"""The tables of the page: the arms with every figure and its definition, the contacts, the verdicts on tiles."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC

from payload.report.chart import FATE_WORDS
from payload.report.data import OWN_ARM, Arm, Contact, GalleryTile, ReportData
from payload.report.words import energy, number, pixels, rate, share, size, span
from payload.units import at

UNKNOWN = "unknown"
DASH = "\N{EM DASH}"
MOST_CONTACTS = 200


@dataclass(frozen=True, slots=True)
class Measure:
    """A row of the table of arms: its name, definition, and the value of each arm."""

    name: str
    meaning: str
    values: tuple[str, ...]


ARM_MEANINGS = {
    "raw": "Bent pipe: no masker, nothing dropped, nothing compressed.",
    "compressed": "No masker, nothing dropped; this scenario's codec.",
    "discard": "This scenario's masker; whole images above a cloud-cover limit are dropped, the rest compressed.",
    "prune": "This scenario itself: its masker, tiles dropped by cloud cover, its codec.",
    "mask": "This scenario's masker and codec, with cloudy pixels left uncoded; only nearly overcast tiles are "
    "dropped.",
    "oracle": "This scenario with a perfect masker: the truth itself.",
}


def _told(unit: Callable[[float], str], missing: str) -> Callable[[float | int | None], str]:
    return lambda value: missing if value is None else unit(value)


_Show = Callable[[float | int | None], str]
_MEASURES: tuple[tuple[str, str, str, _Show], ...] = (
    (
        "clear_pixels_delivered",
        "Clear ground delivered",
        "Truly clear pixels in tiles received. Unknown if some pixels have no truth.",
        _told(pixels, UNKNOWN),
    ),
    (
        "clear_pixels_discarded",
        "Clear pixels thrown away",
        "Truly clear pixels in pruned tiles, or left uncoded in kept ones: the price.",
        _told(pixels, UNKNOWN),
    ),
    ("images", "Images taken", "Retakes included.", _told(lambda value: f"{value:,.0f}", DASH)),
    ("acquired_bytes", "Acquired", "Raw, as the camera delivers it.", _told(size, DASH)),
    (
        "downlinked_bytes",
        "Sent down",
        "Complete tile records received, plus cover reports if any.",
        _told(size, DASH),
    ),
    (
        "waiting_bytes",
        "Still waiting",
        "On board at the end; never counted as saved.",
        _told(size, DASH),
    ),
    (
        "overflowed_bytes",
        "Overflowed",
        "Found no room in memory, or was dropped to make room.",
        _told(size, DASH),
    ),
    ("lost_bytes", "Lost", "Given up after too many retransmissions.", _told(size, DASH)),
    (
        "used_bytes",
        "Link used",
        "Over the channel, including framing and retransmissions.",
        _told(size, DASH),
    ),
    (
        "link_saturated",
        "Link saturated",
        "More than half of the contacts ended with data still waiting.",
        lambda value: DASH if value is None else "yes" if value else "no",
    ),
    (
        "data_value_density",
        "Data value density",
        (
            "Clear pixels delivered times raw bytes per pixel, over bytes sent down; 1 for raw data without "
            f"any cloud. {DASH} if nothing came down or truth is missing."
        ),
        _told(number, DASH),
    ),
    (
        "saved_fraction",
        "Saved against the bent pipe",
        (
            f"1 minus the ratio of bytes sent down to the bent pipe's. {DASH} if either leaves data "
            "waiting: backlog is never a saving."
        ),
        _told(lambda value: share(value) if value >= 0 else f"-{share(-value)}", DASH),
    ),
    (
        "compute_j",
        "Energy for computing",
        "Masking and compression.",
        _told(energy, DASH),
    ),
    (
        "compute_j_per_clear_mpx",
        "The same, per clear megapixel",
        "Energy for computing, divided by clear megapixels delivered.",
        _told(energy, DASH),
    ),
    (
        "used_j_per_clear_mpx",
        "All energy, per clear megapixel",
        f"Energy used by bus, camera, radio and computer, divided by clear megapixels delivered. {DASH} without a battery.",
        _told(energy, DASH),
    ),
    (
        "refused",
        "Refused for lack of power",
        f"Images, contacts and interruptions of processing. {DASH} without a battery.",
        _told(lambda value: f"{value:,.0f}", DASH),
    ),
    (
        "late_tiles",
        "Missed their deadline",
        "Tiles that the processor had no time to mask.",
        _told(lambda value: f"{value:,.0f}", DASH),
    ),
)


_COSTS: tuple[tuple[str, str, str], ...] = (
    (
        "cost",
        "Cost",
        "Contacts, data and energy at the scenario's prices; unknown if any of them is.",
    ),
    (
        "cost_contacts",
        "Cost of contacts",
        "Minutes from AOS to LOS and passes, as billed by prices.passes.",
    ),
    (
        "cost_data",
        "Cost of data",
        "Tile records, cover reports and thumbnails received, per gigabyte.",
    ),
    (
        "cost_energy",
        "Cost of energy",
        "Energy supplied by the battery (without one, for computing only), per watt-hour.",
    ),
    (
        "cost_per_clear_km2",
        "Cost per clear square kilometre",
        f"Cost divided by clear ground delivered, a pixel being the square of the sample distance; {DASH} if there is none.",
    ),
    (
        "cost_per_clear_gb",
        "Cost per clear gigabyte",
        f"Cost per 1e9 raw bytes of clear pixels delivered, however well compressed; {DASH} if there are none.",
    ),
)


def arm_table(data: ReportData) -> tuple[tuple[Arm, ...], tuple[Measure, ...]]:
    """The arms, the scenario's own first, and one measure per row. A dash: the arm was not flown, or has no such figure."""
    arms = tuple(sorted(data.summary.arms, key=lambda arm: arm.name != OWN_ARM))
    shown = [*_MEASURES]
    if data.summary.prices is not None:
        unit = data.summary.prices.currency
        shown += [
            (key, f"{name}, {unit}", about, _told(number, DASH if "_per_" in key else UNKNOWN))
            for key, name, about in _COSTS
        ]
    measures = tuple(
        Measure(
            name,
            meaning,
            tuple(show(getattr(arm, key)) if arm.flown else DASH for arm in arms),
        )
        for key, name, meaning, show in shown
    )
    return arms, measures


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact as text."""

    begins: str
    station: str
    satellite: str
    lasts: str
    highest: str
    rate: str
    capacity: str
    used: str
    used_share: str
    used_percent: float
    waiting: str


def contact_rows(data: ReportData) -> tuple[ContactRow, ...]:
    """The first contacts of the scenario's own arm."""
    return tuple(_contact(data, item) for item in data.contacts[:MOST_CONTACTS])


def _contact(data: ReportData, item: Contact) -> ContactRow:
    part = item.used_bytes / item.capacity_bytes if item.capacity_bytes else None
    return ContactRow(
        begins=moment(data, item.aos_s),
        station=item.station,
        satellite=item.satellite,
        lasts=span(item.los_s - item.aos_s),
        highest=f"{item.max_elevation_deg:.0f}°",
        rate=DASH if item.rate_bps is None else rate(item.rate_bps),
        capacity=size(item.capacity_bytes),
        used=size(item.used_bytes),
        used_share=DASH if part is None else share(part),
        used_percent=round(100 * min(part or 0.0, 1.0), 1),
        waiting="yes" if item.left_waiting else "no",
    )


def moment(data: ReportData, time_s: float) -> str:
    """A UTC date and time to the second."""
    instant = at(data.setting.epoch_utc, time_s).astimezone(UTC)
    return f"{instant:%Y-%m-%d %H:%M:%S}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The caption of a tile: a word, whether the decision was a mistake, and the figures behind it."""

    word: str
    is_mistake: bool
    facts: str


def verdict(data: ReportData, tile: GalleryTile) -> Verdict:
    """Compare the decision on a tile with the truth."""
    limit = data.setting.pruning.limit
    wrong = tile.true_cover is not None and (tile.true_cover <= limit) != tile.kept
    cover = UNKNOWN if tile.cover is None else share(tile.cover)
    true_cover = UNKNOWN if tile.true_cover is None else share(tile.true_cover)
    facts = f"cloud {cover} by the masker, {true_cover} by truth; raw {size(tile.raw_bytes)}"
    if tile.encoded_bytes is not None:
        facts += f", record {size(tile.encoded_bytes)}"
    if tile.kept:
        fate = FATE_WORDS.get(tile.fate, tile.fate)
        word = f"kept, {fate}"
    else:
        word = "pruned"
    return Verdict(f"{word}: an error" if wrong else word, wrong, facts)
