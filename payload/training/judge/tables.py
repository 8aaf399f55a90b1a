"""Tables in Markdown: the model first, then its baselines."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from payload.training.judge.discards import RULES, Discards, Rate, discards
from payload.training.judge.evaluation import Contender, Evaluation
from payload.training.judge.judging import Judged, Summary, true_cover
from payload.training.judge.spread import Spread, difference, spread

WORST_IMAGES = 20


def overall(evaluation: Evaluation) -> list[str]:
    """One row per masker: pooled scores, mean over seeds, and how certain the model's lead is."""
    first = evaluation.contenders[0]
    rows = []
    for contender in evaluation.contenders:
        lead = "" if contender is first else _lead(first, contender)
        rows.append(
            [
                contender.name,
                f"{contender.parameters:,}" if contender.parameters else "",
                str(len(contender.runs)),
                _mean(contender, lambda run: run.summary.scores.iou),
                _mean(contender, lambda run: run.summary.scores.f1),
                _mean(contender, lambda run: run.summary.scores.precision),
                _mean(contender, lambda run: run.summary.scores.recall),
                _mean(contender, lambda run: run.summary.bias, signed=True),
                _mean(contender, lambda run: run.reliability.ece),
                lead,
            ]
        )
    head = [
        *("masker", "parameters", "seeds", "IoU", "F1", "precision", "recall"),
        *("bias of cover", "ECE", "lead of the model (95 %)"),
    ]
    return table(head, rows)


def grouped(
    evaluation: Evaluation, by: Callable[[Judged], Mapping[str, Summary]], title: str
) -> list[str]:
    """One row per group of images, one column per masker: IoU, and the share of clear pixels called cloud.

    Returns:
        The lines; none if there is no group.
    """
    groups = by(evaluation.contenders[0].runs[0])
    if not groups:
        return []
    cells = [[by(run) for run in contender.runs] for contender in evaluation.contenders]
    rows = [
        [name, str(one.images), *(_cell([run[name] for run in runs]) for runs in cells)]
        for name, one in groups.items()
    ]
    return table([title, "images", *(c.name for c in evaluation.contenders)], rows)


def clear_ground(contenders: Iterable[Contender]) -> list[str]:
    """One row per kind of clear ground and masker: the share of tiles that each rule discards."""
    rows = []
    for contender in contenders:
        for kind, rules in _pooled([discards(run) for run in contender.clear]).items():
            lost = [rule.lost for rule in rules]
            rows.append(
                [
                    kind,
                    contender.name,
                    str(lost[0].whole // lost[0].repeats),
                    *(_rate(one) for one in lost),
                ]
            )
    # Group the maskers within each kind of ground.
    kinds = list(dict.fromkeys(row[0] for row in rows))
    rows.sort(key=lambda row: kinds.index(row[0]))
    head = ["ground", "masker", "tiles", *(f"lost at {rule:.0%}" for rule in RULES)]
    return table(head, rows) if rows else []


def tiles(contenders: Iterable[Contender]) -> list[str]:
    """One row per masker: what each rule does with the tiles of the labelled images."""
    rows = []
    for contender in contenders:
        rules = _pooled([discards(run) for run in contender.runs])["all"]
        rows.append(
            [
                contender.name,
                *(cell for one in rules for cell in (_rate(one.lost), _rate(one.kept))),
            ]
        )
    head = [
        cell
        for rule in RULES
        for cell in (f"clear lost at {rule:.0%}", f"cloudy kept at {rule:.0%}")
    ]
    return table(["masker", *head], rows)


def robustness(contenders: Sequence[Contender]) -> list[str]:
    """One row per perturbation, one column per masker: IoU, and its difference from nominal."""
    tough = [c.robustness for c in contenders if c.robustness is not None]
    if not tough:
        return []
    nominal = [one.nominal.summary.scores.iou for one in tough]
    rows = [["nominal", *(figure(value) for value in nominal)]]
    for name in tough[0].perturbed:
        cells = [
            _against(one.perturbed[name].summary.scores.iou, base)
            for one, base in zip(tough, nominal, strict=True)
        ]
        rows.append([name, *cells])
    return table(["sensor", *(one.name for one in tough)], rows)


def calibration(contender: Contender) -> list[str]:
    """One row per bin of the model's probabilities, all seeds together."""
    pooled = contender.runs[0].reliability
    for run in contender.runs[1:]:
        pooled += run.reliability
    rows = [[f"{said:.3f}", f"{cloud:.3f}", f"{pixels:,}"] for pixels, said, cloud in pooled.bins]
    return table(["mean probability", "share of cloud", "pixels"], rows)


def worst_images(evaluation: Evaluation) -> list[str]:
    """One row per image that the model got most wrong: true and estimated cloud cover, first seeds."""
    runs = [contender.runs[0] for contender in evaluation.contenders]
    said = [{a.image: a for a in run.answers} for run in runs]
    worst = sorted(runs[0].answers, key=lambda a: (-a.wrong, a.image))[:WORST_IMAGES]
    rows = [
        [
            answer.image,
            f"{answer.wrong:.3f}",
            figure(true_cover(answer.estimate)),
            *(figure(answers[answer.image].estimate.cover) for answers in said),
        ]
        for answer in worst
        if answer.wrong > 0
    ]
    names = [f"cover by {contender.name}" for contender in evaluation.contenders]
    return table(["image", "wrong pixels", "true cover", *names], rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table with its first column left-aligned, followed by an empty line."""
    return [
        f"| {' | '.join(head)} |",
        f"|---|{'--:|' * (len(head) - 1)}",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]


def figure(value: float | None, *, signed: bool = False) -> str:
    """Format a value with three decimals; empty if there is none."""
    if value is None:
        return ""
    return f"{value:+.3f}" if signed else f"{value:.3f}"


def _mean(
    contender: Contender, value: Callable[[Judged], float | None], *, signed: bool = False
) -> str:
    """A figure's mean over a masker's seeds, with the lowest and the highest if there are several."""
    return _spread(spread([value(run) for run in contender.runs]), signed=signed)


def _spread(one: Spread | None, *, signed: bool = False) -> str:
    if one is None:
        return ""
    mean = figure(one.mean, signed=signed)
    if one.seeds == 1:
        return mean
    low, high = (figure(value, signed=signed) for value in (one.low, one.high))
    return f"{mean} ({low} to {high})"


def _lead(first: Contender, other: Contender) -> str:
    lead = difference(first.runs, other.runs)
    if lead is None:
        return ""
    return f"{lead.iou:+.3f} ({lead.low:+.3f} to {lead.high:+.3f})"


def _cell(summaries: Sequence[Summary]) -> str:
    # Without a truly cloudy pixel, a single false one makes IoU 0, which says nothing.
    cloudy = all(one.scores.recall is not None for one in summaries)
    iou = spread([one.scores.iou for one in summaries]) if cloudy else None
    false = spread([one.false_cloud_share for one in summaries])
    parts = [figure(None if iou is None else iou.mean)]
    parts += [] if false is None else [f"{false.mean:.1%}"]
    return " · ".join(part for part in parts if part)


def _pooled(
    seeds: Sequence[Mapping[str, Sequence[Discards]]],
) -> dict[str, tuple[Discards, ...]]:
    """The tiles of all seeds together."""
    return {
        kind: tuple(
            Discards(
                rule.rule,
                _sum([seed[kind][place].lost for seed in seeds]),
                _sum([seed[kind][place].kept for seed in seeds]),
            )
            for place, rule in enumerate(rules)
        )
        for kind, rules in (seeds[0].items() if seeds else ())
    }


def _sum(rates: Iterable[Rate]) -> Rate:
    listed = list(rates)
    return Rate(
        sum(one.part for one in listed), sum(one.whole for one in listed), repeats=len(listed)
    )


def _rate(rate: Rate) -> str:
    if rate.share is None:
        return ""
    low, high = rate.interval
    return f"{rate.share:.1%} ({low:.1%} to {high:.1%})"


def _against(iou: float | None, nominal: float | None) -> str:
    if iou is None or nominal is None:
        return figure(iou)
    return f"{iou:.3f} ({iou - nominal:+.3f})"
