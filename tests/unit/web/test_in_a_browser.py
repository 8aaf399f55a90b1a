"""The page in a real browser: a form flies a scenario, results open, two flights are drawn side by side, quietly."""

import json
import threading
import time

import pytest
import uvicorn
from browsing import in_a_browser

from payload.web.serve import _listen, make_site

pytestmark = [in_a_browser, pytest.mark.timeout(300)]


@pytest.fixture
def home(flown):
    """A server of its own, with the results of two flights."""
    site = make_site(flown / "results", flown / "scenarios")
    with _listen(0) as listening:
        port = listening.getsockname()[1]
        config = uvicorn.Config(
            site.app(port), log_level="warning", ws="none", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        site.is_over = lambda: server.should_exit
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}/"
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def visit(browser, address, view, *, width=1280, theme="light"):
    browser.ask(
        "Emulation.setDeviceMetricsOverride",
        width=width, height=900, deviceScaleFactor=1, mobile=width < 600,
    )  # fmt: skip
    browser.set_theme(theme)
    browser.events.clear()
    browser.ask("Page.navigate", url=address)
    browser.wait_for(f"document.documentElement?.dataset.ready === {json.dumps(view)}")


def strangers(browser, home):
    return [url for url in browser.requests() if not url.startswith((home, "data:"))]


def text(browser, selector):
    return browser.value(f"document.querySelector({json.dumps(selector)})?.textContent ?? ''")


SET = """(() => {
  const field = document.querySelector('[data-path="%s"]');
  field.closest('details').open = true;
  field.value = %s;
  field.dispatchEvent(new Event('change', {bubbles: true}));
})()"""


def test_a_form_flies_a_scenario_and_its_report_opens(browser, home, flown):
    visit(browser, home + "#fly", "fly")
    assert text(browser, "#description") == '<b>bold</b> & "quoted"'
    browser.value(SET % ("seed", "21"))
    browser.value(SET % ("pruning.max_cloud_cover", "0.5"))
    browser.wait_for("document.querySelectorAll('#changes code').length === 2")
    assert text(browser, "#changes li") == "seed=21"
    browser.value("document.querySelector('#take-off').click()")
    browser.wait_for("!document.querySelector('#flight').hidden")
    deadline = time.monotonic() + 150  # on a machine that others use too
    while (state := browser.value("document.querySelector('#flight').dataset.state")) == "flying":
        assert time.monotonic() < deadline
        browser.value("new Promise(done => setTimeout(done, 200))")
    assert state == "done", text(browser, "#flight")
    link = browser.value("document.querySelector('#flight .do a').href")
    assert browser.complaints() == []
    assert strangers(browser, home) == []
    name = link.split("/")[-2]
    scenario = json.loads((flown / "results" / name / "scenario.json").read_text())
    assert (scenario["seed"], scenario["pruning"]["max_cloud_cover"]) == (21, 0.5)
    browser.events.clear()
    browser.ask("Page.navigate", url=link)
    browser.wait_for("document.documentElement?.dataset.drawn === 'yes'")
    assert browser.value("self.origin") == "null"  # a report has none here
    assert browser.complaints() == []
    assert strangers(browser, home) == []


def test_a_form_may_fly_as_soon_as_it_is_there(browser, home):
    """Whatever the server has yet to tell of flights."""
    silent = "window.EventSource = class { addEventListener() {} close() {} }"
    browser.ask("Page.addScriptToEvaluateOnNewDocument", source=silent)
    visit(browser, home + "#fly", "fly")
    assert not browser.value("document.querySelector('#take-off').disabled")


def test_a_mistake_is_told_and_another_kind_changes_the_form(browser, home):
    visit(browser, home + "#fly", "fly")
    browser.value(SET % ("link.rate_mbps", "-3"))
    browser.wait_for("document.querySelector('#mistake').textContent.includes('link.rate_mbps')")
    wrong = "[...document.querySelectorAll('.knob.wrong [data-path]')].map(f => f.dataset.path)"
    assert browser.value(wrong) == ["link.rate_mbps"]
    assert "found -3" in text(browser, ".knob.wrong .mistake")
    assert browser.value("document.querySelector('#take-off').disabled")
    browser.value(SET % ("link.rate_mbps", "2"))
    browser.wait_for("document.querySelector('#mistake').textContent === ''")
    assert browser.value(wrong) == []
    assert not browser.value("document.querySelector('#take-off').disabled")
    browser.value(SET % ("faults", """'[{"kind": "flood"}]'"""))
    browser.wait_for(f"({wrong}).includes('faults')")
    assert browser.value("document.querySelector('#take-off').disabled")
    browser.value("document.querySelector('#undo').click()")
    browser.wait_for("document.querySelector('#mistake').textContent === ''")
    browser.value(SET % ("codec.kind", "'\"raw\"'"))
    browser.wait_for("!document.querySelector('[data-path=\"codec.level\"]')")
    browser.value("document.querySelector('#undo').click()")
    browser.wait_for("!!document.querySelector('[data-path=\"codec.level\"]')")
    assert text(browser, "#changes code") == ""
    bad = [item for item in browser.complaints() if "422" not in item]  # the refused request itself
    assert bad == []


def test_a_knob_that_is_turned_before_the_form_is_back_stays_turned(browser, home):
    """The answer to the click comes after that to the knob."""
    visit(browser, home + "#fly", "fly")
    browser.value(SET % ("link.rate_mbps", "2"))
    browser.wait_for("!document.querySelector('#undo').disabled")
    browser.value(
        "(() => { const real = window.fetch; window.late = 0;"
        " window.fetch = async (...all) => { window.fetch = real; const answer = await real(...all);"
        " await new Promise(done => setTimeout(done, 1500)); window.late = 1; return answer; };"
        " document.querySelector('#undo').click(); })()"
    )
    browser.value(SET % ("codec.kind", "'\"raw\"'"))
    browser.wait_for("!document.querySelector('[data-path=\"codec.level\"]')")
    assert browser.value("window.late") == 0
    browser.wait_for("window.late === 1")
    time.sleep(1.0)
    assert browser.value("!document.querySelector('[data-path=\"codec.level\"]')")
    assert text(browser, "#changes code") == 'codec.kind="raw"'
    browser.value("document.querySelector('#undo').click()")
    browser.wait_for("!!document.querySelector('[data-path=\"codec.level\"]')")


def test_two_flights_are_drawn_side_by_side(browser, home):
    visit(browser, home + "#results", "results")
    browser.value(
        "[...document.querySelectorAll('#view-results input')].slice(0, 2).forEach(box => box.click())"
    )
    browser.value("document.querySelector('#compare-chosen').click()")
    browser.wait_for("document.documentElement.dataset.ready === 'compare'")
    assert browser.value("document.querySelectorAll('#comparison svg.bars rect').length") == 24
    widths = browser.value(
        "[...document.querySelectorAll('#comparison svg.bars rect')].map(r => +r.getAttribute('width'))"
    )
    assert max(widths) == pytest.approx(640 - 196)
    assert "link.rate_mbps" in text(browser, "#comparison")
    assert browser.value("document.querySelectorAll('#comparison tbody tr').length") > 20
    assert browser.complaints() == []
    assert strangers(browser, home) == []


@pytest.mark.parametrize("view", ["results", "fly", "compare"])
def test_each_view_fits_a_phone_and_follows_the_theme(browser, home, view):
    visit(browser, f"{home}#{view}", view, width=390)
    assert browser.value("document.documentElement.scrollWidth") == 390
    moved = "[...document.querySelectorAll('#view-results .scroll')].filter(b => b.scrollWidth > b.clientWidth)"
    assert browser.value(f"{moved}.length") == 0
    light = browser.value("getComputedStyle(document.body).backgroundColor")
    browser.set_theme("dark")
    assert browser.value("getComputedStyle(document.body).backgroundColor") != light
    assert browser.complaints() == []


def test_every_field_has_a_name_and_the_keyboard_reaches_all(browser, home):
    for view in ("results", "fly", "compare"):
        visit(browser, f"{home}#{view}", view)
        nameless = browser.value(
            "[...document.querySelectorAll('main section:not([hidden]) :is(input, select, textarea, button)')]"
            ".filter(f => !(f.labels?.length || f.getAttribute('aria-label') || f.textContent.trim()))"
            ".map(f => f.outerHTML.slice(0, 80))"
        )
        assert nameless == []
        assert (
            browser.value(
                'document.querySelectorAll(\'[tabindex]:not([tabindex="0"], [tabindex="-1"])\').length'
            )
            == 0
        )
    tree = browser.ask("Accessibility.getFullAXTree")["nodes"]
    unnamed = [
        node for node in tree
        if node.get("role", {}).get("value") in {"textbox", "combobox", "button", "checkbox", "link"}
        and not node.get("name", {}).get("value")
    ]  # fmt: skip
    assert unnamed == []
