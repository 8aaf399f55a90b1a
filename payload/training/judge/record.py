"""An evaluation as plain values for JSON, with more digits than any table needs."""

from collections.abc import Mapping
from dataclasses import asdict

from payload.training.judge.discards import (
    REAL,
    RULES,
    Discards,
    Rate,
    discards,
    kind_of,
    lost_images,
)
from payload.training.judge.evaluation import Contender, Evaluation
from payload.training.judge.judging import Judged, Summary
from payload.training.judge.robustness import Robustness
from payload.training.judge.spread import difference, spread

SCHEMA_VERSION = 2
SCORES = ("iou", "f1", "precision", "recall")
_DIGITS = 7

Plain = Mapping[str, object]


def record(evaluation: Evaluation) -> Plain:
    """The whole evaluation, by name."""
    first = evaluation.contenders[0]
    return {
        "schema_version": SCHEMA_VERSION,
        "measured_on": evaluation.measured_on,
        "notes": list(evaluation.notes),
        "images": [
            {
                "id": answer.image,
                "scene": answer.scene,
                "source": answer.source,
                "surface": answer.surface,
                "human": answer.is_human,
            }
            for answer in first.runs[0].answers
        ],
        "maskers": [_contender(contender, first) for contender in evaluation.contenders],
        "sheet": [] if evaluation.sheet is None else list(evaluation.sheet.images),
    }


def pooled_spread(contender: Contender) -> Plain:
    """Mean and spread over seeds of each pooled score, the bias of cover, and calibration."""
    summaries = [run.summary for run in contender.runs]
    columns = {
        **{key: [getattr(s.scores, key) for s in summaries] for key in SCORES},
        "false_cloud_share": [s.false_cloud_share for s in summaries],
        "bias": [s.bias for s in summaries],
        "error": [s.error for s in summaries],
        "ece": [run.reliability.ece for run in contender.runs],
        "brier": [run.reliability.brier for run in contender.runs],
    }
    spreads = {key: spread(values) for key, values in columns.items()}
    return {key: None if one is None else _rounded(asdict(one)) for key, one in spreads.items()}


def _contender(contender: Contender, first: Contender) -> Plain:
    ahead = None if contender is first else difference(first.runs, contender.runs)
    tough = contender.robustness
    return {
        "name": contender.name,
        "parameters": contender.parameters,
        "threshold": [run.threshold for run in contender.runs],
        "pooled": pooled_spread(contender),
        "first_is_ahead_by": None if ahead is None else _rounded(asdict(ahead)),
        "seeds": [_run(run) for run in contender.runs],
        "clear_ground": [_clear(run) for run in contender.clear],
        "robustness": None if tough is None else _robustness(tough),
    }


def _run(run: Judged) -> Plain:
    return {
        "pooled": _summary(run.summary),
        "sources": {key: _summary(one) for key, one in run.by_source().items()},
        "surfaces": {key: _summary(one) for key, one in run.by_surface().items()},
        "covers": {key: _summary(one) for key, one in run.by_cover().items()},
        "ece": _number(run.reliability.ece),
        "brier": _number(run.reliability.brier),
        "reliability": [
            {"pixels": pixels, "probability": _number(said), "cloud": _number(cloud)}
            for pixels, said, cloud in run.reliability.bins
        ],
        "discards": {kind: [_rule(one) for one in rules] for kind, rules in discards(run).items()},
        "images": {answer.image: _rounded(answer.estimate._asdict()) for answer in run.answers},
    }


def _clear(run: Judged) -> Plain:
    return {
        "images": len(run.answers),
        "real": [answer.image for answer in run.answers if kind_of(answer) == REAL],
        "discards": {kind: [_rule(one) for one in rules] for kind, rules in discards(run).items()},
        "lost": {f"{rule:g}": lost_images(run, rule=rule) for rule in RULES},
    }


def _robustness(tough: Robustness) -> Plain:
    return {
        "nominal": _number(tough.nominal.summary.scores.iou),
        "perturbed": {name: _summary(judged.summary) for name, judged in tough.perturbed.items()},
    }


def _summary(summary: Summary) -> Plain:
    plain = asdict(summary)
    scores: dict[str, float | None] = plain.pop("scores")
    return _rounded({**plain, **scores})


def _rule(one: Discards) -> Plain:
    return {"rule": one.rule, "clear_lost": _rate(one.lost), "cloudy_kept": _rate(one.kept)}


def _rate(rate: Rate) -> Plain:
    low, high = rate.interval
    return {
        "tiles": rate.part,
        "of": rate.whole,
        "share": _number(rate.share),
        "low": _number(low),
        "high": _number(high),
    }


def _rounded(values: Mapping[str, float | int | None]) -> Plain:
    return {key: _number(value) for key, value in values.items()}


def _number(value: float | None) -> float | int | None:
    return round(value, _DIGITS) if isinstance(value, float) else value
