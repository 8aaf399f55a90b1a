"""The package behind the extra `codecs`, imported only where used, so that the codecs exist without it."""

from types import ModuleType

from payload.errors import PluginError

PACKAGES = ("imagecodecs",)
"""Packages that the codecs using it depend on."""
FAILURES = (RuntimeError, ValueError, TypeError, OverflowError, MemoryError)
"""What imagecodecs raises on payloads that are not its own."""


def imagecodecs(kind: str) -> ModuleType:
    """The package imagecodecs.

    Args:
        kind: Kind of the codec that needs it.

    Raises:
        PluginError: It is not installed.
    """
    try:
        import imagecodecs as guest  # noqa: PLC0415 - it may be absent
    except ImportError as error:
        raise PluginError(
            f"the codec {kind!r} needs imagecodecs: pip install 'payload-sim[codecs]'"
        ) from error
    return guest
