"""How wrong a prediction will be, estimated from nearby errors, brightness steps and the brightness itself.

The expected mean absolute error is a weighted sum of 12 features of a band and 4 of each of up to three earlier
bands, with integer coefficients in units of 2**-12 that the encoder fits and that are sent with the tile. The
features, by the names of `payload.compression.strong_kernels`:

    NEAR NEXT FAR           sums of the errors at W and N; at NW, NE, W W and N N; further to the left and above
    FLOOR LEVEL             a constant; the prediction
    W_NW N_NW N_NE          absolute differences
    W_WW N_NN N_W           between neighbours
    NOT_MEDIAN              how far the prediction is from the median prediction
    per earlier band        the error in the same place, and the sums over its 4 neighbours, the 4 diagonal ones
                            and the 16 around these

The coefficients of a band as bytes: uint8, 0 for those of small tiles, else 1 followed by an int16 for each.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.compression.least_squares import EARLIER_BANDS, PLANES
from payload.errors import CodecError

OWN_FEATURES = 12
SCALE_BITS = 12
FLOOR_UNIT = 32
MARGIN_PX = 3
_NEAR, _NEXT, _FAR = range(3)
_IN_OWN_BAND = {
    _NEAR: ((-1, 0),),
    _NEXT: ((-1, -1), (-1, 1), (-2, 0)),
    _FAR: tuple(
        (dy, dx) for dy in (-1, -2, -3) for dx in range(-3, 4) if dy * dy + dx * dx in {5, 8, 9, 10}
    ),
}
_TO_THE_LEFT = {_NEAR: (0, -1), _NEXT: (0, -2), _FAR: (0, -3)}
_IN_EARLIER_BANDS = (
    ((0, 0),),
    ((-1, 0), (0, -1), (0, 1), (1, 0)),
    ((-1, -1), (-1, 1), (1, -1), (1, 1)),
    tuple((dy, dx) for dy in range(-2, 3) for dx in range(-2, 3) if max(abs(dy), abs(dx)) == 2),
)
_LIMIT = (1 << 15) - 1
_FIT_SAMPLES = 8192
_COLUMN_STEP = 3
_ROUNDS = 4
_LEAST_SAMPLES = 1500  # Assumption: with fewer, coefficients cost more than they save


@dataclass(frozen=True, slots=True, eq=False)
class ScaleModel:
    """What predicts the scale, the expected error, in a band.

    Attributes:
        weights: Of the features, shape (F,), int64, units of 2**-12.
        taps: Places in the planes of errors known before a row begins, shape (T, 3): plane, row, column.
        coefficients: Of these places, shape (T,).
        is_fitted: Whether the weights were fitted and so are sent.
    """

    weights: NDArray[np.int64]
    taps: NDArray[np.int64]
    coefficients: NDArray[np.int64]
    is_fitted: bool

    def pack(self) -> bytes:
        """The bytes that are sent."""
        return b"\1" + self.weights.astype("<i2").tobytes() if self.is_fitted else b"\0"


def small_tile_scale(band: int) -> ScaleModel:
    """The mean of the errors around, plus 1/8 DN.

    Assumption: three shares for the band itself and one for the band before.
    """
    shares = {_NEAR: 3 / 16, _NEXT: 3 / 32} if band else {_NEAR: 1 / 4, _NEXT: 1 / 8}
    weights = np.zeros(_features(band), np.int64)
    for feature, share in shares.items():
        weights[feature] = round(share * (1 << SCALE_BITS))
    weights[3] = (1 << SCALE_BITS) * 8 // FLOOR_UNIT
    if band:
        weights[OWN_FEATURES : OWN_FEATURES + 2] = (1 << SCALE_BITS) // 16, (1 << SCALE_BITS) // 21
    return _made(weights, band, is_fitted=False)


def unpack_scale(payload: bytes, start: int, band: int) -> tuple[ScaleModel, int]:
    """The scale model of a band, and where its bytes end; CodecError if they are invalid."""
    if start >= len(payload) or payload[start] > 1:
        raise CodecError("the coefficients of a band's scale are missing or damaged")
    if not payload[start]:
        return small_tile_scale(band), start + 1
    end = start + 1 + 2 * _features(band)
    if end > len(payload):
        raise CodecError("the coefficients of a band's scale are cut short")
    weights = np.frombuffer(payload[start + 1 : end], "<i2").astype(np.int64)
    return _made(weights, band, is_fitted=True), end


def fit_scale(
    predictions: NDArray[np.int32],
    planes: NDArray[np.int32],
    errors: NDArray[np.int32],
    band: int,
    coded: NDArray[np.bool_],
) -> ScaleModel:
    """Fit the scale model of a band that has been predicted.

    Args:
        predictions: [1/64 DN] shape (H, W).
        planes: The samples and medians kept by the kernels.
        errors: The errors kept by the kernels.
        band: Index of the band.
        coded: Shape (H, W), where there are errors to learn from.
    """
    height, width = predictions.shape
    row_step = max(1, round(height * width / (_COLUMN_STEP * _FIT_SAMPLES)))
    rows, columns = slice(1, height, row_step), slice(0, width, _COLUMN_STEP)
    chosen = coded[rows, columns]
    if np.count_nonzero(chosen) < _LEAST_SAMPLES:
        return small_tile_scale(band)

    def at(plane: NDArray[np.int32], dy: int, dx: int) -> NDArray[np.float64]:
        below = slice(MARGIN_PX + 1 + dy, MARGIN_PX + height + dy, row_step)
        beside = slice(MARGIN_PX + dx, MARGIN_PX + width + dx, _COLUMN_STEP)
        return plane[below, beside][chosen].astype(np.float64)

    own, samples = errors[band % PLANES], planes[band % PLANES]
    told = predictions[rows, columns][chosen].astype(np.float64)
    features = [
        sum((at(own, *place) for place in places), at(own, *_TO_THE_LEFT[feature]))
        for feature, places in _IN_OWN_BAND.items()
    ]
    features += [np.full_like(told, FLOOR_UNIT), told // 64]
    west, north, north_west, north_east, far_west, far_north = (
        at(samples, *place) for place in ((0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0))
    )
    steps = [(west, north_west), (north, north_west), (north, north_east)]
    steps += [(west, far_west), (north, far_north), (north, west)]
    features += [64 * np.abs(first - second) for first, second in steps]
    features.append(np.abs(told - 64 * at(planes[PLANES + band % PLANES], 0, 0)))
    for earlier in range(1, min(band, EARLIER_BANDS) + 1):
        before = errors[(band - earlier) % PLANES]
        for places in _IN_EARLIER_BANDS:
            features.append(np.sum([at(before, *place) for place in places], axis=0))
    weights = _solve(np.stack(features), at(own, 0, 0))
    units = np.clip(np.rint(weights * (1 << SCALE_BITS)), -_LIMIT, _LIMIT).astype(np.int64)
    return _made(units, band, is_fitted=True)


def _solve(known: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.floating]:
    """Weights of features, shape (F, N), for errors whose spread grows with their mean."""
    least = 0.1 * wanted.mean() + 2.0
    scale: NDArray[np.floating] = np.full_like(wanted, wanted.mean() + 2.0)
    weights: NDArray[np.floating] = np.zeros(len(known))
    for _ in range(_ROUNDS):
        weighted = known / scale**2
        normal = weighted @ known.T
        # the added diagonal keeps the system solvable when features are zero everywhere
        ridge = np.diag(1e-6 * np.diag(normal) + 1e-9 * np.trace(normal) + 1e-9)
        weights = np.linalg.solve(normal + ridge, weighted @ wanted)
        scale = np.maximum(weights @ known, least)
    return weights


def _features(band: int) -> int:
    return OWN_FEATURES + len(_IN_EARLIER_BANDS) * min(band, EARLIER_BANDS)


def _made(weights: NDArray[np.int64], band: int, *, is_fitted: bool) -> ScaleModel:
    places = [
        (0, *place, weights[feature]) for feature, group in _IN_OWN_BAND.items() for place in group
    ]
    places += [
        (earlier, *place, weights[OWN_FEATURES + len(_IN_EARLIER_BANDS) * (earlier - 1) + feature])
        for earlier in range(1, min(band, EARLIER_BANDS) + 1)
        for feature, group in enumerate(_IN_EARLIER_BANDS)
        for place in group
    ]
    table = np.array(places, np.int64)
    return ScaleModel(weights, table[:, :3].copy(), table[:, 3].copy(), is_fitted)
