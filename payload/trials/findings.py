"""What was measured: a row for each codec, over all tiles and over each group of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from payload.compression.raw import packed_bytes
from payload.trials.contestants import DEFAULT, YARDSTICK
from payload.trials.race import Lap, MaskedLap
from payload.trials.tiles import TrialTile, spread

BYTES_PER_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Sizes:
    """What has to be kept of a tile once its samples are gone."""

    name: str
    group: str
    samples: int
    bit_depth: int
    no_data_share: float

    @classmethod
    def of(cls, tile: TrialTile) -> "Sizes":
        """The sizes of a tile."""
        return cls(tile.name, tile.group, tile.bands.size, tile.bit_depth, tile.no_data_share)

    @property
    def packed_bytes(self) -> int:
        """[byte] Length of its samples packed at the bit depth."""
        return packed_bytes(self.samples, self.bit_depth)


@dataclass(frozen=True, slots=True)
class Row:
    """A codec's results on some tiles.

    Attributes:
        codec: Its name; `zstd-3` is the yardstick, Zstandard on unprocessed samples.
        bits_per_sample: Length of all payloads divided by the number of samples.
        to_default: Length of all payloads relative to that of `med-zstd`; None if that was not run.
        to_packed: Length of the packed samples relative to that of the payloads.
        to_16_bit: Length of the samples at 16 bits relative to that of the payloads.
        packed_spread: `to_packed` of single tiles: least, median, most.
        encode_mb_s: [MB/s] Of samples at 16 bits, one thread, CPU time.
        decode_mb_s: [MB/s] The same.
        encode_to_yardstick: Encoding speed relative to that of the yardstick.
        decode_to_yardstick: Decoding speed relative to the *encoding* speed of the yardstick.
        largest_error: [DN] Over all samples; 0 for lossless.
        longer_than_packed: Tiles that would be sent as `raw` because their payloads are longer than the packed samples.
    """

    codec: str
    bits_per_sample: float
    to_default: float | None
    to_packed: float
    to_16_bit: float
    packed_spread: tuple[float, float, float]
    encode_mb_s: float
    decode_mb_s: float
    encode_to_yardstick: float
    decode_to_yardstick: float
    largest_error: int
    longer_than_packed: int


@dataclass(frozen=True, slots=True)
class Group:
    """Tiles that are counted together, and each codec's results on them, smallest size first."""

    name: str
    tiles: int
    samples: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class MaskedRow:
    """Results of a codec that leaves out clouds, on tiles that have some.

    Attributes:
        codec: Its name.
        tiles: Number of tiles.
        mean_clear_share: Mean share of clear pixels.
        against_clear: Mean over tiles of the length sent (plane included), divided by the clear share of pixels
            times the length of the whole tile.
        against_clear_spread: Of single tiles: least, median, most.
        against_coded: The mean with the share of coded pixels instead: small clouds are coded like ground.
        against_whole: Length sent of all tiles, divided by the length of all whole ones.
    """

    codec: str
    tiles: int
    mean_clear_share: float
    against_clear: float
    against_clear_spread: tuple[float, float, float]
    against_coded: float
    against_whole: float


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine and software used: figures in MB/s mean nothing without it."""

    platform: str
    python: str
    packages: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class CodecFindings:
    """What `payload-sim compress` found.

    Attributes:
        source: What was coded, in words.
        bit_depth: [bit] of a sample.
        max_error: [DN] The error permitted.
        rounds: How often each tile was coded; the best counts for speed.
        machine: Where it was measured.
        groups: All tiles first.
        masked: Codecs that leave out cloudy pixels; empty if no clouds are known or no codec can.
        payload_bytes: By codec, the length of each tile's payload.
        notes: Remarks, in sentences.
    """

    source: str
    bit_depth: int
    max_error: int
    rounds: int
    machine: Machine
    groups: tuple[Group, ...]
    masked: tuple[MaskedRow, ...]
    payload_bytes: dict[str, tuple[int, ...]]
    notes: tuple[str, ...]

    @property
    def whole(self) -> Group:
        """All tiles."""
        return self.groups[0]


def grouped(sizes: Sequence[Sizes], laps: Mapping[str, Sequence[Lap]]) -> tuple[Group, ...]:
    """All tiles, then each group if there is more than one.

    Args:
        sizes: Of the tiles.
        laps: By codec, one for each tile in the same order.
    """
    names = list(dict.fromkeys(one.group for one in sizes))
    chosen = [("all", list(range(len(sizes))))]
    if len(names) > 1:
        chosen += [
            (name, [i for i, one in enumerate(sizes) if one.group == name]) for name in names
        ]
    return tuple(_group(name, places, sizes, laps) for name, places in chosen)


def _group(
    name: str, places: Sequence[int], sizes: Sequence[Sizes], laps: Mapping[str, Sequence[Lap]]
) -> Group:
    some = [sizes[place] for place in places]
    theirs = {codec: [found[place] for place in places] for codec, found in laps.items()}
    rows = [_row(codec, some, theirs) for codec in theirs]
    rows.sort(key=lambda row: (row.bits_per_sample, row.codec))
    return Group(name, len(some), sum(one.samples for one in some), tuple(rows))


def _row(codec: str, sizes: Sequence[Sizes], laps: Mapping[str, Sequence[Lap]]) -> Row:
    own = laps[codec]
    own_bytes, samples = _total_bytes(own), sum(one.samples for one in sizes)
    packed = [one.packed_bytes for one in sizes]
    encode_s, decode_s = (sum(lap.encode_s for lap in own), sum(lap.decode_s for lap in own))
    yardstick_s = sum(lap.encode_s for lap in laps[YARDSTICK])
    return Row(
        codec=codec,
        bits_per_sample=8 * own_bytes / samples,
        to_default=own_bytes / _total_bytes(laps[DEFAULT]) if DEFAULT in laps else None,
        to_packed=sum(packed) / own_bytes,
        to_16_bit=2 * samples / own_bytes,
        packed_spread=spread(
            [length / lap.payload_bytes for length, lap in zip(packed, own, strict=True)]
        ),
        encode_mb_s=2 * samples / encode_s / BYTES_PER_MB,
        decode_mb_s=2 * samples / decode_s / BYTES_PER_MB,
        encode_to_yardstick=yardstick_s / encode_s,
        decode_to_yardstick=yardstick_s / decode_s,
        largest_error=max(lap.largest_error for lap in own),
        longer_than_packed=sum(
            lap.payload_bytes > length for length, lap in zip(packed, own, strict=True)
        ),
    )


def masked_row(codec: str, laps: Sequence[MaskedLap]) -> MaskedRow:
    """A codec's row for tiles with clouds left out."""
    against = [lap.against_clear for lap in laps]
    return MaskedRow(
        codec=codec,
        tiles=len(laps),
        mean_clear_share=sum(lap.clear_share for lap in laps) / len(laps),
        against_clear=sum(against) / len(against),
        against_clear_spread=spread(against),
        against_coded=sum(lap.against_coded for lap in laps) / len(laps),
        against_whole=sum(lap.sent_bytes for lap in laps) / sum(lap.whole_bytes for lap in laps),
    )


def _total_bytes(laps: Sequence[Lap]) -> int:
    return sum(lap.payload_bytes for lap in laps)
