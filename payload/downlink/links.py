"""A link with one rate, whatever the geometry."""

from dataclasses import dataclass

import numpy as np

from payload.downlink import framing
from payload.registry import option
from payload.types import ContactWindow, Ephemeris, RateProfile
from payload.units import BPS_PER_MBPS


@dataclass(frozen=True, slots=True)
class Fixed:
    """One rate above the station's mask, from lock to loss of signal.

    Raises:
        ScenarioError: A frame's payload is not shorter than the frame.
    """

    rate_mbps: float = option(
        description="[Mbit/s] Rate of transfer frames on the channel, net of coding.",
        gt=0.0,
        le=1e6,
    )
    acquisition_s: float = option(**framing.ACQUISITION_S)
    frame_bytes: int = option(**framing.FRAME_BYTES)
    frame_payload_bytes: int = option(**framing.FRAME_PAYLOAD_BYTES)
    frame_loss: float = option(
        0.0,
        description="Probability that a frame does not arrive, independently.",
        ge=0.0,
        lt=1.0,
    )
    max_resends: int = option(**framing.MAX_RESENDS)

    def __post_init__(self) -> None:
        framing.check_frame(self.frame_bytes, self.frame_payload_bytes)

    def profile(
        self,
        window: ContactWindow,
        ephemeris: Ephemeris | None = None,  # noqa: ARG002 - rate without geometry
    ) -> RateProfile:
        """The rate from lock to loss of signal; a pass too short to reach lock carries nothing."""
        lock_s = min(window.aos_s + self.acquisition_s, window.los_s)
        return RateProfile(
            time_s=np.array((lock_s, window.los_s)),
            rate_bps=np.array((self.rate_mbps * BPS_PER_MBPS, 0.0)),
            frame_bytes=self.frame_bytes,
            frame_payload_bytes=self.frame_payload_bytes,
            frame_loss=self.frame_loss,
        )
