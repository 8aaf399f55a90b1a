"""Scenes composed of ground, clouds and light, with the truth of each pixel."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from payload.masking.preprocess import reflectance
from payload.rng import stream
from payload.training.compose.fields import blurred
from payload.training.compose.grounds import GROUNDS
from payload.training.compose.light import Light, under_cloud
from payload.training.compose.rendered import rendered
from payload.training.compose.sky import (
    RealClouds,
    draw_sky,
    real_clouds,
    self_shaded,
    towards_sun,
)
from payload.training.images import RADIOMETRY, LabelledImage
from payload.types import CLEAR, CLOUD, SHADOW, UNKNOWN

SOURCE = "composed"
VISIBLE = 0.08
"""Change of reflectance in some band from which a pixel is cloud; smaller changes are doubtful."""
_INVISIBLE = 0.02
_GAP_PX = 2  # human labels are outlines: gaps up to twice as wide belong to the cloud
_OPAQUE = 0.5  # reflecting this share of light is cloud even over snow, where it hardly shows
_THIN, _FLAT = 0.25, 0.1
_AROUND_PX = 33  # thin cloud that hardly varies within a square of this side has no outline to draw
_TRACE = 0.04
_SHADED = 0.7
_SUN_DEG = (15.0, 76.0)
_SATURATED = (0.9, 1.3)
_ALIKE = {"snow", "ice", "glint"}
_POLAR_SUN_DEG = (8.0, 42.0)  # where snow and ice lie, the sun does not stand high

WORLD = "world"
SHARES = {
    "real": 0.28,
    "snow": 0.14,
    "ice": 0.05,
    "sand": 0.08,
    "roofs": 0.06,
    "glint": 0.04,
    "water": 0.04,
    "plain": 0.06,
    WORLD: 0.25,
}
"""Probability of each ground; `real` is a clear image, `world` a scene of the synthetic Earth."""


@dataclass(frozen=True, slots=True, eq=False)
class Composer:
    """Composes scenes.

    Attributes:
        seed: Seed of the scenes; those of different seeds have nothing in common.
        side_px: [px] Side of a scene.
        clear_share: Share of scenes without cloud.
        clear_share_on_bright: The same over snow, ice and glint, where clouds hardly show.
        grounds: Clear real images, with sides of at least `side_px`.
        clouds: Real clouds, see `sky.real_clouds`.
    """

    seed: int
    side_px: int = 256
    clear_share: float = 0.3
    clear_share_on_bright: float = 0.8
    grounds: tuple[LabelledImage, ...] = ()
    clouds: RealClouds = field(default=())

    @classmethod
    def of(cls, images: Sequence[LabelledImage], *, seed: int, side_px: int = 256) -> "Composer":
        """Make a composer that takes clear ground and real clouds from images.

        Ground is every image with less than 1 % cloud and less than 5 % unknown; clouds come from
        pairs of images whose ids differ only in `cloudy` and `clear`.
        """
        large = [image for image in images if min(image.truth.shape) >= side_px]
        by_id = {image.id: image for image in large}
        grounds = tuple(
            image
            for image in large
            if (image.truth == CLOUD).mean() < 0.01 and image.unknown_fraction < 0.05
        )
        pairs = [
            (image, by_id[image.id.replace("cloudy", "clear")])
            for image in large
            if "cloudy" in image.id and image.id.replace("cloudy", "clear") in by_id
        ]
        found = [
            real_clouds(_bands(clear), _bands(cloudy), cloudy.truth)
            for cloudy, clear in pairs
            if cloudy.truth.shape == clear.truth.shape
        ]
        clouds = tuple(share for share in found if share is not None)
        return cls(seed=seed, side_px=side_px, grounds=grounds, clouds=clouds)

    def compose(self, number: int) -> LabelledImage:
        """The scene of a number, with its ground, any clouds, and its light drawn at random."""
        rng = stream(self.seed, "compose", number)
        shares = {kind: share for kind, share in SHARES.items() if kind != "real" or self.grounds}
        weights = np.array(list(shares.values()))
        surface = str(rng.choice(list(shares), p=weights / weights.sum()))
        clear_share = self.clear_share_on_bright if surface in _ALIKE else self.clear_share
        cloudy = bool(rng.random() >= clear_share)
        return self._scene(rng, f"{surface}_{number:05}", surface, cloudy=cloudy)

    def clear(self, surface: str, number: int) -> LabelledImage:
        """A scene of a made-up ground under a clear sky."""
        rng = stream(self.seed, "compose", surface, number)
        return self._scene(rng, f"clear_{surface}_{number:05}", surface, cloudy=False)

    def _scene(
        self, rng: np.random.Generator, name: str, surface: str, *, cloudy: bool
    ) -> LabelledImage:
        gsd_m = float(np.exp(rng.uniform(np.log(5), np.log(60))))
        if surface == WORLD:
            found = rendered(rng, self.side_px, gsd_m, cloudy=cloudy)
            dn, truth = found.dn, found.truth
        else:
            dn, truth = self._put_together(rng, surface, gsd_m, cloudy=cloudy)
        return LabelledImage(
            id=f"composed_{self.seed}_{name}",
            scene=f"composed_{self.seed}_{name}",
            source=SOURCE,
            licence="Apache-2.0",
            is_human=False,
            dn=dn,
            truth=truth,
            surface=surface,
            resolution_m=gsd_m,
        )

    def _put_together(
        self, rng: np.random.Generator, surface: str, gsd_m: float, *, cloudy: bool
    ) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
        """DN and truth of a scene composed of ground, clouds and light."""
        white = surface in {"snow", "ice"}
        light = Light.drawn(rng, sun_deg=_POLAR_SUN_DEG if white else _SUN_DEG)
        azimuth_deg = float(rng.uniform(0, 360))
        if surface == "real":
            clear, truth = self._real_ground(rng)
        else:
            ground = GROUNDS[surface](rng, self.side_px, light, azimuth_deg)
            clear = light.over_ground(np.clip(ground, 0.001, 1.05))
            truth = np.full(clear.shape[1:], CLEAR, np.uint8)
        pixels = clear
        if cloudy:
            sky = draw_sky(
                rng,
                self.side_px,
                sun_elevation_deg=light.sun_elevation_deg,
                sun_azimuth_deg=azimuth_deg,
                real=self.clouds,
            )
            beam = _displaced(sky.beam, light.shadow_px(sky.height_m, gsd_m), azimuth_deg)
            cloud = self_shaded(
                sky.cloud,
                sky.thick_m / gsd_m,
                slope=float(np.tan(np.radians(light.sun_elevation_deg))),
                azimuth_deg=azimuth_deg,
            )
            everywhere = np.broadcast_to(cloud, clear.shape)
            pixels = under_cloud(clear, everywhere, beam, light.white_cloud())
            truth = _truth(truth, clear, pixels, cloud, beam)
        return _exposed(rng, pixels), truth

    def _real_ground(
        self, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        image = self.grounds[rng.integers(len(self.grounds))]
        here = tuple(
            slice(start, start + self.side_px)
            for start in (
                int(rng.integers(0, length - self.side_px + 1)) for length in image.truth.shape
            )
        )
        bands, truth = _bands(image)[(slice(None), *here)], image.truth[here]
        turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))
        bands, truth = np.rot90(bands, turns, (1, 2)), np.rot90(truth, turns)
        if mirrored:
            bands, truth = bands[..., ::-1], truth[..., ::-1]
        return np.ascontiguousarray(bands), np.ascontiguousarray(truth)


def _bands(image: LabelledImage) -> NDArray[np.float32]:
    return reflectance(image.dn, RADIOMETRY)


def _displaced(
    beam: NDArray[np.float32], distance_px: float, azimuth_deg: float
) -> NDArray[np.float32]:
    """Move shadows away from the sun; the square wraps around."""
    return blurred(towards_sun(beam, distance_px, azimuth_deg), 0.8)


def _truth(
    ground: NDArray[np.uint8],
    clear: NDArray[np.float32],
    pixels: NDArray[np.float32],
    cloud: NDArray[np.float32],
    beam: NDArray[np.float32],
) -> NDArray[np.uint8]:
    """Truth of each pixel: cloud where a person would see it, shadow where light is lost, unknown in doubtful cases."""
    added = np.abs(pixels - under_shadow(clear, beam)).max(axis=0)
    seen = (added >= VISIBLE) & (cloud >= _TRACE)
    doubtful = (added >= _INVISIBLE) & (cloud >= _TRACE / 2)
    truth = np.where((beam < _SHADED) & (ground == CLEAR), np.uint8(SHADOW), ground)
    truth = np.where(doubtful, np.uint8(UNKNOWN), truth)
    opaque = cloud >= _OPAQUE
    hidden = ((cloud >= 3 * _TRACE) & ~seen & ~opaque) | (opaque & (added < _INVISIBLE))
    hidden |= seen & (cloud < _THIN) & (_range(cloud) < _FLAT)
    truth = np.where(hidden, np.uint8(UNKNOWN), truth)
    return np.where(_outlined((seen | opaque) & ~hidden), np.uint8(CLOUD), truth).astype(np.uint8)


def _range(cloud: NDArray[np.float32]) -> NDArray[np.float32]:
    """Largest minus smallest value around each pixel."""
    highest, lowest = (
        look(cloud, _AROUND_PX) for look in (ndimage.maximum_filter, ndimage.minimum_filter)
    )
    return np.asarray(highest - lowest, np.float32)


def _outlined(cloud: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cloud with narrow gaps filled."""
    wide = np.pad(cloud, 2 * _GAP_PX, mode="edge")
    closed = ndimage.binary_closing(wide, iterations=_GAP_PX)
    inner = slice(2 * _GAP_PX, -2 * _GAP_PX)
    return np.asarray(closed[inner, inner], np.bool_)


def under_shadow(clear: NDArray[np.float32], beam: NDArray[np.float32]) -> NDArray[np.float32]:
    """A clear scene with cloud shadows but no cloud."""
    return under_cloud(clear, np.zeros_like(clear), beam, (0.0,) * len(clear))


def _exposed(rng: np.random.Generator, pixels: NDArray[np.float32]) -> NDArray[np.uint16]:
    """DN as a camera delivers them: blur, bands slightly misregistered, noise, saturation."""
    sigma = rng.uniform(0.0, 0.7)
    apart = rng.uniform(-0.3, 0.3, size=(len(pixels), 2)) * (rng.random() < 0.5)
    seen = np.stack([blurred(band, sigma) for band in pixels])
    if apart.any():
        seen = np.stack(
            [
                ndimage.shift(band, by, order=1, mode="nearest")
                for band, by in zip(seen, apart, strict=True)
            ]
        )
    snr = np.exp(rng.uniform(np.log(60), np.log(400)))
    noise = rng.standard_normal(seen.shape, dtype=np.float32)
    seen = seen + noise * np.sqrt(np.maximum(seen, 0.01) * np.float32(0.1)) / np.float32(snr)
    if rng.random() < 0.1:
        seen = np.minimum(seen, np.float32(rng.uniform(*_SATURATED)))
    dn: NDArray[np.float32] = np.clip(np.rint(seen / np.float32(RADIOMETRY.scale)), 0, 28000)
    return dn.astype(np.uint16)
