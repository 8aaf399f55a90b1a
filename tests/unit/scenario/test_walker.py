"""Constellations against Walker's closed formula, and against what SGP4 then flies."""

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from pydantic import ValidationError

from payload.scenario.fleet import ConstellationModel
from payload.scenario.walker import walker

EPOCH = datetime(2026, 3, 20, tzinfo=UTC)
# Galileo is 56:24/3/1, Iridium a star of 66 in 6 planes; the others are any.
PATTERNS = [
    (3, 8, 1, 360.0),
    (6, 11, 2, 180.0),
    (5, 1, 4, 360.0),
    (1, 7, 0, 360.0),
    (4, 3, 3, 90.0),
]


def of(**changes):
    given = {"name": "c", "altitude_km": 600, "planes": 3, "satellites_per_plane": 4}
    return ConstellationModel.model_validate(given | {"inclination_deg": 56} | changes)


def flown(model):
    """Each satellite's state at the epoch, TEME: (planes, slots, 3) twice."""
    orbits = [
        craft.orbit.build(satellite=craft.name, epoch_utc=EPOCH) for craft in model.satellites
    ]
    states = np.array([orbit.propagate_teme(np.zeros(1)) for orbit in orbits])[:, :, 0]
    shape = (model.planes, model.satellites_per_plane, 3)
    return states[:, 0].reshape(shape), states[:, 1].reshape(shape)


@pytest.mark.parametrize(("planes", "each", "phasing", "spread_deg"), PATTERNS)
def test_nodes_and_phases_are_spaced_as_the_formula_says(planes, each, phasing, spread_deg):
    slots = walker(
        planes=planes, satellites_per_plane=each, phasing=phasing, raan_spread_deg=spread_deg
    )
    by_place = {(item.plane, item.slot): item for item in slots}
    assert len(by_place) == len(slots) == planes * each
    for (plane, slot), item in by_place.items():
        next_slot = by_place[plane, slot % each + 1]
        lead_deg = next_slot.argument_of_latitude_deg - item.argument_of_latitude_deg
        assert lead_deg % 360.0 == pytest.approx(360.0 / each % 360.0)
        if plane < planes:
            neighbour = by_place[plane + 1, slot]
            assert neighbour.node_offset_deg - item.node_offset_deg == pytest.approx(
                spread_deg / planes
            )
            lead_deg = neighbour.argument_of_latitude_deg - item.argument_of_latitude_deg
            assert lead_deg % 360.0 == pytest.approx(phasing * 360.0 / (planes * each))


@pytest.mark.parametrize("changes", [{"pattern": "star"}, {"raan_spread_deg": 100}, {}])
def test_without_phasing_a_plane_is_the_one_before_turned_about_the_pole(changes):
    # SGP4 of low orbits knows no direction but the pole: what stands alike flies alike, turned.
    model = of(**changes)
    step = np.radians({"star": 60.0, "delta": 120.0}[model.pattern])
    if model.raan_spread_deg:
        step = np.radians(model.raan_spread_deg / 3)
    turn = np.array([[np.cos(step), -np.sin(step), 0], [np.sin(step), np.cos(step), 0], [0, 0, 1]])
    for states in flown(model):
        for one, other in pairwise(states):
            np.testing.assert_allclose(one @ turn.T, other, atol=1e-6)


def test_satellites_of_a_plane_fly_evenly_spaced_and_neighbours_lead_by_the_phasing():
    position, velocity = flown(of(phasing=1))
    normal = np.cross(position, velocity)
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    node = np.cross((0.0, 0.0, 1.0), normal)
    node /= np.linalg.norm(node, axis=2, keepdims=True)
    aside = np.cross(normal, node)
    dot = "ijk,ijk->ij"
    latitude_deg = np.degrees(
        np.arctan2(np.einsum(dot, position, aside), np.einsum(dot, position, node))
    )
    # The flattened Earth shifts a state from its mean elements by some hundredths of a degree.
    assert np.diff(latitude_deg, axis=1) % 360.0 == pytest.approx(90.0, abs=0.2)
    assert np.diff(latitude_deg, axis=0) % 360.0 == pytest.approx(30.0, abs=0.2)
    node_deg = np.degrees(np.arctan2(node[..., 1], node[..., 0]))
    assert np.diff(node_deg, axis=0) % 360.0 == pytest.approx(120.0, abs=0.2)


def test_planes_at_a_local_time_are_sun_synchronous_and_start_there():
    model = of(inclination_deg=None, ltan="10:30", planes=2, pattern="star")
    alone = model.satellites[0].orbit.build(satellite="x", epoch_utc=EPOCH).record
    east = model.satellites[4].orbit.build(satellite="x", epoch_utc=EPOCH).record
    assert east.inclo == alone.inclo
    assert np.degrees(east.nodeo - alone.nodeo) % 360.0 == pytest.approx(90.0, abs=1e-9)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ltan": "10:30"}, "expected exactly one of ltan and inclination_deg"),
        ({"inclination_deg": None}, "expected exactly one of ltan and inclination_deg"),
        ({"inclination_deg": None, "ltan": "10:30", "raan_deg": 5}, "raan_deg goes with"),
        ({"phasing": 3}, "phasing is 3; expected less than the number of planes, 3"),
        ({"planes": 100, "satellites_per_plane": 11}, "more than 1000"),
        ({"altitude_km": 50}, "altitude_km"),
        ({"inclination_deg": 181}, "inclination_deg"),
        ({"inclination_deg": None, "ltan": "25:00"}, "ltan"),
        ({"raan_spread_deg": 0}, "raan_spread_deg"),
    ],
)
def test_what_is_no_constellation_is_refused(changes, said):
    with pytest.raises(ValidationError, match=said):
        of(**changes)
