"""The surface below the clouds, in one word, from the names and codes that the sets use."""

import re

BARREN, FOREST, GRASS, SHRUBLAND = "barren", "forest", "grass", "shrubland"
SNOW, URBAN, WATER, WETLANDS = "snow", "urban", "water", "wetlands"

# The eight biomes of the USGS validation scenes, https://doi.org/10.5066/F7251GDH.
_BIOMES = {
    "Barren": BARREN,
    "Forest": FOREST,
    "GrassCrops": GRASS,
    "Shrubland": SHRUBLAND,
    "SnowIce": SNOW,
    "Urban": URBAN,
    "Water": WATER,
    "Wetlands": WETLANDS,
}
_BY_LETTERS = {name.lower(): surface for name, surface in _BIOMES.items()}
_BIOME_SCENE = re.compile(rf"(?:^|_)(?P<biome>{'|'.join(_BIOMES)})_\d+(?=_|$)")

# ESA WorldCover and the Copernicus 100 m land cover number their common classes alike.
_LAND_COVER = {
    10: FOREST,
    20: SHRUBLAND,
    30: GRASS,
    40: GRASS,
    50: URBAN,
    60: BARREN,
    70: SNOW,
    80: WATER,
    90: WETLANDS,
    95: WETLANDS,
    200: WATER,
} | dict.fromkeys(range(111, 127), FOREST)


def of_biome(name: str) -> str:
    """The surface of a folder named after a biome (`SnowIce`, `snow_ice`, `Grass/Crops`); else empty."""
    return _BY_LETTERS.get(re.sub(r"[^a-z]", "", name.lower()), "")


def find_biome_scene(text: str) -> re.Match[str] | None:
    """Find a biome scene within a name: in `l8biome_SnowIce_00_1415` it is `SnowIce_00`."""
    return _BIOME_SCENE.search(text)


def of_name(text: str) -> str:
    """The surface in the name of a scene (`Forest_01`); empty if there is none."""
    match = find_biome_scene(text)
    return _BIOMES[match["biome"]] if match else ""


def of_land_cover(code: str) -> str:
    """The surface of a land cover code; empty if there is no code, or none with a surface here.

    Source: the class codes of ESA WorldCover (10 tree cover to 95 mangroves) and of the Copernicus
    Global Land Cover at 100 m (20 shrubs to 90 wetland, 111 to 126 forests, 200 open sea).
    """
    try:
        return _LAND_COVER.get(int(float(code)), "")
    except ValueError:
        return ""
