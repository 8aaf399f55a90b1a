"""Does a network fit a processor, and how fast does it run there if the processor was timed with another?"""

from dataclasses import replace

from payload.energy.profiles import ComputeProfile
from payload.errors import ScenarioError
from payload.types import Footprint
from payload.units import BYTES_PER_MB, PX_PER_MPX


def needs_footprint(profile: ComputeProfile, *, scale: bool) -> bool:
    """Whether the network's footprint is needed before it flies on this processor."""
    limits = (profile.memory_mb, profile.ops_per_s)
    return scale or any(limit is not None for limit in limits)


def fit(profile: ComputeProfile, network: Footprint | None, *, scale: bool) -> ComputeProfile:
    """The profile as it applies to a network, with the speed derived from operations where needed.

    Args:
        profile: The processor.
        network: The network that flies; None for a masker that is not a network.
        scale: Whether a speed measured on another network is scaled by operations per pixel. That is an
            assumption: processors reach different shares of their peak on different networks.

    Raises:
        ScenarioError: The network needs more memory, or more operations per second, than the profile
            provides; or its speed cannot be determined.
    """
    if network is None:
        if profile.mpx_per_s is None or scale:
            raise ScenarioError(
                f"the speed of {profile.name!r} follows from the operations of a network, but this"
                " masker has no network: use a profile with mpx_per_s, and omit"
                " scale_by_operations"
            )
        return profile
    _check_memory(profile, network)
    if profile.mpx_per_s is None:
        return _from_operations(profile, network)
    fitted = _scaled(profile, network) if scale else profile
    _check_operations(fitted, network, scaled=scale)
    return fitted


def _check_memory(profile: ComputeProfile, network: Footprint) -> None:
    wanted_mb = (network.weight_bytes + network.activation_bytes) / BYTES_PER_MB
    if profile.memory_mb is not None and wanted_mb > profile.memory_mb:
        raise ScenarioError(
            f"{network.model} does not fit {profile.name!r}: weights of"
            f" {network.weight_bytes / BYTES_PER_MB:.3g} MB and activations of"
            f" {network.activation_bytes / BYTES_PER_MB:.3g} MB, with tiles of {network.tile_px}"
            f" px, exceed its {profile.memory_mb:g} MB; use a smaller network or smaller tiles"
            " (pruning.tile_px)"
        )


def _check_operations(profile: ComputeProfile, network: Footprint, *, scaled: bool) -> None:
    if profile.ops_per_s is None or profile.mpx_per_s is None:
        return
    wanted = profile.mpx_per_s * PX_PER_MPX * network.ops_per_px
    if wanted > profile.ops_per_s:
        remedy = "" if scaled else ", or scale the speed (computer.scale_by_operations)"
        raise ScenarioError(
            f"{network.model} takes {network.ops_per_px:,.0f} operations a pixel:"
            f" {profile.mpx_per_s:g} Mpx/s, as timed on {profile.workload!r}, would need"
            f" {wanted:.3g} operations a second, more than the"
            f" {profile.ops_per_s:.3g} of {profile.name!r}; use a smaller network{remedy}"
        )


def _from_operations(profile: ComputeProfile, network: Footprint) -> ComputeProfile:
    assert profile.ops_per_s is not None  # a profile has one or the other
    speed = profile.ops_per_s * profile.efficiency / network.ops_per_px / PX_PER_MPX
    return replace(profile, mpx_per_s=speed, status="assumed")


def _scaled(profile: ComputeProfile, network: Footprint) -> ComputeProfile:
    if profile.workload_ops_per_px is None or profile.mpx_per_s is None:
        raise ScenarioError(
            f"{profile.name!r} does not state how many operations a pixel {profile.workload!r}"
            " takes, so its speed cannot be scaled: omit scale_by_operations, or use a profile"
            " with workload_ops_per_px, as written by `payload-sim profile`"
        )
    ratio = profile.workload_ops_per_px / network.ops_per_px
    return replace(profile, mpx_per_s=profile.mpx_per_s * ratio, status="assumed")


def enlarged(network: Footprint, times: float) -> Footprint:
    """A network enlarged by a factor: weights and operations grow by it, activations by its square root.

    Assumption: a network of the same depth that is wider by the square root of `times`.
    """
    if times == 1.0:
        return network
    return replace(
        network,
        model=f"{network.model} x {times:g}",
        weight_bytes=round(network.weight_bytes * times),
        activation_bytes=round(network.activation_bytes * times**0.5),
        ops_per_px=network.ops_per_px * times,
    )


def slowed(profile: ComputeProfile, times: float) -> ComputeProfile:
    """The processor running a network `times` as large as the one it was timed with."""
    if profile.mpx_per_s is None or times == 1.0:
        return profile  # no change, or the speed follows from operations anyway
    return replace(profile, mpx_per_s=profile.mpx_per_s / times, status="assumed")


def assumption(
    asked: ComputeProfile, flown: ComputeProfile, network: Footprint | None
) -> str | None:
    """What is assumed about the speed, in a sentence; None if it is taken from the profile as it stands."""
    if network is None or asked.mpx_per_s == flown.mpx_per_s:
        return None
    if asked.mpx_per_s is None:
        share = f"{100 * asked.efficiency:g} % of {asked.ops_per_s:.3g} operations a second"
        return (
            f"assumption: {asked.name} reaches {share} on {network.model}, {network.ops_per_px:,.0f} a pixel: "
            f"{flown.mpx_per_s:.3g} Mpx/s"
        )
    return (
        f"assumption: the speed of {asked.name}, {asked.mpx_per_s:g} Mpx/s on {asked.workload}, is scaled by "
        f"operations a pixel ({asked.workload_ops_per_px:,.0f} to {network.ops_per_px:,.0f}) to "
        f"{flown.mpx_per_s:.3g} Mpx/s"
    )


def check_watts(profile: ComputeProfile) -> None:
    """Check that the profile states the power a battery must supply.

    Raises:
        ScenarioError: The profile does not state it.
    """
    if not profile.says_watts:
        raise ScenarioError(
            f"{profile.name!r} does not state active_w, which a battery needs: add it to the"
            " profile (`payload-sim profile --active-w`), or omit the section power"
        )


def check_starts(profile: ComputeProfile) -> None:
    """Check that the profile of a processor that starts for each image states how long a start takes.

    Raises:
        ScenarioError: It does not.
    """
    if profile.boot_s is None:
        raise ScenarioError(
            f"{profile.name!r} does not state boot_s, which a processor that is off between images"
            " needs: add it in a profile of your own, or set power_on to always"
        )
