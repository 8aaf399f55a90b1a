"""`jpegls`, `jxl` and `j2k`: still-image standards, lossless, for interchange and comparison.

None of them has a notion of pixels that are not coded: these are filled with the mean of those that are, band by
band, rounded down, which costs little and reveals nothing; the decoder replaces them by zeros.

The payload, little-endian; empty if nothing is coded:

    lengths     uint32 per picture    [byte]
    pictures    one per band; for `jxl` with at least three bands, the first three are the colours of one
"""

import struct
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from types import ModuleType
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from payload.compression.guest import FAILURES, PACKAGES, imagecodecs
from payload.compression.samples import (
    check_fit,
    check_samples,
    coded_samples,
    count_coded,
    expect_tile,
    nothing,
)
from payload.errors import CodecError
from payload.registry import option

_LENGTH = struct.Struct("<I")
# [byte] The most a sample takes: LIMIT of ISO/IEC 14495-1, annex C.2.4.1.1, is 64 bit for samples of 16.
_JPEGLS_LIMIT = 8
_JPEGLS_HEADER = 1024


@dataclass(frozen=True)
class Pictures:
    """A tile as still pictures of one band or three; subclasses define the format."""

    kind: ClassVar[str]
    packages: ClassVar[tuple[str, ...]] = PACKAGES

    def encode(
        self,
        bands: NDArray[np.uint16],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> bytes:
        """Code samples of shape (B, H, W); CodecError if one does not fit the bit depth."""
        check_samples(bands, bit_depth=bit_depth, not_coded=not_coded)
        guest = imagecodecs(self.kind)
        if not count_coded(bands.shape, not_coded):
            return b""
        whole = bands if not_coded is None else filled(bands, not_coded)
        pictures = [
            bytes(self._picture(guest, np.ascontiguousarray(part), bit_depth))
            for part in self._parts(whole)
        ]
        return b"".join([*(_LENGTH.pack(len(picture)) for picture in pictures), *pictures])

    def decode(
        self,
        payload: bytes,
        shape: tuple[int, int, int],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.uint16]:
        """The samples, shape (B, H, W); CodecError if the payload cannot be that of such a tile."""
        pixels = expect_tile(shape, bit_depth=bit_depth, not_coded=not_coded)
        guest = imagecodecs(self.kind)
        if not pixels:
            return nothing(payload, shape)
        bands = np.empty(shape, np.uint16)
        parts = list(self._parts(bands))
        for part, picture in zip(parts, self._cut(payload, len(parts)), strict=True):
            try:
                part[...] = self._samples(
                    guest, picture, np.empty(part.shape, np.uint16), bit_depth
                )
            except FAILURES as error:
                raise CodecError(f"{self.kind}: damaged picture: {error}") from error
        if not_coded is not None:
            bands[:, not_coded] = 0
        check_fit(bands, bit_depth=bit_depth)
        return bands

    def _parts(self, bands: NDArray[np.uint16]) -> Iterator[NDArray[np.uint16]]:
        """The parts that each become a picture, as views of the bands."""
        yield from bands

    def _cut(self, payload: bytes, count: int) -> list[bytes]:
        body = _LENGTH.size * count
        if len(payload) < body:
            raise CodecError(f"{self.kind}: a payload of {len(payload)} bytes is too short")
        lengths = [length for (length,) in _LENGTH.iter_unpack(payload[:body])]
        ends = list(accumulate(lengths, initial=body))
        if ends[-1] != len(payload):
            raise CodecError(
                f"{self.kind}: the lengths of the pictures do not add up to that of the payload"
            )
        return [payload[begin:end] for begin, end in pairwise(ends)]

    @abstractmethod
    def _picture(self, guest: ModuleType, part: NDArray[np.uint16], bit_depth: int) -> bytes: ...

    @abstractmethod
    def _samples(
        self, guest: ModuleType, picture: bytes, out: NDArray[np.uint16], bit_depth: int
    ) -> NDArray[np.uint16]: ...


@dataclass(frozen=True)
class JpegLs(Pictures):
    """JPEG-LS (ISO/IEC 14495-1), band by band (extra `codecs`). Lossless."""

    kind = "jpegls"

    def _picture(self, guest: ModuleType, part: NDArray[np.uint16], bit_depth: int) -> bytes:  # noqa: ARG002 - it finds out
        try:
            return guest.jpegls_encode(part)  # type: ignore[no-any-return]
        except FAILURES:  # its own buffer is too small for data that expands, such as 16 bit noise
            room = _JPEGLS_HEADER + _JPEGLS_LIMIT * part.size
            return guest.jpegls_encode(part, out=room)  # type: ignore[no-any-return]

    def _samples(
        self,
        guest: ModuleType,
        picture: bytes,
        out: NDArray[np.uint16],
        bit_depth: int,  # noqa: ARG002
    ) -> NDArray[np.uint16]:
        return guest.jpegls_decode(picture, out=out)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Jxl(Pictures):
    """JPEG XL (ISO/IEC 18181), the first three bands as colours (extra `codecs`). Lossless."""

    kind = "jxl"
    effort: int = option(
        3,
        description="Effort of the encoder, 1 to 9; above 5 far slower and hardly smaller.",
        ge=1,
        le=9,
    )

    def _parts(self, bands: NDArray[np.uint16]) -> Iterator[NDArray[np.uint16]]:
        colours = 3 if len(bands) >= 3 else 0
        if colours:
            yield bands[:colours].transpose(1, 2, 0)
        yield from bands[colours:]

    def _picture(self, guest: ModuleType, part: NDArray[np.uint16], bit_depth: int) -> bytes:
        return guest.jpegxl_encode(  # type: ignore[no-any-return]
            part,
            lossless=True,
            effort=self.effort,
            bitspersample=_two_bytes(bit_depth),
            usecontainer=False,
            numthreads=1,
        )

    def _samples(
        self,
        guest: ModuleType,
        picture: bytes,
        out: NDArray[np.uint16],
        bit_depth: int,  # noqa: ARG002
    ) -> NDArray[np.uint16]:
        return guest.jpegxl_decode(picture, numthreads=1, out=out)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class J2k(Pictures):
    """JPEG 2000 (ISO/IEC 15444-1), reversible, band by band (extra `codecs`). Lossless."""

    kind = "j2k"

    def _picture(self, guest: ModuleType, part: NDArray[np.uint16], bit_depth: int) -> bytes:
        return guest.jpeg2k_encode(  # type: ignore[no-any-return]
            part,
            level=0,
            reversible=True,
            codecformat="j2k",
            bitspersample=_two_bytes(bit_depth),
            numthreads=1,
        )

    def _samples(
        self, guest: ModuleType, picture: bytes, out: NDArray[np.uint16], bit_depth: int
    ) -> NDArray[np.uint16]:
        # The decoder trusts the size a picture states: check it before that much is allocated.
        if picture[: _SIZE.size] != _size(out.shape, _two_bytes(bit_depth)):
            raise CodecError("j2k: a picture has another size or bit depth")
        return guest.jpeg2k_decode(picture, numthreads=1, out=out)  # type: ignore[no-any-return]


# The SOC and SIZ markers of a code stream: ISO/IEC 15444-1, sections A.4.1 and A.5.1.
_SIZE = struct.Struct(">HHHH8IHBBB")


def _size(shape: tuple[int, ...], bit_depth: int) -> bytes:
    """The first bytes of the code stream of a single-band, single-tile picture."""
    height, width = shape
    return _SIZE.pack(
        0xFF4F, 0xFF51, 41, 0, width, height, 0, 0, width, height, 0, 0, 1, bit_depth - 1, 1, 1
    )


def _two_bytes(bit_depth: int) -> int:
    """[bit] The depth to declare for samples stored in two bytes; imagecodecs requires at least 9."""
    return max(bit_depth, 9)


def filled(bands: NDArray[np.uint16], not_coded: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """Samples in which the pixels that are not coded hold the mean of the others, rounded down.

    Args:
        bands: [DN] shape (B, H, W).
        not_coded: Shape (H, W), not True everywhere; samples where it is True are not used.

    Returns:
        Same shape, a new array.
    """
    coded = coded_samples(bands, not_coded)
    means = coded.sum(axis=1, dtype=np.uint64) // np.uint64(coded.shape[1])
    whole: NDArray[np.uint16] = np.where(
        not_coded, means.astype(np.uint16)[:, np.newaxis, np.newaxis], bands
    )
    return whole
