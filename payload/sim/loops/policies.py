"""The loop that each rescheduling policy stands for."""

import simpy

from payload.sim.arms import Arm
from payload.sim.assemble import Assembly
from payload.sim.log import Log
from payload.sim.loops.at_once import AtOnce
from payload.sim.loops.ground_loop import GroundLoop
from payload.sim.loops.look_ahead import AheadOfTime
from payload.sim.loops.loop import Loop
from payload.sim.loops.on_board import OnBoard

LOOPS: dict[str, type[Loop]] = {
    "none": AtOnce,
    "next_opportunity": AtOnce,
    "ground_loop": GroundLoop,
    "on_board": OnBoard,
    "look_ahead": AheadOfTime,
}


def make_loop(env: simpy.Environment, assembly: Assembly, arm: Arm, log: Log) -> Loop:
    """The loop of a scenario in a flight of one arm.

    An arm without a masker on board does not know of clouds there: of the on-board policies, it is left with only the
    loop through the ground, and with its look-ahead camera.
    """
    return LOOPS[assembly.scenario.rescheduling.policy](env, assembly, arm, log)
