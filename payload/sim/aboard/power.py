"""What a satellite asks of its power system, and the one that is never asked twice."""

import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal, Protocol

from payload.sim.ground import Story

Activity = Literal["imaging", "processing", "transmitting"]
COMPUTER, IDLE_COMPUTER, BUS, CAMERA, RADIO = "computer", "computer_idle", "bus", "camera", "radio"


class Power(Protocol):
    """What a satellite asks of its power system."""

    @property
    def is_limited(self) -> bool:
        """Whether there is a battery behind it."""
        ...

    @property
    def speed(self) -> float:
        """Share of its speed at which the processor may work now."""
        ...

    def allows(self, activity: Activity, subject: str) -> bool:
        """Whether something may be done now; a refusal is noted."""
        ...

    def may(self, activity: Activity) -> bool:
        """Whether something may be done now; nobody is told."""
        ...

    def hold_back(self, activity: Activity, subject: str, until_s: float = math.inf) -> Story:
        """Wait until something may be done, at most until a time; told once of the same subject and time."""
        ...

    def use_camera(self, subject: str) -> None:
        """An image was taken."""
        ...

    def transmit(self, subject: str) -> AbstractContextManager[None]:
        """The radio sends frames, instead of idling."""
        ...

    def compute(self, watts: float, *, is_slow: bool = False) -> AbstractContextManager[None]:
        """The processor works; its joules are booked by who has it work."""
        ...

    def wake(self, *, is_on: bool) -> None:
        """The processor is on, and draws its idle power, or off."""
        ...

    def come_to_rest(self) -> None:
        """Close the books."""
        ...


_FREE = nullcontext()


@dataclass(frozen=True)
class Unlimited:
    """Power for the asking: what a scenario without a section `power` flies with."""

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
        """Not for a moment."""
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
        """Costs what the profile says, which is booked elsewhere."""
        return _FREE

    def wake(self, *, is_on: bool) -> None:
        """Costs nothing."""

    def come_to_rest(self) -> None:
        """Leaves no balance."""
