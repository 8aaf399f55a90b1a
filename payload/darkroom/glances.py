"""Glances at many views: together if the scene source can do that, otherwise one after another."""

from collections.abc import Sequence

from payload.ports import Glancing, GlancingAtMany
from payload.types import Glance, View, Window


def glances_at(
    source: Glancing, views: Sequence[View], windows: Sequence[Window]
) -> list[list[Glance]]:
    """Glances at windows of each view's scene.

    Raises:
        ImageryError: There is no such view.
    """
    if isinstance(source, GlancingAtMany):
        return source.glance_at_many(views, windows)
    return [source.glance(view, windows) for view in views]
