"""Write the study of policies: a page, the same as Markdown, and the figures. Each starts with the answer."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from payload import __version__
from payload.errors import PluginError
from payload.report.page import without_script
from payload.scenario.load import load_scenario
from payload.validation.page import make_place
from payload.validation.pairs import Interval
from payload.validation.policies import PIXEL_SEEDS, POLICIES, SEEDS, cells, fly_cells
from payload.validation.policies_report import (
    CONTRASTS,
    MEASURES,
    Case,
    PoliciesReport,
    case_words,
)
from payload.validation.reference_study import SEEDS as STUDY_SEEDS
from payload.validation.reference_study import StudyRow, reference_study, study_table, study_words

PAGE, TABLE, FIGURES = "policies.html", "README.md", "policies.json"
TITLE = "When on-board knowledge pays"
COLUMNS = ("policy", *MEASURES.values())
CONTRAST_COLUMNS = ("difference", "value", "clear requests", "images", "MB")
_CONTRASTED = ("value", "clear", "images", "megabytes")
PIXEL_COLUMNS = (
    "policy",
    "value, pixels",
    "value, surrogate",
    "images, pixels",
    "images, surrogate",
)
STUDY_TITLE = "The reference study"
STUDY_SETTING = (
    "300 clustered targets, a week, one satellite, 8 images per orbit, greedy by density, the ground learns of clouds after "
    "12 h, four seeds; no pixels and no masker: cloud cover is known exactly. In % of the clairvoyant optimum, with the number "
    "of images in brackets. The first column is an earlier measurement with other targets of the same kind."
)
STUDY_COLUMNS = ("policy, share of clear opportunities", "earlier", "independent", "correlated")
_LEFT_PX, _WIDTH_PX = 140.0, 400.0


@dataclass(frozen=True, slots=True)
class Row:
    """A mean and its interval as positions in a figure [px]."""

    name: str
    at: float
    low: float
    high: float
    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure for all policies."""

    title: str
    summary: str
    most: str
    rows: tuple[Row, ...]


def validate_policies(
    scenario: str | Path,
    out: str | Path,
    *,
    effort: float,
    tell: Callable[[str], None] = lambda _: None,
) -> PoliciesReport:
    """Fly a scenario with each policy and write the results.

    Args:
        scenario: The scenario; its first constellation is replaced by each of the fleets.
        out: Folder for the page, the Markdown and the figures, with a file for each cell in `rows`.
        effort: Share of the twenty seeds to use, above 0 to 1; at least two are used.
        tell: Called with what is being flown.

    Raises:
        ScenarioError: The scenario cannot be read or has no constellation, or the folder cannot be made.
    """
    scenario = Path(scenario)
    out = Path(out)
    make_place(out)
    wanted = cells(max(2, round(effort * SEEDS)), max(1, round(effort * PIXEL_SEEDS)))
    flights = fly_cells(scenario, wanted, out / "rows", tell=tell)
    study = _study(out / "rows", max(1, round(effort * STUDY_SEEDS)), tell)
    report = PoliciesReport(load_scenario(scenario).name, tuple(flights), study)
    write_policies(report, out)
    return report


def _study(rows: Path, seeds: int, tell: Callable[[str], None]) -> tuple[StudyRow, ...]:
    """The reference study, from its file if there is one; empty if HiGHS is not installed."""
    file = rows / f"study-{seeds}-{__version__}.json"
    if not file.is_file():
        try:
            found = reference_study(seeds, tell)
        except PluginError as error:
            tell(f"skipping the reference study: {error}")
            return ()
        file.write_text(json.dumps([asdict(row) for row in found], indent=1), encoding="utf-8")
    return tuple(StudyRow(**row) for row in json.loads(file.read_text(encoding="utf-8")))


def write_policies(report: PoliciesReport, folder: Path) -> None:
    """Write the page, the Markdown and the JSON into an existing folder."""
    (folder / FIGURES).write_text(json.dumps(as_plain(report), indent=1) + "\n", encoding="utf-8")
    (folder / TABLE).write_text(markdown(report), encoding="utf-8")
    (folder / PAGE).write_text(page(report), encoding="utf-8")


def as_plain(report: PoliciesReport) -> dict[str, object]:
    """The report as plain data: the answer, means, differences, and every flight."""
    return {
        "answer": report.answer(),
        "scenario": report.scenario,
        "means": [
            {
                "satellites": case[0],
                "deadlines": case[1],
                "policy": policy,
                "measure": measure,
                "seeds": report.seeds(case),
                "interval": None if found is None else asdict(found),
            }
            for case in report.cases
            for policy in POLICIES
            for measure in MEASURES
            for found in [report.mean(case, policy, measure)]
        ],
        "differences": [
            {**asdict(one), "is_resolved": one.difference.is_resolved} for one in report.contrasts()
        ],
        "best": [
            {**asdict(one), "is_resolved": one.difference.is_resolved}
            for one in (report.best(case) for case in report.cases)
        ],
        "notes": report.notes(),
        "study": [asdict(row) for row in report.study],
        "flights": [asdict(one) for one in report.flights],
    }


def markdown(report: PoliciesReport) -> str:
    """The same as the page, without its charts."""
    lines = [f"# {TITLE}", "", report.answer(), "", setting(report), ""]
    for case in report.cases:
        lines += [f"## {_heading(report, case)}", "", *_table(COLUMNS, rows(report, case)), ""]
        lines += [*_table(CONTRAST_COLUMNS, contrast_rows(report, case)), ""]
    lines += ["## With pixels", "", pixel_words(report), ""]
    lines += _table(PIXEL_COLUMNS, pixel_rows(report))
    if report.study:
        lines += ["", f"## {STUDY_TITLE}", "", study_words(report.study), "", STUDY_SETTING, ""]
        lines += _table(STUDY_COLUMNS, study_table(report.study))
    if report.notes():
        lines += ["", "## Notes", "", *(f"- {note}" for note in report.notes())]
    return "\n".join(lines) + "\n"


def page(report: PoliciesReport) -> str:
    """The page: one self-contained HTML file."""
    return without_script(
        "policies.html.j2",
        version=__version__,
        answer=report.answer(),
        setting=setting(report),
        cases=[
            {
                "name": _heading(report, case),
                "figures": [_figure(report, case, name) for name in ("value", "images")],
                "rows": rows(report, case),
                "contrasts": contrast_rows(report, case),
            }
            for case in report.cases
        ],
        columns=COLUMNS,
        contrast_columns=CONTRAST_COLUMNS,
        pixels_words=pixel_words(report),
        pixel_columns=PIXEL_COLUMNS,
        pixels=pixel_rows(report),
        study_title=STUDY_TITLE,
        study_words=study_words(report.study) if report.study else "",
        study_setting=STUDY_SETTING,
        study_columns=STUDY_COLUMNS,
        study=study_table(report.study) if report.study else [],
        notes=report.notes(),
    )


def setting(report: PoliciesReport) -> str:
    """What was flown and how to read it."""
    return (
        f"The scenario {report.scenario}, flown with each policy for fleets of 1, 6 and 24 satellites under the same skies; "
        "the seed changes the sky, not orbits or requests. Means, with 95 % intervals by Student's t in brackets; differences "
        "are paired by sky, and not resolved if their interval includes 0. No pixels are rendered (fidelity: surrogate) "
        "unless stated. Value is the sum of the priorities of images that came down clear in time. next_opportunity is the "
        "ideal case in which all satellites know everything at once; with the others they know only what has reached them. "
        "Written by `payload-sim validate --policies`."
    )


def rows(report: PoliciesReport, case: Case) -> list[tuple[str, ...]]:
    """Means of a case, one row per policy."""
    return [
        (policy, *(_words(report.mean(case, policy, measure)) for measure in MEASURES))
        for policy in POLICIES
    ]


def contrast_rows(report: PoliciesReport, case: Case) -> list[tuple[str, ...]]:
    """Differences within a case, first that of the policy best in value against the next best."""
    best = report.best(case)
    pairs = [(best.policy, best.other), *CONTRASTS]
    names = ["best two: {} - {}", *["{} - {}"] * len(CONTRASTS)]
    return [
        (
            name.format(*pair),
            *(report.contrast(case, *pair, measure).words for measure in _CONTRASTED),
        )
        for name, pair in zip(names, pairs, strict=True)
    ]


def pixel_words(report: PoliciesReport) -> str:
    """Describe the case that was also flown with pixels."""
    case = (1, True)
    seeds = report.seeds(case, "pixels")
    if not seeds:
        return "No case was flown with pixels."
    return (
        f"{case_words(case).capitalize()}, under {seeds} of the same skies: means with every tile rendered, masked and "
        "compressed, and of the surrogate's flights under these skies."
    )


def pixel_rows(report: PoliciesReport) -> list[tuple[str, ...]]:
    """Means with and without pixels side by side, for the seeds flown with pixels."""
    case, seeds = (1, True), {one.seed for one in report.of("pixels")}
    found = []
    for policy in POLICIES if seeds else ():
        cells = []
        for measure in ("value", "images"):
            for fidelity in ("pixels", "surrogate"):
                own = [
                    getattr(one, measure)
                    for one in report.of(fidelity)
                    if one.policy == policy
                    and one.seed in seeds
                    and (one.satellites, one.deadlines) == case
                ]
                cells.append(f"{sum(own) / len(own):.1f}" if own else "-")
        found.append((policy, *cells))
    return found


def _heading(report: PoliciesReport, case: Case) -> str:
    return f"{case_words(case)} ({report.seeds(case)} skies)"


def _words(found: Interval | None) -> str:
    return "-" if found is None else f"{found.mean:.1f} ({found.low:.1f} to {found.high:.1f})"


def _table(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(columns)} |",
        "|---|" + "--:|" * (len(columns) - 1),
        *(f"| {' | '.join(line)} |" for line in lines),
    ]


def _figure(report: PoliciesReport, case: Case, measure: str) -> Figure:
    found = {policy: report.mean(case, policy, measure) for policy in POLICIES}
    told = {policy: one for policy, one in found.items() if one is not None}
    most = max((one.high for one in told.values()), default=1.0) or 1.0

    def place(value: float) -> float:
        return round(_LEFT_PX + _WIDTH_PX * max(0.0, value) / most, 1)

    return Figure(
        MEASURES[measure].capitalize(),
        "; ".join(f"{policy} {_words(one)}" for policy, one in told.items()),
        f"{most:.0f}",
        tuple(
            Row(policy, place(one.mean), place(one.low), place(one.high), f"{one.mean:.1f}")
            for policy, one in told.items()
        ),
    )
