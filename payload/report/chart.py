"""What all figures share: the class `Chart`, its key, the plain layout and the axes."""

from dataclasses import dataclass, field
from datetime import UTC

from payload.report.data import ReportData
from payload.report.palette import LIGHT
from payload.units import at

MS_PER_S = 1000
"""Plotly measures time in milliseconds."""

FATES = ("delivered", "saved", "pruned", "on_board", "overflowed", "lost")
"""In stacking order: best first, worst last."""

FATE_WORDS = {
    "delivered": "delivered",
    "saved": "saved by compression",
    "pruned": "pruned as cloud",
    "on_board": "still waiting",
    "overflowed": "overflowed",
    "lost": "lost",
}
ARM_WORDS = {
    "raw": "bent pipe",
    "compressed": "compressed",
    "discard": "discard",
    "prune": "this scenario",
    "mask": "cloudy pixels left out",
    "oracle": "perfect masker",
}

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Mark:
    """One entry of a figure's key: how it is drawn (`box`, `line`, `dot`, `ring`, `tick`, …), its colour, its label."""

    shape: str
    colour: str
    word: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure and the text that goes with it.

    Attributes:
        id: Of its element on the page.
        title: Its heading.
        caption: How to read it.
        summary: What it shows, in words, for those who cannot see it.
        height_px: [px] On a wide page.
        key: What its colours and shapes stand for; the page sets it above the figure.
        plot: `data` and `layout` in Plotly's form.
        narrow: What changes on a narrow page: dotted paths into the plot and their values.
        variants: What changes by choice, in the same form, by the values of the figure's select boxes joined by `|`.
    """

    id: str
    title: str
    caption: str
    summary: str
    height_px: int
    plot: Json
    key: tuple[Mark, ...] = ()
    narrow: Json = field(default_factory=dict[str, object])
    variants: Json = field(default_factory=dict[str, object])


def layout(height_px: int, **more: object) -> Json:
    """A layout on the page's own background, without decoration."""
    margin = {"l": 16, "r": 16, "t": 12, "b": 40, "pad": 0}
    return {
        "height": height_px,
        "margin": margin,
        "paper_bgcolor": LIGHT["paper"],
        "plot_bgcolor": LIGHT["paper"],
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": LIGHT["ink"]},
        "hoverlabel": {
            "bgcolor": LIGHT["paper"],
            "bordercolor": LIGHT["line"],
            "font": {"family": "system-ui, sans-serif", "size": 13, "color": LIGHT["ink"]},
        },
        "showlegend": False,
        **more,
    }


def axis(title: str, /, **more: object) -> Json:
    """An axis of thin lines that makes room for its labels."""
    return {
        "title": {"text": title, "font": {"size": 12, "color": LIGHT["muted"]}},
        "gridcolor": LIGHT["line"],
        "linecolor": LIGHT["line"],
        "zerolinecolor": LIGHT["line"],
        "tickfont": {"size": 12, "color": LIGHT["muted"]},
        "automargin": True,
        **more,
    }


def time_axis(data: ReportData, anchor: str) -> Json:
    """The flight's duration in UTC; dates are shown where days begin."""
    return axis(
        "",
        type="date",
        anchor=anchor,
        range=[utc(data, 0.0), utc(data, data.summary.duration_s)],
        tickformatstops=[
            {"dtickrange": [None, 86_399_999], "value": "%H:%M\n%b %-d"},
            {"dtickrange": [86_400_000, None], "value": "%b %-d\n%Y"},
        ],
        ticklabelmode="instant",
    )


def utc(data: ReportData, time_s: float) -> str:
    """A time as Plotly reads dates: UTC without an offset."""
    instant = at(data.setting.epoch_utc, time_s).astimezone(UTC)
    return instant.replace(tzinfo=None).isoformat(timespec="milliseconds")


def heading(text: str, y: float) -> Json:
    """A panel's small heading, above its left edge; y in paper units."""
    return {
        "text": f"<b>{text}</b>",
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": y,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 13, "color": LIGHT["ink"]},
    }


def plain(text: str) -> str:
    """Escape untrusted text for Plotly's own markup, so that angle brackets are shown as such."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
