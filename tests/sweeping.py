"""A plug-in of a stranger's whose masker misbehaves on wish, and small sweeps that use it."""

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from payload.sweep.flying import Landed

RUDE = '''
"""The threshold masker, and what can go wrong with a stranger's code."""
import os, signal, time
from dataclasses import dataclass
from payload.masking.baselines import BlueThreshold
from payload.registry import option


@dataclass(frozen=True)
class Rude(BlueThreshold):
    """Masks like `blue`; on wish it first sleeps, raises or takes its process with it."""

    sleeps_s: float = option(0.0, description="[s] Slept at each tile.")
    does: str = option("nothing", description="nothing, print, raise, die, die_once or overflow.")
    mark: str = option("", description="A file that remembers for die_once.")

    def predict(self, tile):
        time.sleep(self.sleeps_s)
        if self.does == "print":
            print('{"state": "done"}')
            os.write(1, b"no message, and no text: \\xff\\n")
        if self.does == "raise":
            raise ArithmeticError("this masker is rude")
        if self.does == "die" or (self.does == "die_once" and not os.path.exists(self.mark)):
            if self.mark:
                open(self.mark, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().predict(tile)
'''


def write_plugin(folder):
    """Install the plug-in as a wheel would, into a folder of its own; that folder."""
    place = folder / "stranger"
    about = place / "rude-1.0.dist-info"
    about.mkdir(parents=True)
    (place / "rude_masker.py").write_text(textwrap.dedent(RUDE))
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: rude\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[payload.masker]\nrude = rude_masker:Rude\n")
    return place


def write_sweep(folder, base, **keys):
    """Write a sweep file about a base."""
    path = folder / "sweep.yaml"
    path.write_text(json.dumps({"name": "small", "base": str(base)} | keys))
    return path


def start(*words, plugin=None):
    """`payload-sim` in a process of its own, not waited for."""
    environment = os.environ | ({"PYTHONPATH": str(plugin)} if plugin else {})
    return subprocess.Popen(
        [sys.executable, "-m", "payload", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def workers_of(pid):
    """Processes that fly for a process, by /proc: its children that were spawned to compute."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            said = (place / "cmdline").read_text()
        except OSError:
            continue
        if parent == pid and "spawn_main" in said:
            found.append(int(place.name))
    return found


def rows_in(folder):
    """Texts of the rows that stand in a sweep's folder, by key, with what tells whether they were written again."""
    found = {}
    for path in (folder / "rows").glob("[0-9a-f]*.json"):
        status = path.stat()
        found[path.stem] = (path.read_text(), status.st_mtime_ns, status.st_ino)
    return found


def nap(job):
    """A worker's work that takes half a second and no core: what is beyond that is the pool's own."""
    start_s = time.perf_counter()
    time.sleep(0.5)
    return Landed(job.key, "", time.perf_counter() - start_s)
