"""What the ground receives: a container for each image that came down at least in part, and restored tiles."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from payload.compression import (
    SUFFIX,
    Cell,
    CellFate,
    ContainerHeader,
    ContainerWriter,
    read_container,
)
from payload.compression.cover_report import TOLD_WORDS, Told, read_cover_report
from payload.errors import CodecError, LawError
from payload.geometry.grid import tile_id, tile_place
from payload.ledger import FlightRecord, Image
from payload.ports import Gapped, SceneSource
from payload.products.ground_segment import NODATA, InstalledCodecs, marked
from payload.products.imagery import write_cog
from payload.types import Acquisition, CoverEstimate, Georeference, Window

SAMPLE = 24
Which = Literal["all", "sample", "none"]
MOST_CHARACTERS = 150
"""Longest file name without suffix; most systems allow 255 bytes."""


@dataclass(frozen=True, slots=True)
class RestoredTile:
    """A delivered tile as a file.

    Attributes:
        id: Of the tile.
        path: The COG.
        header: Of its image's container.
        window: Its position in the image.
        georeference: Its position on the Earth; None if the scene does not state it.
        reason: Why it was kept.
        estimate: What the masker and truth say about it.
        nodata: Value of its pixels without data; None if it has none, or a mask tells them.
    """

    id: str
    path: Path
    header: ContainerHeader
    window: Window
    georeference: Georeference | None
    reason: str
    estimate: CoverEstimate
    nodata: int | None = None


@dataclass
class Archive:
    """Writes records to files as they arrive, so that memory stays bounded however long the flight is."""

    folder: Path
    source: SceneSource
    tile_px: int
    writers: dict[str, ContainerWriter] = field(default_factory=dict[str, ContainerWriter])

    def deliver(self, acquisition: Acquisition, record: bytes) -> None:
        """Store a record that has come down."""
        if acquisition.id not in self.writers:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / file_name(acquisition.id, SUFFIX)
            self.writers[acquisition.id] = ContainerWriter(path, self._header(acquisition))
        self.writers[acquisition.id].append(record)

    def close(self, record: FlightRecord) -> None:
        """Write each container's index: what happened to the tiles it does not contain, as far as the ground was told."""
        ends = {tile.tile_id: CellFate(tile.end) for tile in record.ledger.tiles}
        for image in record.images:
            writer = self.writers.get(image.acquisition.id)
            if writer is not None:
                report = record.cover_reports.get(image.acquisition.id)
                writer.close(_cells(image, ends, report))

    def restore(
        self, folder: Path, which: Which, estimates: Mapping[str, CoverEstimate]
    ) -> list[RestoredTile]:
        """Restore delivered tiles from the containers as COG, with truth and decision as tags; return those tiles.

        Pixels that were not coded are nodata, as `unpack` has them; a tile without any states no nodata.
        If only a sample is wanted, no other tiles are decoded: every record was opened and compared when it was sealed.
        """
        paths = [writer.path for writer in self.writers.values()]
        delivered = sum(len(read_container(path).delivered) for path in paths)
        each = {"all": 1, "sample": max(1, -(-delivered // SAMPLE)), "none": 0}[which]
        if not each or not delivered:
            return []
        folder.mkdir()
        passed = 0
        restored: list[RestoredTile] = []
        for path in paths:
            container = read_container(path)
            chosen = container.delivered[-passed % each :: each]
            passed += len(container.delivered)
            for cell, tile in container.tiles(InstalledCodecs(), chosen):
                if isinstance(tile, CodecError):
                    raise LawError(f"{path.name}: a record just written cannot be opened: {tile}")
                has_mask = tile.not_coded is not None and tile.header.bit_depth == 16
                found = replace(
                    _restored(folder, container.header, cell, estimates),
                    nodata=None if tile.not_coded is None or has_mask else NODATA,
                )
                write_cog(
                    found.path,
                    marked(tile),
                    georeference=found.georeference,
                    radiometry=found.header.radiometry,
                    nodata=found.nodata,
                    valid=~tile.not_coded if has_mask and tile.not_coded is not None else None,
                    descriptions=found.header.bands,
                    tags=_tags(found),
                )
                restored.append(found)
        return restored

    def _header(self, acquisition: Acquisition) -> ContainerHeader:
        scene = self.source.scene(acquisition.view)
        return ContainerHeader(
            acquisition_id=acquisition.id,
            satellite=acquisition.satellite,
            target=acquisition.view.target,
            utc=acquisition.view.utc,
            width_px=scene.width_px,
            height_px=scene.height_px,
            tile_px=self.tile_px,
            bands=scene.bands,
            bit_depth=scene.bit_depth,
            radiometry=scene.radiometry,
            georeference=scene.georeference,
            nodata=scene.nodata if isinstance(scene, Gapped) else None,
        )


def file_name(name: str, suffix: str) -> str:
    """A file name that is safe on every system: runs of anything but letters, digits, dots and hyphens become `_`.

    If that loses more than the separators within an id, or the name is cut, a digest of the full name is appended,
    so that no two names share a file.
    """
    safe = re.sub(r"[^A-Za-z0-9.-]+", "_", name)
    if len(safe) > MOST_CHARACTERS or not re.fullmatch(r"[A-Za-z0-9._/#, -]*", name):
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        safe = f"{safe[: MOST_CHARACTERS - 17]}-{digest}"
    return safe + suffix


def _cells(image: Image, ends: Mapping[str, CellFate], report: bytes | None) -> list[Cell]:
    """What the ground knows about each cell: its tile, or what the image's cover report says about it."""
    acquisition = image.acquisition
    kept = {item.tile_id: item.decision.reason for item in image.outcomes if item.is_kept}
    told: Mapping[str, Told | float] = {}
    if report is not None:
        _, row, col = tile_place(acquisition.tile_ids[-1])
        cells = read_cover_report(report, acquisition.id, row + 1, col + 1)
        told = dict(zip(acquisition.tile_ids, cells, strict=True))
    return [
        _cell(tile_id, ends[tile_id], told.get(tile_id), kept) for tile_id in acquisition.tile_ids
    ]


def _cell(tile_id: str, end: CellFate, told: Told | float | None, kept: Mapping[str, str]) -> Cell:
    """A cell; one that was kept on board but has not arrived gets its fate from the flight's ledger."""
    _, row, col = tile_place(tile_id)
    if end is CellFate.DELIVERED:
        return Cell(row, col, end, reason=kept.get(tile_id, ""))
    if told is None:
        return Cell(row, col, CellFate.UNKNOWN, reason="no cover report was received")
    if isinstance(told, float):
        return Cell(row, col, end, told, f"cover {told:.3f}")  # a requested one may be lost
    fates = {Told.NO_DATA: CellFate.NO_DATA, Told.UNSEEN: CellFate.PRUNED}
    return Cell(row, col, fates.get(told, end), reason=TOLD_WORDS.get(told, ""))


def _restored(
    folder: Path, header: ContainerHeader, cell: Cell, estimates: Mapping[str, CoverEstimate]
) -> RestoredTile:
    name = tile_id(header.acquisition_id, cell.row, cell.col)
    window = header.grid.window(cell.row, cell.col)
    return RestoredTile(
        id=name,
        path=folder / file_name(name, ".tif"),
        header=header,
        window=window,
        georeference=_shifted(header.georeference, window),
        reason=cell.reason,
        estimate=estimates[name],
    )


def _shifted(georeference: Georeference | None, window: Window) -> Georeference | None:
    if georeference is None:
        return None
    x, dx_col, dx_row, y, dy_col, dy_row = georeference.transform
    left, top = window.left_px, window.top_px
    corner_x, corner_y = x + left * dx_col + top * dx_row, y + left * dy_col + top * dy_row
    return Georeference(georeference.crs, (corner_x, dx_col, dx_row, corner_y, dy_col, dy_row))


def _tags(tile: RestoredTile) -> dict[str, str]:
    header, estimate = tile.header, tile.estimate
    tags = {
        "TILE": tile.id,
        "TARGET": header.target,
        "SATELLITE": header.satellite,
        "UTC": header.utc.isoformat(),
        "DECISION": f"kept: {tile.reason}",
        "CLOUD_COVER": "unknown" if estimate.cover is None else f"{estimate.cover:.4f}",
    }
    if estimate.clear_px is not None and estimate.cloudy_px is not None:
        tags |= {"TRUE_CLEAR_PX": str(estimate.clear_px), "TRUE_CLOUD_PX": str(estimate.cloudy_px)}
    return tags
