"""All arms of a scenario, one flight each, sharing one memo of tile facts; by one process or by several."""

import gc
import math
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from payload.darkroom.drawer import Mark
from payload.darkroom.memo import Memo
from payload.ledger import FlightRecord
from payload.sim.arms import ARMS, ArmName, make_arm
from payload.sim.assemble import Assembly
from payload.sim.crew import Crew
from payload.sim.ground import Deliver
from payload.sim.mission import Foresee, Mission, young_waste_only
from payload.sim.survey import open_darkroom
from payload.types import Opportunity
from payload.workers import Share

WORTH_PX = {"pixels": 30_000_000, "surrogate": 1_500_000_000}
"""[px] How much has to be planned for helpers to be worth starting, by fidelity: some ten seconds of work.
A sampled flight learns during the flight which tile stands for which, and so uses no helpers."""
MOST_OPPORTUNITIES = 100_000
"""Helpers fly arms only if a scenario has no more than this, since each has to hold them all; otherwise they only work
ahead."""
MOST_TILES = 60_000
"""A record of more tiles is kept on disk while it is not in use."""


@dataclass
class Records(Mapping[str, FlightRecord]):
    """Flights by arm, in the order of ARMS; large ones are kept in files, at most one of them in memory at a time.

    Attributes:
        folder: Where the files go; it has to exist as long as the records are used.
    """

    folder: Path
    _at: dict[str, FlightRecord | Path] = field(default_factory=dict[str, FlightRecord | Path])
    _last: tuple[str, FlightRecord] | None = None

    def put(self, record: FlightRecord) -> FlightRecord | Path:
        """Add a flight and return where it is kept."""
        place: FlightRecord | Path = record
        if len(record.ledger.acquired) > MOST_TILES:
            place = self.folder / f"{record.arm}.record"
            with place.open("wb") as file:
                pickle.dump(record, file, pickle.HIGHEST_PROTOCOL)
        self._at[record.arm] = place
        return place

    def know(self, arm: str, place: FlightRecord | Path) -> None:
        """Note where another process has put a flight."""
        self._at[arm] = place

    def __getitem__(self, arm: str) -> FlightRecord:
        place = self._at[arm]
        if isinstance(place, FlightRecord):
            return place
        if self._last is None or self._last[0] != arm:
            self._last = None  # free one before loading the next
            with place.open("rb") as file:
                self._last = arm, pickle.load(file)
        return self._last[1]

    def __iter__(self) -> Iterator[str]:
        return iter(name for name in ARMS if name in self._at)

    def __len__(self) -> int:
        return len(self._at)


@dataclass(frozen=True, slots=True)
class Landed:
    """An arm that has been flown: where its record is, which images it took, and which of them have no truth.

    Attributes:
        marks: Where to find the facts of images that a helper has not yet reported.
    """

    arm: ArmName
    place: FlightRecord | Path
    images: tuple[str, ...]
    truthless: frozenset[str]
    marks: Mapping[str, Mark] = field(default_factory=dict[str, Mark])


def fly_arms(  # noqa: PLR0913 - what, where, for whom, which, by how many
    assembly: Assembly,
    spool: Path,
    *,
    deliver: Deliver | None = None,
    tell: Callable[[str, str], None] = lambda _arm, _image: None,
    arms: Sequence[ArmName] = ARMS,
    jobs: int = 1,
) -> tuple[Records, Memo]:
    """Fly the arms, the scenario's own first, as its records are kept.

    Args:
        assembly: The scenario, assembled.
        spool: A folder for records waiting to be delivered, and for data of long flights that does not fit in memory;
            the caller removes it when the flights are no longer in use.
        deliver: Called with each record of the scenario's own arm that comes down; None if records are not wanted.
        tell: Called with the arm and the image whenever this process works on one.
        arms: Which arms to fly.
        jobs: Number of processes, this one included, that work on what is planned and fly arms, if they are worth
            starting. The results do not depend on it.

    Returns:
        The flights by name, in the order of ARMS, and the memo with the facts of all their tiles. There is no flight of
        the oracle if any image has no truth.

    Raises:
        LawError: The ledger of a flight does not balance.
        PayloadError: Pixels cannot be read, masked or coded.
    """
    flying = ""

    def tell_image(image: str) -> None:
        tell(flying, image)

    with young_waste_only():
        darkroom = open_darkroom(assembly, lambda image: tell("sample", image))
    memo = Memo(
        darkroom,
        spool,
        tell_image,
        keeps_records=deliver is not None,
    )
    own, *others = sorted(arms, key=lambda arm: (arm != "prune", ARMS.index(arm)))
    share: Share[Order, Path | Landed] | None = None

    def foresee(planned: list[Opportunity]) -> None:
        """Have helpers work on what is planned and then fly the other arms, if they are worth starting."""
        nonlocal share
        worth_px = WORTH_PX.get(assembly.scenario.fidelity, math.inf)
        if jobs == 1 or _work_px(assembly, planned) < worth_px:
            return
        found = crew.share(work_ahead, _parts(planned, jobs)).finish(
            lambda part: work_ahead(assembly, memo, part)
        )
        for marks in found:
            memo.facts_of.marks.update(marks)
        if can_fly:
            marks = dict(memo.facts_of.marks)  # a snapshot: it is sent while this process adds more
            share = crew.share(fly_beside, [(name, marks) for name in others])
        else:
            crew.dismiss()

    def fly_here(name: ArmName) -> Landed:
        nonlocal flying
        flying = name
        return fly_arm(assembly, memo, name)

    can_fly = sum(map(len, assembly.opportunities.values())) <= MOST_OPPORTUNITIES
    known = assembly if can_fly else replace(assembly, opportunities={}, contacts={})
    with young_waste_only(), Crew(jobs - 1, known, memo) as crew:
        flying = own
        landed = [fly_arm(assembly, memo, own, deliver=deliver, foresee=foresee)]
        if share is not None:
            landed += map(_landed, share.finish(lambda order: fly_here(order[0])))
        else:
            for name in others:
                if name != "oracle" or not any(each.truthless for each in landed):
                    landed.append(fly_here(name))
    return _records(landed, memo), memo


def _records(landed: Iterable[Landed], memo: Memo) -> Records:
    """The flights that count, with the memo settled to what they took; the oracle's has to come last."""
    records = Records(memo.spool)
    images, truthless = dict[str, None](), set[str]()
    for each in landed:
        if each.arm == "oracle" and truthless:
            continue
        records.know(each.arm, each.place)
        memo.facts_of.marks.update(each.marks)
        images |= dict.fromkeys(each.images)
        truthless |= each.truthless
    memo.settle(images, truthless)
    return records


def work_ahead(
    assembly: Assembly, memo: Memo, planned: Sequence[Opportunity]
) -> Mapping[str, Mark]:
    """Compute the facts of images before they are taken; return where they are written, for any process that flies."""
    camera, coming = assembly.camera, deque(planned)
    with memo.looking_ahead(lambda: map(camera.view, coming)):
        while coming:
            memo.develop(camera.expose(coming.popleft()), keep_records=True)
    return memo.facts_of.write_all([opportunity.id for opportunity in planned])


Order = tuple[ArmName, dict[str, Mark]]
"""An arm to be flown, and where the known facts of images are written."""


def fly_beside(assembly: Assembly, memo: Memo, order: Order) -> Path:
    """Fly an arm in a helper; return the file with the result, as a helper may be killed while sending more than a name."""
    name, marks = order
    memo.facts_of.marks.update(marks)
    landed = fly_arm(assembly, memo, name)
    untold = [image for image in landed.images if image not in marks]
    said = memo.spool / f"{name}.landed"
    with said.open("wb") as file:
        told = replace(landed, marks=memo.facts_of.write_all(untold))
        pickle.dump(told, file, pickle.HIGHEST_PROTOCOL)
    return said


def _landed(said: Path | Landed) -> Landed:
    """The result of an arm, read from a helper's file unless it was flown here."""
    if isinstance(said, Landed):
        return said
    with said.open("rb") as file:
        found: Landed = pickle.load(file)
    said.unlink()
    return found


def fly_arm(
    assembly: Assembly,
    memo: Memo,
    name: ArmName,
    *,
    deliver: Deliver | None = None,
    foresee: Foresee | None = None,
) -> Landed:
    """Fly one arm, and compute the facts of everything it took."""
    arm = make_arm(name, assembly.scenario.pruning)
    folder = memo.spool / name
    folder.mkdir(exist_ok=True)
    taker = deliver if arm.is_scenarios_own else None
    mission = Mission(assembly, arm, memo, taker, folder, foresee)
    place = Records(memo.spool).put(mission.fly())
    images = tuple(mission.album.ids)
    for number, image in enumerate(images):
        if image not in memo.looked_at:  # tiles that were never processed on board have truth too
            memo.develop(mission.album[number].acquisition)
    del mission
    if isinstance(place, Path):
        gc.collect()  # a mission and its processes form cycles: free a large one before the next is built
    return Landed(name, place, images, frozenset(memo.truthless.intersection(images)))


def _work_px(assembly: Assembly, planned: Sequence[Opportunity]) -> int:
    """[px] Pixels of all planned images."""
    return len(planned) * assembly.sensor.width_px * assembly.sensor.height_px


def _parts(planned: Sequence[Opportunity], jobs: int) -> list[Sequence[Opportunity]]:
    """What is planned, in parts so small that no process waits long for the one with the last part."""
    size = max(1, len(planned) // (16 * jobs))
    return [planned[first : first + size] for first in range(0, len(planned), size)]
