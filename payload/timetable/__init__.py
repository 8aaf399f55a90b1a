"""What is settled before a flight: where satellites fly, whom they meet, what can be imaged and what breaks.

- `encounters`: orbits and the passes over stations, less their outages; `contact_list` and `link` tell them.
- `rates`: what each contact carries.
- `wanted`: targets, and when each satellite sees them; `pointing`: what the antenna's turns leave of that.
- `sunlight`: what the solar arrays give along the orbits; `faults`: what breaks, and when.
"""
