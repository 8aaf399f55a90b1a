"""Fly variants of a scenario, each with the same seeds, with any sweep executor."""

import time
from collections.abc import Sequence
from pathlib import Path

from payload.errors import SweepError
from payload.scenario.models import Scenario
from payload.sweep.flying import Executor, Job, clean_folder
from payload.sweep.grid import key_of, packages_of
from payload.sweep.rows import FAILED, Row, forget_failed, row_path, standing_row, write_row
from payload.sweep.runner import Progress, Tell, make_rows


def fly_variants(  # noqa: PLR0913 - what, how often, where, by whom
    variants: Sequence[tuple[str, Scenario]],
    seeds: Sequence[int],
    folder: Path,
    executor: Executor,
    tell: Tell = lambda _: None,
    *,
    retry: bool = False,
) -> list[tuple[str, list[Row]]]:
    """Fly all variants with all seeds and return each name with its row per seed; rows in `<folder>/rows` are not flown again.

    Args:
        variants: Names and scenarios; the first is the base.
        seeds: Seeds of the world, with each of which every variant is flown.
        folder: Where the rows go.
        executor: What flies the runs.
        tell: Called with the progress.
        retry: Whether runs whose rows hold an error are flown again.

    Raises:
        ScenarioError: The folder cannot be written.
        SweepError: All flights of a variant failed; the message has the first error.
    """
    folder = folder.resolve()
    make_rows(folder)
    jobs = [[_job(scenario, seed, folder) for seed in seeds] for _, scenario in variants]
    if retry:
        forget_failed(folder, {job.key for flown in jobs for job in flown})
    missing = {
        job.key: job for flown in jobs for job in flown if not row_path(folder, job.key).exists()
    }
    with clean_folder(folder):
        if missing:
            with executor:
                start_s = time.perf_counter()
                for done, landed in enumerate(executor.fly(missing.values()), start=1):
                    if not row_path(folder, landed.key).exists():
                        write_row(folder, landed.key, landed.text)
                    left = len(missing) - done
                    left_s = (time.perf_counter() - start_s) / done * left
                    is_forecast = done == 1 < len(missing)
                    if is_forecast and landed.wall_s is not None:  # without the time taken to start
                        left_s = landed.wall_s * left / executor.workers
                    tell(Progress(done, len(missing), left_s, landed.wall_s, is_forecast))
    flights = [
        (name, [standing_row(folder, job.key) for job in flown])
        for (name, _), flown in zip(variants, jobs, strict=True)
    ]
    for name, rows in flights:
        _check(name, rows)
    return flights


def _job(scenario: Scenario, seed: int, folder: Path) -> Job:
    seeded = scenario.model_copy(update={"seed": seed})
    data = seeded.model_dump(mode="json")
    packages = packages_of(seeded)
    return Job(key_of(seeded), seeded.digest, seed, data, Path.cwd(), folder, packages)


def _check(name: str, rows: Sequence[Row]) -> None:
    if all(row.status == FAILED for row in rows):
        raise SweepError(f"{name}: every flight failed; the first: {rows[0].error}")
