"""Codecs with one fault each, that the harness must find."""

import os
import signal
import time
import zlib
from dataclasses import dataclass

import numpy as np

from payload.compression.raw import Raw
from payload.errors import CodecError


@dataclass(frozen=True)
class Good:
    """Deflate, and behind it the parity of its bytes, by which half of all damage is noticed."""

    def encode(self, bands, *, bit_depth, not_coded=None):
        body = zlib.compress(Raw().encode(bands, bit_depth=bit_depth, not_coded=not_coded))
        return body + bytes([sum(body) % 2])

    def decode(self, payload, shape, *, bit_depth, not_coded=None):
        if not payload or sum(payload[:-1]) % 2 != payload[-1]:
            return self.fault(payload, shape)
        try:
            packed = zlib.decompressobj().decompress(payload[:-1], 2**16)
        except zlib.error as error:
            raise CodecError(f"deflate: {error}") from error
        return Raw().decode(packed, shape, bit_depth=bit_depth, not_coded=not_coded)

    def fault(self, _payload, _shape):
        raise CodecError("the parity is another")


@dataclass(frozen=True)
class Crashes(Good):
    """An exception of another kind."""

    def fault(self, payload, _shape):
        return payload[len(payload)]


@dataclass(frozen=True)
class Hangs(Good):
    """Comes back much later, seldom."""

    def fault(self, payload, _shape):
        if payload and payload[0] != 0x78:
            time.sleep(3600)
        raise CodecError("the parity is another")


@dataclass(frozen=True)
class Spins(Good):
    """Computes for ever, seldom."""

    def fault(self, payload, _shape):
        while payload and payload[0] != 0x78:
            pass
        raise CodecError("the parity is another")


@dataclass(frozen=True)
class Dies(Good):
    """Takes the process with it, seldom."""

    def fault(self, payload, _shape):
        if payload and payload[0] != 0x78:
            os.kill(os.getpid(), signal.SIGKILL)
        raise CodecError("the parity is another")


@dataclass(frozen=True)
class Swells(Good):
    """Takes memory as the payload says, before it looks."""

    def fault(self, payload, _shape):
        np.empty((len(payload) + 600) * 2**16, np.uint8)
        raise CodecError("the parity is another")


@dataclass(frozen=True)
class Bursts(Good):
    """Takes more memory than there may be."""

    def fault(self, _payload, _shape):
        np.ones(2**30, np.uint8)
        raise CodecError("the parity is another")


@dataclass(frozen=True)
class Reshapes(Good):
    """Gives samples of its own shape."""

    def fault(self, _payload, _shape):
        return np.zeros((1, 1, 2), np.uint16)


@dataclass(frozen=True)
class Overflows(Good):
    """Gives samples beyond the bit depth."""

    def fault(self, _payload, shape):
        return np.full(shape, 65535, np.uint16)
