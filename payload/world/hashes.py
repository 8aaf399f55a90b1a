"""Published constants for hashing places, shared by numpy and the compiled loops."""

import numpy as np

_U64 = np.uint64
_U32 = np.uint32

SCRAMBLE = (
    _U64(30),
    _U64(0xBF58476D1CE4E5B9),
    _U64(27),
    _U64(0x94D049BB133111EB),
    _U64(31),
)
"""Shifts and factors of `noise.scramble`.

Source: finaliser of SplitMix64, Steele, Lea and Flood 2014, in the variant 13 of D. Stafford."""

PIXEL_AXES = (_U32(0x9E3779B1), _U32(0x85EBCA77))
"""Factors of `noise.hash_pixels`, one for each axis."""
PIXEL_MIX = (_U32(16), _U32(0x85EBCA6B), _U32(13), _U32(0xC2B2AE35), _U32(16))
"""Shifts and factors of its finaliser."""
