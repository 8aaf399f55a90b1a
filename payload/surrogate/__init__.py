"""Masker and codec as a fitted distribution: what they would say of a tile that nobody paints.

    fitted       `FittedOn`: masker, codec, sensor, world and tiles that a surrogate stands for; nothing else
    model        `Surrogate`; `draw`: a `Glance` becomes an estimate and a record length; `donors_of_each`, `as_donor`: many do
    file         the file that holds a surrogate, and the packaged one
    likeness     which tiles resemble another one at a glance
    fitting      `calibrate`: samples of pixel work become a surrogate, and its error on scenes kept out
    doubt        `doubts`: how far totals over a flight's own tiles may be off, by its own rule

A surrogate is a set of *donors*: tiles that were painted, masked and compressed. A tile takes the
mistakes of the masker and the length of the record from one donor that resembles it in cover, surface
and sun, both together, so that what belongs together stays together. Thresholds of pruning are not in
it: they can be swept without fitting anew.

>>> from pathlib import Path
>>> from payload.surrogate import PACKAGED, read_surrogate
>>> read_surrogate(PACKAGED).fitted_on.tile_px
256
"""

from payload.surrogate.doubt import Doubt, Rule, Taken, doubts
from payload.surrogate.file import PACKAGED, read_surrogate, write_surrogate
from payload.surrogate.fitted import FittedOn
from payload.surrogate.fitting import Sample, calibrate
from payload.surrogate.likeness import Likeness, likeness
from payload.surrogate.model import (
    Donors,
    Error,
    HeldOut,
    Shares,
    Surrogate,
    TileSize,
    as_donor,
    donors_of_each,
    draw,
)

__all__ = [
    "PACKAGED",
    "Donors",
    "Doubt",
    "Error",
    "FittedOn",
    "HeldOut",
    "Likeness",
    "Rule",
    "Sample",
    "Shares",
    "Surrogate",
    "Taken",
    "TileSize",
    "as_donor",
    "calibrate",
    "donors_of_each",
    "doubts",
    "draw",
    "likeness",
    "read_surrogate",
    "write_surrogate",
]
