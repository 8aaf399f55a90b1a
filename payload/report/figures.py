"""All figures of a report, as plain dicts in Plotly's form, in light colours; the page recolours them.

Map traces are not used: they would load shapes from the network.
"""

from payload.report.atlas import map_chart
from payload.report.charges import charges_chart
from payload.report.chart import Chart
from payload.report.data import ReportData
from payload.report.delays import delays_chart
from payload.report.growth import growth_chart
from payload.report.passes import contacts_chart
from payload.report.volumes import clear_ground, fates_by_arm, way_of_the_bytes


def make_figures(data: ReportData) -> dict[str, Chart]:
    """The figures that the data allow, by id, in the order of the page."""
    made = (
        way_of_the_bytes(data),
        clear_ground(data),
        fates_by_arm(data),
        growth_chart(data),
        contacts_chart(data),
        charges_chart(data),
        delays_chart(data),
        map_chart(data),
    )
    return {chart.id: chart for chart in made if chart is not None}
