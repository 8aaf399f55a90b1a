"""Joules: what computing costs, what the array gives, what the battery holds, how warm it gets.

- `profiles`: processors as data, packaged or a file of your own; time and energy are charged per pixel.
- `fitting`: does a network fit a processor, and how fast does another network run on it?
- `battery`: the charge over time, in closed form from event to event.
- `sunlight`: what the solar array gives over time, as straight lines between knots.
- `heat`: one node that computing and the Sun warm and that radiates.

All of it is pure but for `battery.Bank` and `heat.Node`, which hold the state of one flight.

>>> from payload.energy import load_profile
>>> jetson = load_profile("jetson-dtacs")
>>> round(jetson.busy_s(10_980 * 10_980), 1)
60.3
"""

from payload.energy.battery import Bank, Battery
from payload.energy.fitting import fit
from payload.energy.heat import Body, Node
from payload.energy.profiles import ComputeProfile, load_profile, profile_names, write_profile
from payload.energy.sunlight import Supply

__all__ = [
    "Bank",
    "Battery",
    "Body",
    "ComputeProfile",
    "Node",
    "Supply",
    "fit",
    "load_profile",
    "profile_names",
    "write_profile",
]
