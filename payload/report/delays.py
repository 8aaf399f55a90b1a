"""The figure of delays: how soon after acquisition clear pixels come down, by arm."""

import numpy as np

from payload.report.chart import ARM_WORDS, Chart, Json, Mark, axis, layout
from payload.report.data import OWN_ARM, ReportData
from payload.report.evidence import ARMS, STEPS, Arrival
from payload.report.palette import LIGHT
from payload.report.words import pixels, share, span
from payload.units import PX_PER_MPX, S_PER_H, S_PER_MIN

_STYLES = {
    "raw": (2.0, "solid"),
    "compressed": (1.5, "dash"),
    "oracle": (1.5, "dot"),
    OWN_ARM: (3.0, "solid"),
}
_KEYS = {"solid": "line", "dash": "dashed", "dot": "dotted"}


def delays_chart(data: ReportData) -> Chart | None:
    """Clear ground (tiles if truth is unknown) received within a given time of acquisition; None if nothing was received."""
    found = data.evidence
    curves = {arm: _curve(found.arrivals, arm) for arm in ARMS}
    curves = {arm: curve for arm, curve in curves.items() if curve[0][-1]}
    if not curves or not found.longest_s > 0:
        return None
    knows = all(clear is not None for _, clear in curves.values())
    factor, unit = (S_PER_H, "h") if found.longest_s > 2 * S_PER_H else (S_PER_MIN, "min")
    step = found.longest_s / STEPS / factor
    traces = [_line(arm, curves[arm], step, unit, knows=knows) for arm in _STYLES if arm in curves]
    latency = data.summary.latency_s
    told = (
        ""
        if latency.p50 is None or latency.p90 is None
        else (
            f" Half of this scenario's tiles arrived within {span(latency.p50)}, and 90 % within {span(latency.p90)}."
        )
    )
    what = "clear ground" if knows else "tiles"
    return Chart(
        id="delays",
        title="Time to the ground",
        caption=f"{what.capitalize()} delivered within a given time of being taken. A curve that ends higher "
        f"delivered more; one that rises further left delivered it sooner.{told}",
        summary=f"{_summary(data, curves, knows=knows)}{told}",
        height_px=300,
        plot={
            "data": traces,
            "layout": layout(
                300,
                hovermode="x unified",
                xaxis=axis(f"time since it was taken, {unit}", rangemode="tozero"),
                yaxis=axis("Mpx" if knows else "tiles", rangemode="tozero"),
            ),
        },
        key=tuple(
            Mark(_KEYS[_STYLES[arm][1]], arm, ARM_WORDS[arm])
            for arm in reversed(_STYLES)
            if arm in curves
        ),
    )


Curve = tuple[list[int], list[int] | None]


def _curve(arrivals: tuple[Arrival, ...], arm: str) -> Curve:
    """Tiles and clear pixels [px] up to each step, 0 to STEPS; pixels are None if some have no truth."""
    tiles, clear = np.zeros(STEPS + 1, np.int64), np.zeros(STEPS + 1, np.int64)
    knows = True
    for item in arrivals:
        if item.arm == arm:
            tiles[item.step] += item.tiles
            clear[item.step] += item.clear_px or 0
            knows &= item.clear_px is not None
    return np.cumsum(tiles).tolist(), np.cumsum(clear).tolist() if knows else None


def _line(arm: str, curve: Curve, step: float, unit: str, *, knows: bool) -> Json:
    tiles, clear = curve
    values = [round(px / PX_PER_MPX, 3) for px in clear] if knows and clear else tiles
    width, dash = _STYLES[arm]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": ARM_WORDS[arm],
        "x0": 0.0,
        "dx": step,
        "y": values,
        "line": {"width": width, "dash": dash, "color": LIGHT[arm], "shape": "hv"},
        "hovertemplate": f"{ARM_WORDS[arm]} %{{y:,.1f}} {'Mpx' if knows else 'tiles'}<extra></extra>",
        "xhoverformat": f",.2f {unit}" if unit == "h" else ",.0f",
    }


def _summary(data: ReportData, curves: dict[str, Curve], *, knows: bool) -> str:
    """What each arm delivered within half of the longest delay, and in the end."""
    half_s = data.evidence.longest_s / 2
    told = []
    for arm, (tiles, clear) in curves.items():
        early, late = (
            (pixels(clear[STEPS // 2]), pixels(clear[-1]))
            if knows and clear is not None
            else (f"{share(tiles[STEPS // 2] / tiles[-1])} of its tiles", f"{tiles[-1]:,} tiles")
        )
        told.append(f"{ARM_WORDS[arm]} {early} within {span(half_s)}, {late} in the end")
    return "; ".join(told) + "."
