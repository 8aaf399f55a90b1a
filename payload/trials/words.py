"""Findings in words and cells: the same columns in the terminal, on the page and in README."""

from collections.abc import Sequence

from payload.compression.record import HEADER_BYTES
from payload.trials.findings import CodecFindings, Group, MaskedRow, Row
from payload.trials.targets import MASKED, TARGETS

COLUMNS = (
    "codec",
    "bits/sample",
    "/ med-zstd",
    "packed : 1",
    "min",
    "median",
    "max",
    "16 bit : 1",
    "enc MB/s",
    "enc x zstd-3",
    "dec MB/s",
    "dec x zstd-3",
    "error",
)
MEANING = (
    "Speeds are MB of 16-bit samples per second of CPU time, one thread, the best of interleaved rounds; "
    "“x zstd-3” is relative to the encoding speed of zstd-3 on unprocessed samples in the same run, for decoding too. "
    "“packed : 1” is relative to samples packed at the bit depth, with min, median and max over tiles. "
    f"Every payload was decoded and compared; record headers ({HEADER_BYTES} bytes per tile) are not counted."
)
_FIRST = "Written by `payload-sim compress --tiles results/codecs/tiles.json --data FOLDER --out results/codecs`."
MASKED_COLUMNS = (
    "codec",
    "tiles",
    "clear",
    "/ clear share",
    "min",
    "median",
    "max",
    "/ coded share",
    "/ whole",
)
MASKED_MEANING = (
    "Tiles with 3 to 90 % true cloud. The mask is cleaned as on board, and its pixels are not coded; the plane that "
    "marks them is counted, and if the whole tile is shorter, that is sent instead. Bytes sent are divided by the "
    "whole tile's size times the share of clear pixels (mean, min, median and max over tiles); by the same with the "
    "share of coded pixels, since cleaning leaves small clouds in; and by the whole tiles' size. Every payload was "
    "verified not to change when the samples under its mask do."
)


def cells(row: Row) -> tuple[str, ...]:
    """A codec's cells, one per column."""
    return (
        row.codec,
        f"{row.bits_per_sample:.3f}",
        "" if row.to_default is None else f"{row.to_default:.3f}",
        f"{row.to_packed:.2f}",
        *(f"{value:.2f}" for value in row.packed_spread),
        f"{row.to_16_bit:.2f}",
        _speed(row.encode_mb_s),
        f"{row.encode_to_yardstick:.2f}",
        _speed(row.decode_mb_s),
        f"{row.decode_to_yardstick:.2f}",
        str(row.largest_error),
    )


def _speed(mb_s: float) -> str:
    """A speed with three digits, however fast."""
    return f"{mb_s:.0f}" if mb_s >= 100 else f"{mb_s:.3g}"


def masked_cells(row: MaskedRow) -> tuple[str, ...]:
    """The cells of a codec that leaves out clouds."""
    return (
        row.codec,
        str(row.tiles),
        f"{row.mean_clear_share:.1%}",
        f"{row.against_clear:.3f}",
        *(f"{value:.3f}" for value in row.against_clear_spread),
        f"{row.against_coded:.3f}",
        f"{row.against_whole:.3f}",
    )


def heading(group: Group) -> str:
    """The heading for a group of tiles."""
    tiles = "1 tile" if group.tiles == 1 else f"{group.tiles} tiles"
    return f"{group.name}: {tiles}, {group.samples / 1e6:.3g} million samples"


def title(found: CodecFindings) -> str:
    """What was measured, and how."""
    way = "lossless" if not found.max_error else f"within {found.max_error} DN"
    rounds = "one round" if found.rounds == 1 else f"best of {found.rounds} rounds"
    return f"{found.source}: {found.bit_depth} bits, {way}, {rounds}"


def machine(found: CodecFindings) -> str:
    """The machine and software used, in one line."""
    packages = [
        f"{name} {version or 'not installed'}" for name, version in found.machine.packages.items()
    ]
    return ", ".join([found.machine.platform, f"Python {found.machine.python}", *packages])


def lines(found: CodecFindings) -> list[str]:
    """The findings as lines for the terminal."""
    told = [title(found)]
    for group in found.groups:
        told += ["", heading(group), *_aligned([COLUMNS, *map(cells, group.rows)])]
    if found.masked:
        rows = [MASKED_COLUMNS, *map(masked_cells, found.masked)]
        told += ["", "clouds left out", *_aligned(rows)]
    return told


def markdown(found: CodecFindings) -> str:
    """The findings as Markdown, for results/codecs/README.md."""
    told = [
        "# Codecs on real tiles",
        "",
        f"{_FIRST} {title(found)}. {machine(found)}.",
        "",
        MEANING,
    ]
    for group in found.groups:
        told += ["", f"## {heading(group)}", "", *_piped([COLUMNS, *map(cells, group.rows)])]
    told += ["", "## Targets", "", *_targets(found)]
    if found.masked:
        rows = [MASKED_COLUMNS, *map(masked_cells, found.masked)]
        told += ["", "## Clouds left out", "", MASKED_MEANING, "", *_piped(rows)]
    if found.notes:
        told += ["", *(f"- {note}" for note in found.notes)]
    return "\n".join([*told, ""])


def missed(found: CodecFindings) -> dict[str, list[str]]:
    """The aims that each codec misses on all tiles; an empty list if it reaches all."""
    has_numba = found.machine.packages.get("numba") is not None
    told = {
        row.codec: TARGETS[row.codec].missed(row, has_numba=has_numba)
        for row in found.whole.rows
        if row.codec in TARGETS
    }
    for row in found.masked:
        if row.codec in told and row.against_clear > MASKED:
            told[row.codec].append(f"clouds left out {row.against_clear:.3f} > {MASKED:g}")
    return told


def _targets(found: CodecFindings) -> list[str]:
    rows = [("codec", "size / med-zstd, at most", "enc x zstd-3, at least", "not reached")]
    for codec, gaps in sorted(missed(found).items()):
        target = TARGETS[codec]
        if target.to_default is None and target.encode is None:
            continue
        size = "" if target.to_default is None else f"{target.to_default:g}"
        speed = "" if target.encode is None else f"{target.encode:g}"
        rows.append((codec, size, speed, "; ".join(gaps) or "-"))
    return _piped(rows)


def _piped(rows: Sequence[Sequence[str]]) -> list[str]:
    told = [f"| {' | '.join(row)} |" for row in rows]
    rule = "|".join(["---", *["--:"] * (len(rows[0]) - 1)])
    return [told[0], f"|{rule}|", *told[1:]]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            text.rjust(width) if place else text.ljust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
