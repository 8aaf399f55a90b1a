"""Tables in addition to the books: the ground below each tile, and battery charge over time."""

from collections.abc import Mapping
from pathlib import Path

from payload.ledger import FlightRecord
from payload.tables import write_table

SURFACES = {"tile": "VARCHAR", "surface": "VARCHAR"}
POWER = {"arm": "VARCHAR", "satellite": "VARCHAR", "time_s": "DOUBLE", "charge": "DOUBLE"}


def write_side_books(
    folder: Path, records: Mapping[str, FlightRecord], surfaces: Mapping[str, str]
) -> None:
    """Write both tables; one is empty if nothing is known.

    Args:
        folder: The destination.
        records: Flights by arm.
        surfaces: The commonest class of ground by tile id.
    """
    below = {"tile": list(surfaces), "surface": list(surfaces.values())}
    write_table(folder / "surfaces.parquet", SURFACES, below)
    rows = [
        (arm, balance.satellite, time_s, level_j / balance.capacity_j)
        for arm, record in records.items()
        for balance in record.ledger.balances
        for time_s, level_j in balance.levels
    ]
    columns = {name: [row[index] for row in rows] for index, name in enumerate(POWER)}
    write_table(folder / "power.parquet", POWER, columns)
