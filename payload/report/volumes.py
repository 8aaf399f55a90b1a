"""The figures of volumes: where the bytes went, and the arms side by side."""

from payload.report.chart import (
    ARM_WORDS,
    FATE_WORDS,
    FATES,
    Chart,
    Json,
    Mark,
    axis,
    layout,
    plain,
)
from payload.report.data import OWN_ARM, Arm, ReportData
from payload.report.palette import LIGHT, faint
from payload.report.words import listed, pixels, share, size
from payload.units import BYTES_PER_MB, PX_PER_MPX


def way_of_the_bytes(data: ReportData) -> Chart | None:
    """A sankey of the scenario's own arm; None if nothing was acquired."""
    volumes = data.summary.bytes
    if not volumes.acquired:
        return None
    amounts = {fate: int(getattr(volumes, fate)) for fate in FATES}
    kept = volumes.acquired - volumes.pruned - volumes.overflowed
    nodes = [("taken", "acquired", volumes.acquired, LIGHT["ink"])]
    if kept:
        nodes.append(("kept", "kept", kept, LIGHT["muted"]))
    nodes += [
        (fate, FATE_WORDS[fate], amounts[fate], LIGHT[fate]) for fate in FATES if amounts[fate]
    ]
    at = {name: index for index, (name, *_) in enumerate(nodes)}
    links = [("taken", "kept", kept, faint("muted"))]
    for fate in FATES:
        source = "taken" if fate in ("pruned", "overflowed") else "kept"
        links.append((source, fate, amounts[fate], faint(fate)))
    links = [link for link in links if link[2]]
    sankey = {
        "type": "sankey",
        "arrangement": "fixed",
        "orientation": "h",
        "valueformat": ",.0f",
        "valuesuffix": " bytes",
        "textfont": {"color": LIGHT["ink"], "size": 14, "shadow": "none"},
        "node": {
            "label": [
                f"{_SHORT.get(name, word)} <b>{size(amount)}</b>" for name, word, amount, _ in nodes
            ],
            "color": [colour for *_, colour in nodes],
            "pad": 26,
            "thickness": 14,
            "line": {"width": 0},
            "hovertemplate": "%{label}<br>%{value:,.0f} bytes<extra></extra>",
        },
        "link": {
            "source": [at[link[0]] for link in links],
            "target": [at[link[1]] for link in links],
            "value": [link[2] for link in links],
            "color": [link[3] for link in links],
            "hovertemplate": "%{target.label}<br>%{value:,.0f} bytes<extra></extra>",
        },
    }
    parts = [
        f"{size(amounts[fate])} {FATE_WORDS[fate]} ({share(amounts[fate] / volumes.acquired)})"
        for fate in FATES
        if amounts[fate]
    ]
    return Chart(
        id="way-of-the-bytes",
        title="Where the bytes went",
        caption="Every byte acquired in this scenario, and its fate. "
        "The audit at the end of the flight verified that the fates add up to what was acquired, byte for byte.",
        summary=f"Of {size(volumes.acquired)} acquired: {listed(parts)}.",
        height_px=380,
        plot={"data": [sankey], "layout": layout(380, margin=_SIDES)},
        narrow={
            "layout.height": 360,
            "layout.margin.l": 2,
            "layout.margin.r": 2,
            "data.0.textfont.size": 12,
            "data.0.node.label": [
                f"{_SHORT.get(name, word)}<br><b>{size(amount)}</b>"
                for name, word, amount, _ in nodes
            ],
        },
    )


_SHORT = {"saved": "saved", "pruned": "pruned"}
"""In the diagram longer words would meet those in the middle; both are defined on the page."""
_SIDES = {"l": 8, "r": 8, "t": 16, "b": 16}


def clear_ground(data: ReportData) -> Chart | None:
    """Clear pixels delivered by each arm; None if unknown, or if no arm delivered any."""
    arms = [arm for arm in _flown(data) if arm.clear_pixels_delivered is not None]
    if not arms or not any(arm.clear_pixels_delivered for arm in arms):
        return None
    values = [arm.clear_pixels_delivered or 0 for arm in arms]
    most = max(values) / PX_PER_MPX
    bars = {
        "type": "bar",
        "orientation": "h",
        "y": [_name(arm) for arm in arms],
        "x": [value / PX_PER_MPX for value in values],
        "text": [pixels(value) for value in values],
        "textposition": "outside",
        "cliponaxis": False,
        "textfont": {"color": LIGHT["ink"]},
        "marker": {
            "color": [LIGHT["prune"] if arm.name == OWN_ARM else LIGHT["capacity"] for arm in arms],
            "line": {"width": 0},
        },
        "hovertemplate": "%{y}: %{x:,.2f} Mpx<extra></extra>",
    }
    told = [f"{_name(arm)} {pixels(arm.clear_pixels_delivered or 0)}" for arm in arms]
    return Chart(
        id="clear-ground",
        title="Clear ground delivered",
        caption="Truly clear pixels in tiles that reached the ground.",
        summary=f"Clear ground delivered: {listed(told)}.",
        height_px=_height(arms),
        plot={"data": [bars], "layout": _bars_layout(arms, "Mpx", 1.4 * most)},
        narrow={"layout.xaxis.range": [0, 1.6 * most]},
    )


def fates_by_arm(data: ReportData) -> Chart | None:
    """All bytes that each arm acquired, by fate; None if nothing was acquired."""
    arms = [arm for arm in _flown(data) if data.fates.get(arm.name)]
    if not arms:
        return None
    stacks: list[Json] = []
    for fate in FATES:
        amounts = [data.fates[arm.name].get(fate, 0) for arm in arms]
        if any(amounts):
            stacks.append(
                {
                    "type": "bar",
                    "orientation": "h",
                    "name": FATE_WORDS[fate],
                    "y": [_name(arm) for arm in arms],
                    "x": [amount / BYTES_PER_MB for amount in amounts],
                    "marker": {"color": LIGHT[fate], "line": {"width": 1, "color": LIGHT["paper"]}},
                    "customdata": [size(amount) for amount in amounts],
                    "hovertemplate": "%{y}: %{customdata} " + FATE_WORDS[fate] + "<extra></extra>",
                }
            )
    plot = _bars_layout(arms, "MB", None)
    plot["barmode"] = "stack"
    told = [
        f"{_name(arm)}: "
        + listed(
            [
                f"{size(data.fates[arm.name][fate])} {FATE_WORDS[fate]}"
                for fate in FATES
                if data.fates[arm.name].get(fate)
            ]
        )
        for arm in arms
    ]
    return Chart(
        id="fates-by-arm",
        title="What became of each arm's bytes",
        caption="Raw bytes acquired, by fate. Arms that detect cloud may take targets again and so acquire more.",
        summary="; ".join(told) + ".",
        height_px=_height(arms),
        plot={"data": stacks, "layout": plot},
        key=tuple(
            Mark("box", fate, FATE_WORDS[fate])
            for fate in FATES
            if any(data.fates[arm.name].get(fate) for arm in arms)
        ),
    )


def _flown(data: ReportData) -> list[Arm]:
    return [arm for arm in data.summary.arms if arm.flown]


def _name(arm: Arm) -> str:
    return ARM_WORDS.get(arm.name, plain(arm.name))


def _height(arms: list[Arm]) -> int:
    return 70 + 44 * len(arms)


def _bars_layout(arms: list[Arm], unit: str, most: float | None) -> Json:
    # Bars that show their values need no grid lines, which would cross the figures.
    span: Json = {} if most is None else {"range": [0, most], "showgrid": False}
    return layout(
        _height(arms),
        bargap=0.36,
        xaxis=axis(unit, **span),
        yaxis=axis(
            "",
            autorange="reversed",
            showgrid=False,
            tickfont={"size": 13, "color": LIGHT["ink"]},
            ticklabelstandoff=8,
        ),
    )
