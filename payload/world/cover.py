"""Cloud cover without painting: from the sky's coarse octaves and the distribution of the finer ones."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from payload.world.clouds import CLOUD_OPTICAL_DEPTH, Weather, ice_depth, low_depth
from payload.world.coarse import Footing, Layers
from payload.world.globe import directions
from payload.world.noise import Table, normal_quantile, normal_share, quantiles, shares
from payload.world.quick import loops, survey

_CHUNK = 2048  # squares at a time: their octaves stay in the processor's cache
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(3)
_SHARES, _WEIGHTS = (_NODES + 1.0) / 2.0, _WEIGHTS / 2.0
_TINY = 1e-6
_REACH = 8.0  # fields beyond plus or minus this do not occur


def mean_cover(
    weather: Weather,
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
    time_s: NDArray[np.float64],
    over: Footing,
) -> NDArray[np.float64]:
    """Share of cloud in squares around places, as truth counts it: the best estimate from coarse octaves.

    Args:
        weather: Of a world.
        lat_deg: [deg] Geodetic, shape (N,).
        lon_deg: [deg] Shape (N,).
        time_s: [s] since 2000-01-01, shape (N,) or (1,).
        over: The squares, north up. The cover is the mean over their across x across parts, each
            evaluated at its centre: more parts are more accurate, at a cost of `across` squared.

    Returns:
        Shape (N,), 0 to 1. Memory does not grow with N beyond input and result.
    """
    survey(lat_deg.size * over.across**2)
    places, edges = directions(lat_deg, lon_deg), Edges(weather.cloud_optical_depth)
    part = Footing(over.size_km / over.across)
    cover = np.empty(places.shape[1])
    for first in range(0, cover.size, _CHUNK):
        chunk = slice(first, first + _CHUNK)
        when_s = time_s[chunk] if time_s.size > 1 else time_s
        parts = np.zeros(places[0, chunk].size)
        for middle in np.split(over.points(places[:, chunk]), over.across**2, axis=1):
            drivers = part.drivers(weather, middle, when_s)
            layers = part.layers(drivers, weather.levels(middle, when_s))
            parts += 1.0 - edges.clear_share(*_open(layers))
        cover[chunk] = parts / over.across**2
    return cover


def _open(layers: Layers) -> tuple[NDArray[np.float64], ...]:
    """Means and deviations of the two fields at an unknown point of the squares."""
    low = np.sqrt(layers.low_doubt**2 + layers.low_spread**2)
    ice = np.sqrt(layers.ice_doubt**2 + layers.ice_spread**2)
    return layers.low, low, layers.ice, ice


@dataclass(frozen=True)
class Edges:
    """Where the two fields begin to count as cloud: where their optical depths add up to a threshold."""

    cloud_optical_depth: float = CLOUD_OPTICAL_DEPTH

    @property
    def ice(self) -> float:
        """The ice field from which ice cloud alone counts as cloud."""
        return _edges(self.cloud_optical_depth)[0]

    @property
    def _low(self) -> Table:
        return _edges(self.cloud_optical_depth)[1]

    def low(self, ice: NDArray[np.float64]) -> NDArray[np.float64]:
        """The low field that reaches the threshold together with an ice field below its own edge."""
        return self._low.at(ice)

    def clear_share(
        self,
        low: NDArray[np.float64],
        low_deviation: NDArray[np.float64],
        ice: NDArray[np.float64],
        ice_deviation: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Probability that the two layers together do not count as cloud, the fields being normal.

        Means have one shape, (N,) or any other, and so has the result; deviations have it too, or are one for all.
        """
        fast = loops()
        if fast is not None:
            found = np.empty(low.shape)
            fast.clear_share(
                tuple([_flat(each) for each in (low, low_deviation, ice, ice_deviation)]),
                (self.ice, _TINY),
                tuple(zip(_SHARES.tolist(), _WEIGHTS.tolist(), strict=True)),
                (shares().steps, quantiles().steps, self._low.steps),
                found.reshape(-1),
            )
            return found
        thin = normal_share((self.ice - ice) / np.maximum(ice_deviation, _TINY))
        clear = np.zeros(low.shape)
        for share, weight in zip(_SHARES, _WEIGHTS, strict=True):
            edge = self.low(ice + ice_deviation * normal_quantile(thin * share))
            clear += weight * normal_share((edge - low) / np.maximum(low_deviation, _TINY))
        return clear * thin


def _flat(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.ascontiguousarray(values, np.float64).reshape(-1)


@cache
def _edges(cloud_optical_depth: float) -> tuple[float, Table]:
    """The ice edge, and the low edge against the ice field, tabulated from the two depth functions."""
    field = np.linspace(-_REACH, _REACH, 3201)
    alone = ice_depth(field.astype(np.float32)).astype(np.float64)
    low = low_depth(field.astype(np.float32)).astype(np.float64)
    ice = float(np.interp(cloud_optical_depth, alone, field, left=-25.0, right=25.0))
    wanted = np.maximum(cloud_optical_depth - alone, 1e-9)
    edge = np.interp(wanted, low, field, right=25.0)
    return ice, Table(-_REACH, _REACH, edge)
