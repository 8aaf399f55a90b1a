"""Which class of ground a place is, told from the fields of the ground alone."""

import numpy as np
from numpy.typing import NDArray

from payload.types import SURFACES

_AT = {name: index for index, name in enumerate(SURFACES)}


def classify(fields: NDArray[np.float32]) -> NDArray[np.intp]:
    """Indices into `SURFACES` for fields of `payload.world.surface.Ground`.

    Each bound lies where the mixture in `payload.world.surface.reflectance` is half one and half the
    other; without parcels, so a field of farmland is what most of its neighbours are.

    Args:
        fields: Height above the coast, moisture, warmth and texture, shape (4, ...).

    Returns:
        Shape (...).
    """
    height, moisture, warmth, texture = fields
    water = (height <= 0.0) | (texture < -2.64)
    farmed = (np.abs(moisture - 0.2) < 0.8) & (warmth > 0.25)
    green = (moisture > 0.0) & (warmth > 0.17)
    rules = (
        (water & (warmth < -0.5), "sea ice"),
        (water & (height > -0.1), "turbid water"),
        (water, "water"),
        (warmth < 0.0, "snow"),
        (moisture > 1.1, "forest"),
        (farmed & green, "crops"),
        (green, "grass"),
        (moisture < -0.9, "sand"),
    )
    conditions, names = zip(*rules, strict=True)
    return np.select(conditions, [_AT[name] for name in names], default=_AT["soil"])
