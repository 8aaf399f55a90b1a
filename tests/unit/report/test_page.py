import itertools
import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs

from payload.errors import ScenarioError
from payload.report import read_report_data, render_page, write_report
from payload.report.palette import DARK, LIGHT

Make = Callable[..., Path]
HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&{}/*plotly*/]]>\u2028**<b>"
)
CASES = {
    "a whole day": {},
    "no truth": {"truth": False},
    "no contact": {"contacts": 0},
    "nothing taken": {"images": 0},
    "nothing at all": {"images": 0, "contacts": 0},
    "a small memory": {"memory_mb": 6.0},
    "a wide link": {"capacity_mb": 400.0},
    "no pictures": {"pictures": 0},
}


class Outline(HTMLParser):
    """What a page is made of: its tags with their attributes, and what stands in script elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self._in: str | None = None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag in ("script", "style"):
            self._in = tag
            if tag == "script":
                self.scripts.append("")

    def handle_endtag(self, tag):
        if tag == self._in:
            self._in = None

    def handle_data(self, text):
        if self._in == "script":
            self.scripts[-1] += text
        elif self._in is None:
            self.words.append(text)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(folder: Path) -> str:
    return render_page(read_report_data(folder))


@pytest.mark.parametrize("case", CASES)
def test_every_flight_has_a_page(results: Make, case: str):
    page = page_of(results(**CASES[case]))
    assert len(page.encode()) < 8_000_000
    words = " ".join(Outline(page).words)
    assert "In 24\u00a0h the satellite took" in words
    assert "nan" not in re.sub(r"\w*[A-Za-z]nan|nan[A-Za-z]\w*", "", words).lower().split()
    assert "None" not in words


def test_a_page_holds_plotly_once_and_two_small_scripts(results: Make):
    outline = Outline(page_of(results()))
    data, plotly, own = outline.scripts
    assert plotly == get_plotlyjs()
    assert set(json.loads(data)) == {"dark", "paper", "figures"}
    assert len(own) < 10_000


@pytest.mark.parametrize("world", [{}, {"target": HOSTILE, "description": HOSTILE}])
def test_a_page_asks_nobody_for_anything(results: Make, world: dict):
    page = page_of(results(**world))
    outline = Outline(page)
    for _, attributes in outline.tags:
        for name in ("src", "href", "srcset", "data", "action", "poster", "xlink:href"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:image/png;base64,", "#")), value
    assert not outline.all("link")
    assert not outline.all("iframe")
    style = page.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    without_plotly = page.replace(get_plotlyjs(), "")
    assert "://" not in without_plotly
    (policy,) = [
        item["content"] for item in outline.all("meta") if item.get("http-equiv") is not None
    ]
    assert policy.startswith(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
    )


def test_hostile_names_stay_text(results: Make):
    plain = Outline(page_of(results()))
    hostile = Outline(page_of(results(target=HOSTILE, description=HOSTILE)))
    assert [tag for tag, _ in hostile.tags if tag != "strong"] == [
        tag for tag, _ in plain.tags if tag != "strong"
    ]
    assert hostile.scripts[1:] == plain.scripts[1:]
    data = hostile.scripts[0]
    assert not set("<>&\u2028\u2029") & set(data)
    assert "alert(1)" in json.dumps(json.loads(data))
    assert any("<script>alert(1)" in text for text in hostile.words)
    assert not any(name.startswith("on") for _, attributes in hostile.tags for name in attributes)


def test_a_name_of_ten_thousand_letters_is_shown(results: Make):
    assert "x" * 10_000 in page_of(results(description="x" * 10_000))


def test_the_same_folder_gives_the_same_bytes_wherever_it_lies(results: Make, tmp_path: Path):
    folder = results()
    first = write_report(folder).read_bytes()
    moved = tmp_path / "elsewhere"
    shutil.copytree(folder, moved)
    assert write_report(moved).read_bytes() == first
    assert write_report(folder).read_bytes() == first


def test_nothing_half_written_stays(results: Make):
    folder = results()
    assert write_report(folder) == folder / "report.html"
    assert not list(folder.glob(".*"))
    (folder / "report.html").unlink()
    (folder / "report.html").mkdir()
    with pytest.raises(ScenarioError, match="cannot be written"):
        write_report(folder)
    assert not list(folder.glob(".*"))


def test_a_page_can_be_read_without_eyes(results: Make):
    page = page_of(results())
    outline = Outline(page)
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in outline.tags:
        for name in ("aria-labelledby",):
            assert attributes.get(name) is None or attributes[name] in ids
        if (attributes.get("href") or "").startswith("#"):
            assert attributes["href"][1:] in ids
    assert all(image["alt"] for image in outline.all("img"))
    plots = [item for item in outline.all("div") if item.get("class") == "plot"]
    assert len(plots) == 7
    assert all(plot["role"] == "img" and len(plot["aria-label"]) > 40 for plot in plots)
    assert page.count("<table") == page.count("<caption") == 5
    assert outline.all("html") == [{"lang": "en"}]
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    scrolling = [item for item in outline.all("div") if item.get("class") == "scroll"]
    assert all(item["tabindex"] == "0" for item in scrolling)


def test_definitions_units_and_provenance_stand_on_the_page(results: Make):
    words = " ".join(Outline(page_of(results())).words)
    for said in (
        "It may come down later or",
        "Nothing else is called saved",
        "1 MB is 1,000,000 bytes",
        "payload-sim run scenarios/a-day.yaml --seed 7",
        "0123456789abcdef" * 4,
        "numpy 2.3.0",
        "camera.settle_s",
        "Assumption: 30 s",
        "computer.compression_mpx_per_s",
    ):
        assert said in words, said


def test_unknown_figures_are_called_unknown(results: Make):
    words = " ".join(Outline(page_of(results(truth=False))).words)
    assert "unknown" in words
    assert "no truth" in words


def contrast(one: str, other: str) -> float:
    """Source: W3C WCAG 2.2, definition of contrast ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["ink", "muted", "accent", "alarm"])
def test_words_stand_out_from_the_paper(theme: dict, name: str):
    assert contrast(theme[name], theme["paper"]) >= 4.5
