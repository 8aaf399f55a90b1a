"""The flight itself: the only package that imports simpy. Read `mission.py` first.

`fly_arms(assemble(scenario), spool)` flies the scenario and its counterfactual arms over the same world; each flight is
a `FlightRecord` whose books have been audited.
"""

from payload.sim.arms import ARMS, Arm, ArmName
from payload.sim.assemble import Assembly, assemble
from payload.sim.flights import fly_arms
from payload.sim.mission import Mission

__all__ = [
    "ARMS",
    "Arm",
    "ArmName",
    "Assembly",
    "Mission",
    "assemble",
    "fly_arms",
]
