"""All arms of a scenario, one flight each, over one memo of what tiles are; by one process or by several."""

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from payload.ledger import FlightRecord
from payload.sim.arms import ARMS, ArmName, make_arm
from payload.sim.assemble import Assembly
from payload.sim.ground import Deliver
from payload.sim.memo import Memo
from payload.sim.mission import Mission, young_waste_only

MOST_TILES = 40_000
"""A record of more tiles lies on disk while nobody looks at it."""


@dataclass
class Records(Mapping[str, FlightRecord]):
    """Flights by arm, in the order of ARMS; large ones lie in files, and one of them at a time is in memory.

    Attributes:
        folder: Where the files go; it has to stay as long as these are used.
    """

    folder: Path
    _at: dict[str, FlightRecord | Path] = field(default_factory=dict[str, FlightRecord | Path])
    _last: tuple[str, FlightRecord] | None = None

    def put(self, record: FlightRecord) -> None:
        """Put in a flight."""
        place: FlightRecord | Path = record
        if len(record.ledger.acquired) > MOST_TILES:
            place = self.folder / f"{record.arm}.record"
            with place.open("wb") as file:
                pickle.dump(record, file, pickle.HIGHEST_PROTOCOL)
        self._at[record.arm] = place

    def __getitem__(self, arm: str) -> FlightRecord:
        place = self._at[arm]
        if isinstance(place, FlightRecord):
            return place
        if self._last is None or self._last[0] != arm:
            self._last = None  # one goes before another comes
            with place.open("rb") as file:
                self._last = arm, pickle.load(file)
        return self._last[1]

    def __iter__(self) -> Iterator[str]:
        return iter(name for name in ARMS if name in self._at)

    def __len__(self) -> int:
        return len(self._at)


def fly_arms(
    assembly: Assembly,
    spool: Path,
    *,
    deliver: Deliver | None = None,
    tell: Callable[[str, str], None] = lambda _arm, _image: None,
    arms: Sequence[ArmName] = ARMS,
) -> tuple[Records, Memo]:
    """Fly the arms, the scenario's own first, as its records are kept.

    Args:
        assembly: The scenario, assembled.
        spool: A folder for records that wait to be delivered, and for what of long flights has no room in memory;
            the caller removes it, once nobody looks at the flights any more.
        deliver: Takes each record of the scenario's own arm that comes down; None where there are none.
        tell: Is told the arm and the image whenever one is worked on.
        arms: Which arms to fly.

    Returns:
        The flights by name, in the order of ARMS, and the memo with the facts of all their tiles. There
        is no oracle's flight where an image has no truth.

    Raises:
        LawError: The books of a flight do not balance.
        PayloadError: Pixels cannot be read, masked or coded.
    """
    flying = ""
    memo = Memo(assembly.darkroom, spool, tell=lambda image: tell(flying, image))
    records = Records(spool)
    with young_waste_only():
        for name in sorted(arms, key=lambda arm: (arm != "prune", ARMS.index(arm))):
            if name == "oracle" and not memo.has_truth:
                continue
            flying = name
            records.put(fly_arm(assembly, name, memo, deliver))
    return records, memo


def fly_arm(
    assembly: Assembly, name: ArmName, memo: Memo, deliver: Deliver | None = None
) -> FlightRecord:
    """Fly one arm, and find out what is true of all that it took."""
    arm = make_arm(name, assembly.scenario.pruning)
    folder = memo.spool / name
    folder.mkdir(exist_ok=True)
    mission = Mission(assembly, arm, memo, deliver if arm.is_scenarios_own else None, folder)
    record = mission.fly()
    for number, image in enumerate(mission.album.ids):
        if image not in memo.facts_of:  # tiles that never reached the computer have truth too
            memo.develop(mission.album[number].acquisition)
    return record
