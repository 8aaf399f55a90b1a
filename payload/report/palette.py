"""Colours, each for a light and a dark background. The figures hold the light ones; the page exchanges them.

Fates and arms keep their colour on the whole page. Meaning is never conveyed by colour alone: everything is labelled.
"""

LIGHT: dict[str, str] = {
    "paper": "#ffffff",
    "ink": "#17212b",
    "muted": "#5a6875",
    "line": "#dde3e9",
    "land": "#e4e8ec",
    "water": "#f8fafb",
    "accent": "#1b66ab",
    "alarm": "#b5432b",
    "delivered": "#1c67ac",
    "saved": "#4fa89a",
    "pruned": "#a9b4bf",
    "on_board": "#e2a53a",
    "overflowed": "#cf5b43",
    "lost": "#85478f",
    "raw": "#7b8894",
    "compressed": "#b07f2c",
    "discard": "#9a6d8e",
    "prune": "#1d68ad",
    "mask": "#3d8a99",
    "oracle": "#2f8f6b",
    "capacity": "#d3dce5",
    "track": "#94a9bd",
    "cloud": "#a3abb4",
}
DARK: dict[str, str] = {
    "paper": "#12181f",
    "ink": "#e6ebf0",
    "muted": "#98a6b3",
    "line": "#2a3440",
    "land": "#2b3642",
    "water": "#161d25",
    "accent": "#6cb4f2",
    "alarm": "#f08c76",
    "delivered": "#4d9fe4",
    "saved": "#52b5a5",
    "pruned": "#66727f",
    "on_board": "#e0aa4e",
    "overflowed": "#e2765f",
    "lost": "#b57cc0",
    "raw": "#93a0ac",
    "compressed": "#cfa055",
    "discard": "#c096b5",
    "prune": "#5aa9ec",
    "mask": "#63b3c4",
    "oracle": "#55bd94",
    "capacity": "#35424f",
    "track": "#5d7388",
    "cloud": "#8e99a6",
}


def exchange() -> dict[str, str]:
    """Map each light colour to its dark one; all light colours differ, so nothing is lost."""
    return {LIGHT[name]: DARK[name] for name in LIGHT}


def faint(name: str) -> str:
    """A light colour with an alpha of 0.35, as #rrggbbaa, for a sankey's ribbons and other large areas."""
    return LIGHT[name] + FAINT


FAINT = "59"
"""Alpha of 0.35 as two hexadecimal digits; the page exchanges the colour in front of it and keeps it."""
