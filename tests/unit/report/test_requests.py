"""The plan set against the flight, on the page."""

from pydantic import TypeAdapter

from payload.report.requests import RequestsTold, plan_rows

TOLD = {
    "policy": "on_board", "requested": 3, "clear_in_time": 2, "value": 5.5, "value_wanted": 8.0,
    "taken": 7, "cloudy": 3, "retaken": 2, "not_taken": {"cloudy ahead": 4}, "expired": 1,
    "latency_s": {"p50": 7200.0, "p90": 9000.0, "max": 9000.0}, "plans": 6, "reports": 5,
    "report_bytes": 640, "areas": [{"name": "lake", "shots": 4, "clear_share": 0.25, "out_of_reach": 1}],
}  # fmt: skip


def test_every_figure_has_a_line():
    rows = {
        row.name: row.value for row in plan_rows(TypeAdapter(RequestsTold).validate_python(TOLD))
    }
    assert rows["Taken"] == "7"
    assert rows["Cloudy"] == "3"
    assert rows["Taken again"] == "2"
    assert rows["Not taken: cloudy ahead"] == "4"
    assert rows["Expired"] == "1"
    assert rows["Value"].replace("\u00a0", " ") == "5.5 of 8"
    assert rows["Cover reports"].replace("\u00a0", " ") == "5 made, 640 B came down"
    assert rows["Area lake"].replace("\u00a0", " ").startswith("25")


def test_value_of_targets_wanted_again_is_no_part_of_what_each_is_worth_once():
    """Three clear images of one target of priority 3 are worth 9, which is not 9 of 3."""
    often = TypeAdapter(RequestsTold).validate_python(TOLD | {"value": 9.0, "value_wanted": 3.0})
    (row,) = [row for row in plan_rows(often) if row.name == "Value"]
    assert row.value == "9"
    assert row.meaning.endswith("it can exceed the sum of all priorities, 3.")


def test_shots_of_an_area_that_nobody_can_take_are_told():
    (*_, row) = plan_rows(TypeAdapter(RequestsTold).validate_python(TOLD))
    assert row.meaning.replace("\u00a0", " ") == (
        "Came down clear, in 4 shots, 1 of them out of reach."
    )


def test_what_truth_does_not_tell_is_unknown():
    blind = TOLD | {"clear_in_time": None, "value": None, "expired": None, "areas": None}
    rows = {
        row.name: row.value for row in plan_rows(TypeAdapter(RequestsTold).validate_python(blind))
    }
    assert {rows["Clear in time"], rows["Value"], rows["Expired"]} == {"unknown"}
