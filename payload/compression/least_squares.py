"""The least squares predictor: which neighbours it uses, and how an encoder fits it to a tile.

A sample is predicted from coded neighbours in its own band and from the samples around it in each of up to
three earlier bands. Coefficients are integers in units of 2**-s, sent with the tile, so floating point is
used only in the fit and every machine predicts the same.

The bits spent grow with the logarithm of an error, not with its square: the fit is repeated with weights that
fall with the previous error, so that a few edges do not dominate a tile of fine texture.

The coefficients of a band as bytes, little-endian:

    units           uint8; 0: the predictor of small tiles, and nothing follows; else s, 8 to 14
    coefficients    int16 for each tap
    constant        int32
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.compression.residuals import med_residuals
from payload.errors import CodecError

EARLIER_BANDS = 3
PLANES = EARLIER_BANDS + 1  # bands of a tile that must be kept: the current one and those it uses
UNIT_BITS = 14
_SMALLEST_UNIT_BITS = 8
_LIMIT = (1 << 15) - 1
_CONSTANT = 64.0  # value of the constant's column in the fit
# Assumption: with fewer samples per coefficient it costs more than it saves: 16 bits against some 0.4 bit a sample.
_SAMPLES_PER_COEFFICIENT = 40
_SMALLEST_SIDE_PX = 10
_RIDGE = 0.05  # [DN^2] per sample; stabilises the fit where bands are copies of each other
_FALL = 3.0  # Assumption: exponent by which weights fall with the error; with squares, tiles were 0.1 % larger
_FIRST_STEP = 3  # the first, unweighted round uses every third sample
_COLUMN_STEP = 3  # does not divide the periods that detectors and resampling leave


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The neighbours a predictor uses; places are rows and columns relative to the sample.

    Attributes:
        current_row: To the left: W first, then W W and so on.
        rows_above: In its own band.
        around: In each earlier band.
        has_medians: Whether the median predictions (LOCO-I) of the sample and of those in the same place in
            earlier bands are taps too; they are not linear in the neighbours.
        margin_px: How far any of these reach.
        fit_samples: Number of samples used in the fit; more make it slower and the tile a little smaller.
        fit_rounds: How often the fit is repeated with weights.
    """

    current_row: tuple[tuple[int, int], ...]
    rows_above: tuple[tuple[int, int], ...]
    around: tuple[tuple[int, int], ...]
    has_medians: bool
    margin_px: int
    fit_samples: int
    fit_rounds: int

    def taps(self, band: int) -> NDArray[np.int64]:
        """The taps of a band, shape (T, 3): plane, row, column.

        Plane e, below `PLANES`, is the band e bands before; plane `PLANES` + e holds its median predictions.
        """
        earlier = range(1, min(band, EARLIER_BANDS) + 1)
        medians = [(PLANES + e, 0, 0) for e in (0, *earlier)] if self.has_medians else []
        places = [(0, *place) for place in self.current_row] + medians[:1]
        places += [(0, *place) for place in self.rows_above]
        places += [(e, *place) for e in earlier for place in self.around]
        return np.array(places + medians[1:], np.int64)

    def padded(self, planes: int, shape: tuple[int, ...]) -> tuple[int, int, int]:
        """Shape of a stack of `planes` planes of a tile of shape (B, H, W), with margins around."""
        _, height, width = shape
        return planes, height + 2 * self.margin_px, width + 2 * self.margin_px


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """The predictor of a band.

    Attributes:
        unit_bits: s, where coefficients are in units of 2**-s.
        taps: Plane (0: the band itself, 1: the one before, ...), row and column relative to the sample,
            shape (T, 3), int64; see `Neighbourhood.taps`.
        coefficients: Of the taps, then the constant; shape (T + 1,), int64.
        is_fitted: Whether the coefficients were fitted and so are sent.
    """

    unit_bits: int
    taps: NDArray[np.int64]
    coefficients: NDArray[np.int64]
    is_fitted: bool

    def pack(self) -> bytes:
        """The bytes that are sent."""
        if not self.is_fitted:
            return b"\0"
        of_taps = self.coefficients[:-1].astype("<i2").tobytes()
        return bytes([self.unit_bits]) + of_taps + self.coefficients[-1:].astype("<i4").tobytes()


def unpack_predictors(
    payload: bytes, bands: int, places: Neighbourhood
) -> tuple[list[Predictor], int]:
    """The predictors of all bands at the start of a payload, and where their bytes end.

    Raises:
        CodecError: They are cut short or invalid.
    """
    predictors, position = [], 0
    for band in range(bands):
        predictor, position = unpack_predictor(payload, position, band, places)
        predictors.append(predictor)
    return predictors, position


def unpack_predictor(
    payload: bytes, start: int, band: int, places: Neighbourhood
) -> tuple[Predictor, int]:
    """The predictor of a band, and where its bytes end.

    Raises:
        CodecError: They are cut short or invalid.
    """
    if start >= len(payload):
        raise CodecError("the coefficients of a band are missing")
    unit_bits = payload[start]
    if not unit_bits:
        return small_tile_predictor(band, places), start + 1
    taps = places.taps(band)
    middle = start + 1 + 2 * len(taps)
    end = middle + 4
    if end > len(payload) or not _SMALLEST_UNIT_BITS <= unit_bits <= UNIT_BITS:
        raise CodecError("the coefficients of a band are cut short or damaged")
    of_taps = np.frombuffer(payload[start + 1 : middle], "<i2")
    coefficients = np.append(of_taps, np.frombuffer(payload[middle:end], "<i4")).astype(np.int64)
    return Predictor(unit_bits, taps, coefficients, is_fitted=True), end


def small_tile_predictor(band: int, places: Neighbourhood) -> Predictor:
    """3/4 W + 3/4 N - 1/2 NW, applied to the difference from the band before if there is one.

    Source: the fourth predictor of CALIC-like coders, X. Wu, N. Memon, IEEE Trans. Communications 45(4), 1997.
    """
    taps = places.taps(band)
    shares = {(0, -1): 3, (-1, 0): 3, (-1, -1): -2}
    quarters = [
        shares.get((dy, dx), 0) if plane == 0 else _before(plane, dy, dx, shares)
        for plane, dy, dx in taps.tolist()
    ]
    coefficients = np.array([*quarters, 0], np.int64) << (UNIT_BITS - 2)
    return Predictor(UNIT_BITS, taps, coefficients, is_fitted=False)


def _before(plane: int, dy: int, dx: int, shares: dict[tuple[int, int], int]) -> int:
    if plane != 1:
        return 0
    return 4 if (dy, dx) == (0, 0) else -shares.get((dy, dx), 0)


def fit(
    bands: NDArray[np.uint16],
    band: int,
    coded: NDArray[np.bool_] | None,
    places: Neighbourhood,
) -> Predictor:
    """Fit the predictor of a band by weighted least squares over some thousands of its samples.

    Args:
        bands: [DN] shape (B, H, W).
        band: Index of the band.
        coded: Shape (H, W), where samples are known to the decoder; None for everywhere.
        places: The neighbours to use.

    Returns:
        The fitted predictor, or that of small tiles if there are too few samples.
    """
    taps = places.taps(band)
    _, height, width = bands.shape
    known = height * width if coded is None else int(np.count_nonzero(coded))
    if known < _SAMPLES_PER_COEFFICIENT * len(taps) or min(height, width) < _SMALLEST_SIDE_PX:
        return small_tile_predictor(band, places)
    planes = {e: bands[band - e] for e in range(min(band, EARLIER_BANDS) + 1)}
    if places.has_medians:
        near = bands[band - len(planes) + 1 : band + 1]
        medians = near - med_residuals(near)
        planes |= {PLANES + e: medians[len(planes) - 1 - e] for e in range(len(planes))}
    margin = places.margin_px
    inner = (height - 2 * margin) * (width - 2 * margin)
    row_step = max(1, round(inner / (_COLUMN_STEP * places.fit_samples)))

    def seen(plane: NDArray[np.generic], dy: int, dx: int) -> NDArray[np.generic]:
        rows = slice(margin + dy, height - margin + dy, row_step)
        return plane[rows, margin + dx : width - margin + dx : _COLUMN_STEP]

    shape = seen(bands[band], 0, 0).shape
    columns = np.empty((len(taps) + 2, *shape), np.float64)
    for column, (plane, dy, dx) in zip(columns, taps.tolist(), strict=False):
        column[...] = seen(planes[plane], dy, dx)
    columns[-2] = _CONSTANT
    columns[-1] = seen(bands[band], 0, 0)
    table = columns.reshape(len(columns), -1)
    if coded is not None:
        usable = np.logical_and.reduce([seen(coded, dy, dx) for _, dy, dx in taps.tolist()])
        usable &= seen(coded, 0, 0)
        table = table[:, usable.reshape(-1)]
        if table.shape[1] < 4 * len(table):
            return small_tile_predictor(band, places)
    return _quantised(taps, table, *_solve(table, places.fit_rounds))


def _solve(
    table: NDArray[np.float64], rounds: int
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Coefficients that predict the last row of a table, shape (T + 2, N), from the others; and the final weights."""
    known, wanted = table[:-1], table[-1]
    weights: NDArray[np.floating] = np.ones(len(wanted))
    coefficients = _normal_solution(table[:, ::_FIRST_STEP], weights[::_FIRST_STEP])
    for _ in range(rounds):
        errors = np.abs(wanted - coefficients @ known)
        weights = (errors + errors.mean() + 0.5) ** -_FALL
        coefficients = _normal_solution(table, weights)
    return coefficients, weights


def _normal_solution(
    table: NDArray[np.float64], weights: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Least squares coefficients with a weight for each column of a table, shape (T + 2, N)."""
    half = table * np.sqrt(weights)
    normal = half @ half.T
    ridge = np.full(len(table) - 1, _RIDGE * weights.sum())
    ridge[-1] = 1e-6 * weights.sum()  # the constant is hardly regularised
    return np.linalg.solve(normal[:-1, :-1] + np.diag(ridge), normal[:-1, -1])


def _quantised(
    taps: NDArray[np.int64],
    table: NDArray[np.float64],
    coefficients: NDArray[np.floating],
    weights: NDArray[np.floating],
) -> Predictor:
    """Integer coefficients, and the constant that makes up for the effect of their rounding on the mean."""
    largest = float(np.abs(coefficients[:-1]).max())
    unit_bits = UNIT_BITS
    while unit_bits > _SMALLEST_UNIT_BITS and largest * 2**unit_bits > _LIMIT:
        unit_bits -= 1
    units = np.clip(np.rint(coefficients[:-1] * 2.0**unit_bits), -_LIMIT, _LIMIT)
    left = table[-1] - units @ table[:-2] / 2.0**unit_bits
    constant = np.clip(
        np.rint(np.average(left, weights=weights) * 2.0**unit_bits), -(2**31), 2**31 - 1
    )
    return Predictor(unit_bits, taps, np.append(units, constant).astype(np.int64), is_fitted=True)
