"""The sections `computer` and `power`: what computes on board, and what powers it."""

from typing import Literal, Self

from pydantic import Field, model_validator

from payload.scenario.paths import ProfileChoice
from payload.scenario.section import Section, Share


class DeadlineModel(Section):
    """The deadline for masking a tile, and what happens to a tile that misses it."""

    after_exposure_s: float | None = Field(
        None, gt=0, le=1e9, description="[s] From the exposure of the image."
    )
    at_next_contact: bool = Field(
        False, description="By the satellite's next contact with any station after the exposure."
    )
    policy: Literal["sent_unmasked", "dropped", "kept"] = Field(
        "sent_unmasked",
        description="A tile that the processor has no time for is sent unmasked, still "
        "compressed; or dropped; or kept and masked late.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.after_exposure_s is None) == (not self.at_next_contact):
            raise ValueError("a deadline needs exactly one of: after_exposure_s, at_next_contact")
        return self


class ComputerModel(Section):
    """The on-board computer."""

    profile: ProfileChoice = Field(
        "myriad2-cloudscout",
        description="Speed and power: a packaged profile by name, or your own file (.json, "
        ".yaml) as written by `payload-sim profile`.",
    )
    scale_by_operations: bool = Field(
        False,
        description="Scale the profile's speed by operations per pixel, from the network it was "
        "timed with to the one flown. Assumption: both reach the same share of the processor's "
        "peak.",
    )
    network_times: float = Field(
        1.0,
        gt=0,
        le=1e6,
        description="Charge for a network this many times as large with the same output: as many "
        "times slower and heavier, with its square root times the activations. Assumption; 825 "
        "is nnU-Net's default plan against the packaged network.",
    )
    deadline: DeadlineModel | None = Field(
        None, description="By when a tile must be masked; if omitted, it waits for its turn."
    )
    power_on: Literal["always", "per_image"] = Field(
        "always",
        description="`per_image`: the processor is off between images and boots (the profile's "
        "boot_s and boot_j) when work arrives.",
    )
    compression_mpx_per_s: float = Field(
        10.0,
        gt=0,
        le=1e6,
        description="[Mpx/s] On-board compression, for each trial of loss.bits_per_sample. "
        "Assumption: 10, by a separate image core.",
    )


class LowestChargeModel(Section):
    """State of charge below which an activity is not started; it is made up for later.

    Whatever these limits are, nothing is started while the battery is empty. The radio checks before each burst.
    """

    imaging: Share = Field(0.3, description="Share of the capacity. Assumption: 0.3.")
    processing: Share = Field(0.3, description="Share of the capacity. Assumption: 0.3.")
    transmitting: Share = Field(0.2, description="Share of the capacity. Assumption: 0.2.")
    resume_margin: Share = Field(
        0.02,
        description="Share of the capacity above the lowest charge at which waiting activities "
        "resume. Assumption: 0.02.",
    )


class ThermalModel(Section):
    """One thermal node: electronics and structure together, radiating to space.

    Only the processor is throttled and stopped; camera and radio work at any temperature.
    """

    heat_capacity_j_k: float = Field(
        gt=0, le=1e7, description="[J/K] Heat capacity; some hundreds for a CubeSat's stack."
    )
    radiator_m2: float = Field(ge=1e-4, le=1e4, description="[m2] Area that radiates to space.")
    emissivity: float = Field(
        0.85,
        ge=0.01,
        le=1,
        description="Emissivity of that area. Assumption: 0.85, a white or black paint.",
    )
    absorbed_sun_w: float = Field(
        0.0, ge=0, le=1e6, description="[W] Absorbed in full sunlight; none in shadow."
    )
    absorbed_earth_w: float = Field(
        0.0, ge=0, le=1e6, description="[W] Absorbed from the Earth's infrared and albedo, always."
    )
    initial_c: float = Field(
        15.0, ge=-100, le=150, description="[deg C] At the epoch. Assumption: 15."
    )
    throttle_temp_c: float | None = Field(
        None,
        ge=-100,
        le=300,
        description="[deg C] Temperature from which the processor slows down; the profile's own "
        "if omitted.",
    )
    throttle_speed: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Share of speed and of active power that a throttled processor keeps. "
        "Assumption: 0.5.",
    )
    stop_temp_c: float | None = Field(
        None,
        ge=-100,
        le=300,
        description="[deg C] Temperature from which nothing is processed; the profile's own if "
        "omitted.",
    )
    resume_below_stop_k: float = Field(
        5.0,
        gt=0,
        le=100,
        description="[K] Processing resumes once this much cooler. Assumption: 5.",
    )


class PowerModel(Section):
    """What the satellite's array generates, its battery stores and its parts draw."""

    array_w: float = Field(
        gt=0,
        le=1e6,
        description="[W] Solar array power at the bus, in full light at normal incidence.",
    )
    pointing: Literal["sun_tracking", "fixed"] = Field(
        "sun_tracking",
        description="The array tracks the Sun, or is fixed to a nadir-pointing satellite and "
        "yields the cosine of the Sun's angle. Slews to targets are ignored.",
    )
    panel_face: Literal["zenith", "nadir", "ahead", "behind", "left", "right"] = Field(
        "zenith", description="Which way a fixed array faces."
    )
    battery_wh: float = Field(gt=0, le=1e6, description="[Wh] Battery capacity.")
    charge_efficiency: float = Field(
        0.95,
        gt=0,
        le=1,
        description="Share of the energy flowing in that is stored. Assumption: 0.95.",
    )
    discharge_efficiency: float = Field(
        0.95,
        gt=0,
        le=1,
        description="Share of the energy flowing out that arrives. Assumption: 0.95.",
    )
    initial_charge: Share = Field(1.0, description="State of charge at the epoch.")
    bus_w: float = Field(ge=0, le=1e6, description="[W] Power of all always-on loads.")
    camera_w: float = Field(
        0.0, ge=0, le=1e6, description="[W] Power of the camera while it is on."
    )
    camera_on_s: float = Field(
        10.0,
        ge=0,
        le=3600,
        description="[s] How long the camera is on per image, from the closing of the shutter: "
        "read-out. Assumption: 10.",
    )
    radio_tx_w: float = Field(
        0.0, ge=0, le=1e6, description="[W] Power of the radio while it sends frames."
    )
    radio_idle_w: float = Field(
        0.0,
        ge=0,
        le=1e6,
        description="[W] Power of the radio while it sends none, in and outside contacts.",
    )
    lowest_charge: LowestChargeModel = Field(
        default_factory=LowestChargeModel, description="Which activities wait at low charge."
    )
    thermal: ThermalModel | None = Field(
        None, description="Heat balance; if omitted, nothing is throttled or stopped."
    )
