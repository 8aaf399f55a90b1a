"""The figure of growth: clear ground delivered, bytes delivered and bytes waiting, over the flight, by arm."""

from payload.report.chart import (
    ARM_WORDS,
    MS_PER_S,
    Chart,
    Json,
    Mark,
    axis,
    heading,
    layout,
    time_axis,
    utc,
)
from payload.report.data import OWN_ARM, ReportData, Series
from payload.report.palette import LIGHT
from payload.report.words import pixels, size, span
from payload.units import BYTES_PER_MB, PX_PER_MPX

_STYLES: dict[str, tuple[float, str]] = {
    "oracle": (1.5, "dot"),
    "compressed": (1.5, "dash"),
    "raw": (2.0, "solid"),
    "mask": (2.0, "solid"),
    "prune": (3.0, "solid"),
}
"""Width and dash of an arm's line, drawn in this order."""


def growth_chart(data: ReportData) -> Chart | None:
    """Clear ground delivered, bytes delivered and bytes waiting, over time, by arm; None if nothing was taken."""
    drawn = {arm: data.series[arm] for arm in _STYLES if arm in data.series}
    if OWN_ARM not in drawn:
        return None
    knows = any(series.clear_delivered_px is not None for series in drawn.values())
    panels = ["clear", "delivered", "waiting"] if knows else ["delivered", "waiting"]
    height = 210 * len(panels) + 60
    plot = layout(
        height,
        margin={"l": 16, "r": 16, "t": 28, "b": 40},
        hovermode="x unified",
        hoverlabel={
            "bgcolor": LIGHT["paper"],
            "bordercolor": LIGHT["line"],
            "font": {"size": 12, "color": LIGHT["ink"]},
        },
        xaxis=time_axis(data, anchor=f"y{len(panels)}" if len(panels) > 1 else "y"),
    )
    traces: list[Json] = []
    headings: list[Json] = []
    for index, panel in enumerate(panels):
        top = 1 - index / len(panels)
        bottom = top - 1 / len(panels) + (0.09 if index + 1 < len(panels) else 0)
        name = "y" if index == 0 else f"y{index + 1}"
        unit = "Mpx" if panel == "clear" else "MB"
        plot[f"yaxis{index + 1 if index else ''}"] = axis(
            unit, domain=[bottom, top - 0.02], rangemode="tozero"
        )
        headings.append(heading(_PANELS[panel], top - 0.02))
        for arm, series in drawn.items():
            if trace := _line(data, arm, series, panel, name):
                traces.append(trace)
    room = data.setting.memory.capacity_mb * data.setting.fleet_size
    peak = max(max(series.waiting_bytes) for series in drawn.values()) / BYTES_PER_MB
    key = [Mark(_KEYS[_STYLES[arm][1]], arm, ARM_WORDS[arm]) for arm in reversed(drawn)]
    if room < 2 * peak:
        key.append(Mark("dashed", "overflowed", "memory capacity"))
        traces.append(_capacity_line(data, room, f"y{len(panels)}"))
    plot["annotations"] = headings
    return Chart(
        id="growth",
        title="Progress over the flight",
        caption="Clear ground and bytes delivered so far, and bytes waiting in memory. "
        "A line in the last panel that climbs and never falls back is a backlog: not yet sent, not saved.",
        summary=_growth_summary(data, drawn),
        height_px=height,
        plot={"data": traces, "layout": plot},
        key=tuple(key),
    )


_KEYS = {"solid": "line", "dash": "dashed", "dot": "dotted"}
_PANELS = {
    "clear": "Clear ground delivered",
    "delivered": "Bytes delivered",
    "waiting": "Bytes waiting in memory",
}


def _line(data: ReportData, arm: str, series: Series, panel: str, yaxis: str) -> Json | None:
    match panel:
        case "clear":
            amounts, factor = series.clear_delivered_px, PX_PER_MPX
        case "delivered":
            amounts, factor = series.delivered_bytes, BYTES_PER_MB
        case _:
            amounts, factor = series.waiting_bytes, BYTES_PER_MB
    if amounts is None:
        return None
    width, dash = _STYLES[arm]
    word = ARM_WORDS.get(arm, arm)
    unit = "Mpx" if panel == "clear" else "MB"
    return {
        "type": "scatter",
        "mode": "lines",
        "name": word,
        "x0": utc(data, 0.0),
        "dx": series.step_s * MS_PER_S,
        "y": [round(amount / factor, 3) for amount in amounts],
        "yaxis": yaxis,
        "line": {"width": width, "dash": dash, "color": LIGHT[arm], "shape": "hv"},
        "hovertemplate": f"{word} %{{y:,.1f}} {unit}<extra></extra>",
    }


def _capacity_line(data: ReportData, room_mb: float, yaxis: str) -> Json:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "memory capacity",
        "x": [utc(data, 0.0), utc(data, data.summary.duration_s)],
        "y": [room_mb, room_mb],
        "yaxis": yaxis,
        "line": {"width": 1.5, "dash": "longdash", "color": LIGHT["overflowed"]},
        "hovertemplate": "capacity %{y:,.0f} MB<extra></extra>",
    }


def _growth_summary(data: ReportData, drawn: dict[str, Series]) -> str:
    told = []
    for arm in reversed(drawn):
        series = drawn[arm]
        clear = (
            f"{pixels(series.clear_delivered_px[-1])} clear in "
            if series.clear_delivered_px is not None
            else ""
        )
        told.append(
            f"{ARM_WORDS.get(arm, arm)} {clear}{size(series.delivered_bytes[-1])} delivered, "
            f"{size(series.waiting_bytes[-1])} waiting"
        )
    return f"After {span(data.summary.duration_s)}: {'; '.join(told)}."
