"""Write findings: a page for people, JSON for programs."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from payload.errors import ScenarioError
from payload.validation.verdict import Finding, Validation

PAGE, FINDINGS = "README.md", "validation.json"
_FIRST = (
    "Written by `payload-sim validate`. The scenarios are in `scenarios/missions/`; every number in them has a "
    "source or is marked as assumed, and none is fitted to the figures compared here. Several flights of a "
    "mission are spread over a year, each with its own weather."
)


def make_place(folder: Path) -> None:
    """Make the folder for the results, before hours are spent on them.

    Raises:
        ScenarioError: The folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScenarioError(f"{folder}: cannot be written to: {error.strerror}") from error


def write_validation(found: Validation, folder: Path) -> tuple[Path, Path]:
    """Write the page and the JSON into an existing folder, and return their paths."""
    page, findings = folder / PAGE, folder / FINDINGS
    page.write_text("\n".join(_lines(found)), encoding="utf-8")
    rows = [{**asdict(one), "mean": one.mean, "agrees": one.agrees} for one in found.findings]
    findings.write_text(json.dumps({"findings": rows}, indent=1) + "\n", encoding="utf-8")
    return page, findings


def _lines(found: Validation) -> list[str]:
    lines = [
        "# Simulated missions against published figures",
        "",
        _FIRST,
        "",
        "| mission | figure | published | accepted range | simulated | agrees |",
        "|---|---|--:|--:|--:|---|",
    ]
    lines += [_row(one) for one in found.findings]
    gaps = [one for one in found.findings if one.why]
    if gaps:
        lines += ["", "## Why they differ", ""]
        lines += [f"- {one.mission}, `{one.measure}`: {one.why}" for one in gaps]
    lines += ["", "## Sources", ""]
    lines += [f"- {one.mission}, `{one.measure}`: {one.source}" for one in found.findings]
    return [*lines, ""]


def _row(one: Finding) -> str:
    figure = f"{one.mean:.3g}"
    if len(one.simulated) > 1:
        figure += f" ± {np.std(one.simulated, ddof=1):.2g} ({len(one.simulated)} flights)"
    bounds = ""
    if one.agrees is not None:
        bounds = f"{'' if one.low is None else f'{one.low:g}'} to {'' if one.high is None else f'{one.high:g}'}"
    verdict = {None: "", True: "yes", False: "**no**"}[one.agrees]
    cells = (one.mission, one.unit_and_meaning, one.published, bounds, figure, verdict)
    return f"| {' | '.join(cells)} |"
