import numpy as np

from payload.geometry.earth import site, subsatellite_deg


def test_the_point_below_is_the_place_one_started_from():
    lat_deg, lon_deg, height_m = (
        axis.ravel()
        for axis in np.meshgrid(
            np.linspace(-89.9, 89.9, 31), np.linspace(-179.9, 179.9, 9), [0.0, 5.5e5, 2e6]
        )
    )
    found = subsatellite_deg(site(lat_deg, lon_deg, height_m).position_km)
    np.testing.assert_allclose(found[0], lat_deg, atol=1e-5)
    np.testing.assert_allclose(found[1], lon_deg, atol=1e-9)
