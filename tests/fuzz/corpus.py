"""What is mutated: small tiles of many kinds, coded and sealed by one codec."""

import hashlib
import importlib
import inspect
from dataclasses import dataclass

import numpy as np
from contracts.codec import textured
from fuzz.stages import RECORD_STAGES

from payload.compression import LOSSLESS, Coding, Loss, open_record, seal, seal_clear
from payload.errors import CodecError
from payload.ports import Choosing, InLoop
from payload.registry import build
from payload.types import Patch, Radiometry, Tile, Window

KINDS = [
    ((1, 1, 1), 12),
    ((2, 5, 7), 12),
    ((4, 16, 16), 12),
    ((3, 8, 24), 8),
    ((1, 1, 40), 16),
    ((5, 24, 9), 10),
    ((4, 32, 32), 12),
]
FILLS = ("textured", "random", "constant", "top")
VARIANTS = {
    "ccsds123": (
        {"max_error_dn": 2},
        {"coder": "block-adaptive"},
        {"coder": "block-adaptive", "max_error_dn": 5, "local_sums": "column-oriented"},
    )
}
"""Options, beside the defaults, that make payloads of another kind: of loss in the loop, of another coder."""


@dataclass(frozen=True, eq=False)
class Coded:
    """A payload and what it holds; `plane` are the pixels that are not coded, or None."""

    payload: bytes
    bands: np.ndarray
    bit_depth: int
    plane: np.ndarray | None

    def decode(self, codec, payload):
        more = {} if self.plane is None else {"not_coded": self.plane}
        return codec.decode(payload, self.bands.shape, bit_depth=self.bit_depth, **more)

    def same(self, decoded):
        clear = np.ones(self.bands.shape[1:], bool) if self.plane is None else ~self.plane
        return np.array_equal(decoded[:, clear], self.bands[:, clear])


@dataclass(frozen=True, eq=False)
class Sealed:
    """A record, the samples in it, and who can open it, by kind."""

    record: bytes
    bands: np.ndarray
    codecs: dict


@dataclass(frozen=True, eq=False)
class Corpus:
    """All that is mutated of one codec; `digest` names it, so that counts of another are not gone on with."""

    name: str
    codec: object
    coded: list[Coded]
    sealed: list[Sealed]
    digest: str
    stages = RECORD_STAGES


def make_corpus(name):
    """The corpus of a codec: a kind, or `module:Class`. It is coded and decoded, so all is compiled."""
    codec = _codec(name)
    kind = name if ":" not in name else "stranger"
    coded, sealed = [], []
    for each in (codec, *(build("payload.codec", name, more) for more in VARIANTS.get(name, ()))):
        for shape, bit_depth in KINDS:
            for fill in FILLS:
                bands = _bands(shape, bit_depth, fill)
                coded += _payloads(each, bands, bit_depth)
                sealed += _records(each, kind, bands, bit_depth)
    assert coded, f"{name} codes no tile of the corpus"
    assert sealed, f"{name} seals no tile of the corpus"
    digest = hashlib.blake2b(digest_size=8)
    for data in [*(one.payload for one in coded), *(one.record for one in sealed)]:
        digest.update(data)
    return Corpus(kind, codec, coded, sealed, digest.hexdigest())


def _codec(name):
    if ":" not in name:
        return build("payload.codec", name, {})
    module, _, cls = name.partition(":")
    return getattr(importlib.import_module(module), cls)()


def _bands(shape, bit_depth, fill):
    top = 2**bit_depth - 1
    if fill == "textured":
        return textured(shape, bit_depth)
    if fill == "random":
        draw = np.random.default_rng(1)
        return draw.integers(0, top, shape, dtype=np.uint16, endpoint=True)
    return np.full(shape, top if fill == "top" else top // 3, np.uint16)


def _payloads(codec, bands, bit_depth):
    """Payloads with and without a plane; what a codec loses is lost once and for all."""
    planes = [None]
    if "not_coded" in inspect.signature(codec.encode).parameters:
        planes.append(np.indices(bands.shape[1:]).sum(axis=0) % 5 > 2)
    made = []
    for plane in planes:
        more = {} if plane is None else {"not_coded": plane}
        try:
            payload = codec.encode(bands, bit_depth=bit_depth, **more)
        except CodecError:
            continue  # not every codec takes every shape
        found = codec.decode(payload, bands.shape, bit_depth=bit_depth, **more)
        clear = np.ones(bands.shape[1:], bool) if plane is None else ~plane
        off = np.abs(found.astype(int) - bands.astype(int))[:, clear]
        assert off.max(initial=0) <= _loss(codec)
        made.append(Coded(payload, found, bit_depth, plane))
    return made


def _loss(codec):
    return codec.max_error_dn if isinstance(codec, InLoop) else 0


def _records(codec, kind, bands, bit_depth):
    """Records that the codec itself made: exact or as it loses, within 2 DN, and without the pixels of a plane."""
    height, width = bands.shape[1:]
    tile = Tile(
        "image#1,2", 1, 2, Window(height, 2 * width, height, width), Patch(bands), bands,
        (slice(0, height), slice(0, width)), Radiometry(1e-4), bit_depth,
    )  # fmt: skip
    made = []
    codecs = {kind: codec}
    if isinstance(codec, Choosing):  # its records name what it picked
        codecs = {each: build("payload.codec", each, {}) for each in codec.candidates}
    losses = (LOSSLESS,) if _loss(codec) else (LOSSLESS, Loss(2))
    try:
        made += [seal(tile, codec, kind, cover=0.25, loss=loss) for loss in losses]
        if "not_coded" in inspect.signature(codec.encode).parameters:
            plane = np.indices((height, width)).sum(axis=0) % 20 > 9
            coding = Coding(codec, kind, LOSSLESS)
            made.append(seal_clear(tile, coding, not_coded=plane, whole=made[0]))
    except CodecError:
        pass  # not every codec takes every shape or every plane
    records = dict.fromkeys(one.record for one in made if one.codec in codecs)
    return [Sealed(record, open_record(record, codecs).bands, codecs) for record in records]
