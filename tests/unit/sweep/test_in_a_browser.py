"""The page of a sweep in a real browser: drawn, quiet, asking nobody, and its choices choose."""

import pytest
from browsing import in_a_browser
from sweeping import write_sweep

from payload.analysis.crossed import compare_settings
from payload.analysis.paired import compare_paired
from payload.rng import stream
from payload.sweep import PAGE, Serial, load_sweep, run_sweep
from payload.sweep.effects import write_effects
from payload.sweep.goal import parse_goal
from payload.sweep.search import SearchTerms, search
from payload.sweep.search_page import write_search

pytestmark = [in_a_browser, pytest.mark.timeout(180)]
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


def keeps_to_itself(browser, page):
    """Nothing that a name brought along has run, nothing is complained of, and nobody was asked for anything."""
    assert browser.value("window.owned === undefined")
    assert browser.complaints() == []
    asked = [url for url in browser.requests() if not url.startswith("data:")]
    assert asked == [page.as_uri()]


def test_figures_are_drawn_choices_choose_and_nobody_is_asked(browser, page):
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
    browser.wait_for("document.querySelector('#response .xtitle').textContent === 'description'")
    assert browser.value(f"{title}.startsWith('delivered, byte: minus that at ')")
    keeps_to_itself(browser, page)
    browser.open(page, width=390, height=844, theme="dark")
    assert browser.value("document.documentElement.scrollWidth") == 390
    assert browser.complaints() == []


def test_a_search_is_drawn_and_hostile_values_run_nothing(browser, write_scenario, tmp_path):
    path = write_sweep(
        tmp_path,
        write_scenario(),
        description=HOSTILE,
        grid={"link.rate_mbps": [0.005, 1], "description": [HOSTILE, "plain"]},
    )
    goal = parse_goal("tiles.delivered", None, ["tiles.lost<=1"])
    found = search(load_sweep(path), SearchTerms(goal, confirm=2), tmp_path, Serial())
    page = write_search(found)
    browser.open(page)
    drawn = "[...document.querySelectorAll('.plot')].filter(p => p.querySelector('.main-svg')).map(p => p.id)"
    assert browser.value(drawn) == ["history", "slices"]
    browser.value(
        "(() => { const s = document.querySelector('select'); s.value = 'description'; "
        "s.dispatchEvent(new Event('change')); })()"
    )
    browser.wait_for("document.querySelector('#slices .xtitle').textContent === 'description'")
    keeps_to_itself(browser, page)
    browser.open(page, width=390, height=844, theme="dark")
    assert browser.value("document.documentElement.scrollWidth") == 390


def test_a_grid_of_what_ifs_draws_cells_and_main_effects(browser, tmp_path):
    settings = [{"a.b": a, "c.d": c} for a in ("1", HOSTILE) for c in ("x", "y")]
    flights = [("base", [{"pixels.clear_delivered": seed} for seed in (1, 5, 9)])]
    for index, setting in enumerate(settings):
        name = ", ".join(f"{key}={value}" for key, value in setting.items())
        mine = [{"pixels.clear_delivered": seed + 2 * index} for seed in (1, 5, 9)]
        flights.append((name, mine))
    page = write_effects(compare_settings(flights, range(3), settings), "grid", tmp_path)
    for width in (1200, 390):
        browser.open(page, width=width, height=844)
        for chart, bars in (("effects", 4), ("main-effects", 2)):
            found = f"document.querySelectorAll('#{chart} .scatterlayer .point').length"
            browser.wait_for(f"{found} === {bars}")
            wide = f"document.getElementById('{chart}')._fullLayout.xaxis._length"
            assert browser.value(wide) > 250  # names leave the bars room, on a telephone too
            seen = f"[...document.querySelectorAll('#{chart} .xtick text')].filter(t => t.style.display !== 'none').length"
            assert browser.value(seen) > 2  # and hide no scale
            named = f"document.querySelectorAll('#{chart} .textpoint, #{chart} .ytick').length"
            assert browser.value(named) == bars
        assert browser.value("document.documentElement.scrollWidth") == width
    assert browser.value("window.owned === undefined")
    assert browser.complaints() == []


def test_tables_of_long_keys_and_wide_intervals_are_whole_on_a_desk(browser, tmp_path):
    """Six columns, the last of which says what is resolved: it was cut off once."""
    millions = [
        {"pixels.clear_delivered": 1e6 * seed, "bytes.delivered": 7e6} for seed in (1, 5, 9)
    ]
    more = [{"pixels.clear_delivered": 1e6 * seed, "bytes.delivered": 9e8} for seed in (2, 11, 4)]
    keys = ("rescheduling.look_ahead.cloud_memory_h", "rescheduling.look_ahead.reserve_odds")
    flights = [("base", millions), *((f"{key}=0.25", more) for key in keys)]
    settings = [{key: "0.25"} for key in keys]
    page = write_effects(compare_settings(flights, range(3), settings), "wide", tmp_path)
    browser.open(page)
    boxes = "[...document.querySelectorAll('.scroll')].map(s => [s.tabIndex, s.scrollWidth - s.clientWidth])"
    assert browser.value(boxes) == [[0, 0]] * 3
    assert browser.value("document.querySelector('.told td:last-child').textContent") != ""


def test_effects_are_drawn_and_hostile_names_run_nothing(browser, tmp_path):
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
    browser.open(page)
    ticks = "[...document.querySelectorAll('#effects .ytick')].map(t => t.textContent)"
    assert set(browser.value(ticks)) == {HOSTILE, "other"}
    keeps_to_itself(browser, page)
    browser.open(page, width=390, height=844, theme="dark")
    assert browser.value("document.documentElement.scrollWidth") == 390
