"""Long ephemerides in an unnamed temporary file: what is not in use takes no memory.

A year of one satellite is 51 MB. A memory-mapped file is an array like any other, but the system reads only what is
accessed, and takes the memory back when it is needed elsewhere or no longer used. A fleet has one file, however large it
is, as a process may open only a limited number.
"""

import contextlib
import mmap
import tempfile
from dataclasses import dataclass, field
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

from payload.types import Ephemeris

MOST_BYTES = 30_000_000
"""[byte] Most ephemerides of a fleet that are kept in memory: seven months of one satellite, two days of a hundred."""

BYTES_PER_SAMPLE = 6 * 8
"""[byte] Position and velocity of a satellite at one time, in double precision."""


@dataclass
class EphemerisFile:
    """The file of a fleet's ephemerides, written within a `with` block; it disappears once none of its arrays is in use.

    Attributes:
        expected_bytes: [byte] Of all arrays of the fleet; arrays beyond that stay in memory.
    """

    expected_bytes: int
    _file: IO[bytes] | None = field(default=None, init=False, repr=False)
    _map: mmap.mmap | None = field(default=None, init=False, repr=False)
    _end: int = field(default=0, init=False, repr=False)

    def __enter__(self) -> Self:
        if self.expected_bytes > MOST_BYTES:
            with contextlib.suppress(OSError):  # a full disk is no reason not to fly
                self._file = tempfile.TemporaryFile()
                self._file.truncate(self.expected_bytes)
                self._map = mmap.mmap(
                    self._file.fileno(), self.expected_bytes, access=mmap.ACCESS_READ
                )
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file for writing."""
        if self._file is not None:
            self._file.close()

    def keep(self, ephemeris: Ephemeris) -> Ephemeris:
        """The same numbers, in the file if the fleet has too many for memory and there is disk space."""
        return Ephemeris(
            ephemeris.satellite,
            ephemeris.time_s,
            self.keep_array(ephemeris.position_km),
            self.keep_array(ephemeris.velocity_km_s),
        )

    def keep_array(self, array: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same array, in the file and read-only under the same condition."""
        begin, end = self._end, self._end + array.nbytes
        if self._file is None or self._map is None or end > self.expected_bytes:
            return array
        try:
            self._file.seek(begin)
            array.tofile(self._file)
            self._file.flush()
        except OSError:  # as above; what was not written is never read
            return array
        self._end = end
        found = np.frombuffer(self._map, np.float64, array.size, begin)
        return found.reshape(array.shape)

    def let_go(self) -> None:
        """Release the memory; what is accessed again is read again."""
        if self._map is not None:
            with contextlib.suppress(AttributeError):  # not on every system
                self._map.madvise(mmap.MADV_DONTNEED)
