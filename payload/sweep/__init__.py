"""Sweeps: a base scenario flown with varied parameters and several seeds; finished rows survive any crash.

- `load_sweep` reads a `SweepSpec` from YAML: `grid`, `list`, `random`, `latin_hypercube`, `seeds`, `arms`.
- `run_sweep` flies the runs that have no row yet, then writes tables and the page. Runs are flown by an
  `Executor`: `Serial`, `Pool` (processes on one machine) or `Cluster` (dask.distributed); rows are bit-identical.
- A row is named by the digest of its scenario, seed, code and model: a restarted sweep resumes, and an
  enlarged one flies only what is new.

>>> from pathlib import Path
>>> from payload.sweep import Pool, load_sweep, run_sweep
>>> spec = load_sweep(Path("scenarios/sweeps/thresholds.yaml"))
>>> result = run_sweep(spec, Path("sweeps"), Pool())  # doctest: +SKIP
>>> result.folder / "sweep.html"  # doctest: +SKIP
"""

import json
import shlex
from datetime import UTC, datetime
from pathlib import Path

from payload.sweep.cluster import Cluster
from payload.sweep.flying import Executor, Serial
from payload.sweep.grid import Grid, make_grid
from payload.sweep.page import PAGE, write_page
from payload.sweep.pool import Pool
from payload.sweep.response import Responses
from payload.sweep.runner import NONE, Progress, SweepResult, Tell, Wishes, fly_sweep, provenance
from payload.sweep.spec import SweepSpec, load_sweep
from payload.sweep.table import RunTable, write_tables
from payload.text_files import write_text

__all__ = [
    "PAGE",
    "Cluster",
    "Executor",
    "Grid",
    "Pool",
    "Progress",
    "Responses",
    "RunTable",
    "Serial",
    "SweepResult",
    "SweepSpec",
    "Tell",
    "Wishes",
    "load_sweep",
    "make_grid",
    "run_sweep",
]


def run_sweep(
    spec: SweepSpec,
    out: str | Path,
    executor: Executor,
    wishes: Wishes = NONE,
    tell: Tell = lambda _: None,
) -> SweepResult:
    """Fly a sweep and write its rows, tables and page to `<out>/<name>`; see `fly_sweep`.

    Raises:
        ScenarioError: The sweep is invalid, or the folder cannot be written.
        SweepError: The cluster is gone, or a file of the scenario has changed meanwhile.
    """
    out = Path(out)
    started = datetime.now(UTC)
    result = fly_sweep(spec, out, executor, wishes, tell)
    table = RunTable(result)
    for name, text in write_tables(table, result.folder):
        write_text(result.folder / name, text)
    told = {
        "sweep.json": spec.model_dump(mode="json"),
        "provenance.json": provenance(result, started, shlex.join(wishes.command)),
    }
    for name, value in told.items():
        text = json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False)
        write_text(result.folder / name, text + "\n")
    write_page(Responses(table), result.folder)
    return result
