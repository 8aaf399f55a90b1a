"""The MODCODs against ETSI EN 302 307-1 V1.4.1, table 13, and against Shannon.

The published columns: spectral efficiency of normal frames without pilots, and ideal Es/N0. The column
with pilots is not in the table; it follows from section 5.5.3 (36 symbols after every 16 slots of 90, none
at the end) and was computed apart from the code, as blocks of 22, 14, 11 and 8.
"""

import itertools
import math

import numpy as np
import pytest

from payload.downlink.modcods import MODCODS, Ladder, frame_loss, modcod
from payload.errors import ScenarioError

TABLE = """
QPSK 1/4   0.490243 -2.35 0.478577 1.58
QPSK 1/3   0.656448 -1.24 0.640827 1.15
QPSK 2/5   0.789412 -0.30 0.770627 1.08
QPSK 1/2   0.988858  1.00 0.965327 1.07
QPSK 3/5   1.188304  2.23 1.160026 1.16
QPSK 2/3   1.322253  3.10 1.290788 1.34
QPSK 3/4   1.487473  4.03 1.452076 1.47
QPSK 4/5   1.587196  4.68 1.549426 1.66
QPSK 5/6   1.654663  5.18 1.615288 1.86
QPSK 8/9   1.766451  6.20 1.724416 2.39
QPSK 9/10  1.788612  6.42 1.746049 2.52
8PSK 3/5   1.779991  5.50 1.739569 1.64
8PSK 2/3   1.980636  6.62 1.935658 1.93
8PSK 3/4   2.228124  7.91 2.177525 2.25
8PSK 5/6   2.478562  9.35 2.422276 2.75
8PSK 8/9   2.646012 10.69 2.585924 3.48
8PSK 9/10  2.679207 10.98 2.618365 3.65
16APSK 2/3 2.637201  8.97 2.574613 1.79
16APSK 3/4 2.966728 10.21 2.896320 1.87
16APSK 4/5 3.165623 11.03 3.090495 2.01
16APSK 5/6 3.300184 11.61 3.221863 2.14
16APSK 8/9 3.523143 12.89 3.439530 2.68
16APSK 9/10 3.567342 13.13 3.482680 2.77
32APSK 3/4 3.703295 12.73 3.623332 1.93
32APSK 4/5 3.951571 13.64 3.866247 2.03
32APSK 5/6 4.119540 14.28 4.030589 2.14
32APSK 8/9 4.397854 15.69 4.302894 2.66
32APSK 9/10 4.453027 16.05 4.356875 2.85
"""
ROWS = [
    (f"{modulation} {code}", *map(float, numbers))
    for modulation, code, *numbers in map(str.split, TABLE.strip().splitlines())
]
EVERY_DB = np.arange(-10.0, 25.0, 0.01)


def shannon_gap_db(item):
    """[dB] Above the least Es/N0 that any code needs for this efficiency without pilots.

    Source: Shannon 1949, Proc. IRE 37(1), 10-21: bits a symbol = log2(1 + Es/N0).
    """
    return item.es_n0_db - 10.0 * math.log10(2.0 ** item.efficiency(pilots=False) - 1.0)


def test_there_are_the_standards_28_in_its_order():
    assert [item.name for item in MODCODS] == [row[0] for row in ROWS]


@pytest.mark.parametrize(("name", "plain", "es_n0_db", "piloted", "gap_db"), ROWS)
def test_each_has_the_tables_efficiency_and_threshold(name, plain, es_n0_db, piloted, gap_db):
    found = modcod(name)
    assert found.efficiency(pilots=False) == pytest.approx(plain, abs=5.1e-7)
    assert found.efficiency(pilots=True) == pytest.approx(piloted, abs=5.1e-7)
    assert found.es_n0_db == es_n0_db
    assert shannon_gap_db(found) == pytest.approx(gap_db, abs=0.0051)


def test_none_is_better_than_shannon_allows_nor_far_from_it():
    gaps = [shannon_gap_db(item) for item in MODCODS]
    assert min(gaps) == pytest.approx(1.07, abs=0.005)
    assert max(gaps) == pytest.approx(3.65, abs=0.005)


@pytest.mark.parametrize(("bits", "blocks"), [(2, 22), (3, 14), (4, 11), (5, 8)])
def test_pilots_stand_between_slots_not_at_the_end(bits, blocks):
    item = next(each for each in MODCODS if each.bits_per_symbol == bits)
    assert item.frame_symbols(pilots=True) - item.frame_symbols(pilots=False) == 36 * blocks


def test_a_ladder_rises_in_threshold_and_efficiency():
    steps = Ladder.of(MODCODS).steps
    for low, high in itertools.pairwise(steps):
        assert low.es_n0_db < high.es_n0_db
        assert low.efficiency(pilots=False) < high.efficiency(pilots=False)
        assert low.efficiency(pilots=True) < high.efficiency(pilots=True)
    # By eye in the table: each of these is beaten by one that needs less, as 16APSK 9/10 by 32APSK 3/4.
    beaten = {"QPSK 8/9", "8PSK 5/6", "8PSK 8/9", "8PSK 9/10", "16APSK 8/9", "16APSK 9/10"}
    assert {item.name for item in MODCODS} - {item.name for item in steps} == beaten


def test_a_choice_is_the_most_that_the_es_n0_is_enough_for():
    """The second method looks at all 28 for each Es/N0."""
    ladder = Ladder.of(MODCODS)
    for es_n0_db, index in zip(EVERY_DB.tolist(), ladder.choose(EVERY_DB).tolist(), strict=True):
        able = [item.efficiency(pilots=False) for item in MODCODS if item.es_n0_db <= es_n0_db]
        found = ladder.steps[index].efficiency(pilots=False) if index >= 0 else 0.0
        assert found == max(able, default=0.0)


def test_a_modem_does_not_go_beyond_its_highest():
    ladder = Ladder.up_to(modcod("16APSK 3/4"))
    assert ladder.steps[-1].name == "16APSK 3/4"
    assert ladder.choose(np.array([40.0])).tolist() == [len(ladder.steps) - 1]


def test_a_modcod_that_does_not_exist_is_refused_with_a_hint():
    with pytest.raises(ScenarioError, match=r"no MODCOD '32apsk 4/6'; did you mean '32APSK"):
        modcod("32apsk 4/6")


def test_frames_are_lost_below_the_threshold_and_hardly_above():
    assert frame_loss(0.0) == 1e-7
    assert frame_loss(-0.7) == pytest.approx(1.0)
    assert frame_loss(-5.0) == 1.0
    losses = [frame_loss(step / 100.0) for step in range(-100, 100)]
    assert losses == sorted(losses, reverse=True)
