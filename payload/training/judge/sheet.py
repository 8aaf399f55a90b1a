"""The worst failures as one picture: the image, the truth, and each masker's result."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from payload.errors import MaskerError
from payload.masking.preprocess import reflectance
from payload.png import png_rgb, true_colour
from payload.training.images import RADIOMETRY, LabelledImage
from payload.training.judge.judging import Answer, Judged
from payload.types import CLOUD, UNKNOWN

EXAMPLES = 12
MAX_BYTES = 1_000_000
MAX_MASKERS = 3
_SIDES = (160, 144, 128, 112, 96, 80, 64, 48)  # px of a panel; the largest that fits is used
_GUTTER = 4
_MARGIN = 36  # left of the panels, for the number

_BACKGROUND, _INK = (24, 24, 24), (235, 235, 235)
_OUTLINE = (255, 210, 0)
_BOTH, _NEITHER = (255, 255, 255), (60, 60, 60)
_FALSE, _MISSED, _NOBODY_KNOWS = (230, 60, 40), (40, 120, 240), (120, 120, 60)
LEGEND = (
    "Left to right: true colour (reflectance 0.02 to 0.6, the same stretch for all); the same with true "
    "cloud outlined in yellow; then, for each masker, white: cloud in mask and truth, dark: clear in both, "
    "red: cloud in the mask only, blue: cloud in the truth only, olive: unknown truth."
)
# Each digit has three columns and five rows, one bit per dot.
_DIGITS = (
    *("111101101101111", "010110010010111", "111001111100111", "111001111001111"),
    *("101101111001001", "111100111001111", "111100111101111", "111001001001001"),
    *("111101111101111", "111101111001111"),
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A picture, and what its rows and columns show.

    Attributes:
        png: The file's content.
        images: Ids of the images, by row number from 1.
        maskers: Names of the maskers, in order of their columns.
    """

    png: bytes = field(repr=False)
    images: tuple[str, ...]
    maskers: tuple[str, ...]


def sheet(
    images: Iterable[LabelledImage], judged: Sequence[Judged], *, count: int = EXAMPLES
) -> Sheet:
    """Draw the images that the first masker got most wrong, the worst on top.

    Args:
        images: At least the images that were judged.
        judged: The masker whose failures are shown, then others on the same images; three at most.
        count: Most images shown; entirely correct ones are left out.

    Raises:
        MaskerError: An image that was judged is missing, or another masker did not judge it.
    """
    if not 1 <= len(judged) <= MAX_MASKERS:
        raise MaskerError(f"expected one to {MAX_MASKERS} maskers for a sheet, found {len(judged)}")
    ranked = sorted(judged[0].answers, key=lambda answer: (-answer.wrong, answer.image))
    # An image without a wrong pixel is no failure, but a sheet has at least one row.
    worst = [answer for answer in ranked[:count] if answer.wrong > 0] or ranked[:1]
    there = {image.id: image for image in images}
    said = [{answer.image: answer for answer in each.answers} for each in judged]
    for answer in worst:
        if answer.image not in there or any(answer.image not in answers for answers in said):
            raise MaskerError(f"{answer.image}: not evaluated by all maskers of the sheet")
    rows = [(there[answer.image], [answers[answer.image] for answers in said]) for answer in worst]
    png = b""
    for side in _SIDES:
        png = png_rgb(_draw(rows, side))
        if len(png) < MAX_BYTES:
            break
    ids = tuple(answer.image for answer in worst)
    return Sheet(png, ids, tuple(each.name for each in judged))


def _draw(rows: Sequence[tuple[LabelledImage, Sequence[Answer]]], side: int) -> NDArray[np.uint8]:
    columns = 2 + len(rows[0][1])
    height = _GUTTER + len(rows) * (side + _GUTTER)
    width = _MARGIN + columns * (side + _GUTTER)
    page = np.full((height, width, 3), _BACKGROUND, np.uint8)
    for place, (image, answers) in enumerate(rows):
        top = _GUTTER + place * (side + _GUTTER)
        _write(page, place + 1, top)
        for column, panel in enumerate(_panels(image, answers, side)):
            left = _MARGIN + column * (side + _GUTTER)
            page[top : top + panel.shape[0], left : left + panel.shape[1]] = panel
    return page


def _panels(image: LabelledImage, answers: Sequence[Answer], side: int) -> list[NDArray[np.uint8]]:
    rows, cols = _sampled(image.truth.shape, side)
    blue, green, red, _ = reflectance(image.dn[:, rows][:, :, cols], RADIOMETRY)
    picture = true_colour(blue, green, red)
    truth = image.truth[np.ix_(rows, cols)]
    outlined = picture.copy()
    outlined[_outline(truth == CLOUD)] = _OUTLINE
    said = [_compared(answer.cloud[np.ix_(rows, cols)], truth) for answer in answers]
    return [picture, outlined, *said]


def _sampled(shape: tuple[int, ...], side: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns to show, so that the longer side fills the panel."""
    scale = max(shape) / side
    rows, cols = (
        np.minimum(((np.arange(max(round(length / scale), 1)) + 0.5) * scale), length - 1)
        for length in shape
    )
    return rows.astype(np.int64), cols.astype(np.int64)


def _compared(cloud: NDArray[np.bool_], truth: NDArray[np.uint8]) -> NDArray[np.uint8]:
    real = truth == CLOUD
    panel = np.full((*truth.shape, 3), _NEITHER, np.uint8)
    panel[cloud & real] = _BOTH
    panel[cloud & ~real] = _FALSE
    panel[~cloud & real] = _MISSED
    panel[truth == UNKNOWN] = _NOBODY_KNOWS
    return panel


def _outline(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Inside pixels with a neighbour outside, in the same row or column."""
    padded = np.pad(inside, 1, mode="edge")
    surrounded = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    edge: NDArray[np.bool_] = inside & ~surrounded
    return edge


def _write(page: NDArray[np.uint8], number: int, top: int) -> None:
    """Write a number in dots of 3 x 3 pixels, directly left of the panels of its row."""
    glyphs = [np.array(list(_DIGITS[int(digit)]), np.uint8).reshape(5, 3) for digit in str(number)]
    spaced = np.concatenate([np.pad(glyph, ((0, 0), (0, 1))) for glyph in glyphs], axis=1)
    dots = spaced.repeat(3, axis=0).repeat(3, axis=1).astype(np.bool_)
    left = _MARGIN - dots.shape[1] - _GUTTER
    page[top : top + dots.shape[0], left : left + dots.shape[1]][dots] = _INK
