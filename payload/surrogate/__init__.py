"""Masker and codec as a fitted distribution: their results for a tile that is not painted.

    fitted       `FittedOn`: the masker, codec, sensor, world and tile size that a surrogate is valid for, and no other
    model        `Surrogate`; `draw`: from a `Glance` to an estimate and a record length; `donors_of_each`, `as_donor`: for many
    file         the file that holds a surrogate, and the packaged one
    likeness     which tiles resemble another one at a glance
    fitting      `calibrate`: from samples of pixel work to a surrogate, with its error on held-out scenes
    doubt        `doubts`: the error of totals over a flight's own tiles, under its own rule

A surrogate is a set of *donors*: tiles that were painted, masked and compressed. A tile takes both the
masker's errors and the length of the record from one donor that resembles it in cover, surface and sun,
so that correlations between them are kept. Pruning thresholds are not part of it: they can be swept
without refitting.

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
