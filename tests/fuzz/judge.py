"""The counts of what became of many damaged things, and what is a violation.

A target has stages (`fuzz.stages`, `fuzz.reports`, `fuzz.containers`), which take turns. An exception other than
CodecError, whatever a stage asserts, and memory beyond the bound are violations. Every thing that is tried follows
from seed, target and its number alone.
"""

import random
import time
import tracemalloc
from collections import Counter
from dataclasses import dataclass, field

from payload.errors import CodecError

MOST_SAMPLES = 2**22
"""A header that claims more than this is not tried here: tests of limits do that."""
BYTES_PER_SAMPLE, BYTES_BESIDES = 64, 32 * 2**20
"""A decoder may take 64 bytes for each sample that is claimed and 32 MiB besides: 32 times what comes out."""
TRACED_EVERY = 64
TRACED_IN_TURN = 4  # so that each stage has its share, however many there are
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


def run(target, seed, numbers, started=lambda _number: None):
    """Judge what a target makes of numbers; `started` is told each before it is tried."""
    tally = Tally()
    begun_s = time.process_time()
    for number in numbers:
        started(number)
        stage, way, outcome = _tried(target, seed, number, tally)
        tally.records += 1
        tally.ways[way] += 1
        tally.outcomes[f"{stage}: {outcome}"] += 1
    tally.cpu_s = time.process_time() - begun_s
    return tally


def _tried(target, seed, number, tally):
    draw = random.Random(f"{seed} {target.name} {number}")
    stages = list(target.stages)
    stage = stages[number % len(stages)]
    way, samples, attempt = target.stages[stage](target, draw)
    is_traced = number % TRACED_EVERY < TRACED_IN_TURN
    if is_traced:
        tracemalloc.start()
    begun_s = time.process_time()
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
        tally.slowest_s = max(tally.slowest_s, time.process_time() - begun_s)
        peak_bytes = tracemalloc.get_traced_memory()[1] if is_traced else 0
        tracemalloc.stop()
    tally.peak_bytes = max(tally.peak_bytes, peak_bytes)
    if peak_bytes > bound_bytes(samples):
        tally.violations.append([number, stage, way, f"{peak_bytes} bytes for {samples} samples"])
        outcome = "VIOLATION memory"
    return stage, way, outcome
