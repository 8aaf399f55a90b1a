"""The front door: what the command line does, each as one function.

>>> from pathlib import Path
>>> from payload import api
>>> scenario = api.load_scenario(Path("scenarios/quickstart.yaml"))
>>> result = api.run(scenario, Path("results"))  # doctest: +SKIP
>>> result.summary["bytes"]["delivered"]  # doctest: +SKIP
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from payload.analysis import Comparison
from payload.analysis import compare as compare_summaries
from payload.analysis.crossed import compare_settings
from payload.analysis.link import LinkReport
from payload.analysis.paired import PairedComparison
from payload.bench import BenchReport, bench
from payload.energy import ComputeProfile, load_profile, write_profile
from payload.estimate import Estimate, estimate
from payload.orbit.purchased import read_passes
from payload.ports import Examinable, Masker, SceneSource
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
from payload.report import write_report as report
from payload.report.side_by_side import compare_results
from payload.run import RunResult, Tell, fly, run, silence
from payload.scenario.load import load_scenario, setting_overrides, what_if_settings
from payload.scenario.models import Scenario
from payload.sim import assemble, at_key
from payload.sim.assemble import (
    fitted_profile,
    make_sensor,
    surrogate_of,
)
from payload.sim.calibration import SCENES, Calibration
from payload.sim.contact_list import Pass, passes
from payload.sim.encounters import propagators_of
from payload.sim.link import link
from payload.sim.outlook import check_foresight
from payload.sim.planning import first_plan
from payload.sim.profiling import Watts, measure_profile
from payload.sim.wanted import targets_of_file
from payload.surrogate import PACKAGED, Surrogate, check_place, write_surrogate
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
from payload.sweep.effects import write_effects as write_effects_files
from payload.sweep.goal import parse_goal
from payload.sweep.search import Found, SearchTerms, search
from payload.sweep.search_page import write_search
from payload.sweep.variants import fly_variants
from payload.tables import query_folder
from payload.trials import CodecFindings, Images, Terms, compress_listed
from payload.trials import compress_images as compress
from payload.validation import Validation, validate_missions
from payload.validation.planners import measure_planners
from payload.validation.policies_page import validate_policies
from payload.validation.policies_report import PoliciesReport
from payload.world.rasters import Reading

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
    "examine",
    "executor",
    "fly",
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


def check(path: Path, overrides: Sequence[str] = ()) -> Scenario:
    """Load a scenario and everything that it names; nothing is flown.

    Raises:
        ScenarioError: One line per mistake: file, line, key path, what was found, what is wanted.
        OrbitError: A satellite cannot be propagated to the end of the flight.
    """
    scenario = examine(path, overrides)
    sensor = make_sensor(scenario)
    fitted_profile(scenario, cast(Masker, scenario.masker.build(bands=sensor.bands)))
    surrogate_of(scenario)
    return scenario


def examine(path: Path, overrides: Sequence[str] = ()) -> Scenario:
    """Read a scenario and all files that it names, for those who fly nothing: lists of passes, budgets of links.

    Whether network and surrogate fit, which takes far longer to find out, is asked by `check` alone.

    Args:
        path: The file.
        overrides: Texts `path.to.key=value`, checked like the file.

    Raises:
        ScenarioError: As `check` does.
        OrbitError: A satellite cannot be propagated to the end of the flight.
    """
    scenario = load_scenario(path, overrides)
    at_key(scenario, "targets.file", lambda: targets_of_file(scenario))
    sensor = make_sensor(scenario)
    scenario.masker.build(bands=sensor.bands)
    at_key(scenario, "computer.profile", lambda: load_profile(scenario.computer.profile))
    for craft in propagators_of(scenario).values():  # is it still up at the end?
        craft.propagate(np.array([0.0, scenario.duration_s]))
    if scenario.passes is not None:
        file = scenario.passes.file
        at_key(scenario, "passes.file", lambda: read_passes(file))
    source = scenario.scene.build(seed=scenario.seed)
    check_foresight(scenario, cast(SceneSource, source))
    if isinstance(source, Examinable):
        at_key(scenario, "scene", lambda: source.examine(sensor))
    return scenario


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario, with the options of all installed plug-ins."""
    schema = Scenario.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def calibrate(
    scenario: Path | None,
    out: Path,
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
        scenes: How many to paint, of four tiles each as a rule; at least 60, and enough if left out.
        tell: Is told how far the work is.

    Raises:
        ScenarioError: The scene has no glance or no truth, or the file cannot be written.
        PayloadError: Pixels cannot be masked or coded.
    """
    asked = load_scenario(scenario or PACKAGED.with_suffix(".yaml"), overrides)
    check_place(out)
    fitted = Calibration(
        asked, SCENES if scenes is None else scenes, partial(_tell_scene, tell)
    ).fit()
    write_surrogate(fitted, out)
    return fitted


def profile(
    scenario: Path | None,
    out: Path,
    *,
    overrides: Sequence[str] = (),
    active_w: float | None = None,
    idle_w: float | None = None,
    cpu_s: float = 5.0,
) -> ComputeProfile:
    """Time the masker of a scenario on this machine, and write a compute profile that a scenario can name.

    Args:
        scenario: A scenario file; None for the packaged payload.
        out: The file (JSON), written whole or not at all; its stem is the profile's name.
        overrides: Texts `path.to.key=value`, checked like the file.
        active_w: [W] While it computes; None where nobody knows.
        idle_w: [W] At rest; None where nobody knows.
        cpu_s: [s] Of CPU time to spend on masking.

    Raises:
        ScenarioError: The file cannot be written.
        PayloadError: Scenes cannot be painted or masked.
    """
    asked = load_scenario(scenario or PACKAGED.with_suffix(".yaml"), overrides)
    check_place(out)
    found = measure_profile(asked, out.stem, Watts(active_w, idle_w), cpu_s=cpu_s)
    write_profile(found, out)
    return found


def plan(scenario: Scenario, out: Path) -> tuple[PlanReport, Path]:
    """Plan the images of a scenario at its start, fly nothing, and write the plan into a folder of `out`.

    Raises:
        PayloadError: The folder cannot be written, or the scheduler lacks its extra.
    """
    assembly = assemble(scenario)
    found, named = first_plan(assembly), assembly.target_named
    report = plan_report(scenario, found.plan, found.images, named, left_out=found.left_out)
    return report, write_plan(report, out)


def _tell_scene(tell: Tell, done: int, of: int) -> None:
    tell("calibrate", f"scene {done} of {of}")


def earth(scenario: Scenario) -> Earth:
    """The world of a scenario under its camera: for `paint_world`, `map_world` and `measure_world`."""
    source = cast(SceneSource, scenario.scene.build(seed=scenario.seed))
    return Earth(source, make_sensor(scenario))


def variants(
    base: Path, what_ifs: Sequence[str], overrides: Sequence[str] = (), *, cross: bool = False
) -> list[tuple[str, Scenario]]:
    """The base and, for each value of each what-if `path.to.key=value[,value…]`, a variant of its own.

    Args:
        base: The file.
        what_ifs: One for each key.
        overrides: Of all variants.
        cross: Whether every value meets every value of all other keys.

    Raises:
        ScenarioError: A what-if is no override, or its value is not allowed.
    """
    settings = what_if_settings(what_ifs, cross=cross)
    changes = [setting_overrides(setting) for setting in settings]
    others = [(", ".join(change), check(base, [*overrides, *change])) for change in changes]
    return [("base", check(base, overrides)), *others]


def compare(
    scenarios: Sequence[tuple[str, Scenario]], spool: Path, *, tell: Tell = silence
) -> Comparison:
    """Fly scenarios over the same world and seed, those of the first, and set them side by side.

    Args:
        scenarios: Names and scenarios; the first is the base.
        spool: A folder for what the flights need meanwhile.
        tell: Is told the variant and the image whenever pixels are worked on.
    """
    seed = scenarios[0][1].seed
    summaries = []
    for index, (name, scenario) in enumerate(scenarios):
        place = spool / str(index)
        place.mkdir()
        same_world = scenario.model_copy(update={"seed": seed})
        summaries.append((name, fly(same_world, place, tell=partial(_tell_variant, tell, name))))
    return compare_summaries(summaries)


def compare_seeds(
    scenarios: Sequence[tuple[str, Scenario]],
    seeds: int,
    folder: Path,
    flier: Executor,
    *,
    settings: Sequence[Mapping[str, str]] = (),
    tell: SweepTell = lambda _: None,
) -> PairedComparison:
    """Fly scenarios with the same seeds, from the first one's on, and tell their differences to the first.

    Args:
        scenarios: Names and scenarios; the first is the base.
        seeds: How many.
        folder: Where the rows of the flights go; those that stand there are not flown again.
        flier: Who flies; see `executor`.
        settings: By variant after the base what it sets, see `what_if_settings`; of a grid, main effects are told, too.
        tell: Is told how far it is.
    """
    first = scenarios[0][1].seed
    flown_with = range(first, first + seeds)
    flights = fly_variants(scenarios, flown_with, folder, flier, tell)
    return compare_settings(flights, flown_with, settings)


def write_effects(found: PairedComparison, title: str, folder: Path) -> Path:
    """Write a comparison over seeds as a page and as tables (JSON, CSV, Parquet) into a folder; the page's path."""
    return write_effects_files(found, title, folder)


def _tell_variant(tell: Tell, variant: str, _arm: str, image: str) -> None:
    tell(variant, image)


def executor(*, jobs: int | None = None, cluster: str | None = None) -> Executor:
    """Who flies a sweep: a pool of processes here, or a cluster of dask.distributed.

    Args:
        jobs: How many runs at once; one a core if left out.
        cluster: A scheduler's address, or `local` for a cluster on this machine; a pool if left out.
    """
    if cluster is None:
        return Pool() if jobs is None else Pool(jobs)
    return Cluster(cluster, jobs)


def optimise(
    spec: SweepSpec,
    terms: SearchTerms,
    out: Path,
    flier: Executor,
    tell: SweepTell = lambda _: None,
) -> Found:
    """Look for the best point of a sweep's space, and leave rows, tables and a page in `<out>/<name>`.

    Args:
        spec: What is varied, see `load_sweep`.
        terms: What is sought, see `parse_goal`, and how.
        out: Parent of the sweep's folder.
        flier: Who flies; see `executor`.
        tell: Is told how far it is.
    """
    found = search(spec, terms, out, flier, tell)
    write_search(found)
    return found


def query(folder: Path, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Ask the tables of a results folder: column names and rows."""
    return query_folder(folder, sql)
