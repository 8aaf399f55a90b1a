"""The high-speed downlink of Planet's Doves, as published.

Devaraj et al. 2017, "Dove High Speed Downlink System", SSC17-VII-02: up to 220 Mb/s at 8.2 GHz by DVB-S2,
12 to 15 GB in passes of 7 to 10 minutes, 160 Mb/s on average, dishes of 4.5 to 7.6 m. EIRP 14 dBW and G/T
28 dB/K are assumed, so is the orbit of 500 km at 09:30.
"""

from datetime import UTC, datetime

import numpy as np
import pytest

from payload.downlink import capacity_bytes
from payload.downlink.dvbs2 import Dvbs2
from payload.downlink.modcods import modcod
from payload.orbit import find_network_contacts, time_grid
from payload.orbit.propagation import Sgp4
from payload.types import GroundStation

STATIONS = (
    GroundStation("svalbard", 78.23, 15.39),
    GroundStation("inuvik", 68.32, -133.55),
    GroundStation("punta-arenas", -52.94, -70.85),
    GroundStation("awarua", -46.53, 168.38),
)


@pytest.fixture(scope="module")
def orbit():
    epoch = datetime(2026, 3, 20, tzinfo=UTC)
    sgp4 = Sgp4(altitude_km=500, ltan="09:30", satellite="dove", epoch_utc=epoch)
    return sgp4.propagate(time_grid(7 * 86400.0))


@pytest.fixture(scope="module")
def windows(orbit):
    found = find_network_contacts(orbit, STATIONS)
    return [item for item in found if 420.0 <= item.duration_s <= 600.0]


def gigabytes(orbit, windows, **options):
    link = Dvbs2(
        symbol_rate_mbaud=56.0,
        max_modcod="32APSK 4/5",
        margin_db=0.0,
        implementation_loss_db=1.0,
        framing_efficiency=0.97,
        pilots=False,
        stations=STATIONS,
        seed=1,
        **options,
    )
    return np.array(
        [
            capacity_bytes(link.profile(item, orbit), item.aos_s, item.los_s) / 1e9
            for item in windows
        ]
    )


def test_the_peak_rate_is_the_published_one():
    peak_mbps = 56.0 * modcod("32APSK 4/5").efficiency(pilots=False)
    assert peak_mbps == pytest.approx(221.3, abs=0.05)
    assert peak_mbps == pytest.approx(220.0, rel=0.01)


def test_a_pass_carries_what_doves_bring_down(orbit, windows):
    volumes = gigabytes(orbit, windows, eirp_dbw=14.0, gt_dbk=28.0)
    least, mean, most = volumes.min(), volumes.mean(), volumes.max()
    said = f"{volumes.size} passes: least {least:.2f}, mean {mean:.2f}, most {most:.2f} GB"
    print(said)  # noqa: T201 - `pytest -s` shows it
    assert volumes.size > 100
    assert 12.0 <= mean <= 15.0
    # 220 Mb/s for the ten minutes of the longest pass: no model can carry more.
    assert most <= 16.5
    # A low pass of seven minutes carries less than the published band; not by much.
    assert 9.0 <= least <= 12.5


def test_a_weaker_set_carries_less_and_meets_the_published_average_rate(orbit, windows):
    strong = gigabytes(orbit, windows, eirp_dbw=14.0, gt_dbk=28.0)
    weak = gigabytes(orbit, windows, eirp_dbw=11.0, gt_dbk=26.0)
    assert (weak <= strong).all()
    seconds = np.array([item.duration_s for item in windows])
    assert 160.0 <= float((weak * 8e3).sum() / seconds.sum()) <= 220.0


def test_following_the_link_gains_on_the_best_single_modcod(orbit, windows):
    """The gain is above 1 and at most the spread of the MODCODs in use."""
    acm = gigabytes(orbit, windows, eirp_dbw=8.0, gt_dbk=26.0, mode="acm", weather="clear").sum()
    fixed = max(
        gigabytes(
            orbit,
            windows,
            eirp_dbw=8.0,
            gt_dbk=26.0,
            mode="ccm",
            weather="clear",
            planned_edge_deg=edge,
        ).sum()
        for edge in (5.0, 10.0, 15.0, 20.0, 30.0)
    )
    print(f"ACM against the best single MODCOD: {acm / fixed:.2f}")  # noqa: T201
    assert 1.1 < acm / fixed < 2.5
