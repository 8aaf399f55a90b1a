"""Positions in a Walker constellation: satellites evenly spaced in planes, planes evenly around the pole.

Source: Walker 1984, Satellite constellations, Journal of the British Interplanetary Society 37, 559-571;
star patterns, whose nodes spread over half a turn: Walker 1970, RAE Technical Report 70211.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slot:
    """One satellite's place in the pattern.

    Attributes:
        plane: Number of its plane, from 1 on.
        slot: Number within the plane, from 1 on.
        node_offset_deg: [deg] Its plane's node, east of the first plane's.
        argument_of_latitude_deg: [deg] From the node to it, 0 to 360.
    """

    plane: int
    slot: int
    node_offset_deg: float
    argument_of_latitude_deg: float


def walker(
    *, planes: int, satellites_per_plane: int, phasing: int, raan_spread_deg: float
) -> tuple[Slot, ...]:
    """All positions of i:T/P/F, plane by plane, T = planes x satellites_per_plane.

    Nodes are spread / P apart, satellites of a plane 360 / S; from one plane to the next one east the
    satellites lead by F x 360 / T.
    """
    total = planes * satellites_per_plane
    return tuple(
        Slot(
            plane + 1,
            slot + 1,
            plane * raan_spread_deg / planes,
            (slot * planes + plane * phasing) % total * 360.0 / total,
        )
        for plane in range(planes)
        for slot in range(satellites_per_plane)
    )
