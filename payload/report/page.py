"""One self-contained page: the filled template with Plotly's script inside; it requests nothing from anywhere."""

import base64
import json
import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from payload.report.accounts import accounts, discard_rows
from payload.report.answer import answer
from payload.report.as_flown import MOST_ROWS
from payload.report.chart import Chart
from payload.report.data import OWN_ARM, ReportData
from payload.report.evidence import MOST_PLACES
from payload.report.figures import make_figures
from payload.report.key_figures import key_figures
from payload.report.palette import DARK, LIGHT, exchange
from payload.report.pictures import pictures
from payload.report.requests import plan_rows
from payload.report.rows import (
    ARM_MEANINGS,
    MOST_CONTACTS,
    arm_table,
    contact_rows,
    moment,
    verdict,
)
from payload.report.words import count, number, share, size, span

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

MOST_BYTES = 7_900_000
"""[byte] Limit for the page, so that it can be sent by mail and opened on a phone."""
WORDS_BYTES = 600_000
"""[byte] Reserved for text and tables, whose numbers of rows are limited."""
MOST_PARAMETERS = 400


def render_page(data: ReportData) -> str:
    """Render the report as one HTML file; equal data give equal text.

    Raises:
        ScenarioError: A picture of the gallery is missing or not a picture.
    """
    charts = make_figures(data)
    arms, measures = arm_table(data)
    heavy_bytes = len(_plotly().encode()) + len(_drawing(charts).encode())
    # base64: 4 letters for 3 bytes
    room_bytes = max(0, (MOST_BYTES - WORDS_BYTES - heavy_bytes) * 3 // 4)
    shown = pictures(data.folder, data.gallery, room_bytes)
    return self_contained(
        "report.html.j2",
        charts,
        data=data,
        summary=data.summary,
        provenance=data.provenance,
        own=OWN_ARM,
        answer=answer(data),
        key_figures=key_figures(data),
        arms=arms,
        arm_meanings=ARM_MEANINGS,
        measures=measures,
        as_flown=(data.as_flown or ())[:MOST_ROWS],
        plan=() if data.summary.requests is None else plan_rows(data.summary.requests),
        accounts=accounts(data),
        surfaces=None if data.evidence.surfaces is None else discard_rows(data.evidence.surfaces),
        places=discard_rows(data.evidence.places),
        most_places=MOST_PLACES,
        contacts=contact_rows(data),
        most_contacts=MOST_CONTACTS,
        pictures=[(picture, verdict(data, picture.tile)) for picture in shown],
        left_out=len(data.gallery) - len(shown),
        assumed=[item for item in data.parameters if item.is_assumed],
        parameters=data.parameters[:MOST_PARAMETERS],
        most_parameters=MOST_PARAMETERS,
        begins=moment(data, 0.0),
    )


def self_contained(template: str, charts: dict[str, Chart], **words: object) -> str:
    """Fill a template of this package, with its figures and Plotly's own script inside.

    Args:
        template: Its name; it includes `report.css` and `report.js`, and ends with the script's placeholder.
        charts: By the ids of their elements.
        words: All other variables of the template.
    """
    page = (
        _environment()
        .get_template(template)
        .render(charts=charts, light=LIGHT, dark=DARK, drawing=_drawing(charts), **words)
    )
    # The script is inserted last and separately: five million characters need no templating.
    # Its placeholder is the last one of that name: untrusted text stands before it and may say anything.
    before, _, after = page.rpartition(_PLOTLY_HERE)
    return f"{before}{_plotly()}{after}"


def without_script(template: str, **words: object) -> str:
    """Fill a template of this package that draws its figures itself.

    Args:
        template: Its name; it includes `report.css`.
        words: All variables of the template.
    """
    return _environment().get_template(template).render(light=LIGHT, dark=DARK, **words)


_PLOTLY_HERE = "/*plotly*/"


@cache
def _plotly() -> str:
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - 5 MB of text, for pages alone

    return _inside_script(get_plotlyjs())


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=PackageLoader("payload.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "bold": _bold,
        "breakable": _breakable,
        "figure_columns": _figure_columns,
        "data_url": _data_url,
        "share": share,
        "span": span,
        "number": number,
        "count": count,
        "size": size,
    }
    return environment


def _bold(text: str) -> "Markup":
    """Set text enclosed in double asterisks in bold; everything else is escaped."""
    from markupsafe import Markup, escape  # noqa: PLC0415

    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text))))


def _breakable(text: str) -> "Markup":
    """Allow long keys to break where one of their words ends; everything is escaped."""
    from markupsafe import Markup, escape  # noqa: PLC0415

    return Markup(re.sub(r"([._/=])(?=[^\W\d])", r"\1<wbr>", str(escape(text))))


def _figure_columns(rows: Sequence[Sequence[str]]) -> set[int]:
    """Columns of a table that hold numbers, to be aligned."""
    return {
        index
        for index, cells in enumerate(zip(*rows, strict=True))
        if all(cell in {"", "unknown"} or cell[0] in "+-0123456789" for cell in cells)
    }


def _data_url(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _drawing(charts: dict[str, Chart]) -> "Markup":
    """What the page's script draws, as JSON that cannot close the script element containing it."""
    from markupsafe import Markup  # noqa: PLC0415

    told = {
        "dark": exchange(),
        "paper": LIGHT["paper"],
        "figures": {
            chart.id: {"plot": chart.plot, "narrow": chart.narrow}
            | ({"variants": chart.variants} if chart.variants else {})
            for chart in charts.values()
        },
    }
    text = json.dumps(told, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


def _inside_script(code: str) -> str:
    """Code with the same meaning that cannot close the script element containing it."""
    return re.sub(r"</(?=script)", r"<\\/", code, flags=re.IGNORECASE)
