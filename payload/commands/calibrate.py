"""`payload-sim calibrate`: a surrogate for a payload of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from payload.commands.options import AsJson, Overrides, Quiet, whole_number_option
from payload.commands.progress import progress
from payload.commands.talk import answer, answer_json, as_dict, say


def calibrate(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the surrogate goes.")],
    scenario: Annotated[
        Path | None,
        typer.Argument(metavar="SCENARIO", help="A scenario; by default the packaged payload."),
    ] = None,
    overrides: Overrides = None,
    scenes: Annotated[
        int | None,
        whole_number_option(
            "--scenes",
            about="How many to paint, at least 60; 1,300 if left out, or 350 Mpx of them.",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fit a surrogate for a scenario's masker, codec, camera, scene and tile.

    Renders, masks and compresses several thousand tiles of the scenario's world, which takes minutes, and reports the
    error on held-out scenes. Use it with `fidelity: surrogate` and `surrogate.file: FILE`.

    Example:  payload-sim calibrate scenarios/reference.yaml --out reference.surrogate.json
    """
    from payload import api
    from payload.analysis.fidelity import surrogate_words
    from payload.scenario.options import refuse_remote

    refuse_remote([out])
    with progress(quiet=quiet) as tell:
        fitted = api.calibrate(scenario, out, overrides=overrides or [], scenes=scenes, tell=tell)
    painted = fitted.scenes + fitted.held_out.scenes
    if scenes is not None and painted < scenes:
        say(
            f"note: of {scenes:,} scenes {painted:,} were painted: no more of the kinds that are still rare were found"
        )
    if as_json:
        answer_json({"file": str(out), "sha256": fitted.digest, **as_dict(fitted.held_out)})
    else:
        answer(f"{out}: {' '.join(surrogate_words(fitted))}")
