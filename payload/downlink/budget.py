"""A link budget: from the satellite's transmit power to Es/N0 at the demodulator, term by term.

Every term is a signed number of dB, so that their sum is the result and a budget can be printed line by
line. Values are floats, or arrays over the times of a pass; the sums are the same.

Source: the equation of ITU-R P.525 and of Maral, Bousquet and Sun, Satellite Communications Systems,
6th ed., section 5.4: C/N0 = EIRP + G/T - losses - 10 log10(Boltzmann).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.ports import BudgetTerm
from payload.units import M_PER_KM

LIGHT_M_S = 299_792_458.0
"""Speed of light; exact. Source: SI, 9th ed."""
BOLTZMANN_DB = 10.0 * math.log10(1.380649e-23)
"""[dBW/(K Hz)] Boltzmann's constant, -228.6; exact. Source: SI, 9th ed."""

MEDIUM_K = 275.0
"""[K] Mean radiating temperature of the medium. Source: ITU-R P.618-13, section 3."""

Db = float | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Transmission:
    """What the satellite transmits, and the losses that do not depend on the atmosphere.

    Attributes:
        eirp_dbw: [dBW] At the beam centre.
        frequency_hz: [Hz] Carrier.
        symbol_rate_baud: [symbol/s].
        pointing_error_deg: [deg] Between the beam centre and the station.
        beam_width_deg: [deg] Full width of the beam at half power.
        polarisation_loss_db: [dB] From polarisation mismatch.
        implementation_loss_db: [dB] What a real modem needs beyond an ideal one.
    """

    eirp_dbw: float
    frequency_hz: float
    symbol_rate_baud: float
    pointing_error_deg: float = 0.0
    beam_width_deg: float = 60.0
    polarisation_loss_db: float = 0.0
    implementation_loss_db: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """The path between satellite and station, and how well the station receives; numbers or arrays.

    Attributes:
        range_km: [km] Straight distance.
        gas_db: [dB] Attenuation by dry air and vapour.
        fade_db: [dB] Attenuation by rain, cloud and scintillation.
        gt_dbk: [dB/K] The station's gain over its noise temperature, under a clear sky.
        noise_k: [K] That noise temperature, to which rain and cloud add their emission.
    """

    range_km: Db
    gas_db: Db
    fade_db: Db
    gt_dbk: float
    noise_k: float = 150.0


def free_space_loss_db(range_km: Db, frequency_hz: float) -> Db:
    """[dB] Loss between isotropic antennas: 20 log10(4 pi d f / c). Source: ITU-R P.525-4, equation 3."""
    waves = 4.0 * math.pi * M_PER_KM * np.asarray(range_km) * frequency_hz / LIGHT_M_S
    return _plain(20.0 * np.log10(waves))


def pointing_loss_db(error_deg: float, beam_width_deg: float) -> float:
    """[dB] Loss off the centre of a beam: 12 (error / width)^2, 3 dB at half the width.

    Source: Maral, Bousquet and Sun, 6th ed., equation 5.5; good within the main lobe.
    """
    return 12.0 * (error_deg / beam_width_deg) ** 2


def glow_db(fade_db: Db, noise_k: float) -> Db:
    """[dB] Rise of the noise above the station's own by emission from the fade: a fade of 3 dB adds 137 K.

    Source: ITU-R P.618-13, section 3: T = 275 K (1 - 10^(-A / 10)).
    """
    sky_k = MEDIUM_K * (1.0 - 10.0 ** (-np.asarray(fade_db, np.float64) / 10.0))
    return _plain(10.0 * np.log10(1.0 + sky_k / noise_k))


def terms(sent: Transmission, sight: Sight) -> tuple[BudgetTerm, ...]:
    """The terms that add up to C/N0 [dBHz], in order along the path."""
    pointing_db = pointing_loss_db(sent.pointing_error_deg, sent.beam_width_deg)
    return (
        BudgetTerm("EIRP", sent.eirp_dbw, "dBW", "scenario"),
        BudgetTerm("pointing loss", 0.0 - pointing_db, "dB", "12 (error / beam width)^2"),
        BudgetTerm(
            "free-space loss",
            0.0 - free_space_loss_db(sight.range_km, sent.frequency_hz),
            "dB",
            "ITU-R P.525",
        ),
        BudgetTerm("gas", 0.0 - sight.gas_db, "dB", "ITU-R P.676, cosecant of elevation"),
        BudgetTerm("rain and cloud", 0.0 - sight.fade_db, "dB", "ITU-R P.618"),
        BudgetTerm(
            "glow of rain and cloud",
            0.0 - glow_db(sight.fade_db, sight.noise_k),
            "dB",
            "ITU-R P.618, noise temperature",
        ),
        BudgetTerm("polarisation loss", 0.0 - sent.polarisation_loss_db, "dB", "scenario"),
        BudgetTerm("G/T", sight.gt_dbk, "dB/K", "station"),
        BudgetTerm("Boltzmann", -BOLTZMANN_DB, "dB(K Hz/W)", "SI"),
    )


def cn0_dbhz(sent: Transmission, sight: Sight) -> Db:
    """[dBHz] Carrier power over noise density."""
    total: Db = 0.0
    for term in terms(sent, sight):
        total = total + term.value
    return total


def symbol_terms(sent: Transmission) -> tuple[BudgetTerm, ...]:
    """The terms that turn C/N0 [dBHz] into Es/N0 [dB]."""
    return (
        BudgetTerm("symbol rate", -10.0 * math.log10(sent.symbol_rate_baud), "dBHz", "scenario"),
        BudgetTerm("implementation loss", 0.0 - sent.implementation_loss_db, "dB", "scenario"),
    )


def es_n0_db(sent: Transmission, sight: Sight) -> Db:
    """[dB] Symbol energy over noise density, as seen by the demodulator."""
    return cn0_dbhz(sent, sight) + sum(float(term.value) for term in symbol_terms(sent))


def eirp_dbw(power_w: float, antenna_gain_dbi: float, transmit_loss_db: float) -> float:
    """[dBW] EIRP of an amplifier feeding an antenna; the loss includes back-off, filter and cable."""
    return 10.0 * math.log10(power_w) + antenna_gain_dbi - transmit_loss_db


def slant_range_km(elevation_deg: float, orbit_radius_km: float, site_radius_km: float) -> float:
    """[km] Distance to a satellite seen at an elevation, on a sphere: the law of cosines.

    Args:
        elevation_deg: [deg] 0 to 90.
        orbit_radius_km: [km] From the centre of the Earth to the satellite.
        site_radius_km: [km] From the centre of the Earth to the station.
    """
    up = site_radius_km * math.sin(math.radians(elevation_deg))
    return math.sqrt(up * up + orbit_radius_km**2 - site_radius_km**2) - up


def _plain(value: NDArray[np.float64]) -> Db:
    return float(value) if value.ndim == 0 else value
