"""Links: the rate of a contact over time, and what becomes of frames that do not arrive."""

from dataclasses import dataclass

import numpy as np

from payload.errors import ScenarioError
from payload.registry import option
from payload.types import ContactWindow, Ephemeris, RateProfile
from payload.units import BPS_PER_MBPS


@dataclass(frozen=True, slots=True)
class Fixed:
    """One rate above the station's mask, from lock to loss of signal.

    Raises:
        ScenarioError: A frame carries no less than its own length.
    """

    rate_mbps: float = option(
        description="[Mbit/s] Rate of transfer frames on the channel, coding already taken off.",
        gt=0.0,
        le=1e6,
    )
    acquisition_s: float = option(
        10.0,
        description="[s] From the rise above the mask to lock; nothing flows before."
        " Assumption: 10 s.",
        ge=0.0,
        le=3600.0,
    )
    frame_bytes: int = option(
        1115,
        description="[byte] A transfer frame on the channel. 1115 fills a CCSDS Reed-Solomon block"
        " (255, 223) of interleaving 5 (CCSDS 131.0, 132.0).",
        ge=16,
        le=65_536,
    )
    frame_payload_bytes: int = option(
        1107,
        description="[byte] What a frame carries of tile records: 1115 less 6 of header and 2 of"
        " frame error control (CCSDS 132.0).",
        ge=1,
        le=65_535,
    )
    frame_loss: float = option(
        0.0,
        description="Probability that a frame does not arrive, each for itself.",
        ge=0.0,
        lt=1.0,
    )
    max_resends: int = option(
        3,
        description="How often the missing frames of a record are asked for again before the record"
        " is given up as lost.",
        ge=0,
        le=1000,
    )

    def __post_init__(self) -> None:
        if self.frame_payload_bytes >= self.frame_bytes:
            raise ScenarioError(
                f"frame_payload_bytes is {self.frame_payload_bytes}:"
                f" a frame of {self.frame_bytes} bytes needs room for its header too"
            )

    def profile(
        self,
        window: ContactWindow,
        ephemeris: Ephemeris | None = None,  # noqa: ARG002 - rate without geometry
    ) -> RateProfile:
        """The rate from lock to loss of signal; too short a pass for lock carries nothing."""
        lock_s = min(window.aos_s + self.acquisition_s, window.los_s)
        return RateProfile(
            time_s=np.array((lock_s, window.los_s)),
            rate_bps=np.array((self.rate_mbps * BPS_PER_MBPS, 0.0)),
            frame_bytes=self.frame_bytes,
            frame_payload_bytes=self.frame_payload_bytes,
            frame_loss=self.frame_loss,
        )
