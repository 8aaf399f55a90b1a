"""`payload-sim compress`: all codecs on a user's own images."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from payload.commands.options import AsJson, Quiet, whole_number_option
from payload.commands.talk import answer, answer_json, as_dict, say
from payload.errors import ScenarioError

if TYPE_CHECKING:
    from payload.trials import CodecFindings

Pictures = Annotated[
    list[Path] | None, typer.Argument(metavar="IMAGE", help="GeoTIFFs; all bands are coded.")
]
Names = Annotated[
    str, typer.Option("--codec", metavar="NAME[,NAME…]", help="Codecs, or `all` installed ones.")
]
BitDepth = Annotated[
    int | None,
    whole_number_option(
        "--bit-depth", about="[bit] Of a sample; by default the fewest that hold every value."
    ),
]
TilePx = Annotated[int | None, whole_number_option("--tile", about="[px] Side of a tile: 256.")]
MaxError = Annotated[
    int,
    whole_number_option(
        "--max-error", about="[DN] Largest error of a restored sample; 0 is lossless."
    ),
]
MostTiles = Annotated[
    int | None,
    whole_number_option("--most-tiles", about="So many tiles at most, evenly spread; else all."),
]
Rounds = Annotated[
    int, whole_number_option("--rounds", about="How often each tile is coded; the best counts.")
]
Tiles = Annotated[
    Path | None, typer.Option("--tiles", metavar="FILE", help="A list of tiles from --data.")
]
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="FOLDER", help="Labelled images, for the published table."),
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FOLDER", help="Where the page and figures go.")
]


def compress(
    images: Pictures = None,
    codec: Names = "all",
    bit_depth: BitDepth = None,
    tile_px: TilePx = None,
    max_error: MaxError = 0,
    most_tiles: MostTiles = None,
    rounds: Rounds = 3,
    tiles: Tiles = None,
    data: Data = None,
    out: Out = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Benchmark codecs on your own images: ratio, speed, error.

    All codecs take turns on each tile (one thread, CPU time), alongside zstd-3 on samples as they are; every payload is decoded and compared. With --out a page (codecs.html) and figures (codecs.json) are written.

    With --data it makes the table of results/codecs: listed tiles of labelled images at 12 bits, also with clouds left uncoded by codecs that can. Without --tiles a new list is drawn.

    Example:  payload-sim compress scene.tif --codec raw,med-zstd --out codecs
    """
    from payload import api
    from payload.scenario.options import refuse_remote

    paths = tuple(images or ())
    refuse_remote([*paths, *(path for path in (tiles, data, out) if path is not None)])
    terms = api.Terms(codec, max_error, rounds)
    if data is None:
        if tiles is not None:
            raise ScenarioError("--tiles lists tiles of labelled images: name these with --data")
        how = api.Images(paths, 256 if tile_px is None else tile_px, bit_depth, most_tiles)
        with _counting(quiet=quiet) as tell:
            found = api.compress(how, terms, out=out, tell=tell)
    else:
        if paths or out is None or (bit_depth, tile_px, most_tiles) != (None, None, None):
            raise ScenarioError(
                "--data needs --out, and excludes images, --bit-depth, --tile and --most-tiles"
            )
        with _counting(quiet=quiet) as tell:
            found = api.compress_listed(data, tiles, terms, out=out, tell=tell)
    _report(found, as_json=as_json)


def _report(found: "CodecFindings", *, as_json: bool) -> None:
    from payload.trials.words import lines

    if as_json:
        answer_json(as_dict(found))
    else:
        for line in lines(found):
            answer(line)
    for note in found.notes:
        say(f"note: {note}")


@contextmanager
def _counting(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A line on a terminal's stderr that tells how far it is."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return

    def tell(text: str) -> None:
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()

    try:
        yield tell
    finally:
        sys.stderr.write("\r\x1b[K")
