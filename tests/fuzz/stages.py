"""What a damaged record must do, stage by stage.

- `link`: bytes damaged, checksums as they were: always a CodecError.
- `payload`: a damaged payload straight into the decoder: a CodecError, the same samples, or others of the
  right shape and depth whose hash is another, so that a record would be refused.
- `sealed`: the same in a record with all checksums right: a CodecError or the same samples.
- `header`: damaged fields with a right checksum: a CodecError or the same samples.

Each stage is told a corpus of `fuzz.corpus` and a draw, and gives the way of the damage, how many samples are
claimed, and an attempt that returns what became of it.
"""

import numpy as np
from fuzz.judge import MOST_SAMPLES
from fuzz.mutations import claimed_samples, mutated, with_header, with_payload

from payload.compression import open_record
from payload.compression.record import HEADER_BYTES
from payload.compression.sealing import pixel_hash


def _link(corpus, draw):
    one, other = draw.choice(corpus.sealed), draw.choice(corpus.sealed)
    damaged, way = mutated(one.record, draw, other.record)

    def attempt():
        if damaged in {one.record, other.record}:
            return "unchanged"
        open_record(damaged, one.codecs)
        raise AssertionError("damage was not noticed")

    return way, one.bands.size, attempt


def _payload(corpus, draw):
    one, other = draw.choice(corpus.coded), draw.choice(corpus.coded)
    damaged, way = mutated(one.payload or b"\0", draw, other.payload or b"\0")

    def attempt():
        decoded = one.decode(corpus.codec, damaged)
        if decoded.shape != one.bands.shape or decoded.dtype != np.uint16:
            raise AssertionError(f"samples of {decoded.shape}, {decoded.dtype}")
        clear = np.ones(decoded.shape[1:], bool) if one.plane is None else ~one.plane
        if decoded[:, clear].max(initial=0) >> one.bit_depth:
            raise AssertionError(f"a sample beyond {one.bit_depth} bit")
        if one.same(decoded):
            return "same samples"
        if pixel_hash(np.where(clear, decoded, 0)) == pixel_hash(np.where(clear, one.bands, 0)):
            raise AssertionError("other samples with the same hash")
        return "caught by the hash"

    return way, one.bands.size, attempt


def _sealed(corpus, draw):
    one, other = draw.choice(corpus.sealed), draw.choice(corpus.sealed)
    payload, way = mutated(one.record[HEADER_BYTES:], draw, other.record[HEADER_BYTES:])
    return way, one.bands.size, _opened(one, with_payload(one.record, payload))


def _header(corpus, draw):
    one = draw.choice(corpus.sealed)
    while True:
        damaged, way = with_header(one.record, draw)
        samples = claimed_samples(damaged)
        if samples <= MOST_SAMPLES // 16 or (samples <= MOST_SAMPLES and draw.random() < 0.1):
            return way, samples, _opened(one, damaged)


def _opened(one, damaged):
    def attempt():
        opened = open_record(damaged, one.codecs)
        if not np.array_equal(opened.bands, one.bands):
            raise AssertionError("other samples were taken for those that were sealed")
        return "same samples"

    return attempt


RECORD_STAGES = {"link": _link, "payload": _payload, "sealed": _sealed, "header": _header}
