"""Fixtures for all tests: a scenario small enough to fly in an instant, and the real images if available."""

import json
import os
import signal
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from browsing import Browser
from hypothesis import HealthCheck, settings
from typer.testing import CliRunner

from payload.api import calibrate
from payload.cli import app

ROOT = Path(__file__).parent.parent
os.environ["PAYLOAD_SIM_MEMO"] = "off"  # no test leaves anything in the user's home
settings.register_profile(
    "payload", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("payload")


@pytest.fixture(scope="session")
def root():
    """The root folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def real_images():
    """The folder of real images with masks; tests that need it are skipped with a reason if it is not set."""
    folder = os.environ.get("PAYLOAD_SIM_DATA")
    if not folder:
        pytest.skip("PAYLOAD_SIM_DATA does not name a folder of real images")
    return Path(folder) / "clouds"


def pytest_configure():
    """Let Ctrl-C reach the processes that tests start, even if a shell runs pytest in the background, ignoring SIGINT."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def write_small(
    folder, name="small.yaml", places=((15.65, 78.22), (18.96, 69.65), (26.63, 67.37)), **changes
):
    """Write a small scenario into a folder; top-level sections can be replaced, or omitted with None."""
    features = [
        {
            "type": "Feature",
            "properties": {"name": f"place-{index}"},
            "geometry": {"type": "Point", "coordinates": list(place)},
        }
        for index, place in enumerate(places)
    ]
    collection = {"type": "FeatureCollection", "features": features}
    (folder / "places.geojson").write_text(json.dumps(collection))
    scenario = {
        "name": "small",
        "seed": 3,
        "epoch_utc": "2026-06-21T00:00:00Z",
        "duration_h": 12,
        "satellites": [
            {"name": "one", "orbit": {"kind": "sgp4", "altitude_km": 550, "ltan": "10:30"}}
        ],
        "stations": [{"name": "svalbard", "lat_deg": 78.23, "lon_deg": 15.39}],
        "targets": {"file": "places.geojson"},
        "camera": {"gsd_m": 20, "width_px": 80, "height_px": 72, "max_off_nadir_deg": 45},
        "scene": {"kind": "synthetic"},
        "masker": {"kind": "blue"},
        "pruning": {"tile_px": 32},
        "memory": {"capacity_mb": 10},
        "link": {"kind": "fixed", "rate_mbps": 1},
    } | changes
    path = folder / name
    path.write_text(
        json.dumps({key: value for key, value in scenario.items() if value is not None})
    )
    return path


def write_wishes(folder, **changes):
    """Write a small scenario without pixels over forty places wanted every day, and the file of places beside it."""
    features = [
        {
            "type": "Feature",
            "properties": {"name": f"p{n}", "repeat_h": 24, "priority": 1 + n % 7},
            "geometry": {"type": "Point", "coordinates": [(n * 137.508) % 360 - 180, n * 3 - 58]},
        }
        for n in range(40)
    ]
    (folder / "wishes.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": features})
    )
    return write_small(
        folder,
        targets={"file": "wishes.geojson"},
        masker=None,
        fidelity="surrogate",
        pruning={"tile_px": 256},
        **changes,
    )


@pytest.fixture
def write_scenario(tmp_path):
    """Write a small scenario into `tmp_path`; top-level sections can be replaced, or omitted with None."""
    return partial(write_small, tmp_path)


@pytest.fixture(scope="session")
def scenario_writer():
    """The same for scenarios shared by several tests; takes the folder first."""
    return write_small


@pytest.fixture(scope="session")
def small_surrogate(tmp_path_factory):
    """The file of a surrogate fitted on the small scenario."""
    folder = tmp_path_factory.mktemp("surrogate")
    calibrate(write_small(folder), folder / "small.json", scenes=240)
    return folder / "small.json"


@dataclass(frozen=True)
class Answer:
    """The result of a call of the command line."""

    code: int
    out: str
    err: str


@pytest.fixture
def call():
    """Call `payload-sim` with arguments, in this process; a traceback fails the test."""

    def run(*words):
        result = CliRunner().invoke(app, [str(word) for word in words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert "Traceback" not in result.stderr
        return Answer(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """A browser without a page; started once, as starting takes as long as viewing a page."""
    found = Browser(tmp_path_factory.mktemp("browser") / "profile")
    yield found
    found.close()


@pytest.fixture
def browser(chromium):
    """The browser with an empty page for this test alone."""
    with chromium.page() as found:
        yield found
