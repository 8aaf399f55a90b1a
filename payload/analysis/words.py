"""Figures in words and plain tables, for a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from payload.analysis.compare import ROWS, Comparison
from payload.analysis.crossed import knobs_ranked
from payload.analysis.paired import RANKED, Effect, PairedComparison

UNKNOWN = "unknown"


def human_bytes(count: float | None) -> str:
    """A number of bytes with three digits and a decimal unit prefix."""
    if count is None:
        return UNKNOWN
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(count) < 999.5 or unit == "TB":
            return f"{count:.3g} {unit}" if unit != "B" else f"{count:.0f} B"
        count /= 1000
    raise AssertionError  # the loop returns at its last unit


def human_px(count: float | None) -> str:
    """A number of pixels in millions or, for small numbers, in thousands or single pixels."""
    if count is None:
        return UNKNOWN
    if 0 < count < 50_000:
        return f"{count / 1e3:.3g} kpx" if count >= 1_000 else f"{count:.0f} px"
    return f"{count / 1e6:.1f} Mpx"


def answer(summary: Mapping[str, Any]) -> str:
    """Summarise the flight in a sentence or two."""
    arms = {arm["name"]: arm for arm in summary["arms"]}
    own, raw = arms["prune"], arms["raw"]
    hours = summary["duration_s"] / 3600
    if not summary["tiles"]["acquired"]:
        return f"{summary['scenario']}: nothing was acquired in {hours:g} h."
    taken = human_bytes(summary["bytes"]["acquired"])
    text = (
        f"{summary['scenario']}: of {taken} acquired in {hours:g} h, {human_bytes(own['downlinked_bytes'])} came down "
        f"with {human_px(own['clear_pixels_delivered'])} of clear ground"
    )
    text += (
        f"; without masking and compression it would have been {human_px(raw['clear_pixels_delivered'])} "
        f"in {human_bytes(raw['downlinked_bytes'])}, with {human_bytes(raw['waiting_bytes'])} still waiting on board "
        f"and {human_bytes(raw['overflowed_bytes'])} overflowed."
    )
    return f"{text} {_bottleneck(summary, own, raw)}"


def _bottleneck(summary: Mapping[str, Any], own: Mapping[str, Any], raw: Mapping[str, Any]) -> str:
    """What held back the bent pipe's data, and hence what masking achieves."""
    if not summary["link"]["contacts"]:
        return "There were no contacts."
    if raw["link_saturated"]:
        return "The bent pipe's link is saturated."
    if raw["overflowed_bytes"]:
        return "The bent pipe's link is not saturated, but its memory overflows."
    if raw["waiting_bytes"] or own["waiting_bytes"]:
        late = (
            "the waiting data"
            if raw["waiting_bytes"]
            else f"{human_bytes(own['waiting_bytes'])} that still wait on board here"
        )
        return f"The bent pipe's link is not saturated: {late} were acquired too late to be sent."
    if own["used_bytes"] < raw["used_bytes"]:
        return "The bent pipe's link is not saturated: masking frees link time rather than adding data."
    return "The bent pipe's link is not saturated."


def arms_table(summary: Mapping[str, Any]) -> Iterable[str]:
    """The arms side by side, with their costs if the scenario has prices."""
    prices = summary.get("prices")
    rows = [
        (
            arm["name"],
            human_bytes(arm["downlinked_bytes"]),
            human_bytes(arm["waiting_bytes"]),
            human_bytes(arm["overflowed_bytes"]),
            human_px(arm["clear_pixels_delivered"]),
            human_px(arm["clear_pixels_discarded"]),
            "-" if arm["data_value_density"] is None else f"{arm['data_value_density']:.2f}",
            "-" if arm["saved_fraction"] is None else f"{arm['saved_fraction']:.3f}",
            *(
                _price(arm[name])
                for name in ("cost", "cost_per_clear_km2", "cost_per_clear_gb")
                if prices
            ),
        )
        for arm in summary["arms"]
    ]
    names = [
        "arm",
        "downlinked",
        "waiting",
        "overflowed",
        "clear delivered",
        "clear thrown away",
        "density",
        "saved",
    ]
    if prices:
        names += [f"cost, {prices['currency']}", "per clear km²", "per clear GB"]
    return plain_table(names, rows)


def _price(value: float | None) -> str:
    """An amount of money with four digits, or more before the point."""
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def comparison_table(comparison: Comparison) -> Iterable[str]:
    """Variants as columns; differences from the base in brackets."""
    names = ["", "unit", *comparison.variants]
    rows = []
    for row in comparison.rows:
        cells = [_figure(row.values[0])]
        for value, difference in zip(row.values[1:], row.differences[1:], strict=True):
            change = "" if difference is None else f" ({_figure(difference, signed=True)})"
            cells.append(_figure(value) + change)
        rows.append((row.label, row.unit, *cells))
    return plain_table(names, rows)


def paired_table(found: PairedComparison) -> Iterable[str]:
    """What each variant does to each figure that it changes, and which does most; of a grid, what each knob does."""
    if found.main:
        cells = [effect for effect in found.effects if effect.key in RANKED]
        yield from _effect_lines("variant", "difference from base", cells)
        yield ""
        yield from _effect_lines("setting, others averaged out", "difference", found.main)
    else:
        yield from _effect_lines("variant", "difference from base", found.effects)
    if any(effect.verdict == "resolved" for effect in found.ranked):
        yield (
            f"each interval is taken by itself; {len(found.certain)} of {len(found.ranked)} ranked differences "
            f"{'is' if len(found.certain) == 1 else 'are'} resolved among all (Holm)"
        )
    for key, label, _ in ROWS:
        ranked = [
            effect.variant
            for effect in found.ranked
            if effect.key == key and effect in found.certain
        ]
        if ranked:
            yield f"largest effect on {label}: {', '.join(ranked)}"
    yield from _knob_lines(found)
    if found.notes:
        yield ""
        yield from found.notes


def _effect_lines(who: str, what: str, effects: Sequence[Effect]) -> Iterable[str]:
    rows = []
    for effect in effects:
        difference = effect.difference
        if difference is None or not (difference.value or difference.low):
            continue
        told = _figure(difference.value, signed=True)
        if difference.low is not None and difference.high is not None:
            told += f" ({_figure(difference.low, signed=True)} to {_figure(difference.high, signed=True)})"
        verdict = "" if difference.is_resolved else effect.verdict
        mean = None if effect.mean is None else effect.mean.value
        rows.append((effect.variant, effect.label, effect.unit, _figure(mean), told, verdict))
    if not rows:
        return [f"no {what} in any figure"]
    return plain_table((who, "figure", "unit", "mean", what, ""), rows)


def _knob_lines(found: PairedComparison) -> Iterable[str]:
    """Which knob matters most for the first ranked figure, if several are turned."""
    ranked = knobs_ranked(found)
    if len(ranked) > 1:
        told = "; ".join(
            f"{effect.knob} ({_figure(effect.difference.value, signed=True)} by {effect.variant.removeprefix(effect.knob + '=')}"
            f"{_doubt(found, effect)})"
            for effect in ranked
            if effect.difference
        )
        yield f"settings by effect on {ranked[0].label}, {ranked[0].unit}: {told}"


def _doubt(found: PairedComparison, effect: Effect) -> str:
    """The qualification of a ranked effect that may be chance."""
    if effect in found.certain or not effect.verdict:
        return ""
    return ", resolved only by itself" if effect.verdict == "resolved" else ", not resolved"


def plain_table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterable[str]:
    """Lines of a table with aligned columns; numbers are right-aligned."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(names), *cells]) for i in range(len(names))]
    numeric = [
        bool(rows) and all(isinstance(row[i], int | float | Decimal) for row in rows)
        for i in range(len(names))
    ]
    for line in [list(names), *cells]:
        padded = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        ]
        yield "  ".join(padded).rstrip()


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _figure(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return UNKNOWN
    sign = "+" if signed else ""
    return f"{value:{sign},}" if isinstance(value, int) else f"{value:{sign}.4g}"
