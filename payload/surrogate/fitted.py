"""What a surrogate is valid for, and how another payload differs from that."""

import math
from dataclasses import dataclass

Plain = dict[str, object]
_PARTS = ("masker", "codec", "sensor", "world", "tile_px")
_SAME = 1e-4  # rounding between machines is far below this; a change to the painting code far above


@dataclass(frozen=True, slots=True)
class FittedOn:
    """A payload and a world, identified by their properties.

    Attributes:
        masker: Kind, options, and the digest of its file.
        codec: Kind and options, and the loss allowed, if any.
        sensor: Bands, ground sample distance, bit depth and radiometry; not the size of an image.
        world: Kind and options of the scene source; not its seed.
        tile_px: [px] Side of a tile.
        probe: Figures of a few small scenes, which reveal a change in how the world is painted.
    """

    masker: Plain
    codec: Plain
    sensor: Plain
    world: Plain
    tile_px: int
    probe: tuple[float, ...]

    def difference(self, other: "FittedOn") -> str | None:
        """The first part in which another one differs, in words; None if there is none."""
        for name in _PARTS:
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                return f"{_WORDS[name]} ({_unlike(mine, theirs)})"
        if not _alike(self.probe, other.probe):
            return "the world's code (the same scene renders differently now)"
        return None


_WORDS = {
    "masker": "the masker",
    "codec": "the codec",
    "sensor": "the camera",
    "world": "the scene",
    "tile_px": "the tile size",
}


def _unlike(mine: object, theirs: object) -> str:
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key in (*mine, *theirs):
            if mine.get(key) != theirs.get(key):
                return f"{key} was {_show(mine.get(key))}, is {_show(theirs.get(key))} here"
    return f"was {_show(mine)}, is {_show(theirs)} here"


def _show(value: object) -> str:
    text = "not set" if value is None else str(value)
    return text if len(text) <= 24 else f"{text[:16]}…"


def _alike(mine: tuple[float, ...], theirs: tuple[float, ...]) -> bool:
    return len(mine) == len(theirs) and all(
        math.isclose(a, b, rel_tol=_SAME, abs_tol=1e-3) for a, b in zip(mine, theirs, strict=True)
    )
