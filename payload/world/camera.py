"""The camera: point spread, band misregistration, noise, stripes, dead columns; reflectance to DN."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.rng import key
from payload.types import Radiometry
from payload.world.noise import hash_axes, hash_grid, normal_wave
from payload.world.quick import loops

Field = NDArray[np.float32]

MARGIN_PX = 2
"""[px] Half-width of the point spread around a pixel."""
FARTHEST_PX = 4
"""[px] Greatest displacement of a cloud between bands."""
_GOLDEN = 2.399963  # [rad] the golden angle: no two bands are offset in nearly the same direction
# When each band passes a place, as a share of the time from the first to the last: blue, green, red and near
# infrared. Assumption: the order of Sentinel-2's MSI, spaced so that bands correlate as in its images.
_PASSES = (0.0, 0.7, 1.0, 0.55)


@dataclass(frozen=True, slots=True)
class Optics:
    """Blur and band misregistration of a camera.

    Attributes:
        spread_px: [px] Standard deviation of the point spread function, 0 to 0.7.
        apart_px: [px] Rows and columns by which each band is offset, within 1.
    """

    spread_px: float
    apart_px: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, name: int, spread_px: float, misregistration_px: float, bands: int) -> "Optics":
        """Optics whose bands are misregistered, each in a direction of its own.

        Args:
            name: Of the exposure, as a 64-bit key, which determines directions and size of the offset.
            spread_px: [px] Standard deviation of the point spread function.
            misregistration_px: [px] The largest offset.
            bands: How many there are.
        """
        turn, share = ((key(name, "optics", part) >> 11) / 2.0**53 for part in ("turn", "share"))
        angles = 2 * np.pi * turn + _GOLDEN * np.arange(bands)
        apart = misregistration_px * np.sqrt(share) * np.stack([np.cos(angles), np.sin(angles)])
        return cls(spread_px, tuple((float(down), float(right)) for down, right in apart.T))

    def smear(self, scene: Field, band: int) -> Field:
        """Reflectance as a band sees it: from shape (H + 4, W + 4) to (H, W)."""
        down, right = self.taps(band)
        return _across(_down(scene, down), right)

    def taps(self, band: int) -> tuple[Field, Field]:
        """Filter weights of a band for five rows and five columns around a pixel."""
        down, right = (self._taps(shift) for shift in self.apart_px[band])
        return down, right

    def _taps(self, shift_px: float) -> Field:
        """Weights of five pixels with the required mean and variance.

        Linear interpolation between pixels blurs by itself; a three-point blur supplies the rest.
        """
        whole = int(np.floor(shift_px))
        share = shift_px - whole
        blur = max(self.spread_px**2 - share * (1.0 - share), 0.0) / 2.0
        taps = np.zeros(5)
        for place, weight in ((whole, 1.0 - share), (whole + 1, share)):
            for step, part in ((-1, blur), (0, 1.0 - 2.0 * blur), (1, blur)):
                taps[min(max(place + step + 2, 0), 4)] += weight * part
        return taps.astype(np.float32)


def _down(values: Field, taps: Field) -> Field:
    height = values.shape[0] - 2 * MARGIN_PX
    return _weighed([values[tap : tap + height] for tap in range(5)], taps)


def _across(values: Field, taps: Field) -> Field:
    width = values.shape[1] - 2 * MARGIN_PX
    return _weighed([values[:, tap : tap + width] for tap in range(5)], taps)


def _weighed(parts: list[Field], taps: Field) -> Field:
    counting = [(part, tap) for part, tap in zip(parts, taps, strict=True) if tap]
    if len(counting) == 1 and counting[0][1] == 1.0:
        return counting[0][0]
    total = np.empty_like(parts[0])
    more = np.empty_like(total)
    np.multiply(*counting[0], out=total)
    for part, tap in counting[1:]:
        total += np.multiply(part, tap, out=more)
    return total


def steps_px(parallax_px: NDArray[np.float64], band: int) -> NDArray[np.intp]:
    """[px] Whole pixels by which a layer is displaced in a band relative to the first.

    Args:
        parallax_px: [px] Displacement of the layer from the first band to the last, of any shape.
        band: Index of the band.
    """
    farthest = np.clip(parallax_px, 0.0, FARTHEST_PX)
    return np.rint(farthest * _PASSES[band]).astype(np.intp)


def beside(layer: Field, steps: NDArray[np.intp]) -> Field:
    """A layer high above the ground as seen by a band that passes a little later than the first.

    It moves by whole pixels: fractional shifts would blur each band differently.

    Args:
        layer: Shape (H + 2 * FARTHEST_PX, W); rows lie along the track.
        steps: [px] Rows by which each pixel is displaced, 0 to `FARTHEST_PX`: shape (H, W), or (1,) for all.

    Returns:
        Shape (H, W).
    """
    height = layer.shape[0] - 2 * FARTHEST_PX

    def moved(step: int) -> Field:
        return layer[FARTHEST_PX + step : FARTHEST_PX + step + height]

    least, most = int(steps.min()), int(steps.max())
    seen = moved(least)
    for step in range(least + 1, most + 1):
        seen = np.where(steps >= step, moved(step), seen)
    return seen


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """The response of a band of a detector to light.

    Attributes:
        shot: Variance of the noise per unit of reflectance.
        read: Variance of the noise in the dark.
        gain: Of each column, shape (W,), or () where all are alike.
        offset: Reflectance of 0 DN.
        per_dn: DN per unit of reflectance.
        most: Largest DN.
    """

    shot: np.float32
    read: np.float32
    gain: Field
    offset: np.float32
    per_dn: np.float32
    most: np.float32

    @property
    def terms(self) -> tuple[np.float32 | Field, ...]:
        """All attributes, as `loops.band` takes them."""
        return self.shot, self.read, np.atleast_1d(self.gain), self.offset, self.per_dn, self.most


@dataclass(frozen=True, slots=True)
class Detector:
    """From reflectance to DN.

    Attributes:
        radiometry: DN to reflectance.
        bit_depth: [bit] of a sample.
        snr: Signal-to-noise ratio at a reflectance of 0.1; three quarters of the variance there are
            shot noise, which grows with the signal. Assumption.
        name: Of the exposure, as a 64-bit key.
        camera: Of the camera, as a 64-bit key: its column gains are the same in every exposure.
        striping: Standard deviation of the columns' gains.
        dead: Share of dead columns.
    """

    radiometry: Radiometry
    bit_depth: int
    snr: float
    name: int
    camera: int = 0
    striping: float = 0.0
    dead: float = 0.0

    def noise(self, rows: NDArray[np.int64], cols: NDArray[np.int64]) -> list[Field]:
        """Four standard normal fields for the detector's own pixels, each of shape (R, C)."""
        lanes = self.bits(rows, cols).view(np.uint16)
        return [normal_wave().take(lanes[:, lane::4], mode="wrap") for lane in range(4)]

    def bits(self, rows: NDArray[np.int64], cols: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Four lanes of 16 bits, each the phase of a `normal_wave`, for the detector's own pixels, shape (R, C)."""
        fast = loops()
        if fast is None:
            return hash_grid(self.name, rows, cols)
        bits = np.empty((rows.size, cols.size), np.uint64)
        fast.hash_points(*hash_axes(self.name, rows, cols), bits)
        return bits

    def response(self, band: int, cols: NDArray[np.int64]) -> "Response":
        """The response of a band at columns, shape (W,)."""
        variance = (0.1 / self.snr) ** 2
        return Response(
            np.float32(0.75 * variance / 0.1),
            np.float32(0.25 * variance),
            self._columns(band, cols),
            np.float32(self.radiometry.offset),
            np.float32(1.0 / self.radiometry.scale),
            np.float32(2**self.bit_depth - 1),
        )

    def expose(
        self, reflectance: Field, noise: Field, band: int, cols: NDArray[np.int64]
    ) -> NDArray[np.uint16]:
        """DN of a band.

        Args:
            reflectance: At the top of the atmosphere, shape (H, W).
            noise: Standard normal, shape (H, W).
            band: Index of the camera's line of detectors.
            cols: Indices of the columns, shape (W,).
        """
        answer = self.response(band, cols)
        seen = np.maximum(reflectance, np.float32(0.0))
        seen *= answer.shot
        seen += answer.read
        np.sqrt(seen, out=seen)
        seen *= noise
        seen += reflectance
        if answer.gain.ndim:
            seen *= answer.gain
        seen -= answer.offset
        seen *= answer.per_dn
        np.rint(seen, out=seen)
        np.clip(seen, np.float32(0.0), answer.most, out=seen)
        return seen.astype(np.uint16)

    def _columns(self, band: int, cols: NDArray[np.int64]) -> Field:
        """The gain of each column, shape (W,), 0 where it is dead; or of all, shape ()."""
        if not (self.striping or self.dead):
            return np.ones((), np.float32)
        bits = hash_grid(self.camera, np.array([band]), cols).view(np.uint16)
        gain = 1.0 + np.float32(self.striping) * normal_wave().take(bits[0, ::4])
        return np.where(bits[0, 1::4] < self.dead * 65536, np.float32(0.0), gain)
