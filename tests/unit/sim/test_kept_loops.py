"""Loops whose plans are kept leave what they leave where each plan is made of all that is left, whatever happens.

Judge: the same loop with the same planner, which does not say there that it goes by urgency or takes the first chance. Loops
fly alone: chances, contacts, clouds, refusals and reports that are lost are drawn, so that much of it falls together.
"""

import math
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st
from planning import SATELLITES, TARGETS, items, observe, scheduler, values

from payload.planning.calendar import Calendar
from payload.planning.outlook import make_look_ahead
from payload.plans import Limits
from payload.scenario.models import UplinkModel
from payload.scenario.rescheduling import LookAheadModel, ReschedulingModel
from payload.sim.log import Log
from payload.sim.loops.at_once import AtOnce
from payload.sim.loops.policies import LOOPS
from payload.types import ContactWindow, Ephemeris, Target

URGENT = ["fifo", "edf", "priority", "ltap"]
SPAN_S = 900.0
SOMEWHERE = Ephemeris("any", np.array([0.0, 60.0]), np.zeros((2, 3)), np.zeros((2, 3)))
HORIZONS_H = [None, None, 0.01, 0.05, 0.1]  # shorter than a scenario may say, as is the span


class Plain:
    """A planner that says nothing of itself."""

    def __init__(self, kind):
        self._planner = scheduler(kind)

    def plan(self, context):
        return self._planner.plan(context)


@dataclass(frozen=True)
class Lots:
    """Whatever happens by chance, the same for the same things."""

    salt: int

    def share(self, *what):
        return zlib.crc32(repr((self.salt, *what)).encode()) / 2**32

    def glance(self, view, _windows):
        return [SimpleNamespace(cover=self.share(view.id))]


@dataclass(frozen=True)
class World:
    """What flies, and how often what happens to it."""

    found: list
    targets: list
    contacts: dict
    limits: Limits
    rules: ReschedulingModel
    uplink: UplinkModel
    lots: Lots
    refused: float
    lost: float
    judges_on_board: bool

    def assembly(self, planner):
        own = {
            name: sorted(
                (item for item in self.found if item.satellite == name),
                key=lambda item: (item.start_s, item.id),
            )
            for name in SATELLITES
        }
        scenario = SimpleNamespace(
            rescheduling=self.rules,
            uplink=self.uplink,
            epoch_utc=datetime(2026, 6, 21, tzinfo=UTC),
            seed=self.lots.salt,
            power=None,
        )
        sensor = SimpleNamespace(height_px=8, width_px=8)
        return SimpleNamespace(
            scenario=scenario,
            camera_ahead=make_look_ahead(scenario, self.lots, sensor),
            satellites=SATELLITES,
            targets=self.targets,
            target_named={each.name: each for each in self.targets},
            worths={each.name: each.priority for each in self.targets},
            plannable=own,
            calendar=Calendar(own),
            contacts=self.contacts,
            limits=self.limits,
            scheduler=planner,
            source=self.lots,
            sensor=sensor,
            ephemerides=dict.fromkeys(SATELLITES, SOMEWHERE),
            span_s=SPAN_S,
        )

    def fly(self, planner):
        """What the loop leaves: its books, what was taken, and the log."""
        env, assembly = simpy.Environment(), self.assembly(planner)
        log, lots = Log(env), self.lots
        arm = SimpleNamespace(sees_cloud=self.judges_on_board)
        loop = LOOPS[self.rules.policy](env, assembly, arm, log)

        def judge(item):
            yield env.timeout(30.0 * lots.share("masked", item.id))
            found = SimpleNamespace(opportunity=item, satellite=item.satellite)
            if self.judges_on_board:
                loop.learn(found, lots.share("cover", item.id))
            else:
                yield env.timeout(200.0 * lots.share("down", item.id))
                loop.delivered(found, lots.share("cover", item.id))

        def take(item):
            if lots.share("refused", item.id) < self.refused:
                loop.note_refused(item, "power or heat")
            else:
                loop.note_taken(item)
                env.process(judge(item))

        def carry(report):
            yield env.timeout(5.0 * lots.share("carried", report.id))
            if lots.share("lost", report.id) < self.lost:
                loop.lost(report)
            else:
                loop.received(report)

        def meet(name):
            for window in self.contacts[name]:
                yield env.timeout(window.aos_s - env.now)
                if lots.share("missed", name, window.aos_s) < 0.2:  # the antenna is another's
                    continue
                if lots.share("held up", name, window.aos_s) < 0.3:  # the antenna is free only then
                    yield env.timeout(lots.share("by", name) * (window.los_s - env.now))
                loop.contact(name, window, lambda report: env.process(carry(report)))
                yield env.timeout(window.los_s - env.now)
                loop.end_contact(name)

        crew = [
            story for name in SATELLITES for story in (observe(env, loop, name, take), meet(name))
        ]
        for story in (*loop.stories(), *crew):
            env.process(story)
        env.run(until=SPAN_S)
        return loop.record(), loop.taken, loop.itinerary, list(log.events)


@st.composite
def worlds(draw, policy):
    share = st.sampled_from([0.0, 0.2, 0.5])
    targets = [
        Target(
            name,
            0.0,
            0.0,
            draw(values(10)),
            arrives_s=draw(st.sampled_from([0.0, 0.0, 100.0, 333.3])),
            due_s=draw(st.sampled_from([math.inf, math.inf, 200.0, 650.0])),
            repeat_s=draw(st.sampled_from([math.inf, math.inf, 1.0, 60.0, 200.0])),
        )
        for name in TARGETS
    ]
    contacts = {}
    for name in SATELLITES:
        edges = sorted(draw(st.sets(st.integers(0, int(SPAN_S)), max_size=8)))
        contacts[name] = [
            ContactWindow(name, "s", float(aos_s), float(los_s), 90.0)
            for aos_s, los_s in zip(edges[::2], edges[1::2], strict=False)
        ]
    return World(
        draw(items(70, span_s=int(SPAN_S), least=30)),
        targets,
        contacts,
        Limits(
            settle_s=draw(st.sampled_from([0.0, 6.0, 30.0])),
            slew_deg_per_s=draw(st.sampled_from([math.inf, 1.0, 0.3])),
        ),
        ReschedulingModel(
            policy=policy,
            max_cloud_cover=draw(st.sampled_from([0.2, 0.6])),
            max_retakes=draw(st.sampled_from([0, 1, 5])),
            every_min=draw(st.sampled_from([None, 1.0, 2.0])),
            ground_delay_min=draw(st.sampled_from([0.0, 0.5])),
            look_ahead=LookAheadModel(
                lead_s=draw(st.sampled_from([10.0, 60.0])),
                skill=draw(st.sampled_from([0.0, 0.5, 1.0])),
                by="companion",
                reserve_odds=draw(st.sampled_from([None, 0.0, 0.2])),
                cloud_memory_h=1.0,
            ),
        ).model_copy(update={"horizon_h": draw(st.sampled_from(HORIZONS_H))}),
        UplinkModel(
            acquisition_s=draw(st.sampled_from([0.0, 7.0])),
            rate_kbps=draw(st.sampled_from([0.5, 4.0])),
        ),
        Lots(draw(st.integers(0, 2**16))),
        draw(share),
        draw(share),
        draw(st.booleans()) or LOOPS[policy] is AtOnce,
    )


@pytest.mark.parametrize("kind", URGENT)
@pytest.mark.parametrize("policy", ["next_opportunity", "ground_loop", "on_board", "look_ahead"])
@settings(max_examples=20)
@given(data=st.data())
def test_a_loop_leaves_the_same_whether_its_plans_are_kept_or_made_anew(policy, kind, data):
    world = data.draw(worlds(policy))
    kept, anew = world.fly(scheduler(kind)), world.fly(Plain(kind))
    assert kept == anew
