"""`payload-sim bench`: how fast this machine flies."""

from pathlib import Path
from typing import Annotated

import typer

from payload.commands.options import AsJson, Quiet
from payload.commands.talk import answer, answer_json, as_dict, say


def bench(
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="Where bench.json and README.md go.")
    ] = Path("results/benchmarks"),
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Benchmark this machine: the event loop, a day, each stage, pixels, scaling with fleet size.

    Each result is a ratio of two CPU times measured in one run, or a speed in Mpx/s. Writes FOLDER/bench.json and README.md, with
    machine and versions. Takes some minutes.

    Example:  payload-sim bench --out results/benchmarks
    """
    from payload import api
    from payload.scenario.options import refuse_remote

    refuse_remote([out])
    report, path = api.bench(out, tell=(lambda _: None) if quiet else say)
    if as_json:
        answer_json({"file": str(path), **as_dict(report)})
        return
    for ratio in report.ratios:
        answer(ratio.sentence())
    answer(f"{report.machine}, {report.cores} cores, Python {report.python}")
    answer(str(path))
