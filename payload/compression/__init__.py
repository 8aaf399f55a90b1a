"""How kept tiles are compressed and packed for downlink: codecs, the tile record, the container of an image.

    samples      the limits of a tile                    raw        packed at the bit depth
    residuals    prediction in integers                  median     with a gain from band to band
    med          the default codec, `med-zstd`           med_aec    the same, coded by CCSDS 121
    interchange  `jpegls`, `jxl`, `j2k`                  kernels    what numba compiles
    least_squares  a predictor's taps and its fit       ls_golomb  with adaptive Golomb-Rice codes
    scale_model  expected error of a prediction          strong     with mixtures and a range coder
    auto         picks one of these for each tile        normal_tables   for `strong`, in integers
    quantise     near-lossless, for every codec          plane      of pixels that are not coded
    record       the header of one tile                  sealing    turns a tile into a record and back
    container    one image as received on the ground     scan       finds records in damaged bytes
    cover_report  what became of an image's tiles on board
    image_index  a container's header and the fate of each cell

On board, `seal` makes a tile's record and `seal_clear` one without its cloudy pixels. On the ground, `ContainerWriter`
files records, `read_container` reads them back and `payload.products.ground_segment.unpack` makes a GeoTIFF.

>>> import numpy as np
>>> from payload.compression import open_record, raw_record_bytes, seal
>>> from payload.compression.med import MedZstd
>>> from payload.types import Patch, Radiometry, Tile, Window
>>> bands = np.full((4, 64, 64), 1000, np.uint16)
>>> tile = Tile("image#0,0", 0, 0, Window(0, 0, 64, 64), Patch(bands), bands,
...             (slice(0, 64), slice(0, 64)), Radiometry(1e-4), bit_depth=12)
>>> sealed = seal(tile, MedZstd(), "med-zstd", cover=0.25)
>>> len(sealed.record) < raw_record_bytes(4, 64, 64, bit_depth=12)
True
>>> opened = open_record(sealed.record, {"med-zstd": MedZstd()})
>>> bool((opened.bands == bands).all())
True
"""

from payload.compression.container import SUFFIX, Container, ContainerWriter, read_container
from payload.compression.image_index import Cell, CellFate, ContainerHeader
from payload.compression.plane import cleaned
from payload.compression.quantise import LOSSLESS, Loss
from payload.compression.record import (
    TileHeader,
    raw_record_bytes,
    read_header,
    without_cover,
)
from payload.compression.sealing import Coding, OpenedTile, open_record, seal, seal_clear

__all__ = [
    "LOSSLESS",
    "SUFFIX",
    "Cell",
    "CellFate",
    "Coding",
    "Container",
    "ContainerHeader",
    "ContainerWriter",
    "Loss",
    "OpenedTile",
    "TileHeader",
    "cleaned",
    "open_record",
    "raw_record_bytes",
    "read_container",
    "read_header",
    "seal",
    "seal_clear",
    "without_cover",
]
