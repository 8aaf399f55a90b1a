"""Make `payload/data/attenuation.npz`: what the atmosphere takes from a downlink, over the globe.

python tests/conformance/make_attenuation.py            # some minutes; needs the extra `test`

Source: ITU-R P.618-13 section 2.5 (all effects together), with P.676 for gas, P.838 for rain, P.840 for
cloud, as the package `itur` 0.4.0 computes them from the maps of the ITU. Sea level, circular polarisation,
a dish of 5 m.
"""

from pathlib import Path

import numpy as np

TABLE = Path(__file__).parents[2] / "payload" / "data" / "attenuation.npz"
LAT_DEG = np.arange(-90.0, 90.1, 2.5)
LON_DEG = np.arange(-180.0, 180.1, 5.0)
FREQUENCY_GHZ = np.array((2.25, 8.2, 26.0))
EXCEEDED_PERCENT = np.array((0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 25.0, 50.0))
ELEVATION_DEG = np.array((5.0, 10.0, 20.0, 30.0, 50.0, 90.0))
DISH_M = 5.0
LN_STEP = 0.05
"""Of a stored number: steps of 5 %, so that rounding errs by 2.5 % at most."""
LEAST_DB = 1e-3


def attenuation_db(lat_deg, lon_deg, *, frequency_ghz, elevation_deg, exceeded_percent):
    """[dB] Gas and all of it together, as `itur` says, at sea level; shape of the places each."""
    import itur  # noqa: PLC0415 - heavy, and only wanted here

    gas, *_, total = itur.atmospheric_attenuation_slant_path(
        lat_deg, lon_deg, frequency_ghz, elevation_deg, exceeded_percent, DISH_M,
        hs=np.zeros(np.shape(lat_deg)), return_contributions=True,
    )  # fmt: skip
    return np.asarray(gas.value), np.asarray(total.value)


def main():
    """Fill the table. Places share their climate, which is looked up once."""
    from itur.models import itu618, itu676, itu835, itu836, itu837, itu840, itu1510  # noqa: PLC0415

    # itur has no humidity in one half of the northernmost rows; the Arctic sea knows no difference.
    lat, lon = np.meshgrid(
        np.clip(LAT_DEG, -89.0, 85.0), np.clip(LON_DEG, -179.9, 179.9), indexing="ij"
    )
    sea = np.zeros(lat.shape)
    temperature, rain_rate = (
        itu1510.surface_mean_temperature(lat, lon),
        itu837.rainfall_rate(lat, lon, 0.01),
    )
    pressure = itu835.standard_pressure(sea)
    gas_db = np.empty((FREQUENCY_GHZ.size, *lat.shape))
    fade_db = np.empty((FREQUENCY_GHZ.size, EXCEEDED_PERCENT.size, ELEVATION_DEG.size, *lat.shape))
    for k in reversed(range(EXCEEDED_PERCENT.size)):
        often, seldom = max(1.0, EXCEEDED_PERCENT[k]), EXCEEDED_PERCENT[k]  # as in section 2.5
        vapour = itu836.total_water_vapour_content(lat, lon, often, sea)
        density = itu836.surface_water_vapour_density(lat, lon, often, sea)
        for i, f_ghz in enumerate(FREQUENCY_GHZ):
            gas = itu676.gaseous_attenuation_slant_path(
                f_ghz, 90.0, density, pressure, temperature, vapour, sea
            )
            if k == EXCEEDED_PERCENT.size - 1:
                gas_db[i] = gas.value
            for j, elevation in enumerate(ELEVATION_DEG):
                rain = itu618.rain_attenuation(
                    lat, lon, f_ghz, elevation, sea, seldom, rain_rate
                ).value
                cloud = itu840.cloud_attenuation(lat, lon, elevation, f_ghz, often).value
                air = itu618.scintillation_attenuation(
                    lat, lon, f_ghz, elevation, seldom, DISH_M, P=pressure, T=temperature
                ).value
                more_gas = (gas.value - gas_db[i]) / np.sin(np.radians(elevation))
                fade_db[i, k, j] = more_gas + np.hypot(rain + cloud, air)
    if not (np.isfinite(fade_db).all() and np.isfinite(gas_db).all()):
        where = np.isnan(gas_db[0] + fade_db[0].sum(axis=(0, 1)))
        raise ValueError(f"itur has no answer at {lat[where]}, {lon[where]}")
    steps = np.round(np.log(np.maximum(fade_db, LEAST_DB) / LEAST_DB) / LN_STEP)
    if steps.max() > 255:
        raise ValueError("a fade is too deep for the table")
    np.savez_compressed(
        TABLE, lat_deg=LAT_DEG, lon_deg=LON_DEG, frequency_ghz=FREQUENCY_GHZ,
        exceeded_percent=EXCEEDED_PERCENT, elevation_deg=ELEVATION_DEG,
        gas_zenith_db=gas_db.astype(np.float32), fade_steps=steps.astype(np.uint8),
    )  # fmt: skip


if __name__ == "__main__":
    main()
