"""The guest of the extra `codecs`: imported where it is used, so that codecs have names without it."""

from types import ModuleType

from payload.errors import PluginError

PACKAGES = ("imagecodecs",)
"""What codecs lean on that use it."""
FAILURES = (RuntimeError, ValueError, TypeError, OverflowError, MemoryError)
"""What imagecodecs raises at payloads that are none of its own."""


def imagecodecs(kind: str) -> ModuleType:
    """The package imagecodecs.

    Args:
        kind: Of the codec that needs it.

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
