"""One run: a scenario is assembled, all its arms are flown, and their results are written and summarised."""

import logging
import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from payload.analysis import Flown, summarise
from payload.analysis.fidelity import surrogate_part
from payload.analysis.requests import Wanted, bounded
from payload.analysis.sampled import Painted, sampled_part
from payload.darkroom.fidelity import surrogate_name
from payload.darkroom.memo import Memo
from payload.darkroom.store import find_store
from payload.jobs import check_jobs
from payload.ledger import FlightRecord
from payload.masking.scores import pool
from payload.products.books import write_books
from payload.products.downlink import Archive
from payload.products.exchange import Exchange
from payload.products.folder import ResultsFolder
from payload.products.gallery import write_gallery, write_no_gallery
from payload.products.manifest import provenance
from payload.products.plans import write_plans
from payload.products.side_books import write_side_books
from payload.report import write_report
from payload.scenario.models import Scenario
from payload.sim import Assembly, assemble, fly_arms
from payload.sim.assemble import ground_track
from payload.sim.bound import clairvoyant
from payload.sim.draw_error import draw_errors
from payload.sim.loops.replanning import expect_replanning
from payload.sim.mission import young_waste_only
from payload.sim.sample_error import sample_errors
from payload.sim.surfaces import surfaces_of
from payload.sim.survey import sample_of
from payload.units import M_PER_KM, at, iso_utc

_log = logging.getLogger(__name__)

Tell = Callable[[str, str], None]
"""Progress callback: receives an arm and an image."""


def silence(_arm: str, _image: str) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run leaves: its folder and its summary (see results/README.md for the keys)."""

    folder: Path
    summary: dict[str, Any]


def run(
    scenario: Scenario,
    out: str | Path,
    *,
    tell: Tell = silence,
    command: Sequence[str] = (),
    jobs: int | None = None,
) -> RunResult:
    """Fly all arms of a scenario and leave the results in `<out>/<name>-<digest>`.

    Args:
        scenario: What to fly.
        out: The parent of the results folder; a folder of the same digest is replaced as a whole.
        tell: Called with the arm and the image whenever pixels are worked on.
        command: The command that repeats this run, word by word, for the provenance.
        jobs: How many processes fly it, if it is long enough; one per core if left out. The results do not depend on it.

    Raises:
        PayloadError: See the tree in `payload.errors`; nothing half-written is left.
    """
    check_jobs(jobs)
    out = Path(out)
    started = datetime.now(UTC)
    jobs = (os.cpu_count() or 1) if jobs is None else jobs
    assembly = assemble(scenario, store=find_store(), jobs=jobs)
    advice = expect_replanning(assembly).advice
    if advice is not None:
        _log.warning("%s", advice)
    digest = scenario.digest
    with ResultsFolder(out, f"{scenario.name}-{digest[:12]}") as folder:
        archive = Archive(folder.partial / "downlink", assembly.source, assembly.tile_px)
        deliver = archive.deliver if scenario.fidelity == "pixels" else None
        records, memo = fly_arms(assembly, folder.spool, deliver=deliver, tell=tell, jobs=jobs)
        summary = _summarise(assembly, digest, records, memo)
        archive.close(records["prune"])
        _write_products(folder.partial, assembly, records, memo, archive)
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


def _write_products(
    folder: Path,
    assembly: Assembly,
    records: Mapping[str, FlightRecord],
    memo: Memo,
    archive: Archive,
) -> None:
    """Write everything about the flights except their summary and their page."""
    scenario, own, estimates = assembly.scenario, records["prune"], memo.estimates
    tiles = archive.restore(folder / "tiles", scenario.products.tiles, estimates)
    Exchange(
        scenario, own, estimates, assembly.source, assembly.ephemerides, assembly.stations
    ).write(folder, tiles)
    write_books(
        folder,
        records,
        estimates,
        utc=lambda time_s: iso_utc(at(scenario.epoch_utc, time_s)),
        track=ground_track(assembly),
        targets=assembly.targets,
    )
    write_side_books(folder, records, surfaces_of(assembly, memo, records.values()))
    wanted = Wanted(assembly.targets, scenario.rescheduling.max_cloud_cover, estimates)
    write_plans(folder, own, wanted, epoch_utc=scenario.epoch_utc)
    if scenario.fidelity == "pixels":
        write_gallery(
            folder / "gallery",
            own,
            estimates,
            assembly.source,
            assembly.masker,
            tile_px=assembly.tile_px,
        )
    else:
        write_no_gallery(folder / "gallery")


@young_waste_only()  # what a flight leaves is not searched for garbage any more often than the flight itself
def fly(scenario: Scenario, spool: str | Path, *, tell: Tell = silence) -> dict[str, Any]:
    """Fly all arms and return only the summary; `spool` is a folder for temporary files of the flight."""
    spool = Path(spool)
    assembly = assemble(scenario, store=find_store())
    records, memo = fly_arms(assembly, spool, tell=tell)
    return _summarise(assembly, scenario.digest, records, memo)


def _summarise(
    assembly: Assembly, digest: str, records: Mapping[str, FlightRecord], memo: Memo
) -> dict[str, Any]:
    scenario = assembly.scenario
    own, estimates = records["prune"].ledger.acquired, memo.estimates
    scores = pool(estimates[tile_id] for _, tile_id, _ in own.rows())
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
            out_of_reach=assembly.out_of_reach,
            raw_bytes_per_px=(len(assembly.sensor.bands) + assembly.sensor.counted_bands)
            * assembly.sensor.bit_depth
            / 8,
            counted_bands=assembly.sensor.counted_bands,
            clear_limit=scenario.rescheduling.max_cloud_cover,
            wanted=assembly.targets,
            policy=scenario.rescheduling.policy,
            prices=scenario.prices,
            km2_per_px=(scenario.camera.gsd_m / M_PER_KM) ** 2,
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
                totals=draw_errors(assembly, assembly.surrogate, memo, records["prune"]),
            ),
        )
    )
    darkroom = sample_of(memo.darkroom)
    if darkroom is not None:
        totals = {
            arm["name"]: (
                float((arm["downlinked_bytes"] or 0) - (arm["report_bytes"] or 0)),
                float(arm["clear_pixels_delivered"] or 0),
            )
            for arm in summary["arms"]
        }
        errors = sample_errors(assembly, darkroom, records, totals)
        summary["sampled"] = sampled_part(
            summary["arms"],
            {name: (error.bytes, error.clear_px) for name, error in errors.items()},
            Painted(
                len(estimates),
                len(darkroom.painted & estimates.keys()),
                scenario.sampled.fraction,
                scenario.sampled.error,
            ),
        )
    if scenario.rescheduling.bound:
        own_images = records["prune"].images
        wanted = Wanted(assembly.targets, scenario.rescheduling.max_cloud_cover, estimates)
        summary["requests"] |= bounded(
            summary["requests"]["value"], clairvoyant(assembly, own_images, wanted)
        )
    summary["notes"] = [*summary["notes"], *assembly.notes]
    return summary
