"""Places the labels of dots so that they overlap as little as possible, for a plot of known size."""

from collections.abc import Sequence
from dataclasses import dataclass

PLACES = {
    "top center": (0.0, -1.0),
    "bottom center": (0.0, 1.0),
    "middle right": (1.0, 0.0),
    "middle left": (-1.0, 0.0),
    "top right": (1.0, -1.0),
    "top left": (-1.0, -1.0),
    "bottom right": (1.0, 1.0),
    "bottom left": (-1.0, 1.0),
}
"""Plotly's names, in order of preference, and the direction from the dot to the label."""
_CHARACTER_PX, _LINE_PX = 7.0, 15.0
"""Assumption: for a sans serif of 12 px; wider than most, to leave some space."""
_DOT_PX = 6.0
_ROUNDS = 20

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Dot:
    """A dot and its label; pixels are counted from the upper left corner of the plot."""

    x_px: float
    y_px: float
    text: str

    def label(self, place: str) -> Box:
        """Left, top, right and bottom of the label in a given place."""
        way_x, way_y = PLACES[place]
        half_width, half_height = len(self.text) * _CHARACTER_PX / 2, _LINE_PX / 2
        x_px = self.x_px + way_x * (half_width + _DOT_PX / (1 + abs(way_y)))
        y_px = self.y_px + way_y * (half_height + _DOT_PX)
        return x_px - half_width, y_px - half_height, x_px + half_width, y_px + half_height

    @property
    def box(self) -> Box:
        """Box of the dot itself."""
        return (
            self.x_px - _DOT_PX, self.y_px - _DOT_PX, self.x_px + _DOT_PX, self.y_px + _DOT_PX,
        )  # fmt: skip


def spread_labels(dots: Sequence[Dot], width_px: float, height_px: float) -> list[str]:
    """Choose a place for each dot's label: labels move in turn to where they cover least, until none moves.

    All start in the same place; of the possible starting places the one with the best result is used.

    Args:
        dots: All of them.
        width_px: Of the plot; labels should stay inside.
        height_px: The same.
    """
    size = width_px, height_px
    settled = [_settle(dots, [place] * len(dots), size) for place in PLACES]
    return min(
        settled, key=lambda chosen: sum(_hidden(dots, chosen, n, size) for n in range(len(dots)))
    )


def _settle(dots: Sequence[Dot], chosen: list[str], size: tuple[float, float]) -> list[str]:
    """Move labels until none moves any more."""
    for _ in range(_ROUNDS):
        before = list(chosen)
        for own in range(len(dots)):

            def hidden(place: str, own: int = own) -> float:
                return _hidden(dots, [*chosen[:own], place, *chosen[own + 1 :]], own, size)

            chosen[own] = min(PLACES, key=hidden)
        if chosen == before:
            break
    return chosen


def _hidden(
    dots: Sequence[Dot], chosen: Sequence[str], own: int, size: tuple[float, float]
) -> float:
    """[px2] Area of a label that overlaps other labels and dots or lies outside the plot."""
    label = dots[own].label(chosen[own])
    boxes = [
        box
        for number, (dot, place) in enumerate(zip(dots, chosen, strict=True))
        if number != own
        for box in (dot.label(place), dot.box)
    ]
    return sum(covered(label, box) for box in boxes) + outside(label, *size)


def covered(one: Box, other: Box) -> float:
    """Area that two boxes share."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)


def outside(one: Box, width_px: float, height_px: float) -> float:
    """Area of a box that lies outside the plot."""
    area = (one[2] - one[0]) * (one[3] - one[1])
    return area - covered(one, (0.0, 0.0, width_px, height_px))
