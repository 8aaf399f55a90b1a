"""Costs: by hand on contacts and books, by SQL from what a run leaves, and nothing where nothing is asked."""

import json

import pytest
from sweeping import write_sweep

from payload import api
from payload.analysis.prices import Priced, costs_of
from payload.errors import ScenarioError
from payload.ledger import ContactLog, FlightRecord, Ledger, PowerBalance
from payload.ledger.book import Fate
from payload.scenario.prices import PricesModel
from payload.sweep import Serial, load_sweep, run_sweep
from payload.tables import query_folder
from payload.types import ContactWindow

PRICES = {"currency": "EUR", "contact_minute": 3, "contact_pass": 10, "gigabyte": 500, "watt_hour": 40}  # fmt: skip


def flight():
    """Three passes of 10, 5 and 2 minutes: one sends, one does not, one is missed; 4 MB received; 1.8 kJ computed."""
    windows = [ContactWindow("one", "s", aos, aos + span, 40.0) for aos, span in ((0.0, 600.0), (1000.0, 300.0), (1100.0, 120.0))]  # fmt: skip
    contacts = (
        ContactLog(windows[0], 0.0, 9_000_000, 4_100_000, False),
        ContactLog(windows[1], 1000.0, 9_000_000, 0, False),
        ContactLog(windows[2], 1220.0, 0, 0, False),
    )
    books = Ledger()
    books.acquire(["t"], [5_000_000], 1.0)
    books.spend("computer", "t", 1800.0, 2.0)
    books.settle("t", Fate.SAVED, 1_000_000, 3.0)
    books.settle("t", Fate.DELIVERED, 4_000_000, 4.0)
    books.finish("t", Fate.DELIVERED, 4_000_000)
    return FlightRecord("prune", 2000.0, books, (), contacts, (), {"t": 4.0}, 5_000_000)


def priced(*, says_watts=True, **changes):
    return Priced(PricesModel(**(PRICES | changes)), 1e-4, 6.0, says_watts)


def test_costs_are_those_worked_by_hand():
    """Contacts 3 x 15 + 10 x 2, data 500 x 0.004, energy 40 x 0.5; 1e6 clear pixels are 100 km2 and 6e6 raw bytes."""
    found = costs_of(flight(), 1_000_000, priced())
    assert found["cost_contacts"] == pytest.approx(65)
    assert found["cost_data"] == pytest.approx(2)
    assert found["cost_energy"] == pytest.approx(20)
    assert found["cost"] == pytest.approx(87)
    assert found["cost_per_clear_km2"] == pytest.approx(0.87)
    assert found["cost_per_clear_gb"] == pytest.approx(87 / 0.006)


def test_reports_and_thumbnails_that_came_down_are_paid_for():
    """By the gigabyte, at 500 each: 4 MB of tiles, 1 MB of reports and 3 MB of thumbnails."""
    record = flight()
    for name, end in (("a", Fate.DELIVERED), ("b", Fate.LOST)):
        record.ledger.make_report(name, 1_000_000, 1.0)
        record.ledger.end_report(name, end, 1_000_000, 2.0)
        record.ledger.make_thumbnail(f"t{name}", 3_000_000, 1.0)
        record.ledger.end_thumbnail(f"t{name}", end, 3_000_000, 2.0)
    assert costs_of(record, 1_000_000, priced())["cost_data"] == pytest.approx(500 * 0.008)


def test_where_there_is_a_battery_all_that_it_gave_is_paid_for():
    """36 kJ are ten watt-hours, and computing is a part of them."""
    record = flight()
    record.ledger.balance(
        PowerBalance("one", 0, {}, 36_000.0, 0, 0, 0, 0, 0, 0, 1.0, {}, {}, None, 0)
    )
    assert costs_of(record, 1_000_000, priced())["cost_energy"] == pytest.approx(10 * 40)


def test_unused_passes_cost_nothing_where_it_is_agreed():
    found = costs_of(flight(), 1_000_000, priced(passes="used"))
    assert found["cost_contacts"] == pytest.approx(3 * 10 + 10)


def test_what_is_not_known_is_not_guessed():
    nothing_clear = costs_of(flight(), 0, priced())
    assert nothing_clear["cost"] == pytest.approx(87)
    assert nothing_clear["cost_per_clear_km2"] is None
    no_truth = costs_of(flight(), None, priced())
    assert no_truth["cost_per_clear_gb"] is None
    no_watts = costs_of(flight(), 1_000_000, priced(says_watts=False))
    assert (no_watts["cost"], no_watts["cost_energy"]) == (None, None)
    free_energy = costs_of(flight(), 1_000_000, priced(says_watts=False, watt_hour=0))
    assert free_energy["cost"] == pytest.approx(67)


def test_a_run_s_costs_are_those_of_its_own_books(write_scenario, tmp_path):
    """Second method: SQL over the contacts that the run leaves, and its summary's bytes and joules."""
    file = write_scenario(prices=PRICES, seed=5)
    found = api.run(api.check(file), tmp_path / "out")
    own = next(arm for arm in found.summary["arms"] if arm["name"] == "prune")
    _, [[passes, minutes]] = query_folder(
        found.folder,
        "select count(*), sum(los_s - aos_s) / 60 from contacts where arm = 'prune' and start_s < los_s",
    )
    contacts = 3 * minutes + 10 * passes
    data = 500 * own["downlinked_bytes"] / 1e9
    energy = 40 * own["compute_j"] / 3600
    assert own["cost"] == pytest.approx(contacts + data + energy)
    assert found.summary["prices"]["cost"] == own["cost"]
    km2 = own["clear_pixels_delivered"] * 0.02**2
    assert own["cost_per_clear_km2"] == pytest.approx(own["cost"] / km2)
    page = (found.folder / "report.html").read_text()
    assert "Cost per clear square kilometre" in page
    assert "Cost per clear gigabyte, EUR" in page


def test_without_prices_nothing_tells_of_costs(write_scenario, tmp_path):
    scenario = api.check(write_scenario())
    assert "prices" not in scenario.model_dump(mode="json")
    found = api.run(scenario, tmp_path / "out")
    assert "cost" not in json.dumps(found.summary)
    assert "Cost per clear" not in (found.folder / "report.html").read_text()
    assert api.check(write_scenario(prices=PRICES)).digest != scenario.digest


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        ({"currency": "EUR"}, "all prices are 0"),
        ({"currency": "<b>", "gigabyte": 1}, "currency"),
        ({"currency": "EUR", "gigabyte": -1}, "gigabyte"),
        ({"currency": "EUR", "gigabite": 1}, "did you mean 'gigabyte'"),
        ({"gigabyte": 1}, "currency: this key is missing"),
    ],
)
def test_prices_that_are_none_are_answered_with_a_sentence(write_scenario, prices, said):
    with pytest.raises(ScenarioError, match=said):
        api.check(write_scenario(prices=prices))


def test_variants_are_compared_by_cost(write_scenario, tmp_path):
    """Twice the price of a pass, and nothing else paid: twice the cost, in every seed."""
    file = write_scenario(prices={"currency": "EUR", "contact_pass": 10})
    flown = api.variants(file, ["prices.contact_pass=20"])
    (tmp_path / "spool").mkdir()
    rows = {row.key: row for row in api.compare(flown, tmp_path / "spool").rows}
    base, double = rows["prices.cost"].values
    assert base > 0
    assert double == pytest.approx(2 * base)
    found = api.compare_seeds(flown, 2, tmp_path / "rows", api.executor(jobs=1))
    (cost,) = [effect for effect in found.effects if effect.key == "prices.cost"]
    assert cost.mean.value == pytest.approx(2 * cost.difference.value)


def test_sweeps_tell_costs_of_arms_and_draw_them(write_scenario, tmp_path):
    """Twice the price of all that comes down is twice the cost of data, in every arm."""
    base = write_scenario(prices={"currency": "EUR", "gigabyte": 1}, seed=4)
    path = write_sweep(tmp_path, base, grid={"prices.gigabyte": [10, 20]}, arms=["raw", "prune"])
    result = run_sweep(load_sweep(path), tmp_path, Serial())
    _, (cheap, dear) = query_folder(
        result.folder, 'select "arms.raw.cost", "arms.prune.cost_data" from runs order by cell'
    )
    assert cheap[0] > 0
    assert dear == pytest.approx([2 * each for each in cheap])
    page = (result.folder / "sweep.html").read_text()
    assert "cost per clear square kilometre delivered, currency/km²" in page
