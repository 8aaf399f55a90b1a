"""The figure of the batteries: state of charge over the flight, by satellite, the one that falls lowest in front."""

from itertools import groupby

from payload.report.chart import Chart, Json, Mark, axis, layout, plain, time_axis, utc
from payload.report.data import ReportData
from payload.report.palette import LIGHT
from payload.report.words import count, share

MOST_BATTERIES = 8


def charges_chart(data: ReportData) -> Chart | None:
    """State of charge over time; None if there is no battery."""
    charges = data.evidence.charges
    if not charges:
        return None
    found = {name: list(items) for name, items in groupby(charges, key=lambda item: item.satellite)}
    lowest = {name: min(item.charge for item in items) for name, items in found.items()}
    shown = sorted(found, key=lambda name: (lowest[name], name))[:MOST_BATTERIES]
    weakest = shown[0]
    traces: list[Json] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": plain(name),
            "x": [utc(data, item.time_s) for item in found[name]],
            "y": [round(100 * item.charge, 2) for item in found[name]],
            "line": {"width": 2.0, "color": LIGHT["oracle"]}
            if name == weakest
            else {"width": 1.0, "color": LIGHT["track"]},
            "hovertemplate": plain(name) + " %{y:.0f} %<extra></extra>",
        }
        for name in reversed(shown)
    ]
    key: tuple[Mark, ...] = ()
    left_out = ""
    if len(shown) > 1:
        key = (
            Mark("line", "oracle", f"{weakest}, which falls lowest"),
            Mark("line", "track", "other satellites"),
        )
    if len(found) > len(shown):
        left_out = f" Showing the {MOST_BATTERIES} of {len(found)} that fall lowest."
    return Chart(
        id="battery",
        title="Battery charge",
        caption="State of charge; it falls in the Earth's shadow and while radio, camera and "
        f"computer work.{left_out}",
        summary=f"{count(len(found), 'battery', 'batteries')}; the lowest state of charge is {share(lowest[weakest])}.",
        height_px=220,
        plot={
            "data": traces,
            "layout": layout(
                220,
                hovermode="closest",
                xaxis=time_axis(data, anchor="y"),
                yaxis=axis("%", range=[0, 103]),
            ),
        },
        key=key,
    )
