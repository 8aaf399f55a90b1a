"""The radio on a battery: watts while frames leave it, floors between bursts, nothing from an empty battery."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
import simpy

from payload.darkroom.memo import Memo
from payload.downlink.duty_cycle import DutyCycle
from payload.downlink.links import Fixed
from payload.energy import ComputeProfile, Supply
from payload.ledger import Ledger, audit
from payload.scenario.load import load_scenario
from payload.scenario.power import PowerModel
from payload.sim import assemble
from payload.sim.aboard.battery import PowerSystem
from payload.sim.aboard.transmitter import Transmitter
from payload.sim.arms import make_arm
from payload.sim.log import Log
from payload.sim.mission import Mission
from payload.timetable.rates import Rates
from payload.types import ContactWindow, Ephemeris, RateProfile

EPHEMERIS = Ephemeris("one", np.arange(2.0), np.zeros((2, 3)), np.zeros((2, 3)))
PROFILE = ComputeProfile("own", "p", "w", 1.0, 1.0, "board", "assumed", "made up for a test")
RATE = {"rate_mbps": 0.008, "acquisition_s": 5.0, "frame_bytes": 100, "frame_payload_bytes": 90}
"""1,000 bytes a second, ten frames."""
PLENTY = {
    "array_w": 30.0,
    "battery_wh": 10.0,
    "bus_w": 0.0,
    "radio_tx_w": 12.0,
    "radio_idle_w": 1.0,
}
LOS_S = 100.0


@dataclass
class Flown:
    power: PowerSystem
    radio: Transmitter
    ledger: Ledger
    log: Log
    arrived: list

    @property
    def radio_j(self):
        return self.power.drawn_j["radio"]

    @property
    def kinds(self):
        return [event.kind for event in self.log.events]


@dataclass(frozen=True)
class Fading(Fixed):
    """A link so bad between two times [s] that it carries nothing, as in a storm."""

    none_s: tuple[float, float] = (0.0, 0.0)

    def profile(self, window, ephemeris=None):  # noqa: ARG002
        edges = np.array([window.aos_s + self.acquisition_s, *self.none_s, window.los_s])
        rate_bps = self.rate_mbps * 1e6
        rates = np.array([rate_bps, 0.0, rate_bps, 0.0])
        return RateProfile(edges, rates, self.frame_bytes, self.frame_payload_bytes, 0.0)


def fly(records, *, watts=None, rules=None, until_s=LOS_S, opening=None, **radio):
    """One contact of 100 s; `watts` [W] of the array as (time, watts), dark from end to end if left out."""
    env = simpy.Environment()
    ledger, log, arrived = Ledger(), Log(env), []
    time_s, array_w = zip(*(watts or [(0.0, 0.0), (LOS_S, 0.0)]), strict=True)
    supply = Supply(np.array(time_s), np.array(array_w), np.zeros(len(time_s)))
    power = PowerSystem(
        env, "one", PowerModel(**(PLENTY | (rules or {}))), PROFILE, supply, ledger, log
    )
    flown = Flown(power, None, ledger, log, arrived)
    flown.radio = Transmitter(
        env, Rates(radio.pop("link", Fixed(**RATE)), {"one": EPHEMERIS}), 1, arrived=lambda tile: arrived.append((tile, env.now)), given_up=print,
        power=power, **radio,
    )  # fmt: skip
    for number, size in enumerate(records):
        flown.radio.enqueue(f"t{number}", size)
    env.process(flown.radio.serve(ContactWindow("one", "s", 0.0, LOS_S, 45.0), opening))
    env.run(until=math.nextafter(until_s, math.inf))  # its last instant too
    power.come_to_rest()
    audit(ledger)
    (balance,) = ledger.balances
    gone = balance.used_j + balance.lost_j + balance.spilled_j + balance.end_j - balance.start_j
    assert balance.harvested_j == pytest.approx(gone, rel=1e-9, abs=1e-9 * balance.start_j)
    return flown


def by_hand_j(sent_s):
    """[J] 12 W while frames are sent, 1 W in the rest of the contact."""
    return 12.0 * sent_s + 1.0 * (LOS_S - sent_s)


def test_the_radio_draws_by_the_second_of_sending():
    """By hand: 50 frames at ten a second are 5 s; acquisition and an empty queue are idle."""
    flown = fly([1800, 2700])
    (contact,) = flown.radio.contacts
    assert contact.used_bytes == 5000
    assert flown.radio_j == pytest.approx(by_hand_j(5.0))
    assert fly([]).radio_j == pytest.approx(by_hand_j(0.0))


def test_a_duty_limit_lowers_the_joules_as_it_lowers_the_bytes():
    """Seconds sent are bytes over 1,000 byte/s, whatever keeps the radio from sending."""
    free = fly([900] * 200)
    limited = fly([900] * 200, duty=DutyCycle(10.0, 5700.0))
    away = fly([900] * 200, opening=lambda now_s: (max(now_s, 60.0), math.inf))
    dead = fly([900], link=Fading(**RATE, none_s=(5.0, 99.99)))
    sent = [
        sum(c.used_bytes for c in flown.radio.contacts) for flown in (free, limited, away, dead)
    ]
    assert sent == [95_000, 10_000, 40_000, 0]
    for flown, used_bytes in zip((free, limited, away, dead), sent, strict=True):
        assert flown.radio_j == pytest.approx(by_hand_j(used_bytes / 1000.0))


def test_a_burst_that_a_dead_link_holds_up_draws_no_watts_meanwhile():
    """By hand: 30 s of frames from 5 s on, no rate from 10 s to 40 s: on air in all 30 s, not 60."""
    flown = fly([27_000], link=Fading(**RATE, none_s=(10.0, 40.0)))
    assert flown.arrived == [("t0", pytest.approx(65.0))]
    assert flown.radio_j == pytest.approx(by_hand_j(30.0))


FLOOR = {"battery_wh": 1.0, "initial_charge": 0.3, "lowest_charge": {"transmitting": 0.29}}


def test_below_the_floor_the_radio_waits_between_bursts_and_says_so_once():
    """By hand: 36 J above the floor, less 5 J idle, are 2.45 s of 12 W at an efficiency of 0.95: three records."""
    flown = fly([900] * 50, rules=FLOOR)
    assert [time_s for _, time_s in flown.arrived] == pytest.approx([6.0, 7.0, 8.0])
    assert flown.power.refused == {"transmitting": 1}
    assert [kind for kind in flown.kinds if kind in {"refused", "resumed", "gave_up"}] == ["refused", "gave_up"]  # fmt: skip
    assert flown.power.waited_s["transmitting"] == pytest.approx(LOS_S - 8.0)


def test_the_radio_goes_on_when_the_sun_has_filled_the_battery_above_the_margin():
    """By hand: it waits from 8 s on; from 20 s on the array's surplus brings the joules up to 0.31."""
    watts = [(0.0, 0.0), (20.0, 0.0), (20.001, 30.0), (LOS_S, 30.0)]
    flown = fly([900] * 50, rules=FLOOR, watts=watts)
    charge_j = 0.3 * 3600 - (5 * 1 + 3 * 12 + 12 * 1) / 0.95
    resumed_s = 20.0 + (0.31 * 3600 - charge_j) / (0.95 * 29.0)
    assert flown.arrived[3][1] == pytest.approx(resumed_s + 1.0, abs=0.01)
    assert len(flown.arrived) == 50  # 30 W is more than the radio draws
    assert flown.power.refused == {"transmitting": 1}
    assert flown.kinds.count("resumed") == 1


EMPTY = {
    "battery_wh": 1.0, "initial_charge": 0.0, "bus_w": 4.0,
    "lowest_charge": {"imaging": 0.0, "processing": 0.0, "transmitting": 0.0, "resume_margin": 0.0},
}  # fmt: skip


def test_from_an_empty_battery_nothing_is_sent_though_no_floor_forbids_it():
    """The bus is not served, which is counted: 5 W for 100 s."""
    flown = fly([900], rules=EMPTY)
    assert flown.arrived == []
    assert flown.radio.contacts[0].used_bytes == 0
    assert flown.power.refused == {"transmitting": 1}
    assert "empty" in flown.log.events[0].detail
    assert flown.ledger.balances[0].unserved_j == pytest.approx(500.0)


def test_all_activities_are_refused_while_the_battery_is_empty_and_none_soon_after_sunrise():
    watts = [(0.0, 0.0), (50.0, 0.0), (50.001, 30.0), (LOS_S, 30.0)]
    flown = fly([900], rules=EMPTY, watts=watts)
    assert flown.arrived == [("t0", pytest.approx(51.0, abs=0.01))]
    dark, light = (
        fly([], rules=EMPTY, watts=watts, until_s=until_s).power for until_s in (49.0, 60.0)
    )
    for activity in ("imaging", "processing", "transmitting"):
        assert not dark.may(activity)
        assert light.may(activity)


def test_a_satellite_without_joules_delivers_nothing_and_says_why(write_scenario, tmp_path):
    """Its battery holds 3.6 J, a second of its bus; the array gives a thousandth of a watt."""
    floors = {"imaging": 0.0, "processing": 0.0, "transmitting": 0.0}
    power = {
        "array_w": 0.001, "battery_wh": 0.001, "bus_w": 4, "camera_w": 8, "radio_tx_w": 12, "lowest_charge": floors,
    }  # fmt: skip
    scenario = load_scenario(write_scenario(power=power))
    assembly = assemble(scenario)
    record = Mission(
        assembly, make_arm("prune", scenario.pruning), Memo(assembly.darkroom, tmp_path)
    ).fly()
    assert record.delivered_s == {}
    assert not list(record.images)
    refused = [event for event in record.events if event.kind == "refused"]
    assert {event.detail.split(":")[0] for event in refused} == {"imaging", "transmitting"}
    assert all("battery is empty" in event.detail for event in refused)
    assert sum(log.used_bytes for log in record.contacts) == 0
    assert record.ledger.balances[0].unserved_j == pytest.approx(4 * 12 * 3600, rel=0.001)
