"""Searches: a known optimum under a bound, a fine grid as second method, points that repeat, and what is said when nothing fits."""

import itertools
import json
import math

import pytest
from sweeping import rows_in, write_sweep

from payload.errors import PluginError, ScenarioError, SweepError
from payload.sweep import Pool, Serial, load_sweep, run_sweep
from payload.sweep.flying import Landed
from payload.sweep.goal import parse_goal, resolve
from payload.sweep.rows import died_row, flown_row
from payload.sweep.search import SearchTerms, search
from payload.sweep.search_page import told, write_search
from payload.sweep.search_words import answer
from payload.sweep.space import space_of
from payload.sweep.trials import Standing
from payload.tables import query_folder

optuna = pytest.importorskip("optuna")
COVER, RATE, RETAKES = "pruning.max_cloud_cover", "link.rate_mbps", "rescheduling.max_retakes"
SPANS = {
    COVER: {"low": 0.0, "high": 1.0},
    RATE: {"low": 0.01, "high": 10.0, "scale": "log"},
    RETAKES: {"low": 0, "high": 5, "whole": True},
}


class Formula:
    """An executor that computes a row by a formula instead of flying: the optimum is known."""

    workers = 1

    def __init__(self, figures):
        self.figures = figures
        self.flown = 0

    def fly(self, jobs):
        for job in jobs:
            self.flown += 1
            arm = {"name": "prune", **self.figures(job.data, job.seed)}
            summary = {"digest": job.digest, "seed": job.seed, "notes": [], "arms": [arm]}
            yield Landed(job.key, flown_row(job.key, summary).text, 0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def hill(data, seed):
    """Worth falls off from cover 0.3, rate 1 and 2 retakes, less with one codec; each sky adds its own (what is left out has the default of the scenario); a rate costs ten times itself."""
    cover, rate = data["pruning"]["max_cloud_cover"], data["link"]["rate_mbps"]
    retakes = data.get("rescheduling", {}).get("max_retakes", 2)
    worth = -((cover - 0.3) ** 2) - math.log10(rate) ** 2 - 0.2 * (retakes - 2) ** 2
    worth -= 0.3 * (data.get("codec", {}).get("kind") == "raw")
    return {"clear_pixels_delivered": 10 * worth + math.sin(seed), "cost": 10 * rate}


@pytest.fixture
def space(write_scenario, tmp_path):
    base = write_scenario(pruning={"tile_px": 32, "max_cloud_cover": 0.9})

    def make(**keys):
        given = {
            "random": {"samples": 1, "over": SPANS},
            "grid": {"codec.kind": ["raw", "med-zstd"]},
        }
        return load_sweep(write_sweep(tmp_path, base, **(given | keys)))

    return make


def terms(*bounds, maximise="clear_pixels_delivered", minimise=None, **more):
    goal = parse_goal(None if minimise else maximise, minimise, bounds)
    return SearchTerms(goal, **({"trials": 80, "confirm": 3} | more))


def test_a_known_optimum_under_a_bound_is_found(space, tmp_path):
    """By Lagrange: where cost <= 5 the rate is at most 0.5, below the hill's own 1, so the best lies on the bound."""
    found = search(space(seeds=3), terms("cost<=5", trials=120), tmp_path, Formula(hill))
    values = found.best.values
    assert values[COVER] == pytest.approx(0.3, abs=0.15)
    assert 0.35 <= values[RATE] <= 0.5
    assert values[RETAKES] == 2
    assert values["codec.kind"] == "med-zstd"
    assert found.best.bounds[0].mean.value <= 5
    best_there_is = 10 * -(math.log10(0.5) ** 2)
    assert found.confirmed.objective.value == pytest.approx(
        best_there_is + sum(map(math.sin, (6, 7, 8))) / 3, abs=0.6
    )
    assert found.fresh_seeds == (6, 7, 8)
    assert found.confirmed.gain.value > 0
    assert found.confirmed.gain.low == pytest.approx(found.confirmed.gain.high)  # one sky for both


class Dying(Formula):
    """Of the second fresh seed each flight takes its process with it."""

    def fly(self, jobs):
        for job in jobs:
            if job.seed == 5:
                yield Landed(job.key, died_row(job.key, job.digest, job.seed).text, None)
            else:
                yield from super().fly([job])


def test_failed_runs_are_flown_again_if_asked_and_then_once_each(space, tmp_path):
    """The base and two points, of two skies; the base's first sky, which fails, is asked for twice."""
    spec = space(random=None, grid={COVER: [0.2, 0.5]}, seeds=[5, 6])

    def found(executor, place="out", **more):
        return search(spec, terms(confirm=0, **more), tmp_path / place, executor)

    assert found(Dying(hill)).flown == 6
    assert found(Formula(hill)).flown == 0
    assert found(Dying(hill), retry=True).flown == 3
    whole = found(Formula(hill), retry=True)
    assert whole.flown == 3
    assert whole.trials == found(Formula(hill), "elsewhere").trials


def holed(data, seed):
    return hill(data, seed) if seed != 5 else {"clear_pixels_delivered": None}


@pytest.mark.parametrize(
    ("executor", "said"),
    [
        (Dying(hill), "the process that flew this run died each time"),
        (Formula(holed), "the figure is unknown for some of them"),
    ],
)
def test_a_best_that_fresh_seeds_did_not_confirm_is_said_so(space, tmp_path, executor, said):
    """The seed of the search, 3, is well."""
    spec = space(random=None, grid={RETAKES: [0, 2]})
    found = search(spec, terms(confirm=2), tmp_path, executor)
    assert found.confirmed.gain is None
    assert "on the seeds it was picked by" in answer(found)
    assert (
        f"With 2 seeds that the search never saw, it could not be compared with it: {said}"
        in answer(found)
    )


def test_it_finds_more_than_as_many_points_of_a_grid(space, tmp_path):
    """Second method: a grid of as many points, with the same formula; and the search's second half beats its first."""
    found = search(space(), terms("cost<=5", trials=64, confirm=0), tmp_path, Formula(hill))
    grid = [
        10 * -((cover - 0.3) ** 2 + math.log10(rate) ** 2) + math.sin(3)
        for cover, rate in itertools.product(
            [i / 7 for i in range(8)], [0.01 * 1000 ** (i / 7) for i in range(8)]
        )
        if rate <= 0.5
    ]  # with the best retakes and codec
    assert found.best.objective.value > max(grid)
    worth = [trial.objective.value for trial in found.trials]
    assert sum(worth[32:]) > sum(worth[:32])
    assert sum(trial.standing is Standing.FEASIBLE for trial in found.trials[32:]) >= 16


def test_less_can_be_sought_too(space, tmp_path):
    found = search(
        space(), terms("clear_pixels_delivered>=-5", minimise="cost"), tmp_path, Formula(hill)
    )
    assert found.best.bounds[0].mean.value >= -5
    worst_rate = 10 ** -math.sqrt((5 + math.sin(3)) / 10)  # with all else at its best
    assert worst_rate <= found.best.values[RATE] < 2.5 * worst_rate


def test_the_same_search_asks_for_the_same_points_and_flies_none_twice(space, tmp_path):
    spec, first = space(seeds=2), Formula(hill)
    short = search(spec, terms(trials=21, confirm=2), tmp_path, first)
    assert first.flown == 22 * 2 + 2 * 2 == short.flown
    again = Formula(hill)
    assert search(spec, terms(trials=21, confirm=2), tmp_path, again).trials == short.trials
    assert again.flown == 0
    longer = search(spec, terms(trials=24, confirm=0), tmp_path, more := Formula(hill))
    assert longer.trials[:20] == short.trials[:20]
    assert more.flown <= 4 * 2
    other = search(spec, terms(trials=21, confirm=2, seed=1), tmp_path, Formula(hill))
    assert other.trials[0].values != short.trials[0].values


def test_a_small_space_is_flown_whole(space, tmp_path):
    spec = space(random=None, grid={RETAKES: [3, 2, 2, 0], "codec.kind": ["raw", "med-zstd"]})
    found = search(spec, terms(), tmp_path, Formula(hill))
    assert found.is_exhaustive
    assert [trial.values[RETAKES] for trial in found.trials] == [0, 0, 2, 2, 3, 3]
    assert found.best.values == {RETAKES: 2, "codec.kind": "med-zstd"}
    assert "(all of them)" in answer(found)


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"clear_pixels_delivered": 1, "cost": None}, "has cost for every seed"),
        ({"clear_pixels_delivered": None, "cost": 1}, "has clear pixels delivered"),
    ],
)
def test_the_figure_that_no_point_has_is_named(space, tmp_path, figures, said):
    spec = space(random=None, grid={RETAKES: [0, 2]})
    found = search(spec, terms("cost<=5"), tmp_path, Formula(lambda *_: figures))
    assert found.best is None
    assert f"None of 2 points (all of them) {said}" in answer(found)
    assert (" and " in answer(found)) is False


def test_points_that_bring_the_same_are_one_line_of_the_page(space, tmp_path):
    """The codec is not felt here: six points are three lines, each of two codecs; the table of points keeps all six."""
    spec = space(random=None, grid={RETAKES: [0, 2, 3], "codec.kind": ["raw", "med-zstd"]})

    def unfelt(data, seed):
        return hill(data | {"codec": {}}, seed)

    found = search(spec, terms(), tmp_path, Formula(unfelt))
    page = write_search(found).read_text()
    listed = page[page.index("Points, best first") :]
    listed = listed[: listed.index("</table>")]
    assert listed.count("and 1 more") == 3
    assert listed.count("raw, med-zstd") == 3
    assert len((found.folder / "trials.csv").read_text().splitlines()) == 1 + 6


def test_flights_give_the_same_points_in_a_pool_and_one_after_another(space, tmp_path):
    """And the best of them is that of the grid of all points, flown as a sweep: a second method."""
    keys = {"grid": {COVER: [0.2, 0.5, 0.8], RATE: [0.0005, 0.001, 1]}, "random": None, "seeds": 2}
    wanted = terms("downlinked_bytes<=20000", trials=5, confirm=2)
    serial = search(space(**keys), wanted, tmp_path / "serial", Serial())
    pool = search(space(**keys), wanted, tmp_path / "pool", Pool(2))
    assert serial.trials == pool.trials
    assert (serial.confirmed, serial.fresh_base) == (pool.confirmed, pool.fresh_base)
    texts = [
        {key: row[0] for key, row in rows_in(found.folder).items()} for found in (serial, pool)
    ]
    assert texts[0] == texts[1]
    whole = search(space(**keys), terms("downlinked_bytes<=20000"), tmp_path / "serial", Serial())
    swept = run_sweep(space(**keys), tmp_path / "serial", Serial())
    assert swept.flown == 0  # the search has flown them all
    _, rows = query_folder(
        swept.folder,
        'select avg("arms.prune.clear_pixels_delivered") as clear from runs group by cell '
        'having avg("arms.prune.downlinked_bytes") <= 20000 order by clear desc limit 1',
    )
    assert whole.best.objective.value == pytest.approx(rows[0][0])


def test_bounds_that_hold_nowhere_are_said_so_and_the_nearest_is_told(space, tmp_path):
    found = search(space(), terms("cost<=0.01", trials=30), tmp_path, Formula(hill))
    assert found.best is None
    assert found.confirmed is None
    assert found.nearest.bounds[0].mean.value == min(
        trial.bounds[0].mean.value for trial in found.trials
    )
    page = write_search(found).read_text()
    assert "None of 30 points meets cost&lt;=0.01; nearest is" in page
    assert json.loads((found.folder / "search.json").read_text())["best"] is None


def test_points_without_the_figure_are_unknown_and_never_the_best(space, tmp_path):
    """Half of the space has no figure, or one that is no number."""

    def holey(data, seed):
        figures = hill(data, seed)
        cover = data["pruning"]["max_cloud_cover"]
        hole = None if cover < 0.4 else math.nan if cover < 0.5 else 0.0
        return figures if hole == 0.0 else {"clear_pixels_delivered": hole, "cost": 1.0}

    found = search(space(), terms(trials=40), tmp_path, Formula(holey))
    unknown = [trial for trial in found.trials if trial.standing is Standing.UNKNOWN]
    assert unknown
    assert all(trial.values[COVER] < 0.5 and trial.objective is None for trial in unknown)
    assert found.best.values[COVER] >= 0.5
    write_search(found)
    _, rows = query_folder(
        found.folder, f'select count(*), count(objective) from trials where "{COVER}" < 0.5'
    )
    assert rows == [(len(unknown), 0)]


def test_points_that_fail_are_told_and_the_others_go_on(space, tmp_path):
    """Targets that are no GeoJSON are found out in the flight, an empty file name before it."""
    (tmp_path / "broken.geojson").write_text("no places")
    keys = {"random": None, "grid": {"targets.file": ["places.geojson", "broken.geojson"]}}
    found = search(space(**keys), terms(confirm=0), tmp_path / "out", Serial())
    assert [trial.standing for trial in found.trials] == [Standing.FEASIBLE, Standing.FAILED]
    assert "broken.geojson" in found.trials[1].error
    assert "broken.geojson" in write_search(found).read_text()
    bad = {"random": None, "grid": {"targets.file": ["broken.geojson"]}, "set": {"targets.file": "broken.geojson"}}  # fmt: skip
    with pytest.raises(SweepError, match="the base cannot be flown"):
        search(space(**bad), terms(), tmp_path / "out", Serial())


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        ({"maximise": "clear_pixel_delivered"}, "did you mean arms.prune.clear_pixels_delivered"),
        ({"maximise": "x" * 10_000}, "not a figure of a flight"),
        ({"maximise": RATE}, "is a varied parameter, not a figure"),
        ({"bounds": ["cost<=1", "cost>=2"]}, "at least 2 and at most 1"),
    ],
)
def test_goals_that_cannot_be_are_answered_with_a_sentence(space, tmp_path, goal, said):
    bounds = goal.pop("bounds", ())
    with pytest.raises(ScenarioError, match=said):
        search(space(), terms(*bounds, **goal), tmp_path, Formula(hill))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"list": [{RATE: 1}]}, "a search chooses its own cells"),
        ({"random": None, "grid": {}}, "nothing is varied"),
        ({"grid": {RATE: [1, 2]}}, f"varied in two designs: {RATE}"),
        ({"grid": {"link.rate_mps": [1, 2]}}, "did you mean 'rate_mbps'"),
        ({"grid": {COVER + "_": [1, 2]}}, "max_cloud_cover_"),
        ({"grid": {"memory.capacity_mb": [1, -2]}}, "capacity_mb"),
        ({"random": {"samples": 1, "over": {COVER: {"low": 0, "high": 2}}}}, COVER),
    ],
)
def test_spaces_that_cannot_be_are_refused_before_anything_flies(space, tmp_path, keys, said):
    with pytest.raises(ScenarioError, match=said):
        search(space(**keys), terms(), tmp_path, formula := Formula(hill))
    assert "formula" not in locals() or formula.flown == 0


@pytest.mark.parametrize("text", ["cost", "cost<5", "cost<=", "<=5", "cost<=five", "cost<=nan", "cost<=inf", "cost=5"])  # fmt: skip
def test_bounds_that_are_none_are_answered_with_a_sentence(text):
    with pytest.raises(ScenarioError, match="--subject-to"):
        parse_goal("cost", None, [text])
    with pytest.raises(ScenarioError, match="exactly one goal"):
        parse_goal("cost", "cost", [])


def test_short_names_stand_for_figures_of_a_flight():
    """Energy is all of it where there is a battery, else that of computing; a name that could be two is not guessed."""
    known = {"arms.prune.cost", "energy_j.compute", "pixels.clear_delivered", "targets.clear_delivered", "latency_s.p50", "late.tiles"}  # fmt: skip

    def path(name, more=()):
        return resolve(parse_goal(name, None, []), known | set(more)).metric

    assert path("cost") == "arms.prune.cost"
    assert path("energy_j") == "energy_j.compute"
    assert path("energy_j", {"power.used_j"}) == "power.used_j"
    assert path("latency_s") == "latency_s.p50"
    assert path("p50") == "latency_s.p50"
    assert path("pixels.clear_delivered") == "pixels.clear_delivered"
    with pytest.raises(ScenarioError, match=r"pixels\.clear_delivered, targets\.clear_delivered"):
        path("clear_delivered")


def test_too_large_a_search_wants_consent(space, tmp_path):
    with pytest.raises(ScenarioError, match="--yes allows"):
        search(space(seeds=1000), terms(), tmp_path, Formula(hill))


def test_without_the_extra_it_is_said_what_to_install(space, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(PluginError, match=r"payload-sim\[optimise\]"):
        search(space(), terms(), tmp_path, Formula(hill))
    small = space(random=None, grid={RETAKES: [1, 2]})
    assert search(small, terms(), tmp_path, Formula(hill)).is_exhaustive  # needs none


def test_axes_keep_numbers_in_order_and_words_as_they_are(space):
    axes = {axis.key: axis for axis in space_of(space(grid={"codec.kind": ["raw", "auto"], "memory.capacity_mb": [9, 1, 5]})).axes}  # fmt: skip
    assert axes["memory.capacity_mb"].values == (1, 5, 9)
    assert axes["codec.kind"].values == ("raw", "auto")
    assert (axes[RATE].low, axes[RATE].high, axes[RATE].is_log) == (0.01, 10, True)
    assert axes[RETAKES].is_whole


def test_what_is_told_is_plain_data(space, tmp_path):
    found = search(space(seeds=2), terms("cost<=5", trials=12), tmp_path, Formula(hill))
    data = json.loads(json.dumps(told(found), allow_nan=False))
    assert len(data["trials"]) == 12
    assert data["best"]["bounds"][0]["holds"] is True
    assert data["goal"] == {"metric": "arms.prune.clear_pixels_delivered", "maximise": True}
