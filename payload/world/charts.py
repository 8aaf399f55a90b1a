"""The globe in six charts, the faces of a cube, whose coordinates are angles.

Near an edge of the cube two or three charts are blended, so that no edge shows.
"""

import numpy as np
from numpy.typing import NDArray

_BLEND = 0.004  # of half a face, about 20 km: how far from an edge charts are blended
_NEAR_CHART = 1.02  # tangent of an angle just beyond the end of a chart, 45 deg plus the blend

# Axes of each face: outwards, to the right, upwards.
_FACES = np.array(
    [
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [[0, 1, 0], [-1, 0, 0], [0, 0, 1]],
        [[-1, 0, 0], [0, -1, 0], [0, 0, 1]],
        [[0, -1, 0], [1, 0, 0], [0, 0, 1]],
        [[0, 0, 1], [0, 1, 0], [-1, 0, 0]],
        [[0, 0, -1], [0, 1, 0], [1, 0, 0]],
    ],
    dtype=np.float64,
)
FACES = len(_FACES)


def chart_coordinates(
    direction: NDArray[np.float64], face: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Where places lie on a face, and the weight of the face there.

    Args:
        direction: Unit vectors, shape (3, ...).
        face: 0 to 5.

    Returns:
        Coordinates from -1 to 1 on the face (beyond that outside it) upwards and to the right, and the
        weight: 1 well inside, 0 well outside. Each of shape (...).
    """
    x, y, z = direction
    out, right, up = (axis[0] * x + axis[1] * y + axis[2] * z for axis in _FACES[face])
    across = np.arctan2(right, out) * (4.0 / np.pi)
    upwards = np.arctan2(up, out) * (4.0 / np.pi)
    outside = np.maximum(np.abs(across), np.abs(upwards)) - 1.0
    weight = np.clip(0.5 - outside / (2.0 * _BLEND), 0.0, 1.0)
    return upwards, across, weight


def faces_near(direction: NDArray[np.float64]) -> list[int]:
    """The faces on which any of the places, shape (3, ...), may lie, ascending: a quick test."""
    return [int(face) for face in np.flatnonzero(near_charts(direction[:, None])[:, 0])]


def near_charts(direction: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether any of P sets of places, shape (3, P, ...), may lie on a face: shape (6, P).

    A quick, conservative test of each set's bounding box: a distant set may be called near, never the reverse.
    """
    flat = direction.reshape(*direction.shape[:2], -1)
    low, high = (_FACES @ end for end in (flat.min(axis=-1), flat.max(axis=-1)))
    reach = _NEAR_CHART * np.maximum(low[:, 0], high[:, 0])
    # Least distance from the middle of the face: at an end of the interval, or 0 if it holds the middle.
    one, other = low[:, 1:], high[:, 1:]
    nearest = np.where(one * other <= 0.0, 0.0, np.minimum(np.abs(one), np.abs(other)))
    return np.asarray((nearest < reach[:, None]).all(axis=1), np.bool_)


def chart_direction(
    upwards: NDArray[np.float64], across: NDArray[np.float64], face: int
) -> NDArray[np.float64]:
    """Unit vectors, shape (3, ...), of places on a face; the inverse of `chart_coordinates`.

    Both coordinates have the shape (...), or shapes that broadcast to it.
    """
    right, up = np.tan(across * (np.pi / 4.0)), np.tan(upwards * (np.pi / 4.0))
    out, to_right, to_up = _FACES[face]
    length = np.sqrt(1.0 + right * right + up * up)
    return np.stack([(out[i] + right * to_right[i] + up * to_up[i]) / length for i in range(3)])
