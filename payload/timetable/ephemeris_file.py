"""Long ephemerides in a file without a name: what nobody looks at takes no memory.

A year of one satellite is 51 MB. A file that is mapped is an array like any other, but the system reads of it what is
asked for, and takes the memory back when it is wanted elsewhere or nobody has need of it. A fleet has one file, however
large it is: a process may open few.
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
"""[byte] Ephemerides of a fleet that are kept in memory: seven months of one satellite, two days of a hundred."""

BYTES_PER_SAMPLE = 6 * 8
"""[byte] Place and speed of a satellite at a time, in double precision."""


@dataclass
class EphemerisFile:
    """The file of a fleet's ephemerides, which is written within a `with`; it is gone once nobody holds an array of it.

    Attributes:
        expected_bytes: [byte] Of all arrays of the fleet; those that are beyond stay in memory.
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
        """Nothing is written any more."""
        if self._file is not None:
            self._file.close()

    def keep(self, ephemeris: Ephemeris) -> Ephemeris:
        """The same numbers, in the file if the fleet's are too many for memory and there is room for a file."""
        return Ephemeris(
            ephemeris.satellite,
            ephemeris.time_s,
            self.keep_array(ephemeris.position_km),
            self.keep_array(ephemeris.velocity_km_s),
        )

    def keep_array(self, array: NDArray[np.float64]) -> NDArray[np.float64]:
        """One array of it, in the file and not to be written to, if so."""
        begin, end = self._end, self._end + array.nbytes
        if self._file is None or self._map is None or end > self.expected_bytes:
            return array
        try:
            self._file.seek(begin)
            array.tofile(self._file)
            self._file.flush()
        except OSError:  # as above; what is not written is never looked at
            return array
        self._end = end
        found = np.frombuffer(self._map, np.float64, array.size, begin)
        return found.reshape(array.shape)

    def let_go(self) -> None:
        """Give the memory back; what is looked at again is read again."""
        if self._map is not None:
            with contextlib.suppress(AttributeError):  # not every system can be told
                self._map.madvise(mmap.MADV_DONTNEED)
