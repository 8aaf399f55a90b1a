"""What is settled before a flight: orbits, contacts, what can be imaged and what breaks.

- `encounters`: orbits and the passes over stations, minus their outages; `contact_list` and `link` report them.
- `rates`: what each contact carries.
- `wanted`: targets, and when each satellite sees them; `pointing`: what the antenna's turns leave of that.
- `sunlight`: what the solar arrays generate along the orbits; `faults`: what breaks, and when.
"""
