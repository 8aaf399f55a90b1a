"""What a link carries: its budget at an elevation, the volumes of passes, and the progress of an upload."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from payload.downlink import capacity_bytes
from payload.downlink.uplink import Upload
from payload.ports import Link, LinkBudget
from payload.types import ContactWindow, Ephemeris
from payload.units import BPS_PER_KBPS, BPS_PER_MBPS, BYTES_PER_MB

_ALIKE = 1.06
"""Ratio of distances up to which they are alike: half a decibel."""


@dataclass(frozen=True, slots=True)
class Passes:
    """What the passes of one satellite carry.

    Attributes:
        count: Number of passes.
        least_bytes: [byte] In transfer frames, of the poorest pass.
        mean_bytes: [byte] Mean over all passes.
        most_bytes: [byte] Of the richest pass.
        peak_bps: [bit/s] Highest rate in any pass.
    """

    count: int
    least_bytes: int
    mean_bytes: float
    most_bytes: int
    peak_bps: float


@dataclass(frozen=True, slots=True, eq=False)
class LinkReport:
    """The link of a scenario.

    Attributes:
        kind: Kind of link.
        satellite: The sender.
        station: The receiver.
        elevation_deg: [deg] Elevation at which the budget holds.
        nearest_km: [km] Least distance at that elevation in the flight; None if the satellite never stands there.
        farthest_km: [km] Greatest distance there, at which the budget is computed.
        budget: None for a link that has none.
        passes: Passes of the satellite over all stations; None if there are none.
        uplink_rate_bps: [bit/s] Data rate of the uplink.
        upload: How an upload would proceed.
        complete_utc: When the upload is complete; None if it is not.
    """

    kind: str
    satellite: str
    station: str
    elevation_deg: float
    nearest_km: float | None
    farthest_km: float | None
    budget: LinkBudget | None
    passes: Passes | None
    uplink_rate_bps: float
    upload: Upload
    complete_utc: str | None

    def lines(self) -> list[str]:
        """The report as lines of text."""
        return [*self._budget_lines(), *self._pass_lines(), self._upload_line()]

    def _budget_lines(self) -> list[str]:
        if self.budget is None:
            rate = self.passes.peak_bps / BPS_PER_MBPS if self.passes else None
            told = (
                "without a pass, its rate is unknown"
                if rate is None
                else f"it carries {rate:g} Mbit/s"
            )
            return [f"A link of kind `{self.kind}` has no budget: {told}, whatever the elevation."]
        found = self.budget
        rows = [
            f"{self.satellite} to {self.station} at {self.elevation_deg:g} deg, {found.range_km:.1f} km",
            "",
        ]
        for item in found.lines:
            value = float(item.value)
            rows.append(f"{item.name:<22} {value:10.3f} {item.unit:<10} {item.how}")
        rows.append("")
        if found.modcod is None or found.threshold_db is None or found.spare_db is None:
            rows.append("No MODCOD closes the link here.")
        else:
            rows.append(
                f"{found.modcod} (threshold {found.threshold_db:.2f} dB, {found.spare_db:.2f} dB above"
                f" the margin): {found.rate_bps / BPS_PER_MBPS:.2f} Mbit/s"
            )
        return [*rows, *self._distance_lines(), *found.notes]

    def _distance_lines(self) -> list[str]:
        """What to know about the distance, if it is not much the same in every pass."""
        if self.nearest_km is None or self.farthest_km is None:
            return [
                f"{self.satellite} never stands at {self.elevation_deg:g} deg: the mean radius of its orbit is taken."
            ]
        if self.farthest_km < _ALIKE * self.nearest_km:
            return []
        span = f"{self.nearest_km:,.0f} to {self.farthest_km:,.0f} km away"
        return [
            f"At {self.elevation_deg:g} deg {self.satellite} is {span}: the budget is that of the farthest."
        ]

    def _pass_lines(self) -> list[str]:
        found = self.passes
        if found is None:
            return ["There are no passes."]
        least, mean, most = (
            value / BYTES_PER_MB
            for value in (found.least_bytes, found.mean_bytes, found.most_bytes)
        )
        volumes = f"least {least:.1f} MB, mean {mean:.1f} MB, most {most:.1f} MB"
        peak = f"at most {found.peak_bps / BPS_PER_MBPS:.2f} Mbit/s"
        return [f"Passes of {self.satellite}: {found.count}; {volumes}; {peak}"]

    def _upload_line(self) -> str:
        up, rate = self.upload, self.uplink_rate_bps / BPS_PER_KBPS
        passes = f"{len(up.passes)} pass{'' if len(up.passes) == 1 else 'es'}"
        what = f"Up: {up.size_bytes:,} bytes at {rate:g} kbit/s"
        if up.complete_s is None:
            return f"{what}: incomplete after {passes}, {up.sent_bytes:,} bytes were uploaded"
        return f"{what}: complete after {passes}, at {self.complete_utc}"


def pass_volumes(
    link: Link, windows: Sequence[ContactWindow], ephemeris: Ephemeris
) -> Passes | None:
    """What each pass carries on its own, whether or not others overlap it; None if there are no passes."""
    profiles = [(item, link.profile(item, ephemeris)) for item in windows]
    if not profiles:
        return None
    volumes = [capacity_bytes(found, item.aos_s, item.los_s) for item, found in profiles]
    return Passes(
        count=len(volumes),
        least_bytes=min(volumes),
        mean_bytes=float(np.mean(volumes)),
        most_bytes=max(volumes),
        peak_bps=max(float(found.rate_bps.max()) for _, found in profiles),
    )
