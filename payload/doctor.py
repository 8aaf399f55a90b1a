"""Is this installation fit to fly? Packages, packaged data, the model, and a short flight."""

import importlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from payload import __version__, registry
from payload.equipment import surrogate_of
from payload.errors import PayloadError
from payload.masking.onnx_masker import OnnxMasker
from payload.products.manifest import PACKAGES
from payload.scenario.load import load_scenario
from payload.scenario.models import Scenario
from payload.sim import assemble, fly_arms
from payload.surrogate import PACKAGED
from payload.tables import read_table, write_table

SHORT_FLIGHT_H = 3.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked."""

    what: str
    ok: bool
    detail: str


def examine() -> list[Finding]:
    """Check everything that a flight needs; nothing is left behind."""
    looks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("packages", _packages),
        ("plug-ins", _plugins),
        ("data", _data),
        ("model", _model),
        ("surrogate", _surrogate),
        ("tables", _tables),
        ("flight", _flight),
    )
    return [Finding("payload-sim", True, __version__), *(_look(what, how) for what, how in looks)]


def _look(what: str, how: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, how())
    except (PayloadError, ImportError, OSError) as error:
        return Finding(what, False, f"{type(error).__name__}: {error}")


def _packages() -> str:
    return ", ".join(f"{importlib.import_module(name).__name__}" for name in PACKAGES)


def _plugins() -> str:
    found = []
    for socket in registry.SOCKETS:
        kinds = registry.kinds(socket)
        for kind in kinds:
            registry.options_model(socket, kind)
        found.append(f"{socket.partition('.')[2]}: {', '.join(kinds)}")
    return "; ".join(found)


def _data() -> str:
    names = sorted(item.name for item in (files("payload") / "data").iterdir() if item.is_file())
    return ", ".join(names)


def _model() -> str:
    identity = OnnxMasker().identity
    return f"{identity.model}, {identity.parameters:,} parameters, sha256 {(identity.sha256 or '')[:12]}"


def _surrogate() -> str:
    scenario = load_scenario(PACKAGED.with_suffix(".yaml"), ["fidelity=surrogate"])
    found = surrogate_of(scenario)
    assert found is not None
    return f"fits the current world and masker; {len(found.donors.scene):,} tiles, sha256 {found.digest[:12]}"


def _tables() -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "look.parquet"
        write_table(path, {"bytes": "BIGINT"}, {"bytes": [1, 2]})
        return f"{sum(read_table(path)['bytes'])} bytes written and read"


def _flight() -> str:
    with tempfile.TemporaryDirectory() as folder:
        targets = Path(folder) / "targets.geojson"
        targets.write_text('{"type": "Point", "coordinates": [18.95, 69.65]}', encoding="utf-8")
        scenario = Scenario.model_validate(
            {
                "name": "doctor",
                "epoch_utc": datetime(2026, 6, 21, 8, tzinfo=UTC),
                "duration_h": SHORT_FLIGHT_H,
                "satellites": [
                    {"name": "one", "orbit": {"kind": "sgp4", "altitude_km": 550, "ltan": "10:30"}}
                ],
                "stations": [{"name": "svalbard", "lat_deg": 78.23, "lon_deg": 15.39}],
                "targets": {"file": targets},
                "camera": {"gsd_m": 10, "width_px": 512, "height_px": 512, "max_off_nadir_deg": 60},
                "scene": {"kind": "synthetic"},
                "memory": {"capacity_mb": 100},
                "link": {"kind": "fixed", "rate_mbps": 10},
            }
        )
        records, _ = fly_arms(assemble(scenario), Path(folder))
        own = records["prune"]
        images, contacts = len(own.images), len(own.contacts)
        return (
            f"{images} image{'' if images == 1 else 's'}, "
            f"{contacts} contact{'' if contacts == 1 else 's'}, "
            f"{own.ledger.acquired_bytes():,} bytes accounted for in {len(records)} arms"
        )
