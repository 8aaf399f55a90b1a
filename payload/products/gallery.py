"""Some tiles to look at, with their masks and truth: the worst mistakes first."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from payload.geometry.grid import tile_place
from payload.imaging.tiling import cut_tile
from payload.ledger import FlightRecord
from payload.png import png_gray, png_rgb, true_colour
from payload.ports import Masker, SceneSource
from payload.rng import key
from payload.types import CLOUD, SHADOW, UNKNOWN, CoverEstimate, Tile, TileOutcome

MOST = 32
"""Number of tiles shown; all, if the flight judged fewer."""
WIDEST_PX = 256
"""[px] Of a picture; larger tiles are reduced: each pixel is the mean of a square, in masks its upper left pixel."""
SHADES = 64
"""Shades per colour in a picture. Camera noise hides the steps, and the page holds a third more pictures."""
_SHADES = {CLOUD: 255, SHADOW: 110, UNKNOWN: 60}


def write_gallery(
    folder: Path,
    record: FlightRecord,
    estimates: Mapping[str, CoverEstimate],
    source: SceneSource,
    masker: Masker,
    *,
    tile_px: int,
) -> None:
    """Write pictures of some judged tiles, and `index.json` describing them.

    World and masker are pure functions, so the tiles are simply rendered and masked again.
    """
    folder.mkdir()
    chosen = _choose(record, estimates)
    ends = {tile.tile_id: str(tile.end) for tile in record.ledger.tiles}
    pictures: dict[str, dict[str, str | None]] = {}
    for image in record.images:
        wanted = [outcome.tile_id for outcome in image.outcomes if outcome.tile_id in chosen]
        if wanted:
            scene = source.scene(image.acquisition.view)
        for tile_id in wanted:
            name, row, col = tile_place(tile_id)
            tile = cut_tile(scene, name, (row, col), tile_px=tile_px, margin_px=masker.margin_px)
            pictures[tile_id] = _draw(folder, len(pictures), tile, masker)
    index = [
        _about(outcome, target, ends[tile_id], estimates[tile_id], pictures[tile_id])
        for tile_id, (outcome, target) in chosen.items()
    ]
    text = json.dumps(index, indent=1, allow_nan=False)
    (folder / "index.json").write_text(text + "\n", encoding="utf-8")


def write_no_gallery(folder: Path) -> None:
    """Write an `index.json` without pictures, as nothing was painted."""
    folder.mkdir()
    (folder / "index.json").write_text("[]\n", encoding="utf-8")


def _choose(
    record: FlightRecord, estimates: Mapping[str, CoverEstimate]
) -> dict[str, tuple[TileOutcome, str]]:
    """MOST tiles, or all: false discards, missed cloud, then unbiased draws of dropped and of kept ones."""
    judged = [
        (outcome, image.acquisition.opportunity.target)
        for image in record.images
        for outcome in image.outcomes
    ]
    dropped = [item for item in judged if not item[0].is_kept]
    kept = [item for item in judged if item[0].is_kept]

    def worst(
        items: Iterable[tuple[TileOutcome, str]], count: str
    ) -> list[tuple[TileOutcome, str]]:
        found = [(getattr(estimates[item[0].tile_id], count) or 0, item) for item in items]
        ranked = sorted(
            (pair for pair in found if pair[0]), key=lambda pair: (-pair[0], pair[1][0].tile_id)
        )
        return [item for _, item in ranked[: MOST // 4]]

    def drawn(items: Sequence[tuple[TileOutcome, str]]) -> list[tuple[TileOutcome, str]]:
        return sorted(items, key=lambda item: key(0, "gallery", item[0].tile_id))[: MOST // 4]

    chosen = [
        *worst(dropped, "clear_px"),
        *worst(kept, "missed_cloud_px"),
        *drawn(dropped),
        *drawn(kept),
        *sorted(judged, key=lambda item: key(0, "gallery", item[0].tile_id)),  # if those are few
    ]
    named = {outcome.tile_id: (outcome, target) for outcome, target in chosen}
    return dict(list(named.items())[:MOST])


def _draw(folder: Path, number: int, tile: Tile, masker: Masker) -> dict[str, str | None]:
    reflectance = tile.patch.bands * np.float32(tile.radiometry.scale) + np.float32(
        tile.radiometry.offset
    )
    files: dict[str, str | None] = {
        "image": f"{number:02d}-image.png",
        "mask": f"{number:02d}-mask.png",
        "truth": None if tile.patch.truth is None else f"{number:02d}-truth.png",
    }
    step = max(1, -(-max(reflectance.shape[1:]) // WIDEST_PX))
    blue, green, red = (_averaged(band, step) for band in reflectance[:3])
    picture = true_colour(blue, green, red)
    shade = 256 // SHADES
    (folder / f"{number:02d}-image.png").write_bytes(png_rgb(picture // shade * shade + shade // 2))
    cloud = masker.predict(tile).cloud[::step, ::step].astype(np.uint8) * 255
    (folder / f"{number:02d}-mask.png").write_bytes(png_gray(cloud))
    if tile.patch.truth is not None:
        truth = _shaded(tile.patch.truth[::step, ::step])
        (folder / f"{number:02d}-truth.png").write_bytes(png_gray(truth))
    return files


def _averaged(band: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """Means over squares of `step` pixels; those at the far edges are over the pixels that exist."""
    if step == 1:
        return band
    rows, cols = (np.arange(0, size, step) for size in band.shape)
    sums = np.add.reduceat(np.add.reduceat(band, rows, axis=0), cols, axis=1)
    counts = np.outer(
        *(
            np.diff(np.append(edge, size))
            for edge, size in zip((rows, cols), band.shape, strict=True)
        )
    )
    return (sums / counts).astype(np.float32)


def _shaded(truth: NDArray[np.uint8]) -> NDArray[np.uint8]:
    shades = np.zeros(256, np.uint8)
    for value, shade in _SHADES.items():
        shades[value] = shade
    return shades[truth]


def _about(
    outcome: TileOutcome,
    target: str,
    fate: str,
    estimate: CoverEstimate,
    pictures: Mapping[str, str | None],
) -> dict[str, object]:
    clear_px, cloudy_px = estimate.clear_px, estimate.cloudy_px
    known_px = None if clear_px is None or cloudy_px is None else clear_px + cloudy_px
    return {
        "tile": outcome.tile_id,
        "image": tile_place(outcome.tile_id)[0],
        "target": target,
        "fate": fate,
        "kept": outcome.is_kept,
        "reason": outcome.decision.reason,
        "cover": estimate.cover,
        "true_cover": (cloudy_px or 0) / known_px if known_px else None,
        "encoded_bytes": outcome.encoded_bytes if outcome.is_kept else None,
        "raw_bytes": outcome.raw_bytes,
        "files": dict(pictures),
    }
