"""Forecasts of a stated skill: the probability that a scene will be clear, between climatology and truth.

A forecast combines the climate with a signal. The signal is the sky's own normal variables, octave by
octave, mixed with those of an independent sky of the same statistics (the error sky), so that the
correlation of signal and truth is

    skill x exp(-lead / memory)

The forecast is the probability given the signal, so forecasts are calibrated by construction: of the
scenes called 30 % clear, 30 % are clear. Skill 0 is the climate of place and season. Skill 1 at zero lead
sees the coarse sky as it is, at a few points of each scene; only smaller scales stay uncertain.

The error sky evolves with the time that is forecast and, at half the pace, with the time of issue. So a
forecast issued twice is the same, forecasts issued at close times or for neighbouring places have similar
errors, and those of different days err independently.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from payload.errors import ImageryError
from payload.rng import key
from payload.types import Foresight, Prospects
from payload.world.clouds import Weather
from payload.world.coarse import Drivers, Footing, Layers
from payload.world.cover import Edges
from payload.world.globe import directions, seconds_since_2000
from payload.world.noise import normal_quantile, normal_share

_CHUNK = 512  # prospects at a time
_ACROSS = 3  # points along a side of a scene at which the coarse sky is evaluated
_PACE = 0.5  # seconds by which the error sky evolves per second of the time of issue
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
_SHARES, _WEIGHTS = (_NODES + 1.0) / 2.0, _WEIGHTS / 2.0
_TINY = 1e-6
_NOWHERE = "a forecast was requested for a place or time that is not on the Earth"


def coming(weather: Weather, prospects: Prospects) -> NDArray[np.float64]:
    """The true state at scenes, whatever the forecast: the four drivers and the two levels, shape (6, N).

    Raises:
        ImageryError: A place is not on the Earth, or a number is out of its bounds.
    """
    _check_scenes(prospects)
    found = np.empty((6, prospects.time_s.size))
    for mine in _chunks(prospects):
        part = _part(prospects, mine)
        squares, places = _squares(part), directions(part.lat_deg, part.lon_deg)
        time_s = seconds_since_2000(part.epoch_utc) + part.time_s
        drivers = squares.drivers(weather, places, time_s)
        found[:4, mine] = drivers.large, drivers.small, drivers.ice, drivers.regime
        found[4:, mine] = weather.levels(places, time_s)
    return found


def forecast(
    weather: Weather,
    prospects: Prospects,
    comes: NDArray[np.float64],
    *,
    issued_s: float,
    foresight: Foresight,
) -> NDArray[np.float64]:
    """P(clear) of scenes.

    Args:
        weather: Of a world.
        prospects: Scenes, with times in seconds after their epoch.
        comes: The result of `coming` for them, shape (6, N).
        issued_s: [s] after the epoch: when the forecast is made. Earlier scenes have zero lead.
        foresight: Skill and its memory.

    Returns:
        Probability that the true cover of each is at most `prospects.max_cover`, shape (N,).

    Raises:
        ImageryError: A place is not on the Earth, or a number is out of its bounds.
    """
    _check_scenes(prospects)
    _check(issued_s, foresight)
    found = np.empty(prospects.time_s.shape)
    for mine in _chunks(prospects):
        part = _part(prospects, mine)
        found[mine] = _tell(weather, part, comes[:, mine], issued_s, foresight)
    return found


def correlation(lead_s: NDArray[np.float64], foresight: Foresight) -> NDArray[np.float64]:
    """Correlation of the signal with the truth against lead time; see the module's definition."""
    fallen = np.exp(-np.maximum(lead_s, 0.0) / foresight.memory_s)
    return np.asarray(foresight.skill * fallen, np.float64)


def _tell(
    weather: Weather,
    prospects: Prospects,
    comes: NDArray[np.float64],
    issued_s: float,
    foresight: Foresight,
) -> NDArray[np.float64]:
    squares, epoch_s = _squares(prospects), seconds_since_2000(prospects.epoch_utc)
    places = directions(prospects.lat_deg, prospects.lon_deg)
    time_s = epoch_s + prospects.time_s
    skill = correlation(prospects.time_s - issued_s, foresight)
    strange = replace(weather, seed=key(weather.seed, "forecast"))
    truth, levels = Drivers(*comes[:4]), comes[4:]
    error = squares.drivers(strange, places, time_s + _PACE * (epoch_s + issued_s))
    layers = squares.layers(truth.blurred(error, skill), levels, skill)
    return clear_probability(layers, Edges(weather.cloud_optical_depth), prospects.max_cover)


def clear_probability(layers: Layers, edges: Edges, max_cover: float) -> NDArray[np.float64]:
    """Probability that the cover of squares is at most a bound, shape (N,).

    The uncertainty of ice cloud is integrated by quadrature; at each node that of low cloud is a normal
    distribution, cut where the square holds exactly the cloud allowed.
    """
    if max_cover >= 1.0:
        return np.ones(layers.low.shape)
    wanted = np.array(1.0 - max_cover)
    ice_spread = np.maximum(layers.ice_spread, _TINY)
    ice_doubt = np.maximum(layers.ice_doubt, _TINY)
    most = edges.ice - ice_spread * normal_quantile(wanted)  # more ice alone is too much
    within = normal_share((most - layers.ice) / ice_doubt)
    found = np.zeros(layers.low.shape)
    for share, weight in zip(_SHARES, _WEIGHTS, strict=True):
        ice = layers.ice + ice_doubt * normal_quantile(within * share)
        thin = normal_share((edges.ice - ice) / ice_spread)
        edge = edges.low(ice + ice_spread * normal_quantile(thin / 2.0))
        clear = np.minimum(wanted / np.maximum(thin, _TINY), 1.0)
        most_low = edge - layers.low_spread * normal_quantile(clear)
        found += weight * normal_share(
            (most_low - layers.low) / np.maximum(layers.low_doubt, _TINY)
        )
    return np.asarray(np.clip(found * within, 0.0, 1.0), np.float64)


def _squares(prospects: Prospects) -> Footing:
    return Footing(prospects.size_km, _ACROSS)


def _chunks(prospects: Prospects) -> Iterator[slice]:
    for first in range(0, prospects.time_s.size, _CHUNK):
        yield slice(first, first + _CHUNK)


def _part(prospects: Prospects, mine: slice) -> Prospects:
    return replace(
        prospects,
        lat_deg=prospects.lat_deg[mine],
        lon_deg=prospects.lon_deg[mine],
        time_s=prospects.time_s[mine],
    )


def _check_scenes(prospects: Prospects) -> None:
    places = (np.abs(prospects.lat_deg) <= 90.0) & (np.abs(prospects.lon_deg) <= 360.0)
    if not (places & np.isfinite(prospects.time_s)).all():
        raise ImageryError(_NOWHERE)
    if prospects.epoch_utc.tzinfo is None:
        raise ImageryError("the epoch of a forecast has no time zone: expected UTC")
    _check_range("max_cover", prospects.max_cover, 1.0)
    _check_range("size_km", prospects.size_km, 2000.0)


def _check(issued_s: float, foresight: Foresight) -> None:
    if not np.isfinite(issued_s):
        raise ImageryError(_NOWHERE)
    _check_range("skill", foresight.skill, 1.0)
    if not foresight.memory_s > 0.0:
        raise ImageryError(
            f"memory_s {foresight.memory_s} of a forecast: expected a number above 0"
        )


def _check_range(name: str, value: float, most: float) -> None:
    if not 0.0 <= value <= most:
        raise ImageryError(f"{name} {value} of a forecast: expected a number from 0 to {most:g}")
