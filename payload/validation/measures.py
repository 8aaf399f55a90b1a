"""Figures of a flight that missions publish; the first line of a measure's docstring names it in the results."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payload.ledger import Fate, FlightRecord
from payload.sim import Assembly
from payload.units import BITS_PER_BYTE, BPS_PER_MBPS, BYTES_PER_GB, S_PER_DAY


@dataclass(frozen=True, slots=True)
class Flown:
    """A scenario as flown.

    Attributes:
        assembly: Its geometry and its plug-ins.
        records: Flight records of its arms, by name.
        arm: The arm that a claim is about.
    """

    assembly: Assembly
    records: Mapping[str, FlightRecord]
    arm: str

    @property
    def record(self) -> FlightRecord:
        """The flight of that arm."""
        return self.records[self.arm]

    @property
    def days(self) -> float:
        """Duration of the flight in days."""
        return self.assembly.span_s / S_PER_DAY

    @property
    def craft_days(self) -> float:
        """Days flown by all satellites together."""
        return self.days * len(self.assembly.satellites)


def images_a_day(flown: Flown) -> float:
    """Images per satellite and day."""
    return len(flown.record.images) / flown.craft_days


def delivered_share(flown: Flown) -> float:
    """[%] Share of the tiles taken that were on the ground at the end."""
    ledger = flown.record.ledger
    return 100.0 * sum(1 for _ in ledger.tiles_with(Fate.DELIVERED)) / len(ledger.acquired)


def contacts_a_day(flown: Flown) -> float:
    """Contacts per satellite and day."""
    return len(flown.record.contacts) / flown.craft_days


def link_use(flown: Flown) -> float:
    """[%] Share of the contacts' capacity that was used."""
    contacts = flown.record.contacts
    capacity = sum(contact.capacity_bytes for contact in contacts)
    return 100.0 * sum(contact.used_bytes for contact in contacts) / capacity


def link_demand(flown: Flown) -> float:
    """[%] Data to be sent, relative to the contacts' capacity."""
    capacity = sum(contact.capacity_bytes for contact in flown.record.contacts)
    return 100.0 * _to_send_bytes(flown) / capacity


def recorder_days(flown: Flown) -> float:
    """[day] Time until the memory is full if nothing is sent."""
    a_day = _to_send_bytes(flown) / flown.craft_days
    return flown.assembly.scenario.memory.capacity_bytes / a_day


def recorded_gb_a_day(flown: Flown) -> float:
    """[GB] Data to be sent per satellite and day."""
    return _to_send_bytes(flown) / flown.craft_days / BYTES_PER_GB


def raw_gb_an_image(flown: Flown) -> float:
    """[GB] Size of an image as the camera delivers it."""
    images = flown.record.images
    return sum(image.acquisition.raw_bytes for image in images) / len(images) / BYTES_PER_GB


def pass_gb(flown: Flown) -> float:
    """[GB] Mean volume of passes of 7 to 10 minutes."""
    volumes = _passes_gb(flown)
    return sum(volumes) / len(volumes)


def least_pass_gb(flown: Flown) -> float:
    """[GB] Volume of the worst of those passes."""
    return min(_passes_gb(flown))


def most_pass_gb(flown: Flown) -> float:
    """[GB] Volume of the best of those passes."""
    return max(_passes_gb(flown))


def mean_rate_mbps(flown: Flown) -> float:
    """[Mbit/s] Mean rate while a satellite's transmitter has an antenna, acquisition included.

    A satellite sends to one station at a time, so a second in which its passes overlap counts once, and a pass
    without an antenna does not count; two satellites that send at the same time count separately.
    """
    contacts = flown.record.contacts
    bits = sum(contact.capacity_bytes for contact in contacts) * BITS_PER_BYTE
    seconds = sum(contact.window.los_s - contact.start_s for contact in contacts)
    return bits / seconds / BPS_PER_MBPS


def saved_by_arm(flown: Flown) -> float:
    """[%] Reduction of the data to be sent, against the arm `compressed` (no mask)."""
    everything = _to_send_bytes(Flown(flown.assembly, flown.records, "compressed"))
    return 100.0 * (1.0 - _to_send_bytes(flown) / everything)


def _to_send_bytes(flown: Flown) -> int:
    """[byte] Encoded size of all tiles kept, sent or not."""
    return sum(
        outcome.encoded_bytes
        for image in flown.record.images
        for outcome in image.outcomes
        if outcome.is_kept
    )


def _passes_gb(flown: Flown) -> list[float]:
    return [
        contact.capacity_bytes / BYTES_PER_GB
        for contact in flown.record.contacts
        if 420.0 <= contact.window.duration_s <= 600.0
    ]


MEASURES: Mapping[str, Callable[[Flown], float]] = {
    measure.__name__: measure
    for measure in (
        images_a_day,
        delivered_share,
        contacts_a_day,
        link_use,
        link_demand,
        recorder_days,
        recorded_gb_a_day,
        raw_gb_an_image,
        pass_gb,
        least_pass_gb,
        most_pass_gb,
        mean_rate_mbps,
        saved_by_arm,
    )
}
