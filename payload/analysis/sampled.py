"""What a summary says about a sampled flight: how many tiles were painted, and how far off its totals may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_LINKED = (("downlinked_bytes", "bytes"), ("clear_pixels_delivered", "clear pixels"))


@dataclass(frozen=True, slots=True)
class Painted:
    """Size of a sample.

    Attributes:
        tiles: Number of tiles in all images.
        painted: How many of them were painted.
        fraction: The fraction requested.
        error: Requested half-width of the 95 % interval, as a share; None if none was requested.
    """

    tiles: int
    painted: int
    fraction: float
    error: float | None = None


def sampled_part(
    arms: Sequence[Mapping[str, Any]],
    half_widths: Mapping[str, tuple[float, float]],
    painted: Painted,
) -> dict[str, Any]:
    """The key `sampled` of a summary.

    Args:
        arms: Of the summary.
        half_widths: [byte], [px] Half-widths of the 95 % intervals of what came down, by arm; the bent pipe has none.
        painted: Size of the sample.
    """
    told: dict[str, dict[str, float]] = {}
    for arm in arms:
        if arm["name"] in half_widths:
            sent, clear_px = (float(arm[key] or 0) for key, _ in _LINKED)
            half_bytes, half_px = half_widths[arm["name"]]
            told[arm["name"]] = {
                "downlinked_bytes_low": max(0.0, sent - half_bytes),
                "downlinked_bytes_high": sent + half_bytes,
                "clear_pixels_delivered_low": max(0.0, clear_px - half_px),
                "clear_pixels_delivered_high": clear_px + half_px,
            }
    return {
        "fraction": painted.fraction,
        "tiles": painted.tiles,
        "painted": painted.painted,
        "arms": told,
        "sentences": _sentences(arms, half_widths, painted),
    }


def _sentences(
    arms: Sequence[Mapping[str, Any]],
    half_widths: Mapping[str, tuple[float, float]],
    painted: Painted,
) -> list[str]:
    first = _painted(painted.tiles, painted.painted)
    own = next((arm for arm in arms if arm["name"] == "prune"), None)
    half = half_widths.get("prune")
    if own is None or half is None or painted.painted == painted.tiles:
        return [first]
    widths = [
        f"{_percent(width, own[key])} for {word}"
        for (key, word), width in zip(_LINKED, half, strict=True)
    ]
    return [
        first,
        f"Estimated from the sample itself, the 95 % interval of what came down is {widths[0]} and {widths[1]}."
        + _beyond(arms, half_widths, painted.error),
        "There are no records or pictures because not all tiles were rendered.",
    ]


def _beyond(
    arms: Sequence[Mapping[str, Any]],
    half_widths: Mapping[str, tuple[float, float]],
    error: float | None,
) -> str:
    """Why the widest interval is wider than requested, if it is."""
    shares = [
        (half / arm[key], arm["name"])
        for arm in arms
        for (key, _), half in zip(_LINKED, half_widths.get(arm["name"], ()), strict=False)
        if arm[key]
    ]
    widest, name = max(shares, default=(0.0, ""))
    if error is None or widest <= error:
        return ""
    return (
        f" Up to ± {100 * widest:.2f} % ({name}) exceeds the ± {100 * error:g} % requested: the sample grew until all that "
        "was first planned would be within it, but not all of that came down."
    )


def sample_notes(flights: Sequence[Mapping[str, float | int | None]]) -> list[str]:
    """How far to trust the flights being compared, all of them sampled: gives the widest interval.

    Args:
        flights: Figures of their summaries by path.
    """
    if not flights:
        return []
    tiles, painted = (
        sum(int(figures.get(f"sampled.{name}") or 0) for figures in flights)
        for name in ("tiles", "painted")
    )
    widest = [
        max((_half(figures, key) for figures in flights), key=_as_share, default=(0.0, None))
        for key, _ in _LINKED
    ]
    notes = [_painted(tiles, painted)]
    if any(half for half, _ in widest):
        told = [
            f"{_percent(half, total)} for {word}"
            for (half, total), (_, word) in zip(widest, _LINKED, strict=True)
        ]
        notes.append(
            "Estimated from the samples themselves, the 95 % interval of what came down is at most "
            f"{told[0]} and {told[1]} in any flight."
        )
    return notes


def _half(figures: Mapping[str, float | int | None], key: str) -> tuple[float, float | None]:
    """Half-width of a figure's interval, and the figure."""
    high, total = (
        figures.get(name) for name in (f"sampled.arms.prune.{key}_high", f"arms.prune.{key}")
    )
    return (0.0 if high is None or total is None else float(high - total), total)


def _as_share(half_and_total: tuple[float, float | None]) -> tuple[float, float]:
    half, total = half_and_total
    return (half / total if total else 0.0, half)


def _painted(tiles: int, painted: int) -> str:
    if not tiles:
        return "No tiles were acquired, so none were rendered."
    if painted == tiles:
        all_ = "The only tile was" if tiles == 1 else f"All {tiles:,} tiles were"
        return f"{all_} rendered, masked and compressed, as with fidelity: pixels."
    return (
        f"Of {tiles:,} tiles, {painted:,} ({100 * painted / tiles:.1f} %) were rendered, masked and compressed; "
        "the others take the figures of similar rendered tiles."
    )


def _percent(half: float, total: float | None) -> str:
    return f"± {100 * half / total:.2f} %" if total else f"± {half:,.0f}"
