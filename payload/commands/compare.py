"""`payload-sim compare` over seeds and grids: rows by whoever flies sweeps, then paired differences."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from payload.commands.many import progress
from payload.commands.talk import answer, answer_json
from payload.errors import ScenarioError, SweepError
from payload.jobs import check_jobs
from payload.scratch import scratch_folder

if TYPE_CHECKING:
    from payload.scenario.models import Scenario

MOST_SEEDS = 10_000


def compare_rows(
    scenarios: list[tuple[str, "Scenario"]],
    settings: Sequence[Mapping[str, str]],
    seeds: int | None,
    jobs: int | None,
    out: Path | None,
    *,
    retry: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Fly variants with the same seeds and print their paired differences; leave page and tables where `out` says.

    Raises:
        SweepError: Some flights failed; what the others say is told before.
    """
    from payload import api
    from payload.analysis.words import paired_table
    from payload.scenario.options import refuse_remote

    if seeds is not None and not 2 <= seeds <= MOST_SEEDS:
        raise ScenarioError(f"--seeds {seeds}: must be from 2 to {MOST_SEEDS:,}")
    check_jobs(jobs, "--jobs")
    if retry and out is None:
        raise ScenarioError("--retry needs --out FOLDER, where the rows of failed flights are")
    refuse_remote([] if out is None else [out])
    with scratch_folder() as rows, progress(quiet=quiet) as tell:
        found = api.compare_seeds(
            scenarios,
            1 if seeds is None else seeds,
            out or rows,
            api.executor(jobs=jobs),
            settings=settings,
            retry=retry,
            tell=tell,
        )
    page = None if out is None else api.write_effects(found, scenarios[0][1].name, out)
    if as_json:
        answer_json(found.as_dict())
    else:
        for line in paired_table(found):
            answer(line)
        if page is not None:
            answer(str(page))
    if found.failure is not None:
        raise SweepError(found.failure)
