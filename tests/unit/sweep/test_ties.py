"""Settings that bring the same, worked by hand."""

import itertools
import re

from sweeping import write_sweep

from payload.sweep import PAGE, Serial, load_sweep, run_sweep
from payload.sweep.ties import tied


def test_the_page_tells_settings_that_bring_the_same_in_one_line(write_scenario, tmp_path):
    """What a scenario is called has no influence on what it brings down."""
    path = write_sweep(
        tmp_path, write_scenario(), grid={"description": ["one", "two", "three"]}, arms=["prune"]
    )
    page = run_sweep(load_sweep(path), tmp_path, Serial()).folder / PAGE
    table = page.read_text(encoding="utf-8").partition("Pareto front</h2>")[2]
    (line,) = re.findall(
        r"<tr><th scope=\"row\">.*?</tr>", table.partition("</table>")[0], re.DOTALL
    )
    assert ">one, two, three</td>" in line
    assert ">3</td>" in line


def test_a_setting_that_stands_in_two_designs_counts_once():
    assert tied([(0, ("a",)), (0, ("a",))]) == [(0, ("a",), 1)]


def test_a_knob_that_an_arm_does_not_feel_makes_one_line():
    """The bent pipe masks nothing: its figures are those of the rate alone."""
    rows = [
        (rate, ("bent pipe", limit, rate))
        for limit, rate in itertools.product(("0.3", "0.5", "0.9"), ("1", "2"))
    ]
    assert tied(rows) == [
        ("1", ("bent pipe", "0.3, 0.5, 0.9", "1"), 3),
        ("2", ("bent pipe", "0.3, 0.5, 0.9", "2"), 3),
    ]


def test_values_stand_beside_each_other_only_where_each_goes_with_each():
    assert tied([(1, ("a", "x")), (1, ("b", "y"))]) == [(1, ("various", "various"), 2)]
    whole = [(1, setting) for setting in itertools.product("ab", "xy")]
    assert tied(whole) == [(1, ("a, b", "x, y"), 4)]
    assert tied(whole[:3]) == [(1, ("various", "various"), 3)]


def test_what_ties_with_nobody_stands_as_it_is():
    rows = [(2, ("a", "x")), (1, ("a", "y"))]
    assert tied(rows) == [(figures, setting, 1) for figures, setting in rows]


def test_of_many_values_the_first_and_the_last_are_told():
    ((_, (told,), count),) = tied([(0, (str(value),)) for value in range(40)])
    assert (told, count) == ("0, 1, 2, 3, … 39 (40 values)", 40)
