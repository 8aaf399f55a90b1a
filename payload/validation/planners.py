"""Measure how close to the optimum the planners come, and how long they take: figures, and a page for people."""

import json
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from payload.errors import LawError
from payload.plans import Plan, PlanContext
from payload.ports import Scheduler
from payload.provenance import digest_file, digest_json
from payload.scheduling import conflicts, is_feasible
from payload.scheduling.best import BestOf
from payload.scheduling.exact import Milp
from payload.scheduling.greedy import Density, Edf, Fifo, Priority
from payload.validation.instances import CAPS, LARGE, SEEDS, SIZES, Instance, instances
from payload.validation.page import make_place

PAGE, FIGURES = "planners.md", "planners.json"
PLANNERS: Mapping[str, Scheduler] = {
    "fifo": Fifo(), "priority": Priority(), "density": Density(), "best-of": BestOf(),
}  # fmt: skip
TIMED: Mapping[str, Scheduler] = {**PLANNERS, "edf": Edf()}
TIME_LIMIT_S = 60.0
_LARGE_SEEDS = 3
_TIMED = (Instance(1_050, 2, 12, 3), Instance(38_500, 2, 20, 0))  # 1,400 and 50,000 opportunities
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Quality:
    """One instance: the values of the planners' plans, and a bound on that of any plan.

    Attributes:
        targets, days, cap, seed: The instance.
        opportunities: Number of opportunities.
        conflicts: Pairs of opportunities that exclude each other.
        bound: Upper bound on the value of any plan.
        milp: Value of the plan that `milp` found; proven optimal if it equals the bound.
        shares: Values of the other planners' plans, divided by the bound.
        milp_s: [s] CPU time that `milp` took.
    """

    targets: int
    days: int
    cap: int | None
    seed: int
    opportunities: int
    conflicts: int
    bound: float
    milp: float
    shares: dict[str, float]
    milp_s: float

    @property
    def is_proven(self) -> bool:
        """Whether `milp`'s plan reaches the bound, and so is proven optimal."""
        return self.bound - self.milp < 1e-6 * max(1.0, self.bound)


@dataclass(frozen=True, slots=True)
class PlannersReport:
    """All that was measured, on one thread of the machine named.

    Attributes:
        machine: Processor and versions.
        quality: Results by instance.
        large: Results of instances that are too large to be always proven.
        times_ms: [ms] Median CPU time of one plan, by planner, for each number of opportunities.
        opportunities: The numbers of opportunities of the times' columns.
    """

    machine: str
    quality: tuple[Quality, ...]
    large: tuple[Quality, ...]
    times_ms: dict[str, list[float]]
    opportunities: tuple[int, int]

    def lines(self) -> list[str]:
        """The figures in sentences."""
        near = [one.shares["best-of"] for one in self.quality]
        far = [one.shares["best-of"] for one in self.large]
        slowest_s = max(one.milp_s for one in self.quality)
        proven = sum(one.is_proven for one in (*self.quality, *self.large))
        times = ", ".join(f"{name} {a:.1f} and {b:.0f}" for name, (a, b) in self.times_ms.items())
        near_words = (
            f"best-of is worth {min(near):.1%} of the optimum or more, {statistics.mean(near):.1%} on average,"
            f" on {len(near)} instances; {min(far):.1%} of the bound or more with {LARGE[0]} targets"
        )
        milp_words = (
            f"milp proves the optimum of {proven} of {len(near) + len(far)} instances; with up to {SIZES[-1][0]} targets"
            f" it takes at most {slowest_s:.1f} s"
        )
        return [
            near_words,
            milp_words,
            f"ms for {self.opportunities[0]:,} and {self.opportunities[1]:,} opportunities: {times}",
        ]

    def notes(self) -> list[str]:
        """Targets that are missed."""
        near = [one.shares["best-of"] for one in self.quality]
        checks = {
            "best-of is not within 10 % of the optimum everywhere": min(near) >= 0.90,
            "best-of is not within 6 % of the optimum on average": statistics.mean(near) >= 0.94,
            "best-of is not within 15 % of the bound on large instances": all(
                one.shares["best-of"] >= 0.85 for one in self.large
            ),
            "the optimum of a benchmark instance is not proven": all(
                one.is_proven for one in self.quality
            ),
        }
        return [what for what, holds in checks.items() if not holds]

    def markdown(self) -> str:
        """The figures as a page."""
        what = (
            "Clustered targets of weights 1 to 10, one satellite that slews at 1 deg/s and settles in 6 s, images of 8 s; "
            "cap: most images per orbit. Value of a plan in % of the optimum proven by HiGHS, or of its bound after "
            f"{TIME_LIMIT_S:g} s: mean, and in brackets the lowest. Written by `payload-sim plan --measure`."
        )
        names = " | ".join(PLANNERS)
        lines = [
            "# How close the planners come to the optimum",
            "",
            what,
            "",
            f"| targets, days, cap | seeds | opportunities / conflicts | {names} | milp: longest time [s], proven |",
            "|---|--:|--:|" + "--:|" * (len(PLANNERS) + 1),
        ]
        for targets, days in (*SIZES, LARGE):
            lines += [self._row(targets, days, cap) for cap in CAPS]
        lines += [
            "",
            "| planner | "
            + " | ".join(f"ms for {count:,} opportunities" for count in self.opportunities)
            + " |",
            "|---|--:|--:|",
            *(f"| {name} | {a:.1f} | {b:.0f} |" for name, (a, b) in self.times_ms.items()),
            "",
            f"CPU time of one thread, median of {_ROUNDS}; {self.machine}.",
        ]
        return "\n".join(lines) + "\n"

    def _row(self, targets: int, days: int, cap: int | None) -> str:
        own = [
            one
            for one in (*self.quality, *self.large)
            if (one.targets, one.days, one.cap) == (targets, days, cap)
        ]
        shares = [[100 * one.shares[name] for one in own] for name in PLANNERS]
        cells = [
            f"{targets}, {days}, {'none' if cap is None else cap}",
            str(len(own)),
            f"{_mean(own, 'opportunities')} / {_mean(own, 'conflicts')}",
            *(f"{statistics.mean(each):.1f} ({min(each):.1f})" for each in shares),
            f"{max(one.milp_s for one in own):.2f}, {sum(one.is_proven for one in own)} of {len(own)}",
        ]
        return f"| {' | '.join(cells)} |"


def measure_planners(
    out: str | Path, *, effort: float, tell: Callable[[str], None] = lambda _: None
) -> PlannersReport:
    """Measure the planners and write `planners.json` and `planners.md` into a folder.

    Except for the times, results of the same planners are kept in `rows` and not measured again.

    Args:
        out: The folder.
        effort: Share of the ten seeds to use, above 0 to 1; at least one is used.
        tell: Called with the instance or seed being measured.

    Raises:
        ScenarioError: The folder cannot be made.
        PluginError: HiGHS is not installed.
    """
    out = Path(out)
    rows = out / "rows"
    make_place(rows)
    seeds = max(1, round(effort * len(SEEDS)))
    quality = tuple(_assessed(one, rows, tell) for one in instances(seeds))
    large = tuple(
        _assessed(Instance(*LARGE, cap, seed), rows, tell)
        for cap in CAPS
        for seed in SEEDS[: min(seeds, _LARGE_SEEDS)]
    )
    columns = [instance.context() for instance in _TIMED]
    times_ms = {
        name: [_milliseconds(planner, context) for context in columns]
        for name, planner in TIMED.items()
    }
    report = PlannersReport(
        machine=f"{platform.machine()}, Python {platform.python_version()}, numpy {version('numpy')}, "
        f"highspy {version('highspy')}",
        quality=quality,
        large=large,
        times_ms=times_ms,
        opportunities=(len(columns[0].opportunities), len(columns[1].opportunities)),
    )
    (out / FIGURES).write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")
    (out / PAGE).write_text(report.markdown(), encoding="utf-8")
    return report


def _assessed(instance: Instance, rows: Path, tell: Callable[[str], None]) -> Quality:
    """The results of an instance, from its file if there is one."""
    code = sorted(Path(str(files("payload.scheduling"))).glob("*.py"))
    planners = [[path.name, digest_file(path)] for path in code]
    key = digest_json([planners, version("numpy"), asdict(instance)])[:16]
    file = rows / f"planners-{instance.targets}-{instance.cap}-{instance.seed}-{key}.json"
    if not file.is_file():
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(assess(instance, tell)), indent=1), encoding="utf-8")
        partial.replace(file)
    return Quality(**json.loads(file.read_text(encoding="utf-8")))


def assess(instance: Instance, tell: Callable[[str], None] = lambda _: None) -> Quality:
    """Plan an instance with all planners.

    Raises:
        LawError: A plan is infeasible, or worth more than the bound.
    """
    tell(f"{instance}")
    context = instance.context()
    began_s = time.process_time()
    best = Milp(time_limit_s=TIME_LIMIT_S).plan(context)
    milp_s = time.process_time() - began_s
    bound = best.value if best.bound is None else best.bound
    plans = {name: planner.plan(context) for name, planner in PLANNERS.items()}
    for name, plan in {**plans, "milp": best}.items():
        _check(name, plan, context, bound)
    return Quality(
        targets=instance.targets,
        days=instance.days,
        cap=instance.cap,
        seed=instance.seed,
        opportunities=len(context.opportunities),
        conflicts=len(conflicts(context.opportunities, context.limits)),
        bound=bound,
        milp=best.value,
        shares={name: plan.value / bound for name, plan in plans.items()},
        milp_s=milp_s,
    )


def _mean(own: Sequence[Quality], what: str) -> str:
    return f"{statistics.mean(getattr(one, what) for one in own):,.0f}"


def _check(name: str, plan: Plan, context: PlanContext, bound: float) -> None:
    if not is_feasible(plan, context):
        raise LawError(f"a plan of {name} is not feasible")
    if plan.value > bound * (1.0 + 1e-9):
        raise LawError(f"a plan of {name} is worth {plan.value}, above the bound {bound}")


def _milliseconds(planner: Scheduler, context: PlanContext) -> float:
    spent_s = []
    for _ in range(_ROUNDS):
        began_s = time.process_time()
        planner.plan(context)
        spent_s.append(time.process_time() - began_s)
    return 1000.0 * statistics.median(spent_s)
