"""How much a contact carries. Only this package deals in bits; all others count bytes.

- `links.Fixed`: a link with one constant rate.
- `dvbs2.Dvbs2`: a link with a budget (`budget`), MODCODs (`modcods`), and an atmosphere (`atmosphere`)
  whose weather changes over time (`weather`).
- `outages`: station outages and what they leave of passes; `uplink.uplink_passes`: the uplink.
- `capacity_bytes`, `finish_time`, `frames_needed`, `loss_between`, `with_loss`: arithmetic on the rate
  profile of a contact.

>>> from payload.downlink import capacity_bytes
>>> from payload.downlink.links import Fixed
>>> from payload.types import ContactWindow
>>> window = ContactWindow("one", "svalbard", aos_s=100.0, los_s=410.0, max_elevation_deg=40.0)
>>> profile = Fixed(rate_mbps=80.0).profile(window)
>>> capacity_bytes(profile, window.aos_s, window.los_s)
3000000000
"""

from payload.downlink.airtime import (
    capacity_bytes,
    finish_time,
    frames_needed,
    loss_between,
    with_loss,
)

__all__ = ["capacity_bytes", "finish_time", "frames_needed", "loss_between", "with_loss"]
