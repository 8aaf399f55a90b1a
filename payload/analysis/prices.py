"""The cost of a flight, and its cost per clear square kilometre and per clear gigabyte delivered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from payload.analysis.power import arm_energy
from payload.analysis.way_up import thumbnails_of
from payload.ledger import Fate, FlightRecord
from payload.scenario.prices import PricesModel
from payload.units import BYTES_PER_GB, J_PER_WH, S_PER_MIN

FIGURES = (
    "cost",
    "cost_contacts",
    "cost_data",
    "cost_energy",
    "cost_per_clear_km2",
    "cost_per_clear_gb",
)
"""Figures of an arm in the scenario's currency; present if the scenario has prices."""


@dataclass(frozen=True, slots=True)
class Priced:
    """What is needed to price a flight.

    Attributes:
        prices: Of the scenario.
        km2_per_px: [km2] Area of a pixel at nadir.
        raw_bytes_per_px: [byte] Bands times bit depth.
        says_watts: Whether the processor's profile states its power draw.
    """

    prices: PricesModel
    km2_per_px: float
    raw_bytes_per_px: float
    says_watts: bool


def costs_of(record: FlightRecord, clear_px: int | None, priced: Priced) -> dict[str, float | None]:
    """FIGURES of an arm; None where the energy or the truth is unknown, or a divisor unknown or zero.

    A clear gigabyte is 1e9 raw bytes of clear pixels, however few bytes they were sent in: the two unit costs describe the
    same ground at the same cost.

    Args:
        record: The arm's flight.
        clear_px: Pixels clear by truth and delivered.
        priced: Prices and conversion factors.
    """
    prices = priced.prices
    contacts = _contacts(record, prices)
    books = record.ledger
    received_bytes = (
        books.total_bytes(Fate.DELIVERED)
        + books.report_bytes(Fate.DELIVERED)
        + thumbnails_of(record)["thumbnail_bytes"]
    )
    data = prices.gigabyte * received_bytes / BYTES_PER_GB
    energy = _energy(record, priced)
    cost = None if energy is None else contacts + data + energy
    per_px = None if cost is None or not clear_px else cost / clear_px
    return {
        "cost": cost,
        "cost_contacts": contacts,
        "cost_data": data,
        "cost_energy": energy,
        "cost_per_clear_km2": None if per_px is None else per_px / priced.km2_per_px,
        "cost_per_clear_gb": None
        if per_px is None
        else per_px / priced.raw_bytes_per_px * BYTES_PER_GB,
    }


def _contacts(record: FlightRecord, prices: PricesModel) -> float:
    paid = [
        log
        for log in record.contacts
        if not log.is_missed and (prices.passes == "all" or log.used_bytes)
    ]
    minutes = sum(log.window.duration_s for log in paid) / S_PER_MIN
    return prices.contact_minute * minutes + prices.contact_pass * len(paid)


def _energy(record: FlightRecord, priced: Priced) -> float | None:
    if not priced.prices.watt_hour:
        return 0.0
    told = arm_energy(record, None, says_watts=priced.says_watts)
    joules = told["compute_j"] if told["used_j"] is None else told["used_j"]
    return None if joules is None else priced.prices.watt_hour * joules / J_PER_WH


def prices_part(prices: PricesModel, own: Mapping[str, Any]) -> dict[str, Any]:
    """The summary's `prices`: the currency, and the figures of the scenario's own arm."""
    return {"currency": prices.currency, **{name: own[name] for name in FIGURES}}
