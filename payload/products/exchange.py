"""A flight in the formats of other tools: GeoJSON, CZML, OEM, contact plan, STAC, and the meaning of the columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapely import Geometry

from payload.ledger import FlightRecord
from payload.ports import SceneSource
from payload.products.columns import documented
from payload.products.contact_plan import write_contact_plan
from payload.products.czml import Pictured, Visible, write_czml
from payload.products.downlink import RestoredTile, file_name
from payload.products.folder import dump_json, dump_parts
from payload.products.footprints import feature, image_footprint
from payload.products.oem import write_oem
from payload.products.stac import Flown, write_stac
from payload.scenario.models import Scenario
from payload.types import Acquisition, CoverEstimate, Ephemeris, GroundStation
from payload.units import at, iso_utc

FOOTPRINTS, CZML, OEM, COLUMNS = "footprints.geojson", "flight.czml", "oem", "columns.json"


@dataclass(frozen=True)
class Exchange:
    """What the files are made from.

    Attributes:
        scenario: As flown.
        record: Its own arm.
        estimates: The estimate of its masker for every tile.
        source: What the camera sees.
        ephemerides: By satellite.
        stations: All receiving stations.
    """

    scenario: Scenario
    record: FlightRecord
    estimates: Mapping[str, CoverEstimate]
    source: SceneSource
    ephemerides: Mapping[str, Ephemeris]
    stations: Sequence[GroundStation]

    def write(self, folder: Path, tiles: Sequence[RestoredTile]) -> None:
        """Write all files into a results folder; `tiles` are those stored in `tiles/`.

        Data that grow with the length of the flight are processed image by image and not kept.
        """
        scenario, record = self.scenario, self.record
        pictured = Pictured.of(self.ephemerides)
        dump_parts(
            folder / FOOTPRINTS,
            {"type": "FeatureCollection"},
            "features",
            self._features(pictured),
        )
        seen = Visible(
            name=scenario.name,
            epoch_utc=scenario.epoch_utc,
            ephemerides=self.ephemerides,
            stations=self.stations,
            contacts=record.contacts,
            images=pictured,
            dut1_s=scenario.dut1_s,
        )
        write_czml(folder / CZML, seen)
        (folder / OEM).mkdir()
        for name, ephemeris in self.ephemerides.items():
            path = folder / OEM / file_name(name, ".oem")
            write_oem(path, ephemeris, scenario.epoch_utc)
        write_contact_plan(folder, record.contacts, scenario.epoch_utc)
        dump_json(folder / COLUMNS, documented())
        if tiles:
            shown = {tile.header.acquisition_id for tile in tiles}
            acquired = {
                image.acquisition.id: image.acquisition
                for image in record.images
                if image.acquisition.id in shown
            }
            write_stac(folder / "tiles", tiles, Flown(scenario, acquired, record.delivered_s))

    def _features(self, pictured: Pictured) -> Iterator[dict[str, Any]]:
        """Each image as a feature, in order of time, also added to `pictured`."""
        for image in self.record.images:
            one = image.acquisition
            shape = image_footprint(self.source, one.view)
            pictured.see(one, shape)
            yield self._feature(one, shape)

    def _feature(self, one: Acquisition, shape: Geometry | None) -> dict[str, Any]:
        found = [self.estimates[tile_id] for tile_id in one.tile_ids]
        valid_px = sum(each.valid_px for each in found)
        told: dict[str, object] = {
            "image": one.id,
            "target": one.opportunity.target,
            "satellite": one.satellite,
            "utc": iso_utc(at(self.scenario.epoch_utc, one.time_s)),
            "off_nadir_deg": one.opportunity.off_nadir_deg,
            "sun_elevation_deg": one.view.sun_elevation_deg,
            "cover": sum(each.cloud_px for each in found) / valid_px if valid_px else None,
            "tiles": len(one.tile_ids),
            "tiles_delivered": sum(tile_id in self.record.delivered_s for tile_id in one.tile_ids),
        }
        return feature(shape, told)
