"""The figure of the batteries: state of charge over the flight, by satellite."""

from itertools import groupby

from payload.report.chart import Chart, Json, axis, layout, plain, time_axis, utc
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
    shown = list(found)[:MOST_BATTERIES]
    traces: list[Json] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": plain(name),
            "x": [utc(data, item.time_s) for item in found[name]],
            "y": [round(100 * item.charge, 2) for item in found[name]],
            "line": {"width": 2.0, "color": LIGHT["oracle"]},
            "hovertemplate": plain(name) + " %{y:.0f} %<extra></extra>",
        }
        for name in shown
    ]
    lowest = min(item.charge for item in charges)
    left_out = (
        f" Showing the first {MOST_BATTERIES} of {len(found)}." if len(found) > len(shown) else ""
    )
    return Chart(
        id="battery",
        title="Battery charge",
        caption="State of charge; it falls in the Earth's shadow and while radio, camera and "
        f"computer work.{left_out}",
        summary=f"{count(len(found), 'battery', 'batteries')}; the lowest state of charge is {share(lowest)}.",
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
    )
