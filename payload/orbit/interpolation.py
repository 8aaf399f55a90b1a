"""Interpolation in a table, whose points need not be evenly spaced: polynomials through neighbours.

Source: Newton's divided differences, with repeated points for Hermite: Burden and Faires, Numerical
Analysis, 9th ed., sections 3.3 and 3.4; how many points a degree takes: CCSDS 502.0-B-3, table 5-3.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def lagrange(time_s: Floats, values: Floats, at_s: Floats, *, degree: int) -> Floats:
    """Values (K, 3) at times (K,), interpolated to `at_s` (N,) by the degree + 1 points around each; (N, 3)."""
    index = _around(time_s, at_s, degree + 1)
    nodes = time_s[index] - at_s[:, None]
    return _newton(nodes, _differences(nodes, values[index]))[0]


def hermite(
    time_s: Floats, position: Floats, velocity: Floats, at_s: Floats, *, degree: int
) -> tuple[Floats, Floats]:
    """Position and velocity at `at_s` (N,), by the (degree + 1) / 2 points around each; each (N, 3)."""
    index = _around(time_s, at_s, (degree + 1) // 2)
    nodes = np.repeat(time_s[index] - at_s[:, None], 2, axis=1)
    slopes = velocity[index]
    return _newton(nodes, _differences(nodes, np.repeat(position[index], 2, axis=1), slopes))


def _around(time_s: Floats, at_s: Floats, points: int) -> NDArray[np.int64]:
    """Indices of the points nearest to each time, fewer on one side at the ends; (N, points)."""
    first = np.searchsorted(time_s, at_s, side="right") - (points + 1) // 2
    first = np.clip(first, 0, time_s.size - points)
    return np.asarray(first[:, None] + np.arange(points), dtype=np.int64)


def _differences(nodes: Floats, values: Floats, slopes: Floats | None = None) -> Floats:
    """Coefficients of Newton's form, (N, M, 3); with slopes (N, M / 2, 3) each node occurs twice."""
    table = values.copy()
    for order in range(1, nodes.shape[1]):
        span = (nodes[:, order:] - nodes[:, :-order])[..., None]
        rise = table[:, order:] - table[:, order - 1 : -1]
        if order == 1 and slopes is not None:
            span[:, ::2] = 1.0
            rise[:, ::2] = slopes
        table[:, order:] = rise / span
    return table


def _newton(nodes: Floats, table: Floats) -> tuple[Floats, Floats]:
    """The polynomial and its slope at 0, to which the nodes are relative; each (N, 3)."""
    value, slope = table[:, -1].copy(), np.zeros_like(table[:, -1])
    for order in range(nodes.shape[1] - 2, -1, -1):
        to_node = -nodes[:, order, None]
        slope = value + slope * to_node
        value = table[:, order] + value * to_node
    return value, slope
