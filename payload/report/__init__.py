"""One page for people to read: what came down that otherwise would not, and at what cost.

`read_report_data` reads a results folder into plain values, `render_page` turns them into one self-contained HTML
page, and `write_report` does both and leaves `report.html` in the folder:

>>> from pathlib import Path
>>> from payload.report import write_report
>>> write_report(Path("results/quickstart-0123456789ab"))  # doctest: +SKIP
PosixPath('results/quickstart-0123456789ab/report.html')

The page depends on the folder alone: the same folder gives the same bytes. `answer` writes the sentences,
`make_figures` the figures (plain dicts in Plotly's form), and `templates/` holds the markup.
"""

from pathlib import Path

from payload.report.data import ReportData
from payload.report.figures import make_figures
from payload.report.folder import read_report_data
from payload.report.page import render_page
from payload.text_files import write_text

__all__ = ["ReportData", "make_figures", "read_report_data", "render_page", "write_report"]


def write_report(folder: str | Path) -> Path:
    """Write `report.html` into a results folder, by renaming a temporary file, and return its path.

    Raises:
        ScenarioError: The folder is not one of ours, is damaged, or cannot be written to.
    """
    folder = Path(folder)
    page = render_page(read_report_data(folder))
    path = folder / "report.html"
    write_text(path, page)
    return path
