"""Codec trials: size, speed and fidelity, on a user's own images or on the tiles of the published table.

- `compress_images`: all codecs, or selected ones, on GeoTIFFs (`Images`); a page and figures.
- `compress_listed`: the same on listed tiles of labelled images, with clouds left out by codecs that can.
- `TARGETS`: what our codecs aim for.

All codecs take turns on each tile, in one thread and measured in CPU time, beside zstd-3 on unprocessed samples; every
payload is decoded and compared. `payload-sim compress` does the same from the command line.

>>> from pathlib import Path
>>> from payload.trials import Images, Terms, compress_images
>>> found = compress_images(Images((Path("scene.tif"),)), Terms("raw,med-zstd"))  # doctest: +SKIP
>>> found.whole.rows[0].bits_per_sample  # doctest: +SKIP
"""

from payload.trials.contestants import Terms
from payload.trials.findings import CodecFindings
from payload.trials.measuring import compress_images, compress_listed
from payload.trials.targets import TARGETS, Target
from payload.trials.tiles import Images

__all__ = [
    "TARGETS",
    "CodecFindings",
    "Images",
    "Target",
    "Terms",
    "compress_images",
    "compress_listed",
]
