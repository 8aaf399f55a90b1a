"""A made-up results folder whose books balance: a small flight, flown here by the simplest of means."""

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from payload.png import png_gray, png_rgb
from payload.products.books import CONTACTS, EVENTS, IMAGES, LEDGER, TILES, TRACK
from payload.tables import write_table

DAY_S = 86400.0
RAW_PER_PX = 6
SIDE_PX = 256
ARMS = ("raw", "compressed", "discard", "prune", "mask", "oracle")
STATIONS = (("svalbard", 78.23, 15.39), ("matera", 40.65, 16.70), ("punta-arenas", -52.93, -70.85))
LIMIT = 0.7


@dataclass
class World:
    """What happens, the same for all arms."""

    images: int = 32
    contacts: int = 9
    truth: bool = True
    capacity_mb: float = 21.0
    memory_mb: float = 150.0
    name: str = "a-day"
    target: str = "target-{}"
    description: str = "A made-up day."
    pictures: int = 8
    picture_px: int = SIDE_PX
    rows: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)
    arms: list[dict[str, object]] = field(default_factory=list)


@dataclass
class Tile:
    id: str
    image: int
    time_s: float
    cover: float
    true_cover: float

    @property
    def raw(self) -> int:
        return SIDE_PX * SIDE_PX * RAW_PER_PX

    @property
    def clear(self) -> int:
        return round((1 - self.true_cover) * SIDE_PX * SIDE_PX)

    def record(self, arm: str) -> int:
        if arm == "raw":
            return self.raw
        whole = round(self.raw * (0.42 + 0.2 * self.cover))
        return round(whole * (1 - self.cover)) if arm == "mask" else whole

    def left_out(self, arm: str) -> int:
        return int(self.raw * self.cover) if arm == "mask" else 0

    def clear_left_out(self, arm: str) -> int:
        return self.clear // 50 if arm == "mask" else 0


def fly(world: World, arm: str, tiles: list[Tile], contacts: list[float]) -> dict[str, object]:
    """One arm: memory, decisions, first in first out."""
    ledger, ends = [], {}
    memory, used_of, waiting_of = 0, {}, {}
    queue: list[Tile] = []
    events = sorted(
        [(image_s, 0, image_s) for image_s in {tile.time_s for tile in tiles}]
        + [(aos_s, 1, aos_s) for aos_s in contacts]
    )

    def settle(tile: Tile, fate: str, count: int, time_s: float) -> None:
        if count:
            ledger.append((arm, tile.id, tile.id.partition("#")[0], fate, count, time_s))

    means: dict[int, float] = {}
    for tile in tiles:
        means.setdefault(tile.image, 0.0)
        means[tile.image] += tile.cover / 24
    for time_s, kind, _ in events:
        if kind == 0:
            for tile in (item for item in tiles if item.time_s == time_s):
                if memory + tile.raw > world.memory_mb * 1e6:
                    settle(tile, "overflowed", tile.raw, time_s)
                    ends[tile.id] = ("overflowed", None, None, "never judged")
                    continue
                cover = tile.true_cover if arm == "oracle" else tile.cover
                cover = means[tile.image] if arm == "discard" else cover
                limit = 0.95 if arm == "mask" else LIMIT
                if arm not in ("raw", "compressed") and cover > limit:
                    settle(tile, "pruned", tile.raw, time_s + 20)
                    ends[tile.id] = ("pruned", None, None, f"tile cover {cover:.3f} above {limit}")
                    continue
                left_out = tile.left_out(arm)
                settle(tile, "pruned", left_out, time_s + 20)
                settle(tile, "saved", tile.raw - left_out - tile.record(arm), time_s + 20)
                memory += tile.record(arm)
                queue.append(tile)
        else:
            room = round(world.capacity_mb * 1e6)
            used = 0
            while queue and used + queue[0].record(arm) <= room:
                tile = queue.pop(0)
                used += tile.record(arm)
                memory -= tile.record(arm)
                done_s = time_s + used / room  # at once, so that no image comes between
                settle(tile, "delivered", tile.record(arm), done_s)
                ends[tile.id] = ("delivered", tile.record(arm), done_s, "tile cover within")
            used_of[time_s], waiting_of[time_s] = used, bool(queue)
    for tile in queue:
        settle(tile, "on_board", tile.record(arm), DAY_S)
        ends[tile.id] = ("on_board", tile.record(arm), None, "tile cover within")
    world.rows["ledger"] += ledger
    for tile in tiles:
        fate, encoded, delivered_s, reason = ends[tile.id]
        clear = tile.clear if world.truth else None
        row, col = tile.id.partition("#")[2].split(",")
        world.rows["tiles"].append(
            (arm, tile.id, tile.id.partition("#")[0], world.target.format(tile.image), "sat-1",
             int(row), int(col), tile.time_s, tile.raw, encoded, tile.cover, SIDE_PX**2, clear,
             None if clear is None else SIDE_PX**2 - clear,
             tile.clear_left_out(arm) if fate not in ("pruned", "overflowed") else 0,
             reason, fate, delivered_s)
        )  # fmt: skip
    for index, aos_s in enumerate(contacts):
        station = STATIONS[index % len(STATIONS)][0]
        world.rows["contacts"].append(
            (arm, "sat-1", station, aos_s, aos_s + 500, aos_s, 12.0 + 7 * index,
             round(world.capacity_mb * 1e6), used_of[aos_s], waiting_of[aos_s])
        )  # fmt: skip
    return {"ends": ends, "ledger": ledger, "used": used_of, "waiting": waiting_of}


def made_up_tiles(world: World) -> list[Tile]:
    random = np.random.default_rng(5)
    tiles = []
    for image in range(world.images):
        time_s = 1800.0 + image * (DAY_S - 9000) / max(1, world.images)
        mean = random.choice([0.03, 0.3, 0.55, 0.97])
        for row in range(4):
            for col in range(6):
                true = float(np.clip(random.normal(mean, 0.18), 0, 1))
                said = float(np.clip(true + random.normal(0, 0.08), 0, 1))
                tiles.append(Tile(f"sat-1.{image:02d}#{row},{col}", image, time_s, said, true))
    return tiles


def place(image: int) -> tuple[float, float]:
    return 62 * math.sin(image * 1.7), (image * 67.0) % 360 - 180


def summary_of(world: World, tiles: list[Tile], flown: dict[str, dict]) -> dict[str, object]:
    by_id = {tile.id: tile for tile in tiles}

    def total(arm: str, fate: str) -> int:
        return sum(row[4] for row in flown[arm]["ledger"] if row[3] == fate)

    def ended(arm: str, fate: str) -> list[Tile]:
        return [by_id[key] for key, end in flown[arm]["ends"].items() if end[0] == fate]

    def clear(items: list[Tile]) -> int | None:
        return sum(tile.clear for tile in items) if world.truth else None

    def cloud(items: list[Tile]) -> int | None:
        return sum(SIDE_PX**2 - tile.clear for tile in items) if world.truth else None

    def is_saturated(arm: str) -> bool:
        waiting = flown[arm]["waiting"]
        return sum(waiting.values()) * 2 > len(waiting)

    arms = []
    for arm in ARMS:
        flies = arm != "oracle" or world.truth
        down = total(arm, "delivered") if flies else None
        px = clear(ended(arm, "delivered")) if flies else None
        if px is not None:
            px -= sum(tile.clear_left_out(arm) for tile in ended(arm, "delivered"))
        arms.append(
            {
                "name": arm,
                "downlinked_bytes": down,
                "waiting_bytes": total(arm, "on_board") if flies else None,
                "clear_pixels_delivered": px,
                "data_value_density": px * RAW_PER_PX / down if px is not None and down else None,
                "saved_fraction": None,
                "acquired_bytes": sum(tile.raw for tile in tiles) if flies else None,
                "overflowed_bytes": total(arm, "overflowed") if flies else None,
                "lost_bytes": 0 if flies else None,
                "clear_pixels_discarded": clear(ended(arm, "pruned")) if flies else None,
                "images": world.images if flies else None,
                "used_bytes": sum(flown[arm]["used"].values()) if flies else None,
                "link_saturated": is_saturated(arm) if flies else None,
                "compute_j": 812.5 if flies else None,
            }
        )
    raw = arms[0]
    for arm in arms:
        if arm["downlinked_bytes"] is None or arm["waiting_bytes"] or raw["waiting_bytes"]:
            continue
        if raw["downlinked_bytes"]:
            arm["saved_fraction"] = 1 - arm["downlinked_bytes"] / raw["downlinked_bytes"]
    waits = sorted(
        end[2] - by_id[key].time_s for key, end in flown["prune"]["ends"].items() if end[2]
    )
    fates = ("pruned", "saved", "overflowed", "lost", "on_board", "delivered")
    ends = ("pruned", "delivered", "overflowed", "lost", "on_board")
    has_scores = world.truth and tiles
    return {
        "schema_version": 2,
        "scenario": world.name,
        "digest": "0123456789abcdef" * 4,
        "seed": 7,
        "duration_s": DAY_S,
        "bytes": {
            "acquired": sum(tile.raw for tile in tiles),
            **{fate: total("prune", fate) for fate in fates},
        },
        "tiles": {"acquired": len(tiles), **{end: len(ended("prune", end)) for end in ends}},
        "pixels": {
            "clear_acquired": clear(tiles),
            "cloud_acquired": cloud(tiles),
            "clear_delivered": clear(ended("prune", "delivered")),
            "cloud_delivered": cloud(ended("prune", "delivered")),
            "clear_discarded": clear(ended("prune", "pruned")),
        },
        "link": {
            "contacts": len(flown["prune"]["used"]),
            "contact_s": 500.0 * len(flown["prune"]["used"]),
            "capacity_bytes": round(world.capacity_mb * 1e6) * len(flown["prune"]["used"]),
            "used_bytes": sum(flown["prune"]["used"].values()),
            "saturated": is_saturated("prune"),
        },
        "masker": {
            "model": "s2d2_w16_L3_p16",
            "sha256": "ab" * 32,
            "parameters": 41377,
            "iou": 0.8123 if has_scores else None,
            "precision": 0.9011 if has_scores else None,
            "recall": 0.8912 if has_scores else None,
        },
        "latency_s": {
            "p50": waits[len(waits) // 2] if waits else None,
            "p90": waits[len(waits) * 9 // 10] if waits else None,
            "max": waits[-1] if waits else None,
        },
        "targets": {
            "requested": world.images + 3,
            "acquired": world.images,
            "reacquired": min(1, world.images),
            "clear_delivered": world.images // 2 if world.truth else None,
        },
        "energy_j": {"compute": 812.5},
        "arms": arms,
        "notes": (
            ["no target could be seen in daylight within the off-nadir limit"] if not tiles else []
        ),
    }


def picture(px: int, seed: int, *, cover: float) -> tuple[bytes, bytes]:
    """A tile with a round cloud, and its mask."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:px, :px] / px - 0.5
    cloud = x**2 + y**2 < cover / math.pi
    ground = np.stack([90 + 30 * np.sin(9 * x), 110 + 30 * np.cos(7 * y), 80 + 0 * x], axis=-1)
    rgb = np.where(cloud[..., None], 235.0, ground) + random.normal(0, 9, (px, px, 3))
    return png_rgb(np.clip(rgb, 0, 255).astype(np.uint8)), png_gray(cloud.astype(np.uint8) * 255)


def write_gallery(folder: Path, world: World, tiles: list[Tile], ends: dict) -> None:
    folder.mkdir()
    index = []
    for number, tile in enumerate(tiles[:: max(1, len(tiles) // max(1, world.pictures))]):
        if number == world.pictures:
            break
        image, mask = picture(world.picture_px, number, cover=tile.cover)
        (folder / f"{number:02d}-image.png").write_bytes(image)
        (folder / f"{number:02d}-mask.png").write_bytes(mask)
        fate, encoded, _, reason = ends[tile.id]
        index.append(
            {
                "tile": tile.id,
                "image": tile.id.partition("#")[0],
                "target": world.target.format(tile.image),
                "fate": fate,
                "kept": fate != "pruned",
                "reason": reason,
                "cover": tile.cover,
                "true_cover": tile.true_cover if world.truth else None,
                "encoded_bytes": encoded,
                "raw_bytes": tile.raw,
                "files": {
                    "image": f"{number:02d}-image.png",
                    "mask": f"{number:02d}-mask.png",
                    "truth": f"{number:02d}-mask.png" if world.truth else None,
                },
            }
        )
    (folder / "index.json").write_text(json.dumps(index))


def scenario_of(world: World) -> dict[str, object]:
    stations = STATIONS if world.contacts else ()
    return {
        "name": world.name,
        "description": world.description,
        "seed": 7,
        "epoch_utc": "2026-06-21T00:00:00Z",
        "duration_h": 24.0,
        "dut1_s": 0.0,
        "satellites": [
            {"name": "sat-1", "orbit": {"kind": "sgp4", "altitude_km": 520.0, "ltan": "10:30"}}
        ],
        "stations": [
            {"name": name, "lat_deg": lat, "lon_deg": lon, "min_elevation_deg": 5.0}
            for name, lat, lon in stations
        ],
        "targets": {"file": "targets.geojson"},
        "camera": {"gsd_m": 9.5, "bit_depth": 12, "full_scale_reflectance": 1.6, "settle_s": 30.0},
        "scene": {"kind": "synthetic"},
        "masker": {"kind": "onnx", "probability_threshold": None},
        "pruning": {"tile_px": 256, "max_cloud_cover": LIMIT},
        "codec": {"kind": "med-zstd", "level": 3},
        "computer": {"profile": "myriad2-cloudscout", "compression_mpx_per_s": 10.0},
        "memory": {"capacity_mb": world.memory_mb},
        "link": {"kind": "one-that-is-not-installed", "rate_mbps": 4.0},
        "rescheduling": {"policy": "next_opportunity", "max_cloud_cover": LIMIT},
    }


def make(parent: Path, world: World) -> Path:
    """A whole folder."""
    folder = parent / "a-day-0123456789ab"
    folder.mkdir(parents=True)
    world.rows = {"ledger": [], "tiles": [], "contacts": []}
    tiles = made_up_tiles(world)
    contacts = [4000.0 + index * 9000 for index in range(world.contacts)]
    arms = [arm for arm in ARMS if arm != "oracle" or world.truth]
    flown = {arm: fly(world, arm, tiles, contacts) for arm in arms}
    images = [
        (arm, f"sat-1.{image:02d}", world.target.format(image), "sat-1", *place(image),
         1800.0 + image * (DAY_S - 9000) / world.images, 35.0, 12.0, image == 3,
         float(np.mean([tile.cover for tile in tiles if tile.image == image])), 24 * tiles[0].raw)
        for arm in arms
        for image in range(world.images)
    ]  # fmt: skip
    track = [
        ("sat-1", float(t), 82 * math.sin(t / 905), (t / 15.6 - t / 240 + 40) % 360 - 180)
        for t in range(0, 86401, 60)
    ]
    tables = {
        "ledger": (LEDGER, world.rows["ledger"]),
        "tiles": (TILES, world.rows["tiles"]),
        "contacts": (CONTACTS, world.rows["contacts"]),
        "images": (IMAGES, images),
        "events": (EVENTS, []),
        "track": (TRACK, track),
    }
    for name, (types, rows) in tables.items():
        columns = {column: [row[at] for row in rows] for at, column in enumerate(types)}
        write_table(folder / f"{name}.parquet", types, columns)
    write_gallery(folder / "gallery", world, tiles, flown["prune"]["ends"])
    provenance = {
        "version": "0.1.0",
        "scenario": world.name,
        "digest": "0123456789abcdef" * 4,
        "seed": 7,
        "command": "payload-sim run scenarios/a-day.yaml --seed 7",
        "started_utc": "2026-06-21T10:00:00.000Z",
        "finished_utc": "2026-06-21T10:01:01.000Z",
        "wall_s": 61.0,
        "platform": "Linux x86_64",
        "python": "3.11.2",
        "packages": {"numpy": "2.3.0", "plotly": "7.1.0", "absent": None},
        "files": {},
    }
    (folder / "summary.json").write_text(json.dumps(summary_of(world, tiles, flown)))
    (folder / "scenario.json").write_text(json.dumps(scenario_of(world)))
    (folder / "provenance.json").write_text(json.dumps(provenance))
    return folder


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Callable[[World], Path]:
    """Make a folder once for each different world."""
    made: dict[str, Path] = {}

    def find(world: World) -> Path:
        key = repr(world)
        if key not in made:
            made[key] = make(tmp_path_factory.mktemp("made"), world)
        return made[key]

    return find


@pytest.fixture
def results(tmp_path: Path, worlds: Callable[[World], Path]) -> Callable[..., Path]:
    """A results folder of the test's own; keywords are the fields of World."""

    def make_one(**world: object) -> Path:
        found = worlds(World(**world))
        own = tmp_path / f"made-{len(list(tmp_path.iterdir()))}" / found.name
        shutil.copytree(found, own)
        return own

    return make_one
