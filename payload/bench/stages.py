"""The stages one by one, each relative to a bare yardstick; and pixels through all of them."""

import importlib
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from payload.bench.timing import Ratio, exponent, ratio, seconds
from payload.compression.yardstick import PlainZstd
from payload.darkroom.memo import Memo
from payload.errors import PluginError
from payload.fleet import FleetSize, write_fleet
from payload.imaging.tiling import cut_tiles
from payload.kernels import can_compile
from payload.masking.onnx_masker import OnnxMasker, bare_run
from payload.masking.preprocess import reflectance
from payload.orbit import find_network_contacts, time_grid
from payload.orbit.frames import J2000_JD, instants
from payload.orbit.propagation import Sgp4
from payload.ports import Codec
from payload.registry import build, kinds
from payload.sim import assemble
from payload.sim.crew import Crew
from payload.sim.flights import work_ahead
from payload.sim.loops.first_plan import first_plan
from payload.types import GroundStation, Radiometry, Sensor, Tile, View, Window
from payload.world.synthetic import Synthetic

TILE_PX = 256
MARGINS = {"masking": 1 / 0.85, "contacts": 3.0, "skyfield": 0.2}
"""Largest ratios aimed at: time over that of the raw session, of raw SGP4, of Skyfield's search."""
WEEK_S, EPOCH = 7 * 86_400.0, datetime(2026, 1, 1, tzinfo=UTC)
STATIONS = (
    GroundStation("svalbard", 78.2297, 15.4076, 460.0),
    GroundStation("inuvik", 68.3195, -133.5490, 50.0),
    GroundStation("matera", 40.6493, 16.7044, 530.0),
    GroundStation("hartebeesthoek", -25.8870, 27.7070, 1550.0),
    GroundStation("troll", -72.0117, 2.5350, 1270.0),
)
"""Sites of public ground stations; the case on which other tools are measured."""
CAMERA = Sensor(
    ("blue", "green", "red", "nir"), 10.0, 1024, 1024, 12, Radiometry(1.6 / 4095), 30.0, 10.0, 5.0
)
PX_PER_MPX = 1e6


def painted() -> Tile:
    """A tile of 256 px of the synthetic Earth, with its surroundings."""
    view = View("bench", "bench", 50.2, 8.0, datetime(2026, 6, 1, 10, tzinfo=UTC), 55.0, CAMERA)
    scene = Synthetic(seed=3).scene(view)
    tiles = cut_tiles(scene, "bench", tile_px=TILE_PX, margin_px=OnnxMasker().margin_px)
    return next(tile for number, tile in enumerate(tiles) if number == 5)  # not at an edge


def masking() -> Iterable[Ratio]:
    """Masking a tile, from DN to probabilities, relative to the bare session on prepared reflectance, and to a matrix product."""
    tile, masker = painted(), OnnxMasker()
    bands = reflectance(tile.surroundings, tile.radiometry)[None]
    alone = bare_run(masker)
    found = ratio(lambda: masker.predict(tile), lambda: alone(bands), rounds=15)
    yield Ratio("masking a tile over the bare onnxruntime session", found, MARGINS["masking"])
    side = 1024
    left = np.random.default_rng(1).random((side, side), np.float32)
    footprint = masker.footprint(TILE_PX)
    mine_s = min(seconds(lambda: masker.predict(tile)) for _ in range(9))
    peak_s = min(seconds(lambda: left @ left) for _ in range(9))
    share = (footprint.ops_per_px * TILE_PX**2 / mine_s) / (2 * side**3 / peak_s)
    yield Ratio("operations per second: masking over a matrix product", share)


def contacts() -> Iterable[Ratio]:
    """A week's contacts with five stations, relative to SGP4 alone on the same grid, and to Skyfield's search if installed."""
    orbit = Sgp4(altitude_km=550.0, ltan="10:30", epoch_utc=EPOCH)
    times_s = time_grid(WEEK_S)
    utc = instants(EPOCH, times_s)
    days = np.full(times_s.shape, J2000_JD + utc.whole_days), utc.part_days

    def search() -> object:
        return find_network_contacts(orbit.propagate(times_s), STATIONS)

    found = ratio(search, lambda: orbit.record.sgp4_array(*days))
    yield Ratio("contacts of a week over SGP4 alone", found, MARGINS["contacts"])
    theirs = _skyfields_search(orbit)
    if theirs is not None:
        found = ratio(search, theirs, rounds=3)
        yield Ratio("contacts of a week over Skyfield's search", found, MARGINS["skyfield"])


def _skyfields_search(orbit: Sgp4) -> Callable[[], object] | None:
    try:
        api: Any = importlib.import_module("skyfield.api")
    except ImportError:
        return None
    scale = api.load.timescale(builtin=True)
    craft = api.EarthSatellite.from_satrec(orbit.record, scale)
    places = [api.wgs84.latlon(item.lat_deg, item.lon_deg, item.height_m) for item in STATIONS]
    start, stop = scale.utc(2026, 1, 1), scale.utc(2026, 1, 8)
    return lambda: [craft.find_events(place, start, stop, 5.0) for place in places]


def codecs() -> Iterable[Ratio]:
    """Encoding a rendered tile with each installed codec, relative to zstd on its raw samples."""
    bands, plain = painted().patch.bands, PlainZstd()
    for kind in kinds("payload.codec"):
        try:
            codec = cast(Codec, build("payload.codec", kind, {}))
            found = ratio(_encoding(codec, bands), _encoding(plain, bands), rounds=3)
        except PluginError:  # its extra is not installed
            continue
        yield Ratio(f"{kind} over zstd-3 on the same samples", found)


def _encoding(codec: Codec | PlainZstd, bands: NDArray[np.uint16]) -> Callable[[], object]:
    return lambda: codec.encode(bands, bit_depth=12)


def world() -> Iterable[Ratio]:
    """Rendering a scene of 1 Mpx in four bands with its truth, relative to a Fourier transform of as many samples."""
    samples = np.random.default_rng(0).random((4, 1024, 1024), np.float32)
    view = View("bench", "bench", 50.2, 8.0, datetime(2026, 6, 1, 10, tzinfo=UTC), 55.0, CAMERA)
    scene, window = Synthetic(seed=3).scene(view), Window(0, 0, 1024, 1024)
    found = ratio(lambda: scene.read(window), lambda: np.fft.rfft2(samples), rounds=3)
    yield Ratio("rendering 1 Mpx over a Fourier transform of its samples", found)


def pixels(folder: Path) -> Iterable[Ratio]:
    """Images rendered, masked and compressed without pruning: growth with their number, and the speed of two processes."""
    size = FleetSize(planes=1, satellites_per_plane=2, stations=3, targets=60, hours=24.0)
    scenario = write_fleet(folder, size).model_copy(update={"fidelity": "pixels"})
    assembly = assemble(scenario)
    planned = first_plan(assembly).images[:28]
    mpx = assembly.sensor.width_px * assembly.sensor.height_px / PX_PER_MPX
    memo = Memo(assembly.darkroom, folder)
    work_ahead(assembly, memo, planned[:1])  # so that everything loaded only once is loaded
    sizes, first, taken_s = (1, 2, 4), 1, []
    for count in sizes:
        part = planned[first : first + count]
        taken_s.append(seconds(lambda: work_ahead(assembly, memo, part)))  # noqa: B023
        first += count
    yield Ratio("scaling with pixels: exponent of time", exponent(sizes, taken_s), 1.1)
    aim = 6.0 if can_compile() else 4.0
    yield Ratio(
        "all stages, twice the speed of one process (CPU time)",
        2 * mpx * sum(sizes) / sum(taken_s),
        aim,
        is_speed=True,
        unit="Mpx/s",
    )
    with Crew(1, assembly, Memo(assembly.darkroom, folder)) as crew:
        crew.share(work_ahead, [planned[8:9], planned[9:10]]).finish(
            lambda part: work_ahead(assembly, crew.memo, part)
        )
        rest = planned[10:]
        start = time.perf_counter()
        crew.share(work_ahead, [[each] for each in rest]).finish(
            lambda part: work_ahead(assembly, crew.memo, part)
        )
        wall_s = time.perf_counter() - start
    yield Ratio(
        "all stages, two processes (wall time)",
        mpx * len(rest) / wall_s,
        aim,
        is_speed=True,
        unit="Mpx/s",
    )
