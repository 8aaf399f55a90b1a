"""How records are damaged: on the link, and by somebody who puts the checksums right again.

The only place that knows where a record has its checksums; see `payload.compression.record`.
"""

import struct
import zlib

from payload.compression.record import HEADER_BYTES

LENGTH_AT, PAYLOAD_CRC_AT, HEADER_CRC_AT = 4, HEADER_BYTES - 8, HEADER_BYTES - 4
BANDS_AT, HEIGHT_AT, WIDTH_AT, DEPTH_AT = 10, 24, 26, 46
ODD = (0, 1, 2, 3, 7, 8, 15, 16, 127, 128, 255, 256, 4095, 65535, 2**16, 2**27, 2**31, 2**32 - 1)


def mutated(data, draw, other):
    """Damaged bytes and how; `other` is where a splice takes its tail from."""
    how = draw.choice(sorted(WAYS))
    return WAYS[how](data, draw, other), how


def with_payload(record, payload):
    """The record with another payload, its length and all checksums right."""
    header = bytearray(record[:HEADER_BYTES])
    struct.pack_into("<I", header, LENGTH_AT, HEADER_BYTES + len(payload))
    struct.pack_into("<I", header, PAYLOAD_CRC_AT, zlib.crc32(payload))
    return checked(bytes(header)) + payload


def with_header(record, draw):
    """The record with damaged fields and a right checksum, and how."""
    header = bytearray(record[:HEADER_BYTES])
    how = draw.choice(["shape", "field", "bits"])
    if how == "shape":
        at, size = draw.choice([(BANDS_AT, 2), (HEIGHT_AT, 2), (WIDTH_AT, 2), (DEPTH_AT, 1)])
        (old,) = struct.unpack_from("<H" if size == 2 else "<B", header, at)
        near = [old + 1, old - 1, old * 2, old // 2, draw.choice(ODD), draw.randrange(2048)]
        struct.pack_into("<H" if size == 2 else "<B", header, at, draw.choice(near) % 256**size)
    elif how == "field":
        at = draw.randrange(4, HEADER_CRC_AT, 2)
        struct.pack_into("<H", header, at, draw.choice(ODD) & 0xFFFF)
    else:
        for _ in range(draw.randint(1, 4)):
            header[draw.randrange(4, HEADER_CRC_AT)] ^= 1 << draw.randrange(8)
    return checked(bytes(header)) + record[HEADER_BYTES:], f"header {how}"


def checked(header):
    """A header with its checksum right."""
    return header[:HEADER_CRC_AT] + struct.pack("<I", zlib.crc32(header[:HEADER_CRC_AT]))


def claimed_samples(record):
    """How many samples a header claims."""
    (bands,) = struct.unpack_from("<H", record, BANDS_AT)
    height, width = struct.unpack_from("<HH", record, HEIGHT_AT)
    return bands * height * width


def _flip(data, draw, _):
    damaged = bytearray(data)
    for _ in range(draw.randint(1, 8)):
        damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
    return bytes(damaged)


def _overwrite(data, draw, _):
    start = draw.randrange(len(data))
    piece = draw.randbytes(draw.randint(1, 16))
    return (data[:start] + piece + data[start + len(piece) :])[: len(data)]


def _fill(data, draw, _):
    start = draw.randrange(len(data))
    end = min(len(data), start + draw.randint(1, 64))
    return data[:start] + draw.choice([b"\0", b"\xff"]) * (end - start) + data[end:]


def _cut(data, draw, _):
    return data[: draw.randrange(len(data))]


def _extend(data, draw, _):
    return data + draw.randbytes(draw.randint(1, 64))


def _splice(data, draw, other):
    return data[: draw.randrange(len(data))] + other[draw.randrange(len(other)) :]


def _lose(data, draw, _):
    start = draw.randrange(len(data))
    return data[:start] + data[start + draw.randint(1, 32) :]


def _repeat(data, draw, _):
    start = draw.randrange(len(data))
    return data[:start] + data[start : start + draw.randint(1, 32)] * 2 + data[start + 32 :]


def _length(data, draw, _):
    """A number where a length could be: mostly near the front."""
    size = draw.choice([1, 2, 4])
    if len(data) < size:
        return data + b"\0"
    at = min(draw.choice([draw.randrange(64), draw.randrange(len(data))]), len(data) - size)
    value = draw.choice([*ODD, len(data), len(data) - 1, len(data) + 1])
    return data[:at] + (value % 256**size).to_bytes(size, "little") + data[at + size :]


WAYS = {
    "flip": _flip,
    "overwrite": _overwrite,
    "fill": _fill,
    "cut": _cut,
    "extend": _extend,
    "splice": _splice,
    "lose": _lose,
    "repeat": _repeat,
    "length": _length,
}
