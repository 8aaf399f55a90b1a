"""Codecs measured tile by tile: no more than one of the tiles is held at a time."""

import platform
import sys
import time
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from payload.compression.quantise import coded_depth
from payload.errors import CodecError, ImageryError
from payload.text_files import write_text
from payload.trials.contestants import Terms, contestants
from payload.trials.findings import CodecFindings, Machine, Sizes, grouped, masked_row
from payload.trials.listed import (
    MASKED_CLOUD,
    TILE_PX,
    choose,
    list_text,
    listed_tiles,
    read_list,
)
from payload.trials.page import TILES, make_place, write_page, write_tables
from payload.trials.race import Lap, MaskedLap, masked_laps, race
from payload.trials.tiles import Images, TrialTile

Tell = Callable[[str], None]
_PACKAGES = ("numpy", "zstandard", "numba", "imagecodecs")


def compress_images(
    images: Images,
    terms: Terms | None = None,
    *,
    out: str | Path | None = None,
    tell: Tell = lambda _: None,
) -> CodecFindings:
    """Measure codecs on a user's own images.

    Args:
        images: The images, and how they are cut.
        terms: Which codecs, how often, with what error; by default all of them, lossless.
        out: A folder for `codecs.html` and `codecs.json`; None for no files.
        tell: Called with messages on progress.

    Raises:
        ImageryError: An image cannot be read, or a sample does not fit the bit depth.
        PluginError: There is no codec of a given name, or its package is missing.
        CodecError: A codec that was named refuses a tile, or exceeds the permitted error.
        ScenarioError: The folder cannot be written to.
    """
    out = None if out is None else Path(out)
    trial = _Trial(terms or Terms())
    count = images.count()
    if out is not None:
        make_place(out)
    trial.run(images.tiles(), count, tell)
    words = ", ".join(path.name for path in images.paths[:3])
    more = f" and {len(images.paths) - 3} more" if len(images.paths) > 3 else ""
    found = trial.findings(f"{words}{more}, tiles of {images.tile_px} px")
    if out is not None:
        write_page(found, out)
    return found


def compress_listed(
    folder: str | Path,
    tiles: str | Path | None,
    terms: Terms | None = None,
    *,
    out: str | Path,
    tell: Tell = lambda _: None,
) -> CodecFindings:
    """Measure codecs on the tiles of the published table, also with clouds left out by codecs that can.

    Args:
        folder: Labelled images; see `payload.trials.listed`.
        tiles: The list; None to generate it by its rule, as `tiles.json` in `out`.
        terms: Which codecs, how often, with what error; by default all of them, lossless.
        out: A folder for the table (README.md), the page and the figures (codecs.json).
        tell: Called with messages on progress.

    Raises:
        PayloadError: As `compress_images`.
    """
    folder = Path(folder)
    tiles = None if tiles is None else Path(tiles)
    out = Path(out)
    trial = _Trial(terms or Terms())
    listed = choose(folder) if tiles is None else read_list(tiles)
    kept = tuple(one for one in listed if one.is_kept)
    if not kept:
        raise ImageryError(
            f"{tiles or folder}: no tile has less than 70 % cloud, so there is nothing to compress"
        )
    make_place(out)
    trial.run(listed_tiles(folder, kept), len(kept), tell)
    low, high = MASKED_CLOUD
    cloudy = tuple(one for one in listed if low <= one.cloud <= high)
    trial.run_masked(listed_tiles(folder, cloudy), tell)
    source = f"{len(kept)} listed tiles of {TILE_PX} px"
    found = trial.findings(source)
    if tiles is None:
        write_text(out / TILES, list_text(listed))
    write_tables(found, out)
    write_page(found, out)
    return found


class _Trial:
    """A set of codecs, and their results on the tiles so far."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.field, self.notes = contestants(terms)
        self.sizes: list[Sizes] = []
        self.laps: dict[str, list[Lap]] = {one.name: [] for one in self.field}
        self.masked: dict[str, list[MaskedLap]] = {}
        self.shapes: set[tuple[int, ...]] = set()

    def run(self, tiles: Iterable[TrialTile], count: int, tell: Tell) -> None:
        """Race the codecs on all tiles."""
        started_s = time.monotonic()
        for number, tile in enumerate(tiles, 1):
            laps = self._raced(tile)
            self.sizes.append(Sizes.of(tile))
            for name, lap in laps.items():
                self.laps[name].append(lap)
            left_s = (time.monotonic() - started_s) / number * (count - number)
            tell(f"tile {number} of {count}, {left_s:.0f} s left")

    def run_masked(self, tiles: Iterable[TrialTile], tell: Tell) -> None:
        """Measure tiles with clouds left out."""
        for number, tile in enumerate(tiles, 1):
            for name, lap in masked_laps(tile, self.field).items():
                self.masked.setdefault(name, []).append(lap)
            tell(f"tile {number}, without its clouds")

    def findings(self, source: str) -> CodecFindings:
        """Everything that was found."""
        empty = sum(one.no_data_share * one.samples for one in self.sizes)
        share = empty / sum(one.samples for one in self.sizes)
        notes = list(self.notes)
        if share:
            notes.append(f"{share:.1%} of the samples have no data; they are treated as 0")
        return CodecFindings(
            source=source,
            bit_depth=self.sizes[0].bit_depth,
            max_error=self.terms.max_error,
            rounds=self.terms.rounds,
            machine=_machine(),
            groups=grouped(self.sizes, self.laps),
            masked=tuple(masked_row(name, laps) for name, laps in self.masked.items()),
            payload_bytes={
                name: tuple(lap.payload_bytes for lap in laps) for name, laps in self.laps.items()
            },
            notes=tuple(notes),
        )

    def _raced(self, tile: TrialTile) -> dict[str, Lap]:
        # raises for an error beyond the depth, before any codec is blamed for it
        coded_depth(tile.bit_depth, self.terms.max_error)
        if self.terms.is_open and tile.bands.shape not in self.shapes:
            self.shapes.add(tile.bands.shape)
            for one in list(self.field):
                try:
                    one.encode(tile.bands, bit_depth=tile.bit_depth)
                except CodecError as error:
                    self.notes.append(f"skipped {one.name}: {error}")
                    self.field.remove(one)
                    del self.laps[one.name]
        return race(tile, self.field, rounds=self.terms.rounds)


def _machine() -> Machine:
    return Machine(
        platform=f"{platform.system()} {platform.machine()}",
        python=sys.version.split()[0],
        packages={name: _version(name) for name in _PACKAGES},
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
