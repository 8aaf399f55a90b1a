"""Options of `ccsds123`, and the payload header that records them.

The header, little-endian; the standard's names are in brackets:

    0   version             uint8, 1
    1   bit depth           uint8; [D] is the same, but 2 for samples of 1 bit
    2   entropy coder       uint8; 0 sample-adaptive, 1 block-adaptive
    3   local sums          uint8; 0 wide neighbour-oriented, 1 wide column-oriented
    4   previous bands      uint8 [P]
    5   weight bits         uint8 [Omega]
    6   first exponent      int8 [v_min]
    7   last exponent       int8 [v_max]
    8   interval            uint8 [log2 t_inc]
    9   fine bits           uint8 [Theta]
    10  damping             uint8 [phi]
    11  offset              uint8 [psi]
    12  error limit         uint16 [m]
    14  unary limit         uint8 [U_max]
    15  initial count       uint8 [gamma_0]
    16  rescaling count     uint8 [gamma*]
    17  initial k           uint8 [k'], capped at D - 2
    18  block size          uint8 [J]
    19  coded samples       uint32, all bands together
    23  bits                to the end, the last byte padded with zeros

This is not the standard's own header, but it holds the same information.
"""

import struct
from dataclasses import astuple, dataclass, fields
from typing import Literal, Self, get_args

from payload.errors import CodecError
from payload.registry import option

Coder = Literal["sample-adaptive", "block-adaptive"]
LocalSums = Literal["neighbour-oriented", "column-oriented"]
BlockSize = Literal[8, 16, 32, 64]

_VERSION = 1
HEADER = struct.Struct("<BB4B2b4BH5BI")


@dataclass(frozen=True)
class Options:
    """How `ccsds123` predicts and codes; each option states its default and range."""

    coder: Coder = option(
        "sample-adaptive",
        description="Entropy coder: sample-adaptive is 1 % smaller if lossless; block-adaptive, "
        "that of CCSDS 121, is smaller from an error of 2 DN on.",
    )
    local_sums: LocalSums = option(
        "neighbour-oriented",
        description="Pixels that make up a local mean; column-oriented suits push-brooms with "
        "stripes.",
    )
    previous_bands: int = option(
        3, description="Earlier bands used to predict a band.", ge=0, le=15
    )
    weight_bits: int = option(16, description="Resolution of the weights.", ge=4, le=19)
    first_exponent: int = option(
        -2, description="How slowly weights adapt at first: a step is 2**-exponent.", ge=-6, le=9
    )
    last_exponent: int = option(
        3, description="How slowly weights adapt in the end; not below the first.", ge=-6, le=9
    )
    interval_bits: int = option(
        9, description="The exponent grows by 1 every 2**this pixels.", ge=4, le=11
    )
    fine_bits: int = option(0, description="Resolution of damping and offset.", ge=0, le=4)
    damping: int = option(
        0,
        description="Share of the prediction in the samples that later ones are predicted from, "
        "/ 2**fine_bits.",
        ge=0,
        le=15,
    )
    offset: int = option(
        0,
        description="Shift of quantised samples towards their prediction, / 2**fine_bits.",
        ge=0,
        le=15,
    )
    max_error_dn: int = option(
        0,
        description="[DN] Largest error of any restored sample; 0 is lossless.",
        ge=0,
        le=32_767,
    )
    unary_limit: int = option(
        18,
        description="Sample-adaptive: instead of a longer unary part the plain number is sent.",
        ge=8,
        le=32,
    )
    initial_count: int = option(
        3, description="Sample-adaptive: weight of the initial mean is 2**this.", ge=1, le=8
    )
    rescaling_count: int = option(
        4, description="Sample-adaptive: the mean covers the last 2**this samples.", ge=4, le=11
    )
    initial_k: int = option(
        4, description="Sample-adaptive: low bits sent uncoded at first.", ge=0, le=14
    )
    block_size: BlockSize = option(64, description="Block-adaptive: samples per block.")

    def __post_init__(self) -> None:
        """Refuse what the standard does not allow."""
        for item in fields(self):
            value, bounds = getattr(self, item.name), item.metadata["bounds"]
            if bounds and not bounds["ge"] <= value <= bounds["le"]:
                raise CodecError(
                    f"ccsds123: {item.name} is {value}; expected {bounds['ge']} to {bounds['le']}"
                )
        for name, kind in (("coder", Coder), ("local_sums", LocalSums), ("block_size", BlockSize)):
            if getattr(self, name) not in get_args(kind):
                known = ", ".join(map(str, get_args(kind)))
                raise CodecError(
                    f"ccsds123: {name} is {getattr(self, name)!r}; expected one of {known}"
                )
        if self.last_exponent < self.first_exponent:
            raise CodecError("ccsds123: last_exponent must not be below first_exponent")
        if self.rescaling_count <= self.initial_count:
            raise CodecError("ccsds123: rescaling_count must be above initial_count")
        if max(self.damping, self.offset) >> self.fine_bits:
            raise CodecError("ccsds123: damping and offset must be below 2**fine_bits")

    def check_limit(self, bit_depth: int) -> None:
        """Refuse, with a CodecError, an error limit of half the range of a bit depth [bit] or more."""
        if self.max_error_dn >> max(bit_depth - 1, 0):
            raise CodecError(
                f"ccsds123: max_error_dn is {self.max_error_dn}; expected less than half the range"
                f" of {bit_depth} bits"
            )

    def header(self, bit_depth: int, samples: int) -> bytes:
        """The header of a payload with `samples` coded samples of a bit depth [bit]."""
        coder, sums, *rest = astuple(self)
        codes = get_args(Coder).index(coder), get_args(LocalSums).index(sums)
        return HEADER.pack(_VERSION, bit_depth, *codes, *rest, samples)

    @classmethod
    def of_payload(cls, payload: bytes, bit_depth: int) -> tuple[Self, int]:
        """The options of a payload, and the number of coded samples its header states.

        Raises:
            CodecError: Its header is invalid or states another bit depth [bit].
        """
        if len(payload) < HEADER.size:
            raise CodecError(f"ccsds123: a payload of {len(payload)} bytes is too short")
        version, depth, coder, sums, *rest, samples = HEADER.unpack(payload[: HEADER.size])
        if version != _VERSION:
            raise CodecError(f"ccsds123: the payload has version {version}; expected {_VERSION}")
        if depth != bit_depth:
            raise CodecError(
                f"ccsds123: the payload has samples of {depth} bits; expected {bit_depth}"
            )
        if max(coder, sums) > 1:
            raise CodecError("ccsds123: unknown entropy coder or kind of local sums")
        values = (get_args(Coder)[coder], get_args(LocalSums)[sums], *rest)
        names = [item.name for item in fields(cls)]
        options = cls(**dict(zip(names, values, strict=True)))
        options.check_limit(bit_depth)
        return options, samples
