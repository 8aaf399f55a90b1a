"""The page in a real browser: drawn, quiet, asking nobody, and as wide as a phone."""

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from browsing import Browser, in_a_browser

from payload.report import write_report

pytestmark = [in_a_browser, pytest.mark.timeout(180)]
FIGURES = [
    "way-of-the-bytes",
    "clear-ground",
    "fates-by-arm",
    "growth",
    "contacts-over-time",
    "delays",
    "map",
]


def test_all_figures_are_drawn_without_a_complaint_or_a_request(
    browser: Browser, results: Callable[..., Path]
):
    page = write_report(results())
    browser.open(page)
    drawn = browser.value(
        "[...document.querySelectorAll('.plot')].filter(p => p.querySelector('.main-svg')).map(p => p.id)"
    )
    assert drawn == FIGURES
    assert browser.complaints() == []
    assert [url for url in browser.requests() if not url.startswith("data:")] == [page.as_uri()]


def test_the_page_is_as_wide_as_a_phone(browser: Browser, results: Callable[..., Path]):
    page = write_report(results(name="n" * 64, target="a target of a rather long name, number {}"))
    browser.open(page, width=390, height=844)
    assert browser.value("document.documentElement.scrollWidth") == 390
    assert browser.value("document.querySelector('#map .main-svg').clientWidth") <= 390
    assert browser.complaints() == []


def test_no_table_is_wider_than_paper_or_cut_on_a_phone_unless_it_can_be_moved(
    browser: Browser, results: Callable[..., Path]
):
    """A4 between margins of 1 cm is some 700 px wide; what is folded is opened for print."""
    browser.open(write_report(results()), width=390, height=844)
    cut = (
        "[...document.querySelectorAll('.scroll, .pair.even > div')]"
        ".filter(box => box.scrollWidth > box.clientWidth && box.tabIndex < 0).length"
    )
    assert browser.value(cut) == 0
    browser.ask(
        "Emulation.setDeviceMetricsOverride",
        width=700,
        height=1000,
        deviceScaleFactor=1,
        mobile=False,
    )
    browser.ask("Emulation.setEmulatedMedia", media="print")
    browser.value("dispatchEvent(new Event('beforeprint'))")
    right = "Math.max(...[...document.querySelectorAll('table')].map(t => t.getBoundingClientRect().right))"
    assert browser.value(right) <= 700


def test_figures_fit_a_page_that_has_become_narrower(
    browser: Browser, results: Callable[..., Path]
):
    """At once and without a motion, which would leave the diagram of the bytes cut off at the right meanwhile."""
    browser.open(write_report(results()), width=800)
    browser.value(
        """(() => {
            const bytes = document.getElementById("way-of-the-bytes");
            window.furthest = 0;
            (function look() {
                if (bytes.querySelector(".main-svg").clientWidth <= 390) {
                    const ends = [...bytes.querySelectorAll(".node-rect")].map(
                        (node) => node.getBoundingClientRect().right);
                    window.furthest = Math.max(window.furthest, ...ends);
                }
                requestAnimationFrame(look);
            })();
        })()"""
    )
    browser.resize(390)
    browser.wait_for("document.querySelector('#map .main-svg').clientWidth <= 390")
    wide = (
        "[...document.querySelectorAll('.plot')]"
        ".filter(p => p.querySelector('.main-svg').clientWidth !== p.clientWidth).map(p => p.id)"
    )
    assert browser.value(wide) == []
    assert 300 < browser.value("window.furthest") <= 390
    shape = "(s => s.clientHeight / s.clientWidth)(document.querySelector('#map .main-svg'))"
    assert browser.value(shape) == pytest.approx(0.53, abs=0.01)


def test_paper_shows_the_flows_of_the_bytes_at_once(browser: Browser, results: Callable[..., Path]):
    """Printing does not wait for links to fade in, however often they have been drawn."""
    browser.open(write_report(results()), theme="dark")
    browser.value(
        """addEventListener("beforeprint", () => {
            window.shown = [...document.querySelectorAll("#way-of-the-bytes .sankey-link")].map(
                (link) => link.style.opacity);
        })"""
    )
    for _ in range(2):
        browser.ask("Page.printToPDF")
    assert len(browser.value("window.shown")) > 3
    assert set(browser.value("window.shown")) == {"1"}


def test_on_paper_sums_follow_what_they_sum(browser: Browser, results: Callable[..., Path]):
    """A table's foot would be repeated at the end of each page, before the rest of its terms."""
    browser.open(write_report(results()))
    browser.ask("Emulation.setEmulatedMedia", media="print")
    feet = "[...document.querySelectorAll('tfoot')].map(e => getComputedStyle(e).display)"
    assert set(browser.value(feet)) == {"table-row-group"}


@pytest.mark.parametrize("width", [390, 768, 1030])
def test_no_words_of_a_figure_are_cut_off_or_meet(
    browser: Browser, results: Callable[..., Path], width: int
):
    browser.open(write_report(results()), width=width)
    boxes = "[...document.querySelectorAll('{}')].map(e => e.getBoundingClientRect().toJSON())"
    edge = browser.value("document.querySelector('#clear-ground').getBoundingClientRect().right")
    figures = browser.value(boxes.format("#clear-ground .bartext"))
    assert len(figures) > 2
    assert max(figure["right"] for figure in figures) <= edge
    labels = browser.value(boxes.format("#way-of-the-bytes .node-label"))
    assert len(labels) > 4
    for one, other in combinations(labels, 2):
        assert (
            one["right"] <= other["left"]
            or other["right"] <= one["left"]
            or one["bottom"] <= other["top"]
            or other["bottom"] <= one["top"]
        )


def test_without_script_there_is_no_room_for_figures_that_never_come(
    browser: Browser, results: Callable[..., Path]
):
    browser.ask("Emulation.setScriptExecutionDisabled", value=True)
    browser.ask("Page.navigate", url=write_report(results()).as_uri())
    while not browser.value("document.querySelector('#provenance') !== null"):
        pass  # no timers run either
    tall = "[...document.querySelectorAll('.plot')].map(e => e.getBoundingClientRect().height)"
    assert set(browser.value(tall)) == {0}
    told = "[...document.querySelectorAll('.chart noscript')].map(e => e.innerText.length > 40)"
    assert set(browser.value(told)) == {True}


def test_no_line_crosses_the_figures_at_the_bars(browser: Browser, results: Callable[..., Path]):
    boxes = "[...document.querySelectorAll('{}')].map(e => e.getBoundingClientRect().toJSON())"
    for width in (1280, 390):
        browser.open(write_report(results()), width=width)
        words = browser.value(boxes.format("#clear-ground .bartext"))
        lines = browser.value(boxes.format("#clear-ground .gridlayer path"))
        assert len(words) > 2
        for word in words:
            for line in lines:
                assert (
                    line["right"] < word["left"]
                    or word["right"] < line["left"]
                    or line["bottom"] < word["top"]
                    or word["bottom"] < line["top"]
                )


def test_on_a_phone_no_long_table_has_to_be_moved_and_each_figure_says_whose_it_is(
    browser: Browser, results: Callable[..., Path]
):
    browser.open(write_report(results()), width=390, height=844)
    browser.value("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    moved = "[...document.querySelectorAll('.scroll')].filter(b => b.scrollWidth > b.clientWidth)"
    assert browser.value(f"{moved}.map(b => b.getAttribute('aria-labelledby'))") == []
    unsaid = (
        "[...document.querySelectorAll('.stacked tbody td:not(:first-child)')]"
        ".filter(c => getComputedStyle(c, '::before').content.length < 3)"
    )
    assert browser.value("document.querySelectorAll('.stacked tbody td').length") > 20
    assert browser.value(f"{unsaid}.length") == 0


def test_figures_follow_the_theme_while_the_page_is_open(
    browser: Browser, results: Callable[..., Path]
):
    paper = "document.querySelector('#growth .main-svg').style.background"
    browser.open(write_report(results()))
    light = browser.value(paper)
    browser.set_theme("dark")
    browser.wait_for(f"{paper} !== {json.dumps(light)}")
    assert browser.value("getComputedStyle(document.body).backgroundColor") == browser.value(paper)
    assert browser.complaints() == []


def test_the_words_are_painted_within_a_second(browser: Browser, results: Callable[..., Path]):
    """Best of three openings, as others may use the machine; and each time well before the figures are drawn."""
    page = write_report(results(pictures=32))
    first, whole = [], []
    for _ in range(3):
        browser.open(page)
        first.append(
            browser.value(
                "performance.getEntriesByName('first-contentful-paint').map(e => e.startTime)[0]"
            )
        )
        whole.append(browser.value("performance.now()"))
    assert min(first) < 1000
    assert all(words < figures for words, figures in zip(first, whole, strict=True))


def test_hostile_names_run_nothing(browser: Browser, results: Callable[..., Path]):
    hostile = "</script><script>window.owned=1</script><img src=x onerror=window.owned=1>\"'&{}"
    page = write_report(results(target=hostile, description=hostile))
    browser.open(page)
    assert browser.value("window.owned === undefined")
    assert (
        browser.value("document.querySelectorAll('main img:not([src^=\"data:image/png\"])').length")
        == 0
    )
    assert browser.complaints() == []
    assert [url for url in browser.requests() if not url.startswith("data:")] == [page.as_uri()]
