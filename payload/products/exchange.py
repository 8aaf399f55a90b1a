"""A flight in the formats of other tools: GeoJSON, CZML, OEM, contact plan, STAC, and what the columns mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from payload.ledger import Fate, FlightRecord
from payload.ports import SceneSource
from payload.products.columns import documented
from payload.products.contact_plan import write_contact_plan
from payload.products.czml import Visible, write_czml
from payload.products.downlink import RestoredTile, file_name
from payload.products.folder import dump_json
from payload.products.footprints import feature, image_footprint
from payload.products.oem import write_oem
from payload.products.stac import Flown, write_stac
from payload.scenario.models import Scenario
from payload.types import CoverEstimate, Ephemeris, GroundStation
from payload.units import at, iso_utc

FOOTPRINTS, CZML, OEM, COLUMNS = "footprints.geojson", "flight.czml", "oem", "columns.json"


@dataclass(frozen=True)
class Exchange:
    """What the files are made of.

    Attributes:
        scenario: As flown.
        record: Its own arm.
        estimates: What its masker says of every tile.
        source: What the camera sees.
        ephemerides: By satellite.
        stations: All that listen.
    """

    scenario: Scenario
    record: FlightRecord
    estimates: Mapping[str, CoverEstimate]
    source: SceneSource
    ephemerides: Mapping[str, Ephemeris]
    stations: Sequence[GroundStation]

    def write(self, folder: Path, tiles: Sequence[RestoredTile]) -> None:
        """Write all files into a results folder; `tiles` are those that lie in `tiles/`."""
        scenario, record = self.scenario, self.record
        taken = sorted((image.acquisition for image in record.images), key=lambda one: one.time_s)
        images = [(one, image_footprint(self.source, one.view)) for one in taken]
        ends = {tile.tile_id: tile.end for tile in record.ledger.tiles}
        features = []
        for one, shape in images:
            found = [self.estimates[tile_id] for tile_id in one.tile_ids]
            valid_px = sum(each.valid_px for each in found)
            down = [ends[tile_id] for tile_id in one.tile_ids].count(Fate.DELIVERED)
            told: dict[str, object] = {
                "image": one.id,
                "target": one.opportunity.target,
                "satellite": one.satellite,
                "utc": iso_utc(at(scenario.epoch_utc, one.time_s)),
                "off_nadir_deg": one.opportunity.off_nadir_deg,
                "sun_elevation_deg": one.view.sun_elevation_deg,
                "cover": sum(each.cloud_px for each in found) / valid_px if valid_px else None,
                "tiles": len(one.tile_ids),
                "tiles_delivered": down,
            }
            features.append(feature(shape, told))
        collection = {"type": "FeatureCollection", "features": features}
        dump_json(folder / FOOTPRINTS, collection, indent=None)
        seen = Visible(
            name=scenario.name,
            epoch_utc=scenario.epoch_utc,
            ephemerides=self.ephemerides,
            stations=self.stations,
            contacts=record.contacts,
            images=images,
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
            acquired = {one.id: one for one in taken}
            write_stac(folder / "tiles", tiles, Flown(scenario, acquired, record.delivered_s))
