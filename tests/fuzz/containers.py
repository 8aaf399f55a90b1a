"""Containers: damaged anywhere, or with a damaged header or index whose checksum is right.

Whatever is damaged, a file is no container (CodecError), or each tile that it gives is the one that was sealed, and
its cells are those of the grid that its header tells of.
"""

import hashlib
import os
import struct
import tempfile
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np
from contracts.codec import textured
from fuzz.mutations import mutated

from payload.compression import (
    Cell,
    CellFate,
    ContainerHeader,
    ContainerWriter,
    OpenedTile,
    read_container,
    seal,
)
from payload.compression.med import MedZstd
from payload.compression.raw import Raw
from payload.types import Georeference, Patch, Radiometry, Tile

CODECS = {"raw": Raw(), "med-zstd": MedZstd()}
PREFIX_BYTES, TRAILER_BYTES = 16, 20
SAMPLES_A_CELL = 16
"""A cell of the grid may take as much as so many samples: 1 KiB."""
MOST_CELLS = 2**12
HEADER = ContainerHeader(
    "image", "sat", "Rome, è bella", datetime(2026, 3, 1, 10, 30, tzinfo=UTC), 20, 14, 8,
    ("red", "nir"), 12, Radiometry(1e-4), Georeference("EPSG:32633", (1e5, 10, 0, 4e6, 0, -10)), 0,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Made:
    """A file, where its header and its index lie, and the samples that are in it by place."""

    data: bytes
    header: slice
    index: slice | None
    tiles: dict


@dataclass(frozen=True, eq=False)
class Containers:
    """All that is mutated, and a place for the file that is tried."""

    made: list
    digest: str
    name = "container"

    @property
    def stages(self):
        return {"link": _link, "header": _header, "index": _index}


def make_containers():
    """Some images, closed and open, with all tiles, a few or none."""
    made = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.tiles"
        for codec, kept, is_closed in product(CODECS, (6, 3, 0), (True, False)):
            made.append(_made(path, codec, kept, is_closed=is_closed))
    digest = hashlib.blake2b(b"".join(one.data for one in made), digest_size=8).hexdigest()
    return Containers(made, digest)


def _made(path, codec, kept, *, is_closed):
    writer, tiles, cells = ContainerWriter(path, HEADER), {}, []
    header = slice(PREFIX_BYTES, path.stat().st_size - 4)
    for number, place in enumerate(HEADER.grid.places):
        if number >= kept:
            cells.append(Cell(*place, CellFate.PRUNED, 0.875, "cloud"))
            continue
        window = HEADER.grid.window(*place)
        shape = (2, window.height_px, window.width_px)
        bands = textured(shape, 12, seed=number)
        inset = (slice(0, shape[1]), slice(0, shape[2]))
        name = f"{HEADER.acquisition_id}#{place[0]},{place[1]}"
        tile = Tile(name, *place, window, Patch(bands), bands, inset, HEADER.radiometry, 12)
        writer.append(seal(tile, CODECS[codec], codec, cover=0.125).record)
        tiles[place] = bands
        cells.append(Cell(*place, CellFate.DELIVERED))
    begin = path.stat().st_size
    if is_closed:
        writer.close(cells)
    data = path.read_bytes()
    index = slice(begin, len(data) - TRAILER_BYTES) if is_closed else None
    return Made(data, header, index, tiles)


def _link(containers, draw):
    one, other = draw.choice(containers.made), draw.choice(containers.made)
    damaged, way = mutated(one.data, draw, other.data)
    return way, *_attempt([one, other], damaged)


def _header(containers, draw):
    """The text of the header damaged, its length and its checksum right."""
    one, other = draw.choice(containers.made), draw.choice(containers.made)
    text, way = _damaged_text(one.data[one.header], draw, other.data[other.header])
    start = one.data[:12] + struct.pack("<I", len(text)) + text
    damaged = start + struct.pack("<I", zlib.crc32(start)) + one.data[one.header.stop + 4 :]
    return way, *_attempt([one], damaged)


def _index(containers, draw):
    """The same of the index."""
    whole = [one for one in containers.made if one.index]
    one, other = draw.choice(whole), draw.choice(whole)
    text, way = _damaged_text(one.data[one.index], draw, other.data[other.index])
    trailer = struct.pack("<IQ", zlib.crc32(text), len(text)) + one.data[-8:]
    return way, *_attempt([one], one.data[: one.index.start] + text + trailer)


def _damaged_text(text, draw, other):
    """Half of the time a few digits are others, so that it is still JSON."""
    if draw.random() < 0.5:
        return mutated(text, draw, other)
    damaged = bytearray(text)
    digits = [at for at, octet in enumerate(text) if chr(octet).isdigit()]
    for at in draw.choices(digits, k=draw.randint(1, 3)):
        damaged[at] = draw.choice(b"0123456789")
    return bytes(damaged), "digits"


def _attempt(sources, damaged):
    def attempt():
        path = _place()
        path.write_bytes(damaged)
        try:
            return look(path)
        finally:
            path.unlink()

    def look(path):
        container = read_container(path)
        places = [(cell.row, cell.col) for cell in container.cells]
        if places != container.header.grid.places:
            raise AssertionError("the cells are not those of the grid")
        opened = 0
        for cell, tile in container.tiles(CODECS):
            if isinstance(tile, OpenedTile):
                opened += 1
                known = (one.tiles.get((cell.row, cell.col)) for one in sources)
                if not any(np.array_equal(tile.bands, bands) for bands in known):
                    raise AssertionError("a tile that nobody sealed")
        wanted = len(sources[0].tiles)
        return "all tiles" if opened == wanted else "some tiles" if opened else "no tile"

    return SAMPLES_A_CELL * MOST_CELLS, attempt


def _place():
    """A file of this process alone, in memory where the machine has such a place."""
    shared = Path("/dev/shm")
    folder = shared if shared.is_dir() and os.access(shared, os.W_OK) else tempfile.gettempdir()
    return Path(folder) / f"payload-sim-fuzz-{os.getpid()}.tiles"
