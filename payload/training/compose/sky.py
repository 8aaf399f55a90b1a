"""Cloud fields: how much light each pixel's cloud reflects."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.training.compose.fields import Field, blurred, fractal, relief, smooth_step
from payload.types import CLOUD, UNKNOWN
from payload.world.atmosphere import beam_transmission, cloud_reflectance

BRIGHTEST = 1.4
"""Share of light that the brightest pixel of a cloud appears to reflect; real images reach 1.3."""

_RAYS = 8  # sample points towards the sun
_DARKEST = 0.45  # share of its light that a shaded cloud loses. Assumption

RealClouds = tuple[NDArray[np.float32], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sky:
    """Clouds over a scene.

    Attributes:
        cloud: Share of light reflected, shape (H, W); may slightly exceed 1 where clouds face the sun.
        beam: Share of direct sunlight below the cloud, not yet displaced, shape (H, W).
        height_m: [m] Height of the clouds above the ground, for the shadows.
        thick_m: [m] From base to top of the thickest cloud.
    """

    cloud: Field
    beam: Field
    height_m: float
    thick_m: float = 0.0


def cumulus(rng: np.random.Generator, side_px: int) -> Field:
    """Optical depth of cumulus with sharp or frayed edges, from specks to towers."""
    base = fractal(rng, side_px, slope=rng.uniform(2.4, 3.6), largest_px=_size(rng, 15, 160))
    cover = rng.beta(1.2, 1.8)
    above = base - np.float32(np.quantile(base, 1 - cover))
    strength = np.exp(rng.uniform(np.log(6), np.log(60)))
    depth = _field(strength * np.maximum(above, 0) ** np.float32(rng.uniform(0.7, 1.5)))
    return haloed(rng, depth) if rng.random() < 0.6 else depth


def deck(rng: np.random.Generator, side_px: int) -> Field:
    """Optical depth of a closed or broken deck with cells and rolls."""
    cells = np.abs(
        fractal(rng, side_px, slope=3.0, largest_px=_size(rng, 8, 120), stretch=rng.uniform(1, 3))
    )
    drift = fractal(rng, side_px, slope=rng.uniform(2.6, 3.4))
    strength = np.exp(
        np.float32(rng.uniform(0.1, 0.6)) * drift + np.float32(rng.uniform(-0.6, 0.6)) * cells
    )
    gaps = smooth_step(_field(drift + rng.uniform(0, 0.5) * cells), *_gap(rng))
    return _field(strength * gaps * np.exp(rng.uniform(np.log(5), np.log(50))))


def overcast(rng: np.random.Generator, side_px: int) -> Field:
    """Optical depth of a layer without gaps, flat or billowing."""
    billow = fractal(rng, side_px, slope=rng.uniform(2.6, 4.0), largest_px=_size(rng, 20, 400))
    depth = np.exp(rng.uniform(np.log(8), np.log(90)))
    return _field(depth * np.exp(rng.uniform(0.02, 0.5) * billow))


def stratus(rng: np.random.Generator, side_px: int) -> Field:
    """Optical depth of a bright and very flat layer."""
    billow = fractal(rng, side_px, slope=rng.uniform(2.6, 4.0))
    depth = np.exp(rng.uniform(np.log(12), np.log(120)))
    return _field(depth * np.exp(rng.uniform(0.005, 0.1) * billow))


def cirrus(rng: np.random.Generator, side_px: int) -> Field:
    """Optical depth of thin ice cloud in streaks."""
    streaks = fractal(
        rng, side_px, slope=rng.uniform(2.6, 3.6), stretch=rng.uniform(2, 8), largest_px=200
    )
    above = streaks - np.float32(np.quantile(streaks, rng.uniform(0.0, 0.7)))
    return _field(np.maximum(above, 0) * np.exp(rng.uniform(np.log(0.5), np.log(6))))


def veil(rng: np.random.Generator, side_px: int) -> Field:
    """Optical depth of a thin veil without edges."""
    drift = fractal(rng, side_px, slope=3.4)
    depth = np.exp(rng.uniform(np.log(0.6), np.log(6)))
    return _field(depth * np.exp(rng.uniform(0.2, 0.7) * drift))


def haloed(rng: np.random.Generator, depth: Field) -> Field:
    """The same clouds with moist air around them that fades out over one or several pixels.

    Source: Koren et al. 2007, Geophys. Res. Lett. 34, L08805, for the twilight zone between cloud and
    clear sky. Assumption: its depth and width.
    """
    strength = np.float32(np.exp(rng.uniform(np.log(0.1), np.log(3))))
    return depth + strength * blurred(np.minimum(depth, 1), _size(rng, 1.5, 8))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of cloud.

    Attributes:
        depth: Draws its field of optical depth.
        share: Relative frequency with which it is drawn.
        height_m: [m] Lowest and highest height above the ground.
        carved: Depth of the relief of its top, as seen under a low sun.
        thick_m: [m] Least and greatest thickness of its thickest cloud. Assumption.
    """

    depth: Callable[[np.random.Generator, int], Field]
    share: float
    height_m: tuple[float, float]
    carved: float = 1.0
    thick_m: tuple[float, float] = (10, 100)


KINDS = (
    Kind(cumulus, 0.40, (500, 4000), thick_m=(100, 3000)),
    Kind(deck, 0.20, (500, 3000), thick_m=(50, 800)),
    Kind(overcast, 0.10, (500, 6000), carved=0.7, thick_m=(50, 800)),
    Kind(stratus, 0.13, (300, 2000), carved=0.1),
    Kind(cirrus, 0.16, (6000, 12000), carved=0.3),
    Kind(veil, 0.07, (3000, 12000), carved=0.1),
)


def draw_sky(
    rng: np.random.Generator,
    side_px: int,
    *,
    sun_elevation_deg: float,
    sun_azimuth_deg: float,
    real: RealClouds,
) -> Sky:
    """Draw a layer of clouds, made-up or real.

    Args:
        rng: Source of all draws.
        side_px: [px] Side of the square.
        sun_elevation_deg: [deg] Elevation of the sun; a low sun brings out the relief of clouds.
        sun_azimuth_deg: [deg] Azimuth of the sun.
        real: Reflectances of real clouds, each of shape (H, W) with sides of at least `side_px`; may
            be empty.
    """
    if real and rng.random() < 0.3:
        return _real_sky(rng, side_px, real)
    shares = np.array([kind.share for kind in KINDS])
    kind = KINDS[rng.choice(len(KINDS), p=shares / shares.sum())]
    depth = blurred(kind.depth(rng, side_px), float(rng.choice([0.5, 0.8, 1.2, 2.5])))
    if rng.random() < 0.2:
        depth = depth + blurred(cirrus(rng, side_px), 1.0)
    carved = relief(
        np.log1p(depth),
        sun_azimuth_deg,
        kind.carved * _carving(sun_elevation_deg) * rng.uniform(0.3, 1.2),
    )
    # Clouds do not reflect isotropically: under a high sun more light goes up, under a low one less.
    facing = np.float32(rng.uniform(0.85, 1.35) * _upward(sun_elevation_deg))
    cloud = np.minimum(cloud_reflectance(depth) * np.minimum(carved, 1.6) * facing, BRIGHTEST)
    beam = beam_transmission(depth, sun_elevation_deg)
    height_m, thick_m = (
        float(np.exp(rng.uniform(*np.log(span)))) for span in (kind.height_m, kind.thick_m)
    )
    return Sky(cloud, beam, height_m, thick_m)


def self_shaded(cloud: Field, thick_px: float, *, slope: float, azimuth_deg: float) -> Field:
    """Darken clouds whose tops lie in the shadow of taller clouds.

    A cloud is taken to be as tall as it is bright. Shaded cloud still receives light scattered by
    clouds. From here on it is treated as thinner cloud: over dark ground that looks the same, but over
    snow more ground shows through than a dark, thick cloud would allow. Assumption.

    Args:
        cloud: Share of light reflected, shape (H, W); the square wraps around.
        thick_px: [px] Height of the brightest cloud above the darkest.
        slope: Tangent of the sun's elevation.
        azimuth_deg: [deg] Azimuth of the sun.
    """
    top = blurred(np.minimum(cloud, 1), 0.8) * np.float32(thick_px)
    longest = min(thick_px / slope, cloud.shape[0] / 2)
    if longest < 1:
        return cloud
    dark = np.zeros_like(cloud)
    for reach_px in np.linspace(1, longest, _RAYS):
        ray = towards_sun(top, float(reach_px), azimuth_deg) - np.float32(reach_px * slope)
        dark = np.maximum(dark, smooth_step(ray - top, 0.0, max(0.1 * thick_px, 0.5)))
    return cloud * (1 - np.float32(_DARKEST) * blurred(dark, 1.0))


def towards_sun(top: Field, reach_px: float, azimuth_deg: float) -> Field:
    """At each pixel, the value `reach_px` away towards the sun; the square wraps around."""
    angle = np.radians(azimuth_deg)
    shift = (reach_px * np.cos(angle), -reach_px * np.sin(angle))
    return np.roll(top, [round(s) % top.shape[0] for s in shift], axis=(0, 1))


def real_clouds(
    clear: NDArray[np.float32], cloudy: NDArray[np.float32], truth: NDArray[np.uint8]
) -> NDArray[np.float32] | None:
    """Reflectance of the clouds of a cloudy image that has a clear partner.

    Args:
        clear: Reflectance at the top of the atmosphere, shape (4, H, W).
        cloudy: The same place at another time.
        truth: Truth of the cloudy image.

    Returns:
        Shape (H, W), 0 to 1.2: the excess over the clear partner as a share of what a white cloud
        would add, the smaller of blue and red, as changes of the ground seldom show in both. None
        if hardly anything, or nearly everything, is cloud.
    """
    is_cloud = truth == CLOUD
    if not 0.03 < is_cloud.mean() < 0.97:
        return None
    shares = [(cloudy[band] - clear[band]) / np.maximum(1 - clear[band], 0.2) for band in (0, 2)]
    share = np.clip(np.minimum(*shares), 0, 1.2)
    share[~is_cloud & (truth != UNKNOWN)] *= 0.3
    return blurred(share.astype(np.float32), 0.5)


def _real_sky(rng: np.random.Generator, side_px: int, real: RealClouds) -> Sky:
    share = real[rng.integers(len(real))]
    top, left = (int(rng.integers(0, length - side_px + 1)) for length in share.shape)
    cloud = np.rot90(share[top : top + side_px, left : left + side_px], int(rng.integers(4)))
    if rng.random() < 0.5:
        cloud = cloud[::-1]
    cloud = np.ascontiguousarray(cloud) * np.float32(rng.uniform(0.6, 1.1))
    return Sky(cloud, np.clip(1 - 1.5 * cloud, 0, 1), float(np.exp(rng.uniform(6.2, 8.7))))


def _carving(sun_elevation_deg: float) -> float:
    return float(np.clip(0.12 / np.tan(np.radians(sun_elevation_deg)), 0.02, 0.45))


def _upward(sun_elevation_deg: float) -> float:
    """Share of a cloud's upward reflection that remains under a low sun; the rest is scattered sideways.

    Assumption: up to a fifth is lost.
    """
    return 0.8 + 0.2 * min(float(np.sin(np.radians(sun_elevation_deg))) / 0.7, 1.0)


def _gap(rng: np.random.Generator) -> tuple[float, float]:
    low = rng.uniform(-3.5, 0.8)
    return low, low + rng.uniform(0.2, 1.0)


def _field(values: NDArray[np.floating]) -> Field:
    return np.asarray(values, np.float32)


def _size(rng: np.random.Generator, low_px: float, high_px: float) -> float:
    return float(np.exp(rng.uniform(np.log(low_px), np.log(high_px))))
