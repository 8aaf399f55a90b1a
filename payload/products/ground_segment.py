"""The ground segment: turns a downlinked container into a GeoTIFF, bit for bit."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from payload.compression import Container, ContainerHeader, OpenedTile, read_container
from payload.errors import CodecError, ImageryError, PluginError
from payload.ports import Codec
from payload.products.imagery import BLOCK_PX, RasterWriter
from payload.registry import build, kinds
from payload.units import iso_utc

_SOCKET = "payload.codec"
_MAX_BLOCK_PX = 1024
NODATA = 65_535


@dataclass(frozen=True, slots=True)
class FailedTile:
    """A tile that came down but cannot be restored, and why."""

    row: int
    col: int
    reason: str


@dataclass(frozen=True, slots=True)
class UnpackReport:
    """What was restored from a container.

    Attributes:
        source: The container.
        raster: The GeoTIFF.
        acquisition_id: Name of the image.
        has_index: Whether the container states what happened to every tile.
        cells: Number of cells by fate; only fates that occur.
        restored_tiles: Tiles whose pixels are in the GeoTIFF, verified.
        failed: Tiles that came down but failed their checks.
        restored_px: [px] Their area as far as it was coded, of one band.
        image_px: [px] Area of the whole image.
        notes: What is wrong with the container as a whole.
    """

    source: Path
    raster: Path
    acquisition_id: str
    has_index: bool
    cells: dict[str, int]
    restored_tiles: int
    failed: tuple[FailedTile, ...]
    restored_px: int
    image_px: int
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """The whole report as values that JSON can hold."""
        paths = {"source": str(self.source), "raster": str(self.raster)}
        return asdict(self) | paths

    def sentence(self) -> str:
        """The report as text, with failures and irregularities on lines of their own."""
        fates = ", ".join(f"{count} {fate}" for fate, count in self.cells.items())
        tiles = f"{self.restored_tiles} tiles restored and verified"
        area = f"{self.restored_px} of {self.image_px} px"
        lines = [f"{self.raster}: {tiles}, {area}; tiles by fate: {fates}"]
        lines += [f"  not restored: {tile.reason}" for tile in self.failed]
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join(lines)

    def problem(self) -> str:
        """What went wrong, in a sentence; empty if nothing did. A tile that was never sent is no problem."""
        found = ["the file is damaged or incomplete"] if self.notes else []
        if self.failed:
            found.append(f"{len(self.failed)} tile records failed their check")
        return f"{self.source}: {', '.join(found)}; what is intact is restored" if found else ""


def unpack(path: str | Path, out: str | Path) -> UnpackReport:
    """Restore a container as `<stem>.tif` in a folder.

    The GeoTIFF has the image's bands, georeference, and scale and offset. Missing tiles and pixels that were
    not coded, as they are cloudy or have no data, are nodata: 65535, which no sample of fewer than 16 bits can be. Images of 16 bits, in which every
    value may occur, carry a mask of valid pixels in the file instead.

    Args:
        path: The container.
        out: The folder, created if missing.

    Returns:
        What was restored, including tile failures, which raise no exception.

    Raises:
        CodecError: The file is not a container, or its header is damaged.
        ImageryError: The GeoTIFF cannot be written; nothing is left of it in that case.
    """
    path = Path(path)
    out = Path(out)
    container = read_container(path)
    target = out / f"{path.stem}.tif"
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImageryError(f"{out}: cannot be created: {error.strerror}") from error
    failed: list[FailedTile] = []
    restored_tiles = restored_px = 0
    with _writer(target, container.header) as raster:
        for cell, tile in container.tiles(InstalledCodecs()):
            if isinstance(tile, CodecError):
                failed.append(FailedTile(cell.row, cell.col, str(tile)))
                continue
            valid = None if tile.not_coded is None else ~tile.not_coded
            raster.write(marked(tile), tile.header.window, valid=valid)
            restored_tiles += 1
            restored_px += tile.header.window.pixels if valid is None else int(valid.sum())
    return UnpackReport(
        source=path,
        raster=target,
        acquisition_id=container.header.acquisition_id,
        has_index=container.has_index,
        cells=_count(container),
        restored_tiles=restored_tiles,
        failed=tuple(failed),
        restored_px=restored_px,
        image_px=container.header.width_px * container.header.height_px,
        notes=container.notes,
    )


def marked(tile: OpenedTile) -> NDArray[np.uint16]:
    """The samples of a tile, with nodata where pixels were not coded; with 16 bits no value is free for that."""
    if tile.not_coded is None or tile.header.bit_depth == 16:
        return tile.bands
    return np.where(tile.not_coded, np.uint16(NODATA), tile.bands)


class InstalledCodecs(Mapping[str, Codec]):
    """The installed codecs by kind, each built when first requested: decoding has no options."""

    def __init__(self) -> None:
        self._made: dict[str, Codec] = {}

    def __getitem__(self, kind: str) -> Codec:
        """The codec of a kind; KeyError if it is not installed."""
        if kind not in self._made:
            try:
                codec = build(_SOCKET, kind, {})
            except (PluginError, ValidationError) as error:
                raise KeyError(kind) from error
            if not isinstance(codec, Codec):
                raise KeyError(kind)
            self._made[kind] = codec
        return self._made[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(kinds(_SOCKET))

    def __len__(self) -> int:
        return len(kinds(_SOCKET))


def _writer(target: Path, header: ContainerHeader) -> RasterWriter:
    # Blocks of the size of a tile are written once; others would be written in parts.
    fits = header.tile_px % 16 == 0 and header.tile_px <= _MAX_BLOCK_PX
    has_mask = header.bit_depth == 16
    tags = {
        "ACQUISITION": header.acquisition_id,
        "SATELLITE": header.satellite,
        "TARGET": header.target,
        "UTC": iso_utc(header.utc),
        "BIT_DEPTH": str(header.bit_depth),
    }
    if header.nodata is not None:
        tags["SOURCE_NODATA"] = str(header.nodata)
    return RasterWriter(
        target,
        width=header.width_px,
        height=header.height_px,
        count=len(header.bands),
        dtype="uint16",
        georeference=header.georeference,
        nodata=None if has_mask else NODATA,
        descriptions=header.bands,
        tags=tags,
        radiometry=header.radiometry,
        has_mask=has_mask,
        block_px=header.tile_px if fits else BLOCK_PX,
    )


def _count(container: Container) -> dict[str, int]:
    counts = Counter(cell.fate for cell in container.cells)
    return {fate.value: counts[fate] for fate in sorted(counts)}
