"""`.ci/fuzz --records 1000000 --codec all`: millions of damaged records, in a process that may die or hang.

The decoder runs in a child with a bound on its address space. The parent looks at the time it computes, and at the
clock: where a record takes too long, or the child dies, the child is begun anew behind that record, which is told as a
violation.
Counts are written after every batch, and a run that was stopped goes on from there.
"""

import argparse
import json
import math
import multiprocessing
import os
import resource
import time
from collections import Counter
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from fuzz.judge import BYTES_BESIDES, BYTES_PER_SAMPLE, MOST_SAMPLES, Tally, bound_bytes, run
from fuzz.targets import make_target, names

HANG_S = 60.0
"""[s] Of computing, which a busy machine does not lengthen; the slowest record is told."""
ASLEEP = 10
"""As many times longer by the clock is too long as well: then it waits for what never comes."""
OUT = Path("results/codecs/fuzz.json")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Task:
    """How many records of which seed, and how they are counted."""

    records: int
    seed: int = 1
    batch: int = 5_000
    hang_s: float = HANG_S


def fuzz(name, task, out, tell=lambda _: None):
    """Judge records up to a number, going on from what the file tells; the decoder's entry."""
    seed = task.seed
    corpus = make_target(name)
    state = _read(out)
    entry = state["decoders"].get(name)
    if entry is None or (entry["seed"], entry["corpus"]) != (seed, corpus.digest):
        entry = _entry(task, corpus, Tally())
    tally = _tally(entry)
    while tally.records < task.records:
        numbers = range(tally.records, min(tally.records + task.batch, task.records))
        for part in _batches(name, seed, numbers, task.hang_s):
            tally.add(part)
        entry = _entry(task, corpus, tally)
        state["decoders"][name] = entry
        _write(out, state)
        tell(f"{name}: {tally.records} records, {len(tally.violations)} violations")
    return entry


class _Child:
    """A process that judges records until it is told to stop."""

    def __init__(self, name, seed):
        context = multiprocessing.get_context("spawn")
        self.number = context.Value("q", -1, lock=False)
        self.begun_s = context.Array("d", 2, lock=False)  # by the clock, and in time computed
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=_serve,
            args=(name, seed, theirs, self.number, self.begun_s),
            daemon=True,
        )
        self.process.start()
        theirs.close()
        assert self.pipe.recv() == "ready"

    def judge(self, numbers, hang_s):
        """A tally, or None if it hung or died; then `number` says where."""
        self.begun_s[:] = time.monotonic(), math.inf
        self.pipe.send(numbers)
        while True:
            try:
                if self.pipe.poll(0.2):
                    return self.pipe.recv(), ""
            except (EOFError, ConnectionResetError):
                self.process.join()
                return None, f"the process died ({self.process.exitcode})"
            if self._computed_s() > hang_s:
                self.stop()
                return None, f"computed longer than {hang_s:g} s"
            if time.monotonic() - self.begun_s[0] > ASLEEP * hang_s:
                self.stop()
                return None, f"silent longer than {ASLEEP * hang_s:g} s"

    def _computed_s(self):
        """[s] That the processor spent on the record at hand. Source: proc(5), utime and stime of `stat`."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / _TICKS_PER_S - self.begun_s[1]

    def stop(self):
        self.process.kill()
        self.process.join()


_CHILDREN: dict = {}


def _batches(name, seed, numbers, hang_s):
    """Tallies that make up a batch; a record at which the child hangs or dies has one of its own."""
    left = numbers
    while left:
        child = _CHILDREN.get((name, seed))
        if child is None or not child.process.is_alive():
            child = _CHILDREN[name, seed] = _Child(name, seed)
        tally, problem = child.judge(left, hang_s)
        if tally is not None:
            yield tally
            return
        bad = child.number.value
        if bad > left.start:  # what came before it again, as its counts are gone
            child = _CHILDREN[name, seed] = _Child(name, seed)
            before, _ = child.judge(range(left.start, bad), hang_s)
            assert before is not None, "a record that was good is bad the second time"
            yield before
        yield Tally(1, Counter({"VIOLATION hang or crash": 1}), violations=[[bad, "", "", problem]])
        left = range(bad + 1, left.stop)


def _serve(name, seed, pipe, number, begun_s):
    """The child: bounded once its corpus is coded and so everything compiled."""
    corpus = make_target(name)
    used_bytes = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = used_bytes + bound_bytes(MOST_SAMPLES)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    pipe.send("ready")

    def started(which):
        number.value = which
        begun_s[:] = time.monotonic(), time.process_time()

    while True:
        pipe.send(run(corpus, seed, pipe.recv(), started))


def packages():
    """What the bytes of a corpus may depend on besides our code."""
    return {name: version(name) for name in ("numpy", "zstandard", "imagecodecs", "numba")}


def _entry(task, corpus, tally):
    return {
        "seed": task.seed,
        "corpus": corpus.digest,
        "packages": packages(),
        **_plain(tally),
    }


def _plain(tally):
    told = asdict(tally)
    told["outcomes"] = dict(sorted(tally.outcomes.items()))
    told["ways"] = dict(sorted(tally.ways.items()))
    return {
        **told,
        "records_per_cpu_s": round(tally.records / tally.cpu_s) if tally.cpu_s else None,
    }


def _tally(entry):
    told = {key: value for key, value in entry.items() if key in asdict(Tally())}
    counts = {key: Counter(told[key]) for key in ("outcomes", "ways")}
    return Tally(**{**told, **counts})


def _read(path):
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    bounds = {
        "bytes_per_sample": BYTES_PER_SAMPLE,
        "bytes_besides": BYTES_BESIDES,
        "most_samples_claimed": MOST_SAMPLES,
        "hang_s": HANG_S,
    }
    return {"bounds": bounds, "decoders": {}}


def _write(path, state):
    beside = path.with_name(f".{path.name}.partial")
    beside.write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")
    beside.replace(path)


def _say(text):
    print(text, flush=True)  # noqa: T201 - talking is what a script does


def main():
    parser = argparse.ArgumentParser(prog=".ci/fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("--codec", default="all", help="all, or some of " + ", ".join(names()))
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    wanted = names() if asked.codec == "all" else asked.codec.split(",")
    bad = 0
    for name in wanted:
        entry = fuzz(name, Task(asked.records, asked.seed), asked.out, tell=_say)
        bad += len(entry["violations"])
        _say(f"{name} {json.dumps(entry, indent=1)}")
    return 1 if bad else 0
