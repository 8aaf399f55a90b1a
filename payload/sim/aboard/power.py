"""The interface of a satellite's power system, and the implementation for unlimited power."""

import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal, Protocol

from payload.sim.ground import Story

Activity = Literal["imaging", "processing", "transmitting"]
COMPUTER, IDLE_COMPUTER, BUS, CAMERA, RADIO = "computer", "computer_idle", "bus", "camera", "radio"


class Power(Protocol):
    """The power system of a satellite, as the rest of the satellite uses it."""

    @property
    def is_limited(self) -> bool:
        """Whether power comes from a battery, which can run low."""
        ...

    @property
    def speed(self) -> float:
        """Share of its full speed at which the processor may work now."""
        ...

    def allows(self, activity: Activity, subject: str) -> bool:
        """Whether an activity may begin now; a refusal is logged."""
        ...

    def may(self, activity: Activity) -> bool:
        """Whether an activity may begin now; nothing is logged."""
        ...

    def hold_back(self, activity: Activity, subject: str, until_s: float = math.inf) -> Story:
        """Wait until an activity may begin, at most until a given time; logged once for the same subject and time."""
        ...

    def use_camera(self, subject: str) -> None:
        """Draw the camera's power for an image that was taken."""
        ...

    def transmit(self, subject: str) -> AbstractContextManager[None]:
        """Draw transmission power instead of idle power while the radio sends frames."""
        ...

    def compute(self, watts: float, *, is_slow: bool = False) -> AbstractContextManager[None]:
        """Draw power while the processor works; its energy is booked by the caller."""
        ...

    def wake(self, *, is_on: bool) -> None:
        """Switch the processor on, so that it draws its idle power, or off."""
        ...

    def come_to_rest(self) -> None:
        """Close the books."""
        ...


_FREE = nullcontext()


@dataclass(frozen=True)
class Unlimited:
    """Unlimited power: what a scenario without a section `power` flies with."""

    speed: float = 1.0
    is_limited: bool = False

    def allows(self, activity: Activity, subject: str) -> bool:  # noqa: ARG002
        """Always."""
        return True

    def may(self, activity: Activity) -> bool:  # noqa: ARG002
        """Always."""
        return True

    def hold_back(
        self,
        activity: Activity,  # noqa: ARG002
        subject: str,  # noqa: ARG002
        until_s: float = math.inf,  # noqa: ARG002
    ) -> Story:
        """Never wait."""
        yield from ()

    def use_camera(self, subject: str) -> None:
        """Costs nothing."""

    def transmit(self, subject: str) -> AbstractContextManager[None]:  # noqa: ARG002
        """Costs nothing."""
        return _FREE

    def compute(
        self,
        watts: float,  # noqa: ARG002
        *,
        is_slow: bool = False,  # noqa: ARG002
    ) -> AbstractContextManager[None]:
        """Costs what the profile states, which is booked elsewhere."""
        return _FREE

    def wake(self, *, is_on: bool) -> None:
        """Costs nothing."""

    def come_to_rest(self) -> None:
        """Books no balance."""
