"""The link `dvbs2`: in each second, as many bits as geometry, weather and a MODCOD allow."""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from payload.downlink import atmosphere, framing, weather
from payload.downlink.budget import (
    Sight,
    Transmission,
    cn0_dbhz,
    eirp_dbw,
    es_n0_db,
    slant_range_km,
    symbol_terms,
    terms,
)
from payload.downlink.modcods import Ladder, Modcod, frame_loss, modcod
from payload.errors import ScenarioError
from payload.geometry.earth import site
from payload.geometry.look import look_angles
from payload.geometry.track import Track
from payload.ports import BudgetTerm, LinkBudget
from payload.registry import option, supplied
from payload.types import ContactWindow, Ephemeris, GroundStation, RateProfile

STEP_S = 1.0
"""[s] Length of a step; its rate is that at its midpoint."""
BAUD_PER_MBAUD, HZ_PER_GHZ, HZ_PER_MHZ = 1e6, 1e9, 1e6
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Dvbs2:
    """DVB-S2: a link budget for each second, and the MODCOD that it allows.

    In every mode, the margin is held back both when a MODCOD is chosen and when it is received. In `ccm` and
    `vcm` the satellite uses the MODCOD planned for a fade that is exceeded `planned_exceeded_percent` of the
    time; while the fade is deeper than that MODCOD tolerates, nothing is received and nothing is sent, as the
    ground suspends the transfer (CCSDS 727.0, suspension).

    Raises:
        ScenarioError: An unknown MODCOD, EIRP given twice or not at all, a margin at which no frame arrives, or
            a frame without room for its header.
    """

    mode: Literal["ccm", "vcm", "acm"] = option(
        "acm",
        description="`acm`: the best MODCOD each second, which needs an uplink in the pass. "
        "`vcm`: MODCOD by elevation, as planned. `ccm`: one MODCOD, the one that closes at the "
        "planned edge.",
    )
    symbol_rate_mbaud: float = option(
        description="[Mbaud] Symbol rate, in millions per second.", gt=0.0, le=2000.0
    )
    roll_off: float = option(
        0.2,
        description="Roll-off of the pulse; the bandwidth is symbol rate x (1 + roll-off). "
        "DVB-S2 has 0.2, 0.25 and 0.35.",
        ge=0.0,
        le=1.0,
    )
    max_modcod: str = option(
        "32APSK 9/10",
        description='The modem\'s most efficient MODCOD, such as "16APSK 3/4"; of the 28 of '
        "DVB-S2.",
    )
    margin_db: float = option(
        1.0,
        description="[dB] Held back from Es/N0 for what this budget does not know. Below 0, "
        "MODCODs are used under their thresholds and lose frames. Assumption: 1 dB.",
        ge=-1.0,
        le=20.0,
    )
    frequency_ghz: float = option(
        8.2,
        description="[GHz] Carrier. The atmosphere is tabulated at 2.25, 8.2 and 26, and "
        "interpolated between.",
        ge=atmosphere.FREQUENCIES_GHZ[0],
        le=atmosphere.FREQUENCIES_GHZ[1],
    )
    eirp_dbw: float | None = option(
        None,
        description="[dBW] EIRP at the beam's centre; or give power_w and antenna_gain_dbi.",
        ge=-60.0,
        le=80.0,
    )
    power_w: float | None = option(
        None, description="[W] RF power of the amplifier.", gt=0.0, le=1e4
    )
    antenna_gain_dbi: float | None = option(
        None, description="[dBi] Gain of the satellite's antenna at its centre.", ge=-20.0, le=70.0
    )
    transmit_loss_db: float = option(
        0.0,
        description="[dB] Loss between power_w and antenna: back-off (1 to 3 dB for 16APSK and "
        "32APSK), filter, cable.",
        ge=0.0,
        le=30.0,
    )
    pointing_error_deg: float = option(
        0.0, description="[deg] From the beam's centre to the station.", ge=0.0, le=90.0
    )
    beam_width_deg: float = option(
        60.0, description="[deg] Full width of the beam at half power.", gt=0.0, le=360.0
    )
    polarisation_loss_db: float = option(
        0.0, description="[dB] Loss from polarisation mismatch.", ge=0.0, le=30.0
    )
    implementation_loss_db: float = option(
        1.0,
        description="[dB] What the modem needs beyond an ideal one. Assumption: 1 dB; 1 to 2 are usual.",
        ge=0.0,
        le=20.0,
    )
    gt_dbk: float = option(
        28.0,
        description="[dB/K] Gain over noise temperature (G/T) of stations that do not state "
        "theirs. Assumption: 28, a dish of some 5 m in X band.",
        ge=-30.0,
        le=60.0,
    )
    noise_k: float = option(
        150.0,
        description="[K] Noise temperature of the stations under a clear sky, to which rain and "
        "cloud add emission. Assumption: 150 K, a cooled front end less than warm ground.",
        gt=0.0,
        le=5000.0,
    )
    pilots: bool = option(True, description="Pilot symbols; they cost 2.4 %.")
    framing_efficiency: float = option(
        0.97,
        description="Share of the data field that carries transfer frames; sync markers and "
        "encapsulation (CCSDS 131.3) take the rest. Assumption: 0.97.",
        gt=0.0,
        le=1.0,
    )
    weather: Literal["seeded", "clear"] = option(
        "seeded",
        description="`seeded`: rain and cloud over time, exceeded as often as ITU-R P.618 says. "
        "`clear`: gas alone.",
    )
    planned_exceeded_percent: float = option(
        1.0,
        description="[%] Of the time in which the fade is deeper than `ccm` and `vcm` plan for; "
        "also for the fade in a printed budget.",
        ge=0.01,
        le=50.0,
    )
    planned_edge_deg: float | None = option(
        None,
        description="[deg] Elevation above which `ccm` sends; the station's mask if omitted.",
        ge=0.0,
        lt=90.0,
    )
    acquisition_s: float = option(**framing.ACQUISITION_S)
    frame_bytes: int = option(**framing.FRAME_BYTES)
    frame_payload_bytes: int = option(**framing.FRAME_PAYLOAD_BYTES)
    frame_loss: float | None = option(
        None,
        description="Probability that a frame does not arrive, independently; if omitted, it "
        "follows from the margin: 1e-7 at 0 dB, a tenth of that for each 0.1 dB more.",
        ge=0.0,
        lt=1.0,
    )
    max_resends: int = option(**framing.MAX_RESENDS)
    seed: int = supplied(0)
    stations: tuple[GroundStation, ...] = supplied(())

    def __post_init__(self) -> None:
        framing.check_frame(self.frame_bytes, self.frame_payload_bytes)
        modcod(self.max_modcod)
        by_parts = (self.power_w is not None, self.antenna_gain_dbi is not None)
        if (self.eirp_dbw is not None) == any(by_parts) or any(by_parts) != all(by_parts):
            raise ScenarioError(
                "the transmitted power must be given exactly once: as eirp_dbw, or as power_w"
                " with antenna_gain_dbi"
            )
        if self.eirp_dbw is not None and self.transmit_loss_db > 0:
            raise ScenarioError(
                "transmit_loss_db is the loss between power_w and the antenna; eirp_dbw already"
                " includes it: omit one of them"
            )
        if self.frame_loss is None and frame_loss(self.margin_db) >= 1.0:
            raise ScenarioError(
                f"margin_db is {self.margin_db:g}: so far below the threshold every frame is lost"
            )

    @property
    def transmission(self) -> Transmission:
        """What the satellite transmits."""
        return Transmission(
            eirp_dbw=self._eirp_dbw(),
            frequency_hz=self.frequency_ghz * HZ_PER_GHZ,
            symbol_rate_baud=self.symbol_rate_mbaud * BAUD_PER_MBAUD,
            pointing_error_deg=self.pointing_error_deg,
            beam_width_deg=self.beam_width_deg,
            polarisation_loss_db=self.polarisation_loss_db,
            implementation_loss_db=self.implementation_loss_db,
        )

    @property
    def ladder(self) -> Ladder:
        """The MODCODs that are worth choosing."""
        return Ladder.up_to(modcod(self.max_modcod))

    def rate_bps(self, chosen: Modcod) -> float:
        """[bit/s] Rate of transfer frames with a MODCOD."""
        symbols_per_s = self.symbol_rate_mbaud * BAUD_PER_MBAUD
        return symbols_per_s * chosen.efficiency(pilots=self.pilots) * self.framing_efficiency

    def profile(self, window: ContactWindow, ephemeris: Ephemeris) -> RateProfile:
        """The rate from lock to loss of signal, constant within each step.

        Raises:
            ScenarioError: The link does not know the window's station.
        """
        station = self._station(window.station)
        edges_s = _edges(min(window.aos_s + self.acquisition_s, window.los_s), window.los_s)
        rates = np.zeros(edges_s.size)
        if edges_s.size > 1:
            rates[:-1] = self._rates(station, 0.5 * (edges_s[:-1] + edges_s[1:]), ephemeris)
        changes = np.append(True, np.diff(rates) != 0.0)
        changes[-1] = True
        return RateProfile(
            time_s=edges_s[changes],
            rate_bps=rates[changes],
            frame_bytes=self.frame_bytes,
            frame_payload_bytes=self.frame_payload_bytes,
            frame_loss=self._frame_loss(),
        )

    def dimmed(self, power_share: float) -> "Dvbs2":
        """The same link at a share, above 0, of its radiated power."""
        if self.power_w is not None:
            return replace(self, power_w=self.power_w * power_share)
        less_db = -10.0 * math.log10(power_share)
        return replace(self, eirp_dbw=(self.eirp_dbw or 0.0) - less_db)

    def budget(
        self, station: GroundStation, *, elevation_deg: float, orbit_radius_km: float
    ) -> LinkBudget:
        """The budget at an elevation, under the planned fade.

        Args:
            station: The receiving station.
            elevation_deg: [deg] 0 to 90.
            orbit_radius_km: [km] From the centre of the Earth to the satellite.

        Raises:
            ScenarioError: The elevation is not in this range.
        """
        if not 0.0 <= elevation_deg <= 90.0:
            raise ScenarioError(
                f"elevation is {elevation_deg:g} deg; expected 0 (horizon) to 90 (zenith)"
            )
        sent, sight = self.transmission, self._planned(station, elevation_deg, orbit_radius_km)
        found_db = float(es_n0_db(sent, sight))
        chosen = self._planned_modcod(station, found_db, elevation_deg, orbit_radius_km)
        return LinkBudget(
            range_km=float(sight.range_km),
            lines=(
                *self._eirp_terms(),
                *(replace(term, value=float(term.value)) for term in terms(sent, sight)),
                BudgetTerm("C/N0", float(cn0_dbhz(sent, sight)), "dBHz", "sum"),
                *symbol_terms(sent),
                BudgetTerm("Es/N0", found_db, "dB", "sum"),
            ),
            es_n0_db=found_db,
            modcod=chosen.name if chosen else None,
            threshold_db=chosen.es_n0_db if chosen else None,
            spare_db=found_db - chosen.es_n0_db - self.margin_db if chosen else None,
            rate_bps=self.rate_bps(chosen) if chosen else 0.0,
            notes=self._notes(station),
        )

    def _rates(self, station: GroundStation, times_s: Floats, ephemeris: Ephemeris) -> Floats:
        """[bit/s] Rates at times of a pass, shape (T,)."""
        position_km, _ = Track(ephemeris).states(times_s)
        look = look_angles(position_km, station)
        climate = atmosphere.climate(station.lat_deg, station.lon_deg, self.frequency_ghz)
        gas_db, gt_dbk = climate.gas_db(look.elevation_deg), self._gt_dbk(station)
        fade_db = np.zeros(times_s.size)
        if self.weather == "seeded":
            exceeded = weather.exceeded_percent(self.seed, station.name, times_s)
            fade_db = climate.fade_db(look.elevation_deg, exceeded)
        sent, ladder = self.transmission, self.ladder
        usable_db = _array(
            es_n0_db(sent, Sight(look.range_km, gas_db, fade_db, gt_dbk, self.noise_k))
        )
        usable_db = usable_db - self.margin_db
        if self.mode == "acm":
            step = ladder.choose(usable_db)
        else:
            planned_db = climate.fade_db(look.elevation_deg, self.planned_exceeded_percent)
            sight = Sight(look.range_km, gas_db, planned_db, gt_dbk, self.noise_k)
            step = ladder.choose(_array(es_n0_db(sent, sight)) - self.margin_db)
            if self.mode == "ccm":
                step = self._one_step(step, look.elevation_deg, station, position_km)
        rates = np.array([0.0, *(self.rate_bps(item) for item in ladder.steps)])[step + 1]
        received = usable_db >= np.append(ladder.thresholds_db, np.inf)[step]
        return np.where(received, rates, 0.0)

    def _one_step(
        self,
        step: NDArray[np.int64],
        elevation_deg: Floats,
        station: GroundStation,
        position_km: Floats,
    ) -> NDArray[np.int64]:
        """One MODCOD for the pass: that which closes the link at the edge and wherever the pass is above it."""
        edge_deg = self._edge_deg(station)
        radius_km = float(np.linalg.norm(position_km, axis=1).max())
        edge_db = float(es_n0_db(self.transmission, self._planned(station, edge_deg, radius_km)))
        one = int(self.ladder.choose(np.array([edge_db - self.margin_db]))[0])
        above = elevation_deg >= edge_deg
        one = min([one, *step[above].tolist()])
        return np.where(above, one, -1)

    def _planned(
        self, station: GroundStation, elevation_deg: float, orbit_radius_km: float
    ) -> Sight:
        """The path at an elevation, under the planned fade."""
        place = site(station.lat_deg, station.lon_deg, station.height_m)
        climate = atmosphere.climate(station.lat_deg, station.lon_deg, self.frequency_ghz)
        return Sight(
            range_km=slant_range_km(
                elevation_deg, orbit_radius_km, float(np.linalg.norm(place.position_km))
            ),
            gas_db=float(climate.gas_db(elevation_deg)),
            fade_db=float(climate.fade_db(elevation_deg, self.planned_exceeded_percent)),
            gt_dbk=self._gt_dbk(station),
            noise_k=self.noise_k,
        )

    def _planned_modcod(
        self, station: GroundStation, found_db: float, elevation_deg: float, orbit_radius_km: float
    ) -> Modcod | None:
        """The MODCOD used at an elevation where Es/N0 is as planned; None if nothing is sent."""
        if self.mode == "ccm":
            edge_deg = self._edge_deg(station)
            if elevation_deg < edge_deg:
                return None
            sight = self._planned(station, edge_deg, orbit_radius_km)
            found_db = float(es_n0_db(self.transmission, sight))
        ladder = self.ladder
        step = int(ladder.choose(np.array([found_db - self.margin_db]))[0])
        return ladder.steps[step] if step >= 0 else None

    def _notes(self, station: GroundStation) -> tuple[str, ...]:
        band_mhz = self.symbol_rate_mbaud * (1.0 + self.roll_off)
        whose = "the station's own" if station.gt_dbk is not None else "the link's default"
        return (
            f"The signal occupies {band_mhz:g} MHz around {self.frequency_ghz:g} GHz.",
            f"The rain and cloud fade is exceeded {self.planned_exceeded_percent:g} % of the time. G/T: {whose}.",
            f"A frame is lost with a probability of {self._frame_loss():.1e}.",
        )

    def _eirp_terms(self) -> tuple[BudgetTerm, ...]:
        """The parts of the EIRP, if it is given by its parts."""
        if self.power_w is None or self.antenna_gain_dbi is None:
            return ()
        return (
            BudgetTerm("  power", 10.0 * math.log10(self.power_w), "dBW", f"{self.power_w:g} W"),
            BudgetTerm("  transmit loss", 0.0 - self.transmit_loss_db, "dB", "scenario"),
            BudgetTerm("  antenna gain", self.antenna_gain_dbi, "dBi", "scenario"),
        )

    def _eirp_dbw(self) -> float:
        if self.power_w is not None and self.antenna_gain_dbi is not None:
            return eirp_dbw(self.power_w, self.antenna_gain_dbi, self.transmit_loss_db)
        return self.eirp_dbw or 0.0

    def _edge_deg(self, station: GroundStation) -> float:
        mask_deg = station.min_elevation_deg
        return mask_deg if self.planned_edge_deg is None else max(mask_deg, self.planned_edge_deg)

    def _gt_dbk(self, station: GroundStation) -> float:
        return self.gt_dbk if station.gt_dbk is None else station.gt_dbk

    def _frame_loss(self) -> float:
        return frame_loss(self.margin_db) if self.frame_loss is None else self.frame_loss

    def _station(self, name: str) -> GroundStation:
        for station in self.stations:
            if station.name == name:
                return station
        raise ScenarioError(
            f"the link has no station {name!r}, so there is no geometry to compute it with"
        )


def _edges(from_s: float, to_s: float) -> Floats:
    """[s] Equal steps of at most one second between two times, both included."""
    if to_s <= from_s:
        return np.array((from_s, to_s))
    return np.linspace(from_s, to_s, math.ceil((to_s - from_s) / STEP_S) + 1)


def _array(value: float | Floats) -> Floats:
    return np.asarray(value, dtype=np.float64)
