"""Maps of the whole globe, plate carrée, north up: mean cloud cover, land and coasts."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from payload.world.clouds import Weather
from payload.world.coarse import Footing
from payload.world.cover import mean_cover
from payload.world.globe import land_fraction

_KM_A_DEG = 111.2


def globe(rows: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitude and longitude [deg] of the centres of cells, each of shape (rows, 2 rows)."""
    lat = 90.0 - (np.arange(rows) + 0.5) * 180.0 / rows
    lon = -180.0 + (np.arange(2 * rows) + 0.5) * 180.0 / rows
    shape = (rows, 2 * rows)
    return np.broadcast_to(lat[:, None], shape), np.broadcast_to(lon[None, :], shape)


def cover_map(weather: Weather, times_s: Iterable[float], rows: int) -> NDArray[np.float64]:
    """Mean cloud cover of each cell over times, 0 to 1, shape (rows, 2 rows).

    Args:
        weather: Of a world.
        times_s: [s] since 2000-01-01, at least one.
        rows: Cells from pole to pole.
    """
    lat, lon = (part.ravel() for part in globe(rows))
    over = Footing(_KM_A_DEG * 180.0 / rows)
    maps = (mean_cover(weather, lat, lon, np.array([time_s]), over) for time_s in times_s)
    total, count = np.zeros(lat.size), 0
    for each in maps:
        total += each
        count += 1
    return (total / count).reshape(rows, 2 * rows)


def global_mean(cells: NDArray[np.float64]) -> float:
    """Area-weighted mean of a map."""
    weight = np.cos(np.radians(globe(cells.shape[0])[0]))
    return float(np.average(cells, weights=weight))


def land(rows: int) -> NDArray[np.bool_]:
    """Which cells are land, shape (rows, 2 rows)."""
    return land_fraction(*globe(rows)) > 0.5


def coast(rows: int) -> NDArray[np.bool_]:
    """The coastline: land cells next to the sea, shape (rows, 2 rows)."""
    dry = land(rows)
    sea = ~dry
    beside = np.roll(sea, 1, axis=1) | np.roll(sea, -1, axis=1)
    beside[1:] |= sea[:-1]
    beside[:-1] |= sea[1:]
    return dry & beside
