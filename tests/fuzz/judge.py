"""What must hold of a damaged record, and the counts of what became of many.

- `link`: bytes damaged, checksums as they were: always a CodecError.
- `payload`: a damaged payload straight into the decoder: a CodecError, the same samples, or others of the
  right shape and depth whose hash is another, so that a record would be refused.
- `sealed`: the same in a record with all checksums right: a CodecError or the same samples.
- `header`: damaged fields with a right checksum: a CodecError or the same samples.

Any other exception, a shape or depth that was not asked for, wrong samples, or memory beyond the bound is a
violation. Every record follows from seed, codec and its number alone.
"""

import random
import time
import tracemalloc
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from fuzz.mutations import claimed_samples, mutated, with_header, with_payload

from payload.compression import open_record
from payload.compression.record import HEADER_BYTES
from payload.compression.sealing import pixel_hash
from payload.errors import CodecError

STAGES = ("link", "payload", "sealed", "header")
MOST_SAMPLES = 2**22
"""A header that claims more than this is not tried here: tests of limits do that."""
BYTES_PER_SAMPLE, BYTES_BESIDES = 64, 32 * 2**20
"""A decoder may take 64 bytes for each sample that is claimed and 32 MiB besides: 32 times what comes out."""
TRACED_EVERY = 64
MOST_TOLD = 50


def bound_bytes(samples):
    """[byte] What decoding may take."""
    return BYTES_BESIDES + BYTES_PER_SAMPLE * samples


@dataclass
class Tally:
    """Counts of outcomes, by stage and by way, and what was wrong."""

    records: int = 0
    outcomes: Counter = field(default_factory=Counter)
    ways: Counter = field(default_factory=Counter)
    violations: list = field(default_factory=list)
    slowest_s: float = 0.0
    peak_bytes: int = 0
    cpu_s: float = 0.0

    def add(self, other):
        self.records += other.records
        self.outcomes += other.outcomes
        self.ways += other.ways
        self.violations = [*self.violations, *other.violations][:MOST_TOLD]
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.peak_bytes = max(self.peak_bytes, other.peak_bytes)
        self.cpu_s += other.cpu_s


def run(corpus, seed, numbers, started=lambda _number: None):
    """Judge records by their numbers; `started` is told each before it is tried."""
    tally = Tally()
    begun_s = time.process_time()
    for number in numbers:
        started(number)
        stage, way, outcome = _tried(corpus, seed, number, tally)
        tally.records += 1
        tally.ways[way] += 1
        tally.outcomes[f"{stage}: {outcome}"] += 1
    tally.cpu_s = time.process_time() - begun_s
    return tally


def _tried(corpus, seed, number, tally):
    draw = random.Random(f"{seed} {corpus.name} {number}")
    stage = STAGES[number % len(STAGES)]
    way, samples, attempt = _PREPARED[stage](corpus, draw)
    is_traced = number % TRACED_EVERY < len(STAGES)
    if is_traced:
        tracemalloc.start()
    begun_s = time.perf_counter()
    try:
        outcome = attempt()
    except CodecError:
        outcome = "refused"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        outcome = f"VIOLATION {type(error).__name__}"
        tally.violations.append([number, stage, way, f"{type(error).__name__}: {error}"[:200]])
    finally:
        tally.slowest_s = max(tally.slowest_s, time.perf_counter() - begun_s)
        peak_bytes = tracemalloc.get_traced_memory()[1] if is_traced else 0
        tracemalloc.stop()
    tally.peak_bytes = max(tally.peak_bytes, peak_bytes)
    if peak_bytes > bound_bytes(samples):
        tally.violations.append([number, stage, way, f"{peak_bytes} bytes for {samples} samples"])
        outcome = "VIOLATION memory"
    return stage, way, outcome


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


_PREPARED = {"link": _link, "payload": _payload, "sealed": _sealed, "header": _header}
