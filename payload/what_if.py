"""What-ifs: variants of a scenario, flown over one world or seed by seed, and compared side by side."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from payload.analysis import Comparison
from payload.analysis import compare as compare_summaries
from payload.analysis.crossed import compare_settings
from payload.analysis.paired import PairedComparison
from payload.errors import ScenarioError
from payload.examination import check
from payload.run import Tell, fly, silence
from payload.scenario.load import setting_overrides, texts, what_if_settings
from payload.scenario.models import Scenario
from payload.sweep import Executor
from payload.sweep import Tell as SweepTell
from payload.sweep.rows import FAILED
from payload.sweep.trust import trust_notes
from payload.sweep.variants import fly_variants


def variants(
    base: str | Path, what_ifs: Sequence[str], overrides: Sequence[str] = (), *, cross: bool = False
) -> list[tuple[str, Scenario]]:
    """The base and a variant for each value of each what-if `path.to.key=value[,value…]`.

    Args:
        base: The scenario file.
        what_ifs: One for each key.
        overrides: Applied to the base and all variants.
        cross: Whether every value is combined with every value of all other keys.

    Raises:
        ScenarioError: A what-if is not an override, or its value is not allowed.
    """
    settings = what_if_settings(what_ifs, cross=cross)
    changes = [setting_overrides(setting) for setting in settings]
    common = texts(overrides)
    others = [(", ".join(change), check(base, [*common, *change])) for change in changes]
    return [("base", check(base, common)), *others]


def compare(
    scenarios: Sequence[tuple[str, Scenario]], spool: str | Path, *, tell: Tell = silence
) -> Comparison:
    """Fly scenarios with the same seed, that of the first, and compare them side by side.

    Args:
        scenarios: Names and scenarios; the first is the base.
        spool: A folder for temporary files of the flights, created if it does not exist.
        tell: Called with the variant and the image whenever pixels are worked on.

    Raises:
        ScenarioError: The folder cannot be created.
    """
    spool = Path(spool)
    seed = scenarios[0][1].seed
    summaries = []
    for name, scenario in scenarios:
        same_world = scenario.model_copy(update={"seed": seed})
        with _place_in(spool) as place:
            found = fly(same_world, place, tell=partial(_tell_variant, tell, name))
        summaries.append((name, found))
    return compare_summaries(summaries)


@contextmanager
def _place_in(spool: Path) -> Iterator[Path]:
    """A folder for one flight, removed at the end."""
    try:
        spool.mkdir(parents=True, exist_ok=True)
        place = TemporaryDirectory(prefix="flight-", dir=spool, ignore_cleanup_errors=True)
    except OSError as error:
        raise ScenarioError(f"{spool}: cannot be written: {error.strerror}") from error
    with place as name:
        yield Path(name)


def compare_seeds(  # noqa: PLR0913 - what, how often, where, by whom
    scenarios: Sequence[tuple[str, Scenario]],
    seeds: int,
    folder: str | Path,
    flier: Executor,
    *,
    settings: Sequence[Mapping[str, str]] = (),
    retry: bool = False,
    tell: SweepTell = lambda _: None,
) -> PairedComparison:
    """Fly scenarios with the same seeds, from the base's seed on, and report their differences from the base.

    Args:
        scenarios: Names and scenarios; the first is the base.
        seeds: How many.
        folder: Where the rows of the flights go; flights that have a row are not repeated.
        flier: What runs the flights; see `executor`.
        settings: What each variant after the base sets, see `what_if_settings`; for a grid, main effects are reported too.
        retry: Whether flights whose rows hold an error are repeated.
        tell: Receives the progress.
    """
    folder = Path(folder)
    first = scenarios[0][1].seed
    flown_with = range(first, first + seeds)
    rows = fly_variants(scenarios, flown_with, folder, flier, tell, retry=retry)
    flights = [(name, [row.metrics for row in flown]) for name, flown in rows]
    found = compare_settings(flights, flown_with, settings)
    trusted = trust_notes(
        (name, scenario, figures)
        for (name, scenario), (_, figures) in zip(scenarios, flights, strict=True)
    )
    failed = tuple(
        f"{name}, seed {row.seed}: {row.error}"
        for name, flown in rows
        for row in flown
        if row.status == FAILED
    )
    return replace(found, failed=failed, notes=tuple(trusted))


def _tell_variant(tell: Tell, variant: str, _arm: str, image: str) -> None:
    tell(variant, image)
