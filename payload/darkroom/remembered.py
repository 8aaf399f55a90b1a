"""Pixel work that is looked up before it is done: a darkroom that puts a memo on disk in front of another.

The key of a piece of work is a digest of everything that its outcome depends on, and of nothing else: world,
view, camera, masker, codec, loss, tiles, and the code and third-party packages that do the work. What decides on tiles
afterwards, such as a pruning threshold, is not part of it.

Pixels and masks are not kept for reuse with another codec, although they would be the same. Of the CPU time of pixel work on
images of `scenarios/quickstart.yaml`, rendering takes 38 %, masking 26 %, coding 9 %, and coding without cloud, which needs
mask and pixels, 27 %. With stored masks the whole run (31 s, 20 s of them pixel work) would be a sixth shorter with another
fast codec; pixel work alone would be 25 to 27 % shorter with `raw` and `med-aec`, 19 % with `ccsds123` and `jpegls`, 15 % with
`ls-golomb`, 5 % with `strong`. To save the rendering too, 0.5 MB of samples would have to be stored per tile.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import machine

from payload.darkroom.facts import TileDarkroom, TileFacts
from payload.darkroom.fidelity import codec_time
from payload.darkroom.store import Store
from payload.ports import Masker
from payload.provenance import code_of, digest_file, digest_json
from payload.scenario.models import Scenario
from payload.types import Acquisition, Sensor

Plain = dict[str, object]

_ROOMS = (
    "compression",
    "darkroom/facts.py",
    "darkroom/pixels.py",
    "darkroom/store.py",
    "data/land_fraction_0p5deg.npz",
    "data/models",
    "geometry",
    "imaging",
    "kernels.py",
    "masking",
    "rng.py",
    "types.py",
    "units.py",
    "world",
)
"""Everything that does pixel work: a change of code or of a model card in it invalidates the whole memo."""
_GUESTS = ("numpy", "onnxruntime", "zstandard", "imagecodecs", "numba", "rasterio")


@dataclass(frozen=True)
class Remembered:
    """A darkroom that does no work twice.

    Attributes:
        darkroom: Does the work that is not in the memo.
        store: The memo.
        payload: What the work depends on besides the view; see `identity`.
    """

    darkroom: TileDarkroom
    store: Store
    payload: str

    def develop(self, acquisition: Acquisition, spool: Path | None) -> tuple[TileFacts, ...]:
        """The facts of an image's tiles, in grid order; records go into the file `spool`."""
        key = self.key(acquisition)
        facts = self.store.read(key, spool)
        if facts is None:
            facts = self.darkroom.develop(acquisition, spool)
            self.store.write(key, facts, spool)
        return facts if spool is not None else tuple(fact.without_records for fact in facts)

    def develop_some(
        self, acquisition: Acquisition, numbers: Sequence[int]
    ) -> tuple[TileFacts, ...]:
        """The facts of some of an image's tiles, also if all of them were developed before."""
        if not numbers:
            return ()
        whole = self.store.read(self.key(acquisition), None)
        if whole is not None:
            return tuple(whole[number].without_records for number in numbers)
        found: dict[int, TileFacts] = {}
        for number in numbers:
            facts = self.store.read(self.key(acquisition, number), None)
            if facts is not None:
                found[number] = facts[0]
        missing = [number for number in numbers if number not in found]
        fresh = self.darkroom.develop_some(acquisition, missing)
        for number, fact in zip(missing, fresh, strict=True):
            self.store.write(self.key(acquisition, number), (fact,), None)
            found[number] = fact
        return tuple(found[number] for number in numbers)

    def knows(self, acquisition: Acquisition, *, records: bool) -> bool:
        """Whether the memo has all tiles of an image, with their records if wanted."""
        return self.store.holds(self.key(acquisition), records=records)

    def known_tiles(self, acquisition: Acquisition) -> int:
        """How many of an image's tiles the memo has, as a whole image or one by one."""
        tiles = len(acquisition.tile_ids)
        if self.knows(acquisition, records=False):
            return tiles
        return sum(
            self.store.holds(self.key(acquisition, number), records=False)
            for number in range(tiles)
        )

    def key(self, acquisition: Acquisition, number: int | None = None) -> str:
        """Key of the work on an image, or on one of its tiles: work with the same key is done once."""
        view = asdict(acquisition.view) | {"utc": acquisition.view.utc.isoformat()}
        image = [acquisition.id, acquisition.tile_raw_bytes]
        return digest_json([self.payload, view, image, number])


def identity(
    scenario: Scenario, sensor: Sensor, masker: Masker, plug_ins: tuple[object, ...]
) -> str:
    """A digest of everything besides the view that pixel work depends on.

    Args:
        scenario: Supplies scene, seed, masker, codec, loss and tiles, and its computer's time if the codec goes by that.
        sensor: The scenario's sensor.
        masker: The masker built from it.
        plug_ins: Scene source, masker and codec: the code of third-party ones counts too.
    """
    context = {"digest": True}
    return digest_json(
        {
            "scene": scenario.scene.model_dump(mode="json", context=context),
            "seed": scenario.seed,
            "masker": scenario.masker.model_dump(mode="json", context=context),
            "masker_sha256": masker.identity.sha256,
            "codec": scenario.codec.model_dump(mode="json", context=context),
            "loss": scenario.loss.model_dump(mode="json"),
            "tile_px": scenario.pruning.tile_px,
            "thumbnail_factor": scenario.thumbnail_factor,
            "code": _code(),
            **codec_time(scenario, sensor),
            "strangers": sorted(code_of(type(plug_in)) or "" for plug_in in plug_ins),
        }
    )


@cache
def _code() -> str:
    """A digest of the code that does pixel work, the third-party packages it uses, and the kind of machine."""
    home = Path(__file__).parent.parent
    files = [path for room in _ROOMS for path in _files(home / room)]
    return digest_json(
        {
            "files": [[path.relative_to(home).as_posix(), digest_file(path)] for path in files],
            "guests": {guest: _version(guest) for guest in _GUESTS},
            "machine": [machine(), sys.byteorder],
        }
    )


def _files(room: Path) -> list[Path]:
    if not room.is_dir():
        return [room]
    return sorted(path for path in room.rglob("*") if path.suffix in {".py", ".json"})


def _version(guest: str) -> str | None:
    try:
        return version(guest)
    except PackageNotFoundError:
        return None
