"""The front door: what the command line does, each as one function.

>>> from pathlib import Path
>>> from payload import api
>>> scenario = api.load_scenario(Path("scenarios/quickstart.yaml"))
>>> result = api.run(scenario, Path("results"))  # doctest: +SKIP
>>> result.summary["bytes"]["delivered"]  # doctest: +SKIP
"""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from payload.analysis import Comparison, Flown, summarise
from payload.analysis import compare as compare_summaries
from payload.analysis.fidelity import surrogate_part
from payload.analysis.link import LinkReport
from payload.analysis.requests import Wanted
from payload.energy import ComputeProfile, write_profile
from payload.errors import ScenarioError
from payload.ledger import FlightRecord
from payload.masking.scores import pool
from payload.orbit.purchased import read_passes
from payload.ports import Examinable, Masker, SceneSource
from payload.products.books import write_books
from payload.products.cloud_masks import MaskReport
from payload.products.cloud_masks import mask_images as mask
from payload.products.downlink import Archive
from payload.products.earth import (
    Earth,
    MapReport,
    SceneReport,
    map_world,
    measure_world,
    paint_world,
)
from payload.products.folder import ResultsFolder
from payload.products.gallery import write_gallery, write_no_gallery
from payload.products.ground_segment import UnpackReport, unpack
from payload.products.laws import LawsReport
from payload.products.manifest import provenance
from payload.products.plans import write_plans
from payload.report import write_report
from payload.scenario.load import load_scenario, parse_override
from payload.scenario.models import Scenario
from payload.sim import Assembly, Memo, assemble, at_key, fly_arms
from payload.sim.assemble import (
    fitted_profile,
    ground_track,
    make_sensor,
    propagators_of,
    surrogate_of,
)
from payload.sim.calibration import SCENES, Calibration
from payload.sim.contact_list import Pass, passes
from payload.sim.fidelity import surrogate_name
from payload.sim.link import link
from payload.sim.outlook import check_foresight
from payload.sim.profiling import Watts, measure_profile
from payload.sim.wanted import targets_of_file
from payload.surrogate import PACKAGED, Surrogate, check_place, write_surrogate
from payload.tables import query_folder
from payload.units import at, iso_utc
from payload.validation import validate_missions
from payload.world.rasters import Reading

__all__ = [
    "Comparison",
    "ComputeProfile",
    "Earth",
    "LawsReport",
    "LinkReport",
    "MapReport",
    "MaskReport",
    "Pass",
    "Reading",
    "RunResult",
    "Scenario",
    "SceneReport",
    "Surrogate",
    "UnpackReport",
    "calibrate",
    "check",
    "compare",
    "earth",
    "fly",
    "json_schema",
    "link",
    "load_scenario",
    "map_world",
    "mask",
    "measure_world",
    "paint_world",
    "passes",
    "profile",
    "query",
    "report",
    "run",
    "unpack",
    "validate_missions",
    "variants",
]

Tell = Callable[[str, str], None]


def _silence(_arm: str, _image: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run leaves: its folder and its summary (see README for the keys)."""

    folder: Path
    summary: dict[str, Any]


def check(path: Path, overrides: Sequence[str] = ()) -> Scenario:
    """Load a scenario and everything that it names; nothing is flown.

    Raises:
        ScenarioError: One line per mistake: file, line, key path, what was found, what is wanted.
        OrbitError: A satellite cannot be propagated to the end of the flight.
    """
    scenario = load_scenario(path, overrides)
    at_key(scenario, "targets.file", lambda: targets_of_file(scenario))
    sensor = make_sensor(scenario)
    fitted_profile(scenario, cast(Masker, scenario.masker.build(bands=sensor.bands)))
    for craft in propagators_of(scenario).values():  # is it still up at the end?
        craft.propagate(np.array([0.0, scenario.duration_s]))
    if scenario.passes is not None:
        file = scenario.passes.file
        at_key(scenario, "passes.file", lambda: read_passes(file))
    source = scenario.scene.build(seed=scenario.seed)
    check_foresight(scenario, cast(SceneSource, source))
    if isinstance(source, Examinable):
        at_key(scenario, "scene", lambda: source.examine(sensor))
    surrogate_of(scenario)
    return scenario


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario, with the options of all installed plug-ins."""
    schema = Scenario.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def run(
    scenario: Scenario, out: Path, *, tell: Tell = _silence, command: Sequence[str] = ()
) -> RunResult:
    """Fly all arms of a scenario and leave the results in `<out>/<name>-<digest>`.

    Args:
        scenario: What to fly.
        out: The parent of the results folder; a folder of the same digest is replaced whole.
        tell: Is told the arm and the image whenever pixels are worked on.
        command: The words that repeat this run, for the provenance.

    Raises:
        PayloadError: See the tree in `payload.errors`; nothing half-written is left.
    """
    started = datetime.now(UTC)
    assembly = assemble(scenario)
    digest = scenario.digest
    with ResultsFolder(out, f"{scenario.name}-{digest[:12]}") as folder:
        archive = Archive(folder.partial / "downlink", assembly.source, assembly.tile_px)
        deliver = archive.deliver if assembly.surrogate is None else None
        records, memo = fly_arms(assembly, folder.spool, deliver=deliver, tell=tell)
        summary = _summarise(assembly, digest, records, memo)
        own = records["prune"]
        archive.close(own, memo.estimates)
        archive.restore(folder.partial / "tiles", scenario.products.tiles, memo.estimates)
        write_books(
            folder.partial,
            records,
            memo.estimates,
            utc=lambda time_s: iso_utc(at(scenario.epoch_utc, time_s)),
            track=ground_track(assembly),
            targets=assembly.targets,
        )
        wanted = Wanted(assembly.targets, scenario.rescheduling.max_cloud_cover, memo.estimates)
        write_plans(folder.partial, own, wanted, epoch_utc=scenario.epoch_utc)
        if assembly.surrogate is None:
            write_gallery(
                folder.partial / "gallery",
                own,
                memo.estimates,
                assembly.source,
                assembly.masker,
                tile_px=assembly.tile_px,
            )
        else:
            write_no_gallery(folder.partial / "gallery")
        folder.write_json("scenario.json", scenario.model_dump(mode="json"))
        folder.write_json("summary.json", summary)
        folder.write_json(
            "provenance.json",
            provenance(
                folder.partial,
                scenario=scenario.name,
                digest=digest,
                seed=scenario.seed,
                command=shlex.join(command),
                started=started,
                masker=summary["masker"],
                surrogate=summary["surrogate"],
            ),
        )
        write_report(folder.partial)
    return RunResult(folder.final, summary)


def fly(scenario: Scenario, spool: Path, *, tell: Tell = _silence) -> dict[str, Any]:
    """Fly all arms and return the summary alone; `spool` is a folder for what the flight needs meanwhile."""
    assembly = assemble(scenario)
    records, memo = fly_arms(assembly, spool, tell=tell)
    return _summarise(assembly, scenario.digest, records, memo)


def _summarise(
    assembly: Assembly, digest: str, records: Mapping[str, FlightRecord], memo: Memo
) -> dict[str, Any]:
    scenario = assembly.scenario
    own = [item.tile_id for item in records["prune"].ledger.acquired]
    estimates = memo.estimates
    scores = pool([estimates[tile_id] for tile_id in own])
    identity = assembly.masker.identity
    summary = summarise(
        Flown(
            name=scenario.name,
            digest=digest,
            seed=scenario.seed,
            duration_s=scenario.duration_s,
            records=records,
            estimates=estimates,
            targets=len(assembly.targets),
            raw_bytes_per_px=(len(assembly.sensor.bands) + assembly.sensor.counted_bands)
            * assembly.sensor.bit_depth
            / 8,
            counted_bands=assembly.sensor.counted_bands,
            clear_limit=scenario.rescheduling.max_cloud_cover,
            wanted=assembly.targets,
            policy=scenario.rescheduling.policy,
            masker={
                "model": identity.model,
                "sha256": identity.sha256,
                "parameters": identity.parameters,
            },
            scores={
                "iou": scores.iou if scores else None,
                "precision": scores.precision if scores else None,
                "recall": scores.recall if scores else None,
            },
            says_watts=assembly.profile.says_watts,
            assumptions=assembly.assumptions,
            surrogate=None
            if assembly.surrogate is None
            else surrogate_part(
                assembly.surrogate,
                name=surrogate_name(scenario.surrogate.file),
                images=len(records["prune"].images),
            ),
        )
    )
    summary["notes"] = [*summary["notes"], *assembly.notes]
    return summary


def calibrate(
    scenario: Path | None,
    out: Path,
    *,
    overrides: Sequence[str] = (),
    scenes: int | None = None,
    tell: Tell = _silence,
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


def _tell_scene(tell: Tell, done: int, of: int) -> None:
    tell("calibrate", f"scene {done} of {of}")


def earth(scenario: Scenario) -> Earth:
    """The world of a scenario under its camera: for `paint_world`, `map_world` and `measure_world`."""
    source = cast(SceneSource, scenario.scene.build(seed=scenario.seed))
    return Earth(source, make_sensor(scenario))


def variants(
    base: Path, what_ifs: Sequence[str], overrides: Sequence[str] = ()
) -> list[tuple[str, Scenario]]:
    """The base and, for each value of each what-if `path.to.key=value[,value…]`, a variant of its own.

    Raises:
        ScenarioError: A what-if is no override, or its value is not allowed.
    """
    found = [("base", check(base, overrides))]
    for what_if in what_ifs:
        key, _, values = what_if.partition("=")
        if key.strip() == "seed":
            raise ScenarioError(f"--what-if {what_if}: all variants fly with one seed; use --seed")
        for value in re.split(r",(?![^\[{]*[\]}])", values):
            change = f"{key}={value.strip()}"
            parse_override(change)
            found.append((change, check(base, [*overrides, change])))
    return found


def compare(
    scenarios: Sequence[tuple[str, Scenario]], spool: Path, *, tell: Tell = _silence
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


def _tell_variant(tell: Tell, variant: str, _arm: str, image: str) -> None:
    tell(variant, image)


def report(folder: Path) -> Path:
    """Make a results folder's page again; its path."""
    return write_report(folder)


def query(folder: Path, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Ask the tables of a results folder: column names and rows."""
    return query_folder(folder, sql)
