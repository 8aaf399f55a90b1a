"""What a search found, in words."""

from payload.analysis.compare import ROWS
from payload.analysis.intervals import Mean
from payload.provenance import canonical_json
from payload.sweep.goal import OWN
from payload.sweep.page import interval
from payload.sweep.search import Found
from payload.sweep.trials import Standing, Trial

_LABELS = {key: f"{label}, {unit}" if unit else label for key, label, unit in ROWS}


def answer(found: Found) -> str:
    """What was found, in a few sentences."""
    points = _many(len(found.trials), "point") + (" (all of them)" if found.is_exhaustive else "")
    if found.best is None:
        return f"None of {points} {_nothing(found)}"
    assert found.best.objective is not None
    held = f" The bounds hold at {len(found.feasible):,}." if found.goal.bounds else ""
    text = (
        f"{points} {'was' if len(found.trials) == 1 else 'were'} flown with "
        f"{_many(len(found.seeds), 'seed')} each.{_failed(found)}{held} "
        f"{'The most' if found.goal.is_most else 'The least'} {words(found.goal.metric)} is "
        f"{interval(found.best.objective)}, at {values_told(found.best)}."
    )
    return f"{text} {_beside_base(found)}"


def answer_lines(found: Found) -> list[str]:
    """The answer, whether each bound holds, and how far these can be trusted, for a terminal."""
    bounds = [
        f"{said}, {seeds} seeds: {mean}, {verdict}"
        for said, seeds, mean, verdict in bounds_told(found)
    ]
    return [answer(found), *bounds, *found.trust]


def _beside_base(found: Found) -> str:
    assert found.best is not None
    if found.confirmed is None or found.confirmed.gain is None:
        gain = found.best.gain
        if gain is None:
            return f"The base does not have this figure for every seed.{_unconfirmed(found)}"
        return f"Its difference from the base is {signed(gain)}, on the seeds it was picked by.{_unconfirmed(found)}"
    gain = found.confirmed.gain
    better = gain.value * found.goal.sign
    verdict = "" if gain.is_resolved else ", not resolved"
    if better <= 0:
        verdict += ": it does not beat the base"
    kept = [judged for judged in found.confirmed.bounds if not judged.holds]
    broken = "" if not kept else f" There, {' and '.join(j.bound.said for j in kept)} did not hold."
    return (
        f"With {_many(len(found.fresh_seeds), 'seed')} that the search never saw, it differs from the base by "
        f"{signed(gain)}{verdict}.{broken}"
    )


def _unconfirmed(found: Found) -> str:
    """Why there is no difference with fresh seeds; empty if none were asked for."""
    if found.confirmed is None or found.fresh_base is None:
        return ""
    why = (
        found.confirmed.error or found.fresh_base.error or "the figure is unknown for some of them"
    )
    return (
        f" With {_many(len(found.fresh_seeds), 'seed')} that the search never saw, it could not be compared with it: "
        f"{why.rstrip('.')}."
    )


def _failed(found: Found) -> str:
    """How many points could not be flown, and why the first failed."""
    errors = [trial.error or "" for trial in found.trials if trial.standing is Standing.FAILED]
    return f" {len(errors):,} of them failed; the first: {errors[0]}." if errors else ""


def _nothing(found: Found) -> str:
    if found.nearest is not None:
        bounds = " and ".join(bound.said for bound in found.goal.bounds)
        misses = ", ".join(
            f"{judged.bound.metric} {interval(judged.mean)}"
            for judged in found.nearest.bounds
            if not judged.holds
        )
        return f"meets {bounds}; nearest is {values_told(found.nearest)}, with {misses}."
    errors = [trial.error for trial in found.trials if trial.error]
    if errors:
        return f"has the required figures; the first error: {errors[0]}"
    return f"has {' and '.join(_nowhere(found))} for every seed."


def _nowhere(found: Found) -> list[str]:
    """Figures that no point has in every seed; all wanted figures if each is known at some point."""
    metrics = [bound.metric for bound in found.goal.bounds]
    known = {judged.bound.metric for trial in found.trials for judged in trial.bounds}
    if any(trial.objective for trial in found.trials):
        known.add(found.goal.metric)
    wanted = [found.goal.metric, *metrics]
    return [words(metric) for metric in [m for m in wanted if m not in known] or wanted]


def values_told(trial: Trial) -> str:
    """A point in words: each parameter and its value."""
    return ", ".join(f"{key} = {value_told(value)}" for key, value in trial.values.items())


def value_told(value: object) -> str:
    """A parameter's value, shortened to fit a line."""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = value if isinstance(value, str) else canonical_json(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def signed(mean: Mean) -> str:
    """A difference and its interval, with signs."""
    return interval(mean, sign="+")


def words(metric: str) -> str:
    """A figure in words."""
    if metric in _LABELS:
        return _LABELS[metric]
    return metric.removeprefix(OWN).replace("_", " ").replace(".", ", ")


def bounds_told(found: Found) -> list[tuple[str, str, str, str]]:
    """Each bound at the best point, or else the nearest, with the search's seeds and with fresh ones."""
    shown = [("search", found.best or found.nearest), ("fresh", found.confirmed)]
    return [
        (judged.bound.said, seeds, interval(judged.mean), judged.verdict)
        for seeds, trial in shown
        if trial is not None
        for judged in trial.bounds
    ]


def _many(things: int, one: str) -> str:
    return f"{things:,} {one}{'' if things == 1 else 's'}"
