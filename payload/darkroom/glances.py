"""Glances at many views: in one go where the source of scenes can, else one after another."""

from collections.abc import Sequence

from payload.ports import Glancing, GlancingAtMany
from payload.types import Glance, View, Window


def glances_at(
    source: Glancing, views: Sequence[View], windows: Sequence[Window]
) -> list[list[Glance]]:
    """What windows of each view's scene hold.

    Raises:
        ImageryError: There is no such view.
    """
    if isinstance(source, GlancingAtMany):
        return source.glance_at_many(views, windows)
    return [source.glance(view, windows) for view in views]
