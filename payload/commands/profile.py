"""`payload-sim profile`: this machine as a compute profile that a scenario can name."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from payload.commands.options import AsJson, Overrides
from payload.commands.talk import answer, answer_json, as_dict, say
from payload.errors import ScenarioError

if TYPE_CHECKING:
    from payload.energy import ComputeProfile

OutFile = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="Where the profile goes (.json).")
]
OptionalScenario = Annotated[
    Path | None,
    typer.Argument(metavar="SCENARIO", help="A scenario; by default the packaged payload."),
]
ActiveW = Annotated[
    float | None, typer.Option("--active-w", help="[W] While computing: you have to measure it.")
]
IdleW = Annotated[float | None, typer.Option("--idle-w", help="[W] At rest.")]
CpuS = Annotated[float, typer.Option("--cpu-s", help="[s] CPU time to spend on masking.")]


def profile(
    out: OutFile,
    scenario: OptionalScenario = None,
    overrides: Overrides = None,
    active_w: ActiveW = None,
    idle_w: IdleW = None,
    cpu_s: CpuS = 5.0,
    as_json: AsJson = False,
) -> None:
    """Measure how fast this machine masks.

    The scenario's masker processes tiles of its scene as in flight, on one thread, timed in CPU seconds.

    A scenario uses the profile through `computer: {profile: FILE}`. Power must be given by you; without it the
    energy of computing is reported as unknown.

    Example:  payload-sim profile scenarios/quickstart.yaml --active-w 15 --out host.json
    """
    from payload import api
    from payload.scenario.options import refuse_remote

    refuse_remote([out])
    if out.suffix.lower() != ".json":
        raise ScenarioError(f"--out {out}: expected a name ending in .json")
    for option, watts in (("--active-w", active_w), ("--idle-w", idle_w)):
        if watts is not None and not 0 < watts < 1e6:
            raise ScenarioError(f"{option} {watts:g}: expected watts above 0")
    found = api.profile(
        scenario, out, overrides=overrides or [], active_w=active_w, idle_w=idle_w, cpu_s=cpu_s
    )
    if as_json:
        answer_json({"file": str(out), **as_dict(found)})
    else:
        answer(_sentence(out, found))
    if active_w is None:
        say("note: without --active-w, the energy of computing will be reported as unknown")


def _sentence(out: Path, found: "ComputeProfile") -> str:
    energy = ""
    if found.active_w is not None and found.mpx_per_s is not None:
        energy = f", {found.active_w / found.mpx_per_s:.3g} J a megapixel"
    ops = found.workload_ops_per_px
    work = "" if ops is None else f" ({ops:,.0f} operations a pixel)"
    return f"{out}: {found.mpx_per_s:g} Mpx/s on {found.workload}{work}{energy}; {found.platform}"
