"""The page FORMAT.md tells the truth: what lies around the payloads, which `conformance` reads."""

import json
import re
import struct
import zlib
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from conformance.format_page import PAGE, RawReader, code, section, table
from conformance.format_page_median import MedZstdReader
from contracts.codec import textured, tile_of

from payload.compression import (
    Cell,
    CellFate,
    ContainerHeader,
    ContainerWriter,
    seal,
)
from payload.compression.med import MedZstd
from payload.compression.raw import Raw
from payload.compression.record import HEADER_BYTES
from payload.types import Georeference, Radiometry, Window


def example():
    (block,) = re.findall(r"```\n(.*?)```", section("### Example"), re.DOTALL)
    return bytes.fromhex(block)


def test_the_example_is_what_is_sealed_and_reads_as_told():
    bands = np.array([[[1, 2, 3], [4, 5, 4095]]], np.uint16)
    tile = replace(tile_of(bands, row=0, col=0), window=Window(0, 0, 2, 3))
    assert seal(tile, Raw(), "raw", cover=0.5).record == example()
    assert RawReader(example()).samples() == bands.tolist()


def test_the_offsets_of_the_page_leave_no_gap_and_overlap_nowhere():
    end = 0
    for offset, kind, _ in table("## Tile record"):
        assert int(offset) == end
        end += struct.calcsize("<" + code(kind))
    assert end == HEADER_BYTES


def test_a_reader_written_from_the_page_understands_a_container(tmp_path):
    bands = textured((2, 16, 16), 12)
    header = ContainerHeader(
        acquisition_id="image",
        satellite="sat",
        target="place",
        utc=datetime(2026, 6, 21, tzinfo=UTC),
        width_px=40,
        height_px=16,
        tile_px=16,
        bands=("red", "nir"),
        bit_depth=12,
        radiometry=Radiometry(1e-4),
        georeference=Georeference("EPSG:32632", (6e5, 10.0, 0.0, 5e6, 0.0, -10.0)),
    )
    tile = replace(tile_of(bands, row=0, col=1), window=Window(0, 16, 16, 16))
    record = seal(tile, MedZstd(), "med-zstd").record
    writer = ContainerWriter(tmp_path / "x.tiles", header)
    writer.append(record)
    fates = [CellFate.NO_DATA, CellFate.DELIVERED, CellFate.LOST]
    writer.close([Cell(0, col, fate) for col, fate in enumerate(fates)])

    data = (tmp_path / "x.tiles").read_bytes()
    rows = {name: (kind, words) for name, kind, words in table("## Container")}
    assert data[:8] == bytes.fromhex("89 54 49 4c 45 53 0d 0a")
    assert "89 54 49 4c 45 53 0d 0a" in PAGE
    version, length = struct.unpack_from("<II", data, 8)
    assert str(version) == rows["version"][1]
    told = json.loads(data[16 : 16 + length])
    assert list(told) == [
        "acquisition_id", "satellite", "target", "utc", "width_px", "height_px", "tile_px", "bands", "bit_depth",
        "radiometry", "georeference", "nodata",
    ]  # fmt: skip
    parts = [told, told["radiometry"], told["georeference"]]
    assert all(name in rows["header"][1] for part in parts for name in part)
    (checksum,) = struct.unpack_from("<I", data, 16 + length)
    assert checksum == zlib.crc32(data[: 16 + length])
    checksum, index_bytes, magic = struct.unpack("<IQ8s", data[-20:])
    assert magic == b"ENDTILES"
    text = data[-20 - index_bytes : -20]
    assert zlib.crc32(text) == checksum
    cells = json.loads(text)["cells"]
    assert [cell["fate"] for cell in cells] == ["no_data", "delivered", "lost"]
    offset, size = cells[1]["offset"], cells[1]["record_bytes"]
    assert data[offset : offset + size] == record
    assert MedZstdReader(record).samples() == bands.tolist()
    fates = re.findall(r"^\| `(\w+)` \|", section("## Container"), re.MULTILINE)
    assert set(fates) == set(CellFate)
