"""Random fields on a square of pixels that wraps around."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Field = NDArray[np.float32]


def fractal(
    rng: np.random.Generator,
    side_px: int,
    *,
    slope: float,
    largest_px: float | None = None,
    stretch: float = 1.0,
) -> Field:
    """A Gaussian field with mean 0 and deviation 1 whose power falls as frequency to `-slope`.

    Args:
        rng: Source of phases and amplitudes.
        side_px: [px] Side of the square.
        slope: Slope of the two-dimensional power spectrum; clouds and terrain have 2.5 to 4.
        largest_px: [px] Wavelength beyond which power stops growing; the side if None.
        stretch: How much longer structures are along one direction, which is drawn at random.

    Returns:
        Shape (side_px, side_px).
    """
    down = np.fft.fftfreq(side_px).astype(np.float32)[:, None]
    across = np.fft.rfftfreq(side_px).astype(np.float32)[None]
    angle = rng.uniform(0, np.pi)
    along = np.float32(np.cos(angle)) * across + np.float32(np.sin(angle)) * down
    beside = np.float32(np.cos(angle)) * down - np.float32(np.sin(angle)) * across
    frequency = np.hypot(along * np.float32(stretch), beside)
    smallest = 1.0 / (largest_px or side_px)
    amplitude = np.maximum(frequency, np.float32(smallest)) ** np.float32(-slope / 2)
    amplitude[0, 0] = 0.0
    white = rng.standard_normal((side_px, side_px), dtype=np.float32)
    field = np.fft.irfft2(np.fft.rfft2(white) * amplitude, s=(side_px, side_px))
    return (field / max(float(field.std()), 1e-9)).astype(np.float32)


def smooth_step(values: Field, low: float, high: float) -> Field:
    """Step smoothly from 0 below `low` to 1 above `high`."""
    share = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def blurred(values: Field, sigma_px: float) -> Field:
    """Apply a Gaussian blur that wraps around."""
    if sigma_px < 0.05:
        return values
    return np.asarray(ndimage.gaussian_filter(values, sigma_px, mode="wrap"), np.float32)


def relief(height: Field, azimuth_deg: float, strength: float) -> Field:
    """Relative brightness of slopes under the sun; about 1 on the flat, never below 0.1.

    Args:
        height: Any field; its slopes are scaled to deviation 1.
        azimuth_deg: [deg] Azimuth of the sun.
        strength: Change of light for a slope of one deviation.
    """
    down, across = np.gradient(height)
    angle = np.radians(azimuth_deg)
    slope = np.cos(angle) * down - np.sin(angle) * across  # it rises away from the sun
    slope /= max(float(slope.std()), 1e-9)
    return np.asarray(np.maximum(1 + strength * slope, 0.1), np.float32)


def mosaic(rng: np.random.Generator, side_px: int, size_px: float) -> NDArray[np.int32]:
    """Irregular parcels about `size_px` wide: the number of the nearest of scattered points."""
    count = max(int((side_px / size_px) ** 2), 2)
    points = rng.integers(0, side_px, size=(count, 2))
    seeds = np.zeros((side_px, side_px), np.int32)
    seeds[points[:, 0], points[:, 1]] = np.arange(1, count + 1)
    nearest = ndimage.distance_transform_edt(
        seeds == 0, return_distances=False, return_indices=True
    )
    return np.asarray(seeds[tuple(nearest)], np.int32)


def rectangles(
    rng: np.random.Generator, side_px: int, count: int, size_px: tuple[float, float]
) -> NDArray[np.int32]:
    """A map of numbered rectangles, 0 between them; all have the same slant, and later ones lie on top.

    Args:
        rng: Source of places, sizes and the common slant.
        side_px: [px] Side of the square.
        count: Number of rectangles.
        size_px: [px] Shortest and longest side.
    """
    slant = rng.uniform(0, np.pi / 2)
    cosine, sine = np.cos(slant), np.sin(slant)
    drawn = np.zeros((side_px, side_px), np.int32)
    for number in range(1, count + 1):
        middle = rng.uniform(0, side_px, 2)
        half = np.exp(rng.uniform(np.log(size_px[0]), np.log(size_px[1]), size=2)) / 2
        reach = int(np.ceil(np.hypot(*half))) + 1
        top, left = (max(int(value) - reach, 0) for value in middle)
        rows = np.arange(top, min(int(middle[0]) + reach + 1, side_px))[:, None] - middle[0]
        cols = np.arange(left, min(int(middle[1]) + reach + 1, side_px))[None] - middle[1]
        inside = (np.abs(cosine * cols + sine * rows) <= half[1]) & (
            np.abs(cosine * rows - sine * cols) <= half[0]
        )
        view = drawn[top : top + rows.size, left : left + cols.size]
        view[inside] = number
    return drawn
