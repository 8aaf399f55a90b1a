"""The page of a sweep in a real browser: drawn, quiet, asking nobody, and its choices choose."""

import pytest
from sweeping import write_sweep
from unit.report.test_in_a_browser import CHROMIUM, Browser

from payload.analysis.paired import compare_paired
from payload.rng import stream
from payload.sweep import PAGE, Serial, load_sweep, run_sweep
from payload.sweep.effects import write_effects
from payload.sweep.goal import parse_goal
from payload.sweep.search import SearchTerms, search
from payload.sweep.search_page import write_search

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed"),
    pytest.mark.timeout(180),
]
HOSTILE = "</script><script>window.owned=1</script><img src=x onerror=window.owned=1>\"'&{}"


@pytest.fixture
def page(write_scenario, tmp_path):
    path = write_sweep(
        tmp_path,
        write_scenario(),
        description=HOSTILE,
        grid={"link.rate_mbps": [0.005, 1], "description": [HOSTILE, "plain"]},
        seeds=2,
    )
    return run_sweep(load_sweep(path), tmp_path, Serial()).folder / PAGE


def test_figures_are_drawn_choices_choose_and_nobody_is_asked(page, tmp_path):
    browser = Browser(tmp_path / "profile")
    try:
        browser.open(page)
        drawn = browser.value(
            "[...document.querySelectorAll('.plot')].filter(p => p.querySelector('.main-svg')).map(p => p.id)"
        )
        assert drawn == ["response", "front"]
        title = "document.querySelector('#response .ytitle').textContent"
        was = browser.value(title)
        browser.value(
            "(() => { const s = document.querySelector('select'); s.value = 'bytes.delivered'; "
            "s.dispatchEvent(new Event('change')); })()"
        )
        browser.wait_for(f"{title} === 'delivered, byte'")
        assert was == "clear pixels delivered, px"
        for select, value in ((1, "description"), (2, "difference")):
            browser.value(
                f"(() => {{ const s = document.querySelectorAll('select')[{select}]; "
                f"s.value = '{value}'; s.dispatchEvent(new Event('change')); }})()"
            )
        browser.wait_for(
            "document.querySelector('#response .xtitle').textContent === 'description'"
        )
        assert browser.value(f"{title}.startsWith('delivered, byte: less that at ')")
        assert browser.value("window.owned === undefined")
        assert browser.complaints() == []
        asked = [url for url in browser.requests() if not url.startswith("data:")]
        assert asked == [page.as_uri()]
        browser.open(page, width=390, height=844, theme="dark")
        assert browser.value("document.documentElement.scrollWidth") == 390
        assert browser.complaints() == []
    finally:
        browser.close()


def test_a_search_is_drawn_and_hostile_values_run_nothing(write_scenario, tmp_path):
    path = write_sweep(
        tmp_path,
        write_scenario(),
        description=HOSTILE,
        grid={"link.rate_mbps": [0.005, 1], "description": [HOSTILE, "plain"]},
    )
    goal = parse_goal("tiles.delivered", None, ["tiles.lost<=1"])
    found = search(load_sweep(path), SearchTerms(goal, confirm=2), tmp_path, Serial())
    page = write_search(found)
    browser = Browser(tmp_path / "profile")
    try:
        browser.open(page)
        drawn = "[...document.querySelectorAll('.plot')].filter(p => p.querySelector('.main-svg')).map(p => p.id)"
        assert browser.value(drawn) == ["history", "slices"]
        browser.value(
            "(() => { const s = document.querySelector('select'); s.value = 'description'; "
            "s.dispatchEvent(new Event('change')); })()"
        )
        browser.wait_for("document.querySelector('#slices .xtitle').textContent === 'description'")
        assert browser.value("window.owned === undefined")
        assert browser.complaints() == []
        asked = [url for url in browser.requests() if not url.startswith("data:")]
        assert asked == [page.as_uri()]
        browser.open(page, width=390, height=844, theme="dark")
        assert browser.value("document.documentElement.scrollWidth") == 390
    finally:
        browser.close()


def test_effects_are_drawn_and_hostile_names_run_nothing(tmp_path):
    draws = stream(4, "page")
    base = [
        {"bytes.delivered": float(x), "pixels.clear_delivered": 3} for x in draws.normal(size=8)
    ]
    more = [{**each, "bytes.delivered": each["bytes.delivered"] + 2} for each in base]
    other = [
        {"bytes.delivered": float(x), "pixels.clear_delivered": 3} for x in draws.normal(size=8)
    ]
    flights = [("base", base), (HOSTILE, more), ("other", other)]
    page = write_effects(compare_paired(flights, range(8)), HOSTILE, tmp_path)
    browser = Browser(tmp_path / "profile")
    try:
        browser.open(page)
        ticks = "[...document.querySelectorAll('#effects .ytick')].map(t => t.textContent)"
        assert set(browser.value(ticks)) == {HOSTILE, "other"}
        assert browser.value("window.owned === undefined")
        assert browser.complaints() == []
        asked = [url for url in browser.requests() if not url.startswith("data:")]
        assert asked == [page.as_uri()]
        browser.open(page, width=390, height=844, theme="dark")
        assert browser.value("document.documentElement.scrollWidth") == 390
    finally:
        browser.close()
