"""The tree of exceptions. A message says what, where, what was found, what is wanted and what to do.

    PayloadError            1   base; 0 is success, 130 an interruption
    ├── ScenarioError       2   the scenario, or an option on the command line
    ├── PluginError         3   unknown kind or option, missing extra
    ├── OrbitError          4   elements, propagation, contacts
    ├── ImageryError        5   rasters, masks, scenes
    ├── MaskerError         6   models and their cards
    ├── CodecError          7   also a damaged tile record
    ├── SweepError          8   some runs failed; their rows tell why
    └── LawError           70   the books do not balance: a bug, please report

The number is the exit code of the command line.
"""


class PayloadError(Exception):
    """Anything that payload-sim refuses or fails to do, with a sentence that helps."""

    exit_code = 1


class ScenarioError(PayloadError):
    """What was asked for cannot be flown as written."""

    exit_code = 2


class PluginError(PayloadError):
    """A plug-in is unknown, wrongly configured, or its extra is not installed."""

    exit_code = 3


class OrbitError(PayloadError):
    """Orbital elements cannot be read or propagated."""

    exit_code = 4


class ImageryError(PayloadError):
    """A raster cannot be read, or does not hold what a scene needs."""

    exit_code = 5


class MaskerError(PayloadError):
    """A masking model or its card is not what it claims to be."""

    exit_code = 6


class CodecError(PayloadError):
    """A tile cannot be coded, or a record is damaged."""

    exit_code = 7


class SweepError(PayloadError):
    """Some runs of a sweep failed; their rows tell why."""

    exit_code = 8


class LawError(PayloadError):
    """The books do not balance. This is a bug of payload-sim; please report it."""

    exit_code = 70
