"""All arms of a scenario, one flight each, over one memo of what tiles are."""

from collections.abc import Callable, Sequence
from pathlib import Path

from payload.ledger import FlightRecord
from payload.sim.arms import ARMS, ArmName, make_arm
from payload.sim.assemble import Assembly
from payload.sim.ground import Deliver
from payload.sim.memo import Memo
from payload.sim.mission import Mission
from payload.sim.survey import open_darkroom


def fly_arms(
    assembly: Assembly,
    spool: Path,
    *,
    deliver: Deliver | None = None,
    tell: Callable[[str, str], None] = lambda _arm, _image: None,
    arms: Sequence[ArmName] = ARMS,
) -> tuple[dict[str, FlightRecord], Memo]:
    """Fly the arms, the scenario's own first, as its records are kept.

    Args:
        assembly: The scenario, assembled.
        spool: A folder for records that wait to be delivered; the caller removes it.
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
    memo = Memo(
        open_darkroom(assembly, lambda image: tell("sample", image)),
        spool,
        tell=lambda image: tell(flying, image),
        keeps_records=deliver is not None,
    )
    records: dict[str, FlightRecord] = {}
    for name in sorted(arms, key=lambda arm: (arm != "prune", ARMS.index(arm))):
        if name == "oracle" and not memo.has_truth:
            continue
        flying = name
        arm = make_arm(name, assembly.scenario.pruning)
        records[name] = Mission(
            assembly, arm, memo, deliver if arm.is_scenarios_own else None
        ).fly()
        for image in records[
            name
        ].images:  # the truth of tiles that never reached the computer counts too
            memo.develop(image.acquisition)
    return {name: records[name] for name in ARMS if name in records}, memo
