"""The ground: which surface lies where, at a place and in a season.

It follows from static fields: height above the coast, moisture, warmth and a texture. Land is
where a normal field exceeds the quantile of the land fraction, so that coasts are fractal and
the land fraction of a region is right on average. Surfaces blend into one another.

Assumption: the zones of moisture and warmth, and how surfaces follow from them, are round figures.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.rng import key
from payload.types import SURFACES
from payload.world.globe import declination_deg, land_fraction, lat_lon
from payload.world.lattice import COARSEST_LEVEL, Nodes, spacing_km
from payload.world.noise import SphereNoise, hash_axes, hash_grid, normal_quantile
from payload.world.quick import loops

Field = NDArray[np.float32]

_SPACING_KM = tuple(spacing_km(COARSEST_LEVEL - 1 - octave) for octave in range(9, -1, -1))
# Height, moisture, warmth, texture: strength of each octave for spacings from 1250 km down to 2.4 km,
# and the ratio of each finer octave to the one before.
_STRENGTH = (
    (0.00, 0.00, 0.00, 0.20, 0.45, 0.50, 0.45, 0.36, 0.28, 0.21),
    (0.25, 0.30, 0.35, 0.35, 0.30, 0.26, 0.24, 0.22, 0.22, 0.22),
    (0.30, 0.30, 0.25, 0.25, 0.20, 0.16, 0.13, 0.10, 0.08, 0.06),
    (0.20, 0.25, 0.25, 0.30, 0.30, 0.30, 0.30, 0.30, 0.28, 0.26),
)
_FALL = (0.62, 0.86, 0.68, 0.90)
_WHITE_GAIN = 1.8  # noise added on one level keeps 1 / 1.8 of its deviation when smoothed
_TEXTURE = 3
_INLAND = 2.0  # mean height far from the sea: about 2 % of the land is lakes
_PATCHY = 0.6  # how much stronger finer noise gets for each unit of texture
_ROUGH = np.float32(0.2), np.float32(3.0)  # least and greatest factor of that
_GLINT = 0.03  # water with more sun glint than this is classed as glint
_HILLS_M, _MOUNTAINS_M = 10.0, 250.0  # relief per unit of the height field; Assumption


@dataclass(frozen=True)
class Ground:
    """The ground of a world in a season; see `payload.world.lattice.climb` for the use of its two methods.

    Its four fields are height above the coast [standard deviations], moisture, warmth [10 degC]
    and texture.

    Attributes:
        seed: Of the world.
        time_s: [s] since 2000-01-01, for the season.
    """

    seed: int
    time_s: float

    def at(
        self, direction: NDArray[np.float64], times_s: NDArray[np.float64] | None = None
    ) -> Field:
        """The fields, down to structures of some 5 km, at unit vectors of shape (3, N).

        Args:
            direction: The unit vectors.
            times_s: [s] since 2000-01-01, one for each vector, shape (N,); None for the season of this ground.
        """
        time_s = np.array([self.time_s]) if times_s is None else times_s
        lat_deg, lon_deg = lat_lon(direction)
        land = land_fraction(lat_deg, lon_deg)
        warmth = _warmth(lat_deg, land, time_s)
        height = np.minimum(normal_quantile(land), _INLAND)
        means = (height, _moisture(lat_deg), warmth, np.zeros_like(lat_deg))
        octaves = SphereNoise(self.seed, "ground", _SPACING_KM).values(direction)
        fields = np.empty((len(means), lat_deg.size), np.float32)
        for field, (mean, strength) in enumerate(zip(means, _STRENGTH, strict=True)):
            total = mean.copy()
            for octave, factor in zip(octaves[field], strength, strict=True):
                total += factor * octave.astype(np.float64)
            fields[field] = total
        return fields

    def refine(self, nodes: Nodes, fields: Field) -> None:
        """Add the noise of a level, in place."""
        name = key(self.seed, "ground", nodes.face, nodes.level)
        octave = nodes.level - COARSEST_LEVEL + 1
        # The noise of each field is uniform over 16 bits.
        scale = np.array(
            [
                strength[-1] * fall**octave * _WHITE_GAIN * np.sqrt(12.0) / 2**16
                for strength, fall in zip(_STRENGTH, _FALL, strict=True)
            ],
            np.float32,
        )
        slope, (least, most) = np.float32(_PATCHY), _ROUGH
        fast = loops()
        if fast is not None:
            axes = hash_axes(name, nodes.rows.indices, nodes.cols.indices)
            fast.ground_noise(*axes, scale, (slope, least, most), fields)
            return
        bits = hash_grid(name, nodes.rows.indices, nodes.cols.indices).view(np.int16)
        rough = slope * fields[_TEXTURE]
        rough += np.float32(1.0)
        np.clip(rough, least, most, out=rough)
        for field in range(len(_STRENGTH)):
            noise = bits[:, field::4].astype(np.float32)
            noise *= scale[field]
            noise *= rough
            fields[field] += noise


def mountain_m(height: Field) -> Field:
    """[m] Relief per unit of the height field: hills in most places, mountains high up."""
    share = _smooth((height - np.float32(_INLAND + 0.4)) * np.float32(0.6))
    return np.float32(_HILLS_M) + np.float32(_MOUNTAINS_M) * share


@dataclass(frozen=True, slots=True, eq=False)
class LandCover:
    """What each pixel consists of, as shares from 0 to 1, all of the same shape.

    From the ground up: bare ground is soil, except for sand and rock; plants, including forest, cover
    some of it; then tracks, towns and snow.

    Attributes:
        land: Not water.
        sand: Of bare ground.
        rock: Of the rest of it.
        plants: Of the land.
        forest: Of the plants.
        town: Of the land; streets and houses.
        snow: Of the land.
        shallow: Of the water; turbid near coasts and in plumes.
        floes: Of the water; sea ice.
        lush: Vigour of the plants, about 0, not a share and unbounded.
        farmed: Of the land, in parcels.
        crop: What grows there, `Parcels.crop` times `farmed`.
    """

    land: Field
    sand: Field
    rock: Field
    plants: Field
    forest: Field
    town: Field
    snow: Field
    shallow: Field
    floes: Field
    lush: Field
    farmed: Field
    crop: Field

    @classmethod
    def of(cls, fields: Field, crop: Field) -> "LandCover":
        """The cover that follows from the fields of `Ground`, shape (4, ...), and from `Parcels.crop`."""
        height, moisture, warmth, texture = fields
        altitude = height - np.float32(_INLAND)
        farmed = _ramp(1.3 - np.abs(moisture - 0.2)) * _ramp(warmth * 2.0)
        farmed *= _ramp(1.5 - altitude)
        crop = crop * farmed
        wet = moisture + crop * 0.9
        plants = _smooth(0.6 + 0.55 * wet) * _ramp(warmth * 1.2 + 0.3)
        forest = _ramp(wet - 0.6 + 0.35 * texture)
        land = _ramp(height * 40.0 + 0.5)
        cold = 0.5 - warmth * 5.0 + 2.5 * np.maximum(altitude, 0.0)
        return cls(
            land=land,
            sand=_ramp(-0.4 - wet),
            rock=_ramp(2.0 * altitude - 2.6 + texture),
            plants=plants,
            forest=forest,
            town=_ramp((texture - 1.9) * 6.0) * farmed,
            snow=_ramp(cold + 0.3 * texture),
            shallow=np.square(_ramp(1.0 + height * 3.0 + 0.2 * texture)),
            floes=_ramp(-2.0 - warmth * 5.0 + texture),
            lush=0.12 * wet,
            farmed=farmed,
            crop=crop,
        )

    def surface(self, glint: float | NDArray[np.float64]) -> NDArray[np.uint8]:
        """The dominant class of each pixel: an index into `SURFACES`.

        Args:
            glint: Reflectance of sun glint on water, broadcastable to the shape of the pixels.
        """
        found = np.full(self.land.shape, SURFACES.index("soil"), np.uint8)
        half = np.float32(0.5)
        for share, name in (
            (self.sand, "sand"),
            (self.rock, "rock"),
            (self.plants, "grass"),
            (self.plants * self.farmed, "crops"),
            (self.plants * self.forest, "forest"),
            (self.town, "town"),
            (self.snow, "snow"),
        ):
            found[share > half] = SURFACES.index(name)
        water = self.land <= half
        found[water] = SURFACES.index("water")
        found[water & (np.asarray(glint) > _GLINT)] = SURFACES.index("glint")
        found[water & (self.shallow > half)] = SURFACES.index("turbid water")
        found[water & (self.floes > half)] = SURFACES.index("sea ice")
        return found


def _moisture(lat_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Wet under the tropical rains, dry in the horse latitudes, moist beyond. Assumption."""
    away = np.abs(lat_deg)
    rains = 0.9 * np.exp(-((away / 10.0) ** 2))
    return np.asarray(0.65 + rains - 2.0 * np.exp(-(((away - 24.0) / 8.0) ** 2)), np.float64)


def _warmth(
    lat_deg: NDArray[np.float64], land: NDArray[np.float64], time_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """[10 degC] Mean temperature of the month; the year lags the sun by a month. Assumption."""
    sine = np.sin(np.radians(lat_deg))
    season = declination_deg(time_s - 30.0 * 86400.0) / 23.44
    mean = 2.8 - 4.0 * np.abs(sine) ** 3 + (0.5 + 1.1 * land) * sine * season
    return np.asarray(mean - 2.0 * land * np.clip((-62.0 - lat_deg) / 10.0, 0.0, 1.0), np.float64)


def _ramp(values: Field) -> Field:
    """Clip to 0 to 1, in place."""
    return np.clip(values, 0.0, 1.0, out=values)


def _smooth(values: Field) -> Field:
    share = _ramp(values)
    smooth = np.float32(-2.0) * share
    smooth += np.float32(3.0)
    share *= share
    share *= smooth
    return share
