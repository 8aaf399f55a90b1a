"""What may be opened: results folders and scenario files, found by listing, never by a path from a request."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payload.errors import ScenarioError
from payload.report.data import OWN_ARM, Summary
from payload.report.folder import read_summary
from payload.scenario.load import is_sweep
from payload.scenario.source import read_yaml

MOST_RESULTS = 500
"""Most results folders shown, the newest; for more, use a file manager."""
REPORT, SUMMARY, SCENARIO, PROVENANCE = (
    "report.html",
    "summary.json",
    "scenario.json",
    "provenance.json",
)


@dataclass(frozen=True)
class Shelf:
    """Results in one folder, scenario files in another."""

    results: Path
    scenarios: Path

    def folders(self) -> dict[str, Path]:
        """Results folders by name, the newest first. Links are not followed, hidden folders not shown."""
        if not self.results.is_dir():
            return {}
        found = [
            item
            for item in self.results.iterdir()
            if not item.name.startswith(".")
            and not item.is_symlink()
            and _is_text(item.name)
            and (item / SUMMARY).is_file()
        ]
        found.sort(key=lambda item: ((item / SUMMARY).stat().st_mtime, item.name), reverse=True)
        return {item.name: item for item in found[:MOST_RESULTS]}

    def folder(self, name: str) -> Path:
        """The results folder with a name.

        Raises:
            ScenarioError: There is none.
        """
        try:
            return self.folders()[name]
        except KeyError:
            raise ScenarioError(f"there are no results called {name[:100]!r}") from None

    def files(self) -> dict[str, Path]:
        """Scenario files by name; those one folder below by `folder/name`."""
        if not self.scenarios.is_dir():
            return {}
        found = [*self.scenarios.glob("*.yaml"), *self.scenarios.glob("*/*.yaml")]
        named = {item.relative_to(self.scenarios).as_posix(): item for item in sorted(found)}
        return {
            name: item
            for name, item in named.items()
            if _is_text(name) and _is_scenario(item) and "/." not in f"/{name}"
        }

    def file(self, name: str) -> Path:
        """The scenario file with a name.

        Raises:
            ScenarioError: There is none.
        """
        try:
            return self.files()[name]
        except KeyError:
            raise ScenarioError(f"there is no scenario file called {name[:100]!r}") from None

    def told(self) -> list[dict[str, Any]]:
        """A summary line for each results folder; one that cannot be read gives the reason."""
        return [_line(name, folder) for name, folder in self.folders().items()]


def _line(name: str, folder: Path) -> dict[str, Any]:
    line: dict[str, Any] = {"name": name, "problem": None}
    try:
        summary, _ = read_summary(folder)
    except ScenarioError as error:
        return {**line, "problem": str(error)}
    own = next((arm for arm in summary.arms if arm.name == OWN_ARM), None)
    if own is None:
        return {**line, "problem": f"{folder}: damaged: {SUMMARY} has no arm {OWN_ARM!r}"}
    return {
        **line,
        "scenario": summary.scenario,
        "seed": summary.seed,
        "duration_s": summary.duration_s,
        "acquired_bytes": summary.bytes.acquired,
        "delivered_bytes": summary.bytes.delivered,
        "clear_px": own.clear_pixels_delivered,
        "fidelity": _fidelity(summary),
        "finished_utc": _finished(folder),
        "has_report": (folder / REPORT).is_file(),
    }


def _fidelity(summary: Summary) -> str:
    """How much of the flight was rendered, as its scenario said it."""
    if summary.surrogate is not None:
        return "surrogate"
    return "pixels" if summary.sampled is None else "sampled"


def _finished(folder: Path) -> str:
    try:
        said = json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
        return str(said["finished_utc"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def _is_text(name: str) -> bool:
    """Whether a name can be sent as JSON: one whose bytes are not UTF-8 cannot."""
    return name.isprintable() and not any("\ud800" <= letter <= "\udfff" for letter in name)


def _is_scenario(path: Path) -> bool:
    """Whether a YAML file is not a sweep; one that cannot be read is offered too, and gives the reason when opened."""
    try:
        return not is_sweep(read_yaml(path)[0])
    except ScenarioError:
        return True
