"""Long ephemerides in files without a name: what nobody looks at takes no memory.

A year of one satellite is 51 MB. A file that is mapped is an array like any other, but the system reads of it what is
asked for, and takes the memory back when it is wanted elsewhere or nobody has need of it.
"""

import contextlib
import mmap
import tempfile
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from payload.types import Ephemeris

MOST_BYTES = 30_000_000
"""[byte] Ephemerides of a fleet that are kept in memory: seven months of one satellite, two days of a hundred."""

BYTES_PER_SAMPLE = 6 * 8
"""[byte] Place and speed of a satellite at a time, in double precision."""


@dataclass
class EphemerisFiles:
    """The files of a fleet's ephemerides; each is gone once nobody holds its array.

    Attributes:
        expected_bytes: [byte] Of all ephemerides of the fleet.
    """

    expected_bytes: int
    _maps: list[mmap.mmap] = field(default_factory=list[mmap.mmap])

    def keep(self, ephemeris: Ephemeris) -> Ephemeris:
        """The same numbers, in a file if the fleet's are too many for memory and there is room for a file."""
        return Ephemeris(
            ephemeris.satellite,
            ephemeris.time_s,
            self.keep_array(ephemeris.position_km),
            self.keep_array(ephemeris.velocity_km_s),
        )

    def keep_array(self, array: NDArray[np.float64]) -> NDArray[np.float64]:
        """One array of it, in a file not to be written to, if so."""
        if self.expected_bytes <= MOST_BYTES:
            return array
        try:
            with tempfile.TemporaryFile() as file:
                array.tofile(file)
                file.flush()
                found = mmap.mmap(file.fileno(), array.nbytes, access=mmap.ACCESS_READ)
        except OSError:  # a full disk is no reason not to fly
            return array
        self._maps.append(found)
        return np.frombuffer(found, np.float64).reshape(array.shape)

    def let_go(self) -> None:
        """Give the memory back; what is looked at again is read again."""
        with contextlib.suppress(AttributeError):  # not every system can be told
            for each in self._maps:
                each.madvise(mmap.MADV_DONTNEED)
