"""Energy: what computing costs, what the array supplies, what the battery holds, how warm the payload gets.

- `profiles`: processors as data, packaged or a file of your own; time and energy are charged per pixel.
- `fitting`: does a network fit a processor, and how fast does another network run on it?
- `battery`: the charge over time, in closed form from event to event.
- `sunlight`: what the solar array supplies over time, as straight lines between knots.
- `heat`: a single thermal node, warmed by computing and the Sun and cooled by radiation.

All of it is stateless except for `battery.Bank` and `heat.Node`, which hold the state of one flight.

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
