"""The programming interface: what the command line does, one function for each command.

>>> from payload import api
>>> scenario = api.load_scenario("scenarios/quickstart.yaml")
>>> result = api.run(scenario, "results")  # doctest: +SKIP
>>> result.summary["bytes"]["delivered"]  # doctest: +SKIP
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

from payload.analysis import Comparison
from payload.analysis.link import LinkReport
from payload.analysis.paired import PairedComparison
from payload.bench import BenchReport, bench
from payload.energy import ComputeProfile, write_profile
from payload.equipment import make_sensor
from payload.estimate import Estimate, estimate
from payload.examination import check, examine
from payload.jobs import check_jobs
from payload.outlay import SweepEstimate, estimate_sweep
from payload.ports import SceneSource
from payload.products.cloud_masks import MaskReport
from payload.products.cloud_masks import mask_images as mask
from payload.products.columns import columns
from payload.products.earth import (
    Earth,
    MapReport,
    SceneReport,
    map_world,
    measure_world,
    paint_world,
)
from payload.products.ground_segment import UnpackReport, unpack
from payload.products.laws import LawsReport
from payload.products.plan import PlanReport, plan_report, write_plan
from payload.products.starter import write_starter
from payload.report import write_report as report
from payload.report.side_by_side import compare_results
from payload.run import RunResult, Tell, fly, run, silence
from payload.scenario.load import load_scenario, what_if_settings
from payload.scenario.models import Scenario
from payload.sim import assemble
from payload.sim.calibration import Calibration
from payload.sim.loops.first_plan import first_plan
from payload.sim.profiling import Watts, measure_profile
from payload.surrogate import PACKAGED, Surrogate, write_surrogate
from payload.sweep import (
    Cluster,
    Executor,
    Pool,
    SweepResult,
    SweepSpec,
    Wishes,
    load_sweep,
    run_sweep,
)
from payload.sweep import Tell as SweepTell
from payload.sweep.effects import write_effects
from payload.sweep.goal import parse_goal
from payload.sweep.search import Found, SearchTerms, search
from payload.sweep.search_page import write_search
from payload.tables import query_folder as query
from payload.text_files import check_place
from payload.timetable.contact_list import Pass, passes
from payload.timetable.link import link
from payload.trials import CodecFindings, Images, Terms, compress_listed
from payload.trials import compress_images as compress
from payload.validation import Validation, validate_missions
from payload.validation.planners import measure_planners
from payload.validation.policies_page import validate_policies
from payload.validation.policies_report import PoliciesReport
from payload.what_if import compare, compare_seeds, variants
from payload.world.geotiff import Reading

__all__ = [
    "BenchReport",
    "CodecFindings",
    "Comparison",
    "ComputeProfile",
    "Earth",
    "Estimate",
    "Found",
    "Images",
    "LawsReport",
    "LinkReport",
    "MapReport",
    "MaskReport",
    "PairedComparison",
    "Pass",
    "PlanReport",
    "PoliciesReport",
    "Reading",
    "RunResult",
    "Scenario",
    "SceneReport",
    "SearchTerms",
    "Surrogate",
    "SweepEstimate",
    "SweepResult",
    "SweepSpec",
    "Terms",
    "UnpackReport",
    "Validation",
    "Wishes",
    "bench",
    "calibrate",
    "check",
    "columns",
    "compare",
    "compare_results",
    "compare_seeds",
    "compress",
    "compress_listed",
    "earth",
    "estimate",
    "estimate_sweep",
    "examine",
    "executor",
    "fly",
    "init",
    "json_schema",
    "link",
    "load_scenario",
    "load_sweep",
    "map_world",
    "mask",
    "measure_planners",
    "measure_world",
    "optimise",
    "paint_world",
    "parse_goal",
    "passes",
    "plan",
    "profile",
    "query",
    "report",
    "run",
    "run_sweep",
    "unpack",
    "validate_missions",
    "validate_policies",
    "variants",
    "what_if_settings",
    "write_effects",
]


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario, with the options of all installed plug-ins."""
    schema = Scenario.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def init(folder: str | Path) -> tuple[Path, ...]:
    """Write a starter scenario, its places and its schema into a folder; returns the paths, the scenario's first.

    Raises:
        ScenarioError: A file of that name exists already, or the folder cannot be written.
    """
    return write_starter(Path(folder), json_schema())


def calibrate(
    scenario: str | Path | None,
    out: str | Path,
    *,
    overrides: Sequence[str] = (),
    scenes: int | None = None,
    tell: Tell = silence,
) -> Surrogate:
    """Fit a surrogate for the masker, codec, camera, scene and tile of a scenario, and write it.

    Args:
        scenario: A scenario file; None for the one that the packaged surrogate is fitted on.
        out: The file, written whole or not at all.
        overrides: Texts `path.to.key=value`, checked like the file.
        scenes: How many to render, usually of four tiles each; at least 60. If left out 1,300, or fewer if tiles are
            larger than 256 px. There are also fewer if no more scenes of the missing kinds were found.
        tell: Receives the progress.

    Raises:
        ScenarioError: The scene source offers no glance or no truth, or the file cannot be written.
        PayloadError: Pixels cannot be masked or coded.
    """
    out = Path(out)
    asked = load_scenario(scenario or PACKAGED.with_suffix(".yaml"), overrides)
    check_place(out)
    fitted = Calibration(asked, scenes, partial(_tell_scene, tell)).fit()
    write_surrogate(fitted, out)
    return fitted


def profile(
    scenario: str | Path | None,
    out: str | Path,
    *,
    overrides: Sequence[str] = (),
    active_w: float | None = None,
    idle_w: float | None = None,
    cpu_s: float = 5.0,
) -> ComputeProfile:
    """Time the masker of a scenario on this machine and write a compute profile that a scenario can name.

    Args:
        scenario: A scenario file; None for the packaged payload.
        out: The file (JSON), written whole or not at all; its stem is the profile's name.
        overrides: Texts `path.to.key=value`, checked like the file.
        active_w: [W] Power while computing; None if unknown.
        idle_w: [W] Power at rest; None if unknown.
        cpu_s: [s] Of CPU time to spend on masking.

    Raises:
        ScenarioError: The file cannot be written.
        PayloadError: Scenes cannot be rendered or masked.
    """
    out = Path(out)
    asked = load_scenario(scenario or PACKAGED.with_suffix(".yaml"), overrides)
    check_place(out)
    found = measure_profile(asked, out.stem, Watts(active_w, idle_w), cpu_s=cpu_s)
    write_profile(found, out)
    return found


def plan(scenario: Scenario, out: str | Path) -> tuple[PlanReport, Path]:
    """Plan the images of a scenario at its start, without flying it, and write the plan into a folder in `out`.

    Raises:
        PayloadError: The folder cannot be written, or the scheduler lacks its extra.
    """
    out = Path(out)
    assembly = assemble(scenario)
    found, named = first_plan(assembly), assembly.target_named
    report = plan_report(scenario, found.plan, found.images, named, left_out=found.left_out)
    return report, write_plan(report, out)


def _tell_scene(tell: Tell, done: int, of: int) -> None:
    tell("calibrate", f"scene {done} of {of}")


def earth(scenario: Scenario) -> Earth:
    """The world of a scenario as its camera sees it: for `paint_world`, `map_world` and `measure_world`."""
    source = cast(SceneSource, scenario.scene.build(seed=scenario.seed))
    return Earth(source, make_sensor(scenario))


def executor(*, jobs: int | None = None, cluster: str | None = None) -> Executor:
    """What runs a sweep: a pool of processes on this machine, or a dask.distributed cluster.

    Args:
        jobs: How many runs at once; one per core if left out.
        cluster: A scheduler's address, or `local` for a cluster on this machine; a pool if left out.

    Raises:
        ScenarioError: `jobs` is out of range.
    """
    check_jobs(jobs)
    if cluster is None:
        return Pool() if jobs is None else Pool(jobs)
    return Cluster(cluster, jobs)


def optimise(
    spec: SweepSpec,
    terms: SearchTerms,
    out: str | Path,
    flier: Executor,
    tell: SweepTell = lambda _: None,
) -> Found:
    """Search a sweep's space for the best point, and leave rows, tables and a page in `<out>/<name>`.

    Args:
        spec: What is varied; see `load_sweep`.
        terms: What is sought, see `parse_goal`, and how.
        out: Parent of the sweep's folder.
        flier: What runs the flights; see `executor`.
        tell: Receives the progress.
    """
    out = Path(out)
    found = search(spec, terms, out, flier, tell)
    write_search(found)
    return found
