"""What our codecs aim for on the listed tiles: sizes relative to `med-zstd`, speeds relative to zstd-3.

Assumption: these are the project's own aims, set before the codecs were written from measurements on other
tiles; they are not properties of the codecs.
"""

from dataclasses import dataclass

from payload.trials.findings import Row

DEFAULT_BITS = 4.76
"""[bit] Per sample with `med-zstd` on the listed tiles, measured by an independent implementation."""
DEFAULT_TOLERANCE = 0.02
MASKED = 1.02
"""Most that a tile with clouds left out may take, relative to the clear share of its pixels times the whole tile's size."""


@dataclass(frozen=True, slots=True)
class Target:
    """The aims for a codec; None where there is none.

    Attributes:
        to_default: Bits per sample relative to `med-zstd`, at most.
        encode: Encoding speed relative to that of zstd-3 on unprocessed samples, at least.
        decode: Decoding speed relative to the same, at least, with numba.
        decode_plain: The same without numba.
    """

    to_default: float | None = None
    encode: float | None = None
    decode: float | None = None
    decode_plain: float | None = None

    def missed(self, row: Row, *, has_numba: bool) -> list[str]:
        """The aims that a row misses, in words; empty if it reaches all."""
        decode = self.decode if has_numba else self.decode_plain
        found = []
        size = row.to_default
        if self.to_default is not None and size is not None and size > self.to_default:
            found.append(f"size {size:.3f} > {self.to_default:g}")
        if self.encode is not None and row.encode_to_yardstick < self.encode:
            found.append(f"encoding {row.encode_to_yardstick:.2f} < {self.encode:g}")
        if decode is not None and row.decode_to_yardstick < decode:
            found.append(f"decoding {row.decode_to_yardstick:.2f} < {decode:g}")
        return found


TARGETS: dict[str, Target] = {
    "raw": Target(),
    "med-zstd": Target(to_default=1.0, encode=2.0, decode=1.0, decode_plain=0.3),
    "med-aec": Target(to_default=0.98, encode=1.5),
    "ccsds123": Target(to_default=0.94, encode=0.35),
    "ls-golomb": Target(to_default=0.90, encode=0.2),
    "strong": Target(to_default=0.87, encode=0.03),
    "auto": Target(),
    "jpegls": Target(),
    "jxl": Target(),
    "j2k": Target(),
}
"""By kind, for every packaged codec; those of other projects are there for comparison."""
