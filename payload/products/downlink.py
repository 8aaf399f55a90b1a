"""What the ground keeps: a container for each image of which something came down, and restored tiles."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
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
from payload.errors import CodecError, LawError
from payload.geometry.grid import tile_place
from payload.ledger import FlightRecord, Image
from payload.ports import SceneSource
from payload.products.ground_segment import InstalledCodecs
from payload.products.imagery import write_cog
from payload.types import Acquisition, CoverEstimate, Georeference, Window

SAMPLE = 24
Which = Literal["all", "sample", "none"]


@dataclass
class Archive:
    """Files records as they arrive, so that memory stays bounded however long the flight is."""

    folder: Path
    source: SceneSource
    tile_px: int
    writers: dict[str, ContainerWriter] = field(default_factory=dict[str, ContainerWriter])

    def deliver(self, acquisition: Acquisition, record: bytes) -> None:
        """File a record that has come down."""
        if acquisition.id not in self.writers:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / file_name(acquisition.id, SUFFIX)
            self.writers[acquisition.id] = ContainerWriter(path, self._header(acquisition))
        self.writers[acquisition.id].append(record)

    def close(self, record: FlightRecord, estimates: Mapping[str, CoverEstimate]) -> None:
        """Write each container's index: what became of the tiles that are not in it, and why."""
        ends = {tile.tile_id: CellFate(tile.end) for tile in record.ledger.tiles}
        for image in record.images:
            writer = self.writers.get(image.acquisition.id)
            if writer is not None:
                writer.close(_cells(image, ends, estimates))

    def restore(self, folder: Path, which: Which, estimates: Mapping[str, CoverEstimate]) -> None:
        """Restore delivered tiles from the containers as COG, truth and decision as tags."""
        delivered = sum(
            cell.fate is CellFate.DELIVERED
            for writer in self.writers.values()
            for cell in read_container(writer.path).cells
        )
        each = {"all": 1, "sample": max(1, -(-delivered // SAMPLE)), "none": 0}[which]
        if not each or not delivered:
            return
        folder.mkdir()
        count = 0
        for writer in self.writers.values():
            for cell, tile in read_container(writer.path).tiles(InstalledCodecs()):
                if isinstance(tile, CodecError):
                    raise LawError(
                        f"{writer.path.name}: a record of our own cannot be opened: {tile}"
                    )
                if count % each == 0:
                    header = writer.header
                    tile_id = f"{header.acquisition_id}#{cell.row},{cell.col}"
                    write_cog(
                        folder / file_name(tile_id, ".tif"),
                        tile.bands,
                        georeference=_shifted(
                            header.georeference, header.grid.window(cell.row, cell.col)
                        ),
                        radiometry=header.radiometry,
                        descriptions=header.bands,
                        tags=_tags(tile_id, header, cell, estimates[tile_id]),
                    )
                count += 1

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
        )


def file_name(name: str, suffix: str) -> str:
    """A name that is safe as a file's on every system: what is not a letter, digit, dot or hyphen is `_`."""
    return re.sub(r"[^A-Za-z0-9.-]+", "_", name)[:150] + suffix


def _cells(
    image: Image, ends: Mapping[str, CellFate], estimates: Mapping[str, CoverEstimate]
) -> list[Cell]:
    reasons = {outcome.tile_id: outcome.decision.reason for outcome in image.outcomes}
    cells = []
    for tile_id in image.acquisition.tile_ids:
        _, row, col = tile_place(tile_id)
        reason = reasons.get(tile_id, "never judged")
        estimate, fate = estimates[tile_id], ends[tile_id]
        if fate is CellFate.PRUNED and not estimate.valid_px:
            fate = CellFate.NO_DATA
        cells.append(Cell(row, col, fate, estimate.cover, reason))
    return cells


def _shifted(georeference: Georeference | None, window: Window) -> Georeference | None:
    if georeference is None:
        return None
    x, dx_col, dx_row, y, dy_col, dy_row = georeference.transform
    left, top = window.left_px, window.top_px
    corner_x, corner_y = x + left * dx_col + top * dx_row, y + left * dy_col + top * dy_row
    return Georeference(georeference.crs, (corner_x, dx_col, dx_row, corner_y, dy_col, dy_row))


def _tags(
    tile_id: str, header: ContainerHeader, cell: Cell, estimate: CoverEstimate
) -> dict[str, str]:
    tags = {
        "TILE": tile_id,
        "TARGET": header.target,
        "SATELLITE": header.satellite,
        "UTC": header.utc.isoformat(),
        "DECISION": f"kept: {cell.reason}",
        "CLOUD_COVER": "unknown" if estimate.cover is None else f"{estimate.cover:.4f}",
    }
    if estimate.clear_px is not None and estimate.cloudy_px is not None:
        tags |= {"TRUE_CLEAR_PX": str(estimate.clear_px), "TRUE_CLOUD_PX": str(estimate.cloudy_px)}
    return tags
