"""A single thermal node, warmed by dissipated and absorbed heat and cooled by radiation.

    C dT/dt = Q - e s A T^4

With constant Q the equation has a closed-form solution, so that a flight steps from event to event:

    t = C / (4 e s A E^3) [ ln |(E + T) / (E - T)| + 2 arctan(T / E) ],   E = (Q / e s A)^(1/4)

between two temperatures on the same side of the equilibrium E; with Q = 0, T^-3 grows linearly.

Source: Gilmore (ed.), Spacecraft Thermal Control Handbook, vol. I, 2002, the energy balance of an
isothermal node; its integral is elementary (partial fractions of 1 / (E^4 - T^4)).
"""

import math
from dataclasses import dataclass

STEFAN_BOLTZMANN = 5.670374419e-8
"""[W/m2/K4] Source: CODATA 2018, exact in the SI of 2019."""
ZERO_C_K = 273.15
_NEGLIGIBLE = 0.005  # equilibrium over temperature below which heat is under 1e-9 of radiation
_SAME_K = 1e-9


@dataclass(frozen=True, slots=True)
class Body:
    """The body that is warmed.

    Attributes:
        capacity_j_k: [J/K] Heat capacity.
        area_m2: [m2] Area that radiates to space.
        emissivity: Of that area.
    """

    capacity_j_k: float
    area_m2: float
    emissivity: float

    @property
    def radiance_w_k4(self) -> float:
        """[W/K4] Radiated power over the fourth power of the temperature."""
        return STEFAN_BOLTZMANN * self.emissivity * self.area_m2

    def equilibrium_k(self, heat_w: float) -> float:
        """[K] The temperature at which heat in equals heat out."""
        return float((max(heat_w, 0.0) / self.radiance_w_k4) ** 0.25)

    def seconds_between(self, start_k: float, end_k: float, heat_w: float) -> float:
        """[s] Time from one temperature to another under constant heat; infinite if it is never reached."""
        if start_k == end_k:
            return 0.0
        rest_k = self.equilibrium_k(heat_w)
        if rest_k < _NEGLIGIBLE * start_k:
            cooled = end_k**-3 - start_k**-3
            seconds = cooled * self.capacity_j_k / (3 * self.radiance_w_k4)
            return seconds if seconds > 0 else math.inf
        towards = (end_k - start_k) * (rest_k - start_k) > 0
        if not towards or abs(end_k - start_k) >= abs(rest_k - start_k):
            return math.inf
        scale_s = self.capacity_j_k / (4 * self.radiance_w_k4 * rest_k**3)
        # (E+T1)/(E+T0) x (E-T0)/(E-T1), in a form that stays accurate near the equilibrium
        gaps = math.log((rest_k - start_k) / (rest_k - end_k))
        sums = math.log((rest_k + end_k) / (rest_k + start_k))
        turns = math.atan(end_k / rest_k) - math.atan(start_k / rest_k)
        return scale_s * (gaps + sums + 2 * turns)

    def after(self, seconds: float, start_k: float, heat_w: float) -> float:
        """[K] Temperature after a time of constant heat: the closed form, inverted by bisection."""
        if seconds <= 0:
            return start_k
        rest_k = self.equilibrium_k(heat_w)
        if rest_k < _NEGLIGIBLE * start_k:
            return float(
                (start_k**-3 + 3 * self.radiance_w_k4 * seconds / self.capacity_j_k) ** (-1 / 3)
            )
        near, far = start_k, rest_k  # never reaches the latter
        while abs(far - near) > max(_SAME_K, math.ulp(near), math.ulp(far)):
            middle = 0.5 * (near + far)
            if self.seconds_between(start_k, middle, heat_w) < seconds:
                near = middle
            else:
                far = middle
        return near


@dataclass(slots=True)
class Node:
    """The temperature of a body as time passes."""

    body: Body
    temperature_k: float
    hottest_k: float = 0.0

    def __post_init__(self) -> None:
        self.hottest_k = self.temperature_k

    @property
    def temperature_c(self) -> float:
        """[deg C] Now."""
        return self.temperature_k - ZERO_C_K

    def pass_time(self, seconds: float, heat_w: float) -> None:
        """Let time pass under constant heat."""
        self.temperature_k = self.body.after(seconds, self.temperature_k, heat_w)
        self.hottest_k = max(self.hottest_k, self.temperature_k)
