import json
import sys
import warnings
from datetime import UTC, datetime

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from payload.compression import (
    Cell,
    CellFate,
    Coding,
    ContainerHeader,
    ContainerWriter,
    read_container,
    seal,
    seal_clear,
)
from payload.compression.interchange import JpegLs
from payload.compression.med import MedZstd
from payload.compression.raw import Raw
from payload.errors import CodecError, ImageryError
from payload.products.ground_segment import InstalledCodecs, unpack
from payload.types import Georeference, Patch, Radiometry, Tile

PLACE = Georeference("EPSG:32633", (5e5, 10.0, 0.0, 4.6e6, 0.0, -10.0))


def header_of(bit_depth=12, place=PLACE, tile_px=32):
    return ContainerHeader(
        acquisition_id="sat-a@rome@00600",
        satellite="sat-a",
        target="rome",
        utc=datetime(2026, 3, 1, 10, 30, tzinfo=UTC),
        width_px=100,
        height_px=70,
        tile_px=tile_px,
        bands=("blue", "green", "red", "nir"),
        bit_depth=bit_depth,
        radiometry=Radiometry(2e-4, -0.1),
        georeference=place,
    )


def image_of(header, seed=0):
    rng = np.random.default_rng(seed)
    shape = (len(header.bands), header.height_px, header.width_px)
    image = rng.integers(0, 2**header.bit_depth, shape).astype(np.uint16)
    image[:, : header.tile_px] = rng.integers(90, 93, (1, 1, header.width_px))
    return image


def crop(window):
    rows = slice(window.top_px, window.top_px + window.height_px)
    return rows, slice(window.left_px, window.left_px + window.width_px)


def write(path, header, image, fate_of, codec=None):
    """A container in which tiles of fate "delivered" are there; returns the pixels they cover."""
    writer = ContainerWriter(path, header)
    covered = np.zeros(image.shape[1:], np.bool_)
    cells = []
    for place in header.grid.places:
        window = header.grid.window(*place)
        bands = image[(slice(None), *crop(window))]
        name = f"{header.acquisition_id}#{place[0]},{place[1]}"
        inset = (slice(0, window.height_px), slice(0, window.width_px))
        tile = Tile(
            name, *place, window, Patch(bands), bands, inset, header.radiometry, header.bit_depth
        )
        fate = fate_of(place)
        if fate is CellFate.DELIVERED:
            name = "med-zstd" if codec is None else codec.kind
            writer.append(seal(tile, codec or MedZstd(), name).record)
            covered[crop(window)] = True
        cells.append(Cell(*place, fate))
    writer.close(cells)
    return covered


def checkerboard(place):
    return CellFate.PRUNED if sum(place) % 2 else CellFate.DELIVERED


def read(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path) as raster:
            return raster.read(), raster.dataset_mask() > 0, raster.profile, raster.tags()


@pytest.mark.parametrize("tile_px", [32, 25, 7, 100])
@pytest.mark.parametrize("bit_depth", [8, 12, 15, 16])
@pytest.mark.parametrize("place", [None, PLACE])
def test_delivered_tiles_come_back_bit_for_bit_and_pruned_ones_are_nodata(
    tmp_path, bit_depth, place, tile_px
):
    header = header_of(bit_depth, place, tile_px)
    image = image_of(header)
    covered = write(tmp_path / "image.tiles", header, image, checkerboard)
    report = unpack(tmp_path / "image.tiles", tmp_path / "new" / "folder")
    pixels, valid, profile, _ = read(report.raster)
    assert report.raster == tmp_path / "new" / "folder" / "image.tif"
    assert profile["dtype"] == "uint16"
    np.testing.assert_array_equal(pixels[:, covered], image[:, covered])
    np.testing.assert_array_equal(valid, covered)
    assert profile["nodata"] == (None if bit_depth == 16 else 65_535)
    assert (profile["crs"] is None) == (place is None)
    assert report.restored_px == covered.sum()
    assert report.image_px == covered.size
    assert report.failed == ()
    assert sum(report.cells.values()) == len(header.grid.places)
    assert report.restored_tiles == report.cells["delivered"]
    assert [item.name for item in report.raster.parent.iterdir()] == ["image.tif"]


@pytest.mark.parametrize("bit_depth", [12, 16])
def test_pixels_that_were_not_coded_are_nodata_and_the_others_come_back(tmp_path, bit_depth):
    header = header_of(bit_depth)
    image = image_of(header)
    image //= 8  # ground that can be coded
    writer = ContainerWriter(tmp_path / "image.tiles", header)
    window = header.grid.window(1, 0)
    bands = image[(slice(None), *crop(window))]
    not_coded = np.zeros(bands.shape[1:], np.bool_)
    not_coded[5:25, 3:20] = True
    inset = (slice(0, window.height_px), slice(0, window.width_px))
    name = f"{header.acquisition_id}#1,0"
    tile = Tile(name, 1, 0, window, Patch(bands), bands, inset, header.radiometry, bit_depth)
    whole = seal(tile, MedZstd(), "med-zstd")
    sealed = seal_clear(tile, Coding(MedZstd(), "med-zstd"), not_coded=not_coded, whole=whole)
    assert sealed is not whole
    writer.append(sealed.record)
    report = unpack(tmp_path / "image.tiles", tmp_path)
    pixels, valid, _, _ = read(report.raster)
    coded = np.zeros(image.shape[1:], np.bool_)
    coded[crop(window)] = ~not_coded
    np.testing.assert_array_equal(valid, coded)
    np.testing.assert_array_equal(pixels[:, coded], image[:, coded])
    assert report.restored_px == coded.sum()


def test_a_tile_whose_codec_wants_an_extra_is_listed_with_what_to_install(tmp_path, monkeypatch):
    header = header_of()
    image = image_of(header)
    path = tmp_path / "image.tiles"
    write(path, header, image // 8, lambda _: CellFate.DELIVERED, codec=JpegLs())
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    report = unpack(path, tmp_path)
    assert report.failed
    assert "pip install 'payload-sim[codecs]'" in report.failed[0].reason


def test_the_raster_says_what_it_is(tmp_path):
    header = header_of()
    write(tmp_path / "image.tiles", header, image_of(header), checkerboard)
    report = unpack(tmp_path / "image.tiles", tmp_path)
    with rasterio.open(report.raster) as raster:
        assert raster.descriptions == ("blue", "green", "red", "nir")
        assert raster.scales == (2e-4,) * 4
        assert raster.offsets == (-0.1,) * 4
        assert raster.transform.to_gdal() == PLACE.transform
        assert raster.crs.to_epsg() == 32633
        tags = raster.tags()
    assert tags["ACQUISITION"] == "sat-a@rome@00600"
    assert tags["UTC"] == "2026-03-01T10:30:00.000Z"


def test_a_damaged_tile_is_reported_and_the_others_are_restored(tmp_path):
    header = header_of()
    image = image_of(header)
    path = tmp_path / "image.tiles"
    covered = write(path, header, image, lambda _: CellFate.DELIVERED)
    cell = read_container(path).cells[5]
    data = bytearray(path.read_bytes())
    data[cell.offset + 100] ^= 1
    path.write_bytes(data)
    report = unpack(path, tmp_path)
    covered[crop(header.grid.window(cell.row, cell.col))] = False
    pixels, valid, _, _ = read(report.raster)
    np.testing.assert_array_equal(valid, covered)
    np.testing.assert_array_equal(pixels[:, covered], image[:, covered])
    assert [(tile.row, tile.col) for tile in report.failed] == [(cell.row, cell.col)]
    assert "checksum" in report.failed[0].reason
    assert report.restored_tiles == len(header.grid.places) - 1


def test_the_report_reads_well_for_people_and_for_programs(tmp_path):
    header = header_of()
    path = tmp_path / "image.tiles"
    write(path, header, image_of(header), checkerboard)
    cell = read_container(path).cells[0]
    data = bytearray(path.read_bytes())
    data[cell.offset + 100] ^= 1
    path.write_bytes(data)
    report = unpack(path, tmp_path)
    facts = json.loads(json.dumps(report.as_dict()))
    assert facts["raster"] == str(tmp_path / "image.tif")
    assert facts["cells"] == {"delivered": 6, "pruned": 6}
    assert facts["restored_tiles"] == 5
    assert [(tile["row"], tile["col"]) for tile in facts["failed"]] == [(0, 0)]
    first, second, third = report.sentence().splitlines()
    assert first.startswith(f"{tmp_path / 'image.tif'}: 5 tiles restored and verified")
    assert first.endswith("6 delivered, 6 pruned")
    assert second.startswith("  not restored: tile 0,0: ")
    assert third.startswith("  note: ")


def test_a_codec_that_is_not_installed_fails_its_tiles_only(tmp_path):
    header = header_of()
    path = tmp_path / "image.tiles"
    writer = ContainerWriter(path, header)
    window = header.grid.window(0, 0)
    bands = image_of(header)[(slice(None), *crop(window))]
    inset = (slice(0, 32), slice(0, 32))
    name = f"{header.acquisition_id}#0,0"
    tile = Tile(name, 0, 0, window, Patch(bands), bands, inset, header.radiometry, 12)
    writer.append(seal(tile, MedZstd(), "of-a-stranger").record)
    report = unpack(path, tmp_path)
    assert report.restored_tiles == 0
    assert "no codec 'of-a-stranger'" in report.failed[0].reason


def test_a_container_without_index_says_so_and_is_restored(tmp_path):
    header = header_of()
    path = tmp_path / "image.tiles"
    write(path, header, image_of(header), checkerboard)
    path.write_bytes(path.read_bytes()[:-1])
    report = unpack(path, tmp_path)
    assert not report.has_index
    assert set(report.cells) == {"delivered", "unknown"}
    assert report.notes
    assert report.restored_tiles == report.cells["delivered"]


@pytest.mark.parametrize("bit_depth", [12, 16])
def test_an_image_of_which_nothing_came_down_is_nodata_throughout(tmp_path, bit_depth):
    header = header_of(bit_depth)
    write(tmp_path / "image.tiles", header, image_of(header), lambda _: CellFate.LOST)
    report = unpack(tmp_path / "image.tiles", tmp_path)
    assert report.cells == {"lost": len(header.grid.places)}
    assert not read(report.raster)[1].any()


def test_what_is_no_container_leaves_nothing(tmp_path):
    path = tmp_path / "image.tiles"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(CodecError):
        unpack(path, tmp_path / "out")
    assert [item.name for item in tmp_path.iterdir()] == ["image.tiles"]


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    header = header_of()
    path = tmp_path / "image.tiles"
    write(path, header, image_of(header), checkerboard)
    with pytest.raises(ImageryError, match="cannot be created"):
        unpack(path, path)


def test_installed_codecs_are_made_by_name():
    codecs = InstalledCodecs()
    assert isinstance(codecs["raw"], Raw)
    assert isinstance(codecs["med-zstd"], MedZstd)
    assert codecs["raw"] is codecs["raw"]
    assert {"raw", "med-zstd"} <= set(codecs)
    assert len(codecs) == len(list(codecs))
    with pytest.raises(KeyError):
        codecs["no-such-codec"]
