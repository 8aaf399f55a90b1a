"""The loops of painting, compiled by numba: they do in one pass over a block what numpy does in many.

Each names the function that it replaces; that one is its definition, and a test compares the bytes of both.
Constants are passed in as arguments from there, so that each is defined once, and because a kernel cached on
disk does not notice when they change in another module; only those of published hashes are imported. All
arrays are contiguous.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from payload.kernels import compiled
from payload.world.hashes import PIXEL_AXES, PIXEL_MIX
from payload.world.noise_loops import (
    hash_points,
    interpolated,
    looked_up,
    mixed_bits,
    scramble,
    sphere_noise,
)

__all__ = [
    "band",
    "clear_share",
    "ground_noise",
    "halve",
    "hash_points",
    "interpolated",
    "low_depth",
    "mix",
    "parcels",
    "sample",
    "scramble",
    "sky_noise",
    "sphere_noise",
    "spread_down",
]  # including those of noise: `quick.loops` provides all of them

Field = NDArray[np.float32]
Places = NDArray[np.float64]
Bits = NDArray[np.uint64]
Terms = tuple[Any, ...]


@compiled
def clear_share(
    fields: tuple[Places, Places, Places, Places],
    bounds: tuple[float, float],
    nodes: tuple[tuple[float, float], ...],
    tables: tuple[Terms, Terms, Terms],
    found: Places,
) -> None:
    """`cover.Edges.clear_share`, shape (N,); a deviation common to all has the shape (1,)."""
    low, low_spread, ice, ice_spread = fields
    (first, step, shares), (start, stride, quantiles), (begin, pace, edges) = tables
    ice_edge, tiny = bounds
    lowest, highest, last = edges.min(), edges.max(), first + (shares.size - 1) / step
    one_low, one_ice = low_spread.size == 1, ice_spread.size == 1
    for i in range(found.size):
        spread = low_spread[0 if one_low else i]
        away = ice_spread[0 if one_ice else i]
        thin = looked_up((ice_edge - ice[i]) / max(away, tiny), first, step, shares)
        clear = 0.0
        above = (lowest - low[i]) / max(spread, tiny)
        below = (highest - low[i]) / max(spread, tiny)
        if below < first or above > last:  # so far from all edges that they all give the same
            ends = looked_up(above, first, step, shares)
            for _, weight in nodes:
                clear += weight * ends
            found[i] = clear * thin
            continue
        for share, weight in nodes:
            ice_there = ice[i] + away * looked_up(thin * share, start, stride, quantiles)
            edge = looked_up(ice_there, begin, pace, edges)
            clear += weight * looked_up((edge - low[i]) / max(spread, tiny), first, step, shares)
        found[i] = clear * thin


@compiled
def sample(
    fields: Field, up: Places, across: Places, scale: Terms, first: tuple[int, int], found: Field
) -> None:
    """`lattice.Stencil.sample_all`: fields (F, h, w) at places (H, W) on a face, into (F, H, W)."""
    count, _, width = fields.shape
    height, wide = up.shape
    factor, shift = scale
    first_row, first_col = first
    flat = fields.reshape(count, -1)
    corner = np.empty(wide, np.int64)
    down = np.empty(wide, np.float32)
    right = np.empty(wide, np.float32)
    for i in range(height):
        for j in range(wide):
            at = up[i, j] * factor + shift
            row = np.int32(at)
            down[j] = at - row
            at = across[i, j] * factor + shift
            col = np.int32(at)
            right[j] = at - col
            corner[j] = (row - first_row) * width + (col - first_col)
        for field in range(count):
            source = flat[field]
            for j in range(wide):
                k = corner[j]
                upper = source[k]
                upper += (source[k + 1] - upper) * right[j]
                lower = source[k + width]
                lower += (source[k + width + 1] - lower) * right[j]
                found[field, i, j] = upper + (lower - upper) * down[j]


@compiled
def halve(fields: Field, parts: Terms, top: int, left: int, finer: Field) -> None:
    """`lattice._halved`: fields (F, h, w) at the parents, into those at the children, (F, H, W)."""
    count, rows, cols = fields.shape
    _, height, width = finer.shape
    near, far = parts
    wide = np.empty((rows, 2 * (cols - 2)), np.float32)
    for field in range(count):
        for i in range(rows):
            for k in range(cols - 2):
                middle = fields[field, i, k + 1] * near
                wide[i, 2 * k] = middle + fields[field, i, k] * far
                wide[i, 2 * k + 1] = middle + fields[field, i, k + 2] * far
        for i in range(height):
            row = (top + i) >> 1
            other = row + 2 * ((top + i) & 1)
            for j in range(width):
                finer[field, i, j] = wide[row + 1, left + j] * near + wide[other, left + j] * far


@compiled
def ground_noise(down: Bits, across: Bits, strength: Field, rough: Terms, fields: Field) -> None:
    """`surface.Ground.refine`: add noise to fields (4, H, W), in place."""
    _, height, width = fields.shape
    slope, least, most = rough
    one = np.float32(1.0)
    for i in range(height):
        for j in range(width):
            bits = mixed_bits(down[i] ^ across[j])
            factor = min(max(one + slope * fields[3, i, j], least), most)
            for field in range(4):
                lane = np.int16(bits >> np.uint64(16 * field))
                fields[field, i, j] += np.float32(lane) * strength[field] * factor


@compiled
def sky_noise(down: Bits, across: Bits, tick: np.uint32, scales: Terms, fields: Field) -> None:
    """`clouds.Sky.refine`: add noise to fields (3, H, W), in place."""
    _, height, width = fields.shape
    steep, shift, patchy, level, strength, ice_strength = scales
    one, low_half, middle = np.float32(1.0), np.uint32(0xFFFF), np.uint32(32768)
    for i in range(height):
        for j in range(width):
            bits = mixed_bits(down[i] ^ across[j])
            first, second = np.uint32(bits), np.uint32(bits >> np.uint64(32))
            turn = np.uint32(np.uint32(np.uint32((first & low_half) - middle) * tick) + first)
            low = abs(np.float32(np.int32(turn))) * steep - shift
            turn = np.uint32(np.uint32(np.uint32((second & low_half) - middle) * tick) + second)
            ice = abs(np.float32(np.int32(turn))) * steep - shift
            strong = fields[2, i, j] * ((one + patchy * ice) * level)
            fields[2, i, j] = strong
            fields[0, i, j] += low * strong * strength
            fields[1, i, j] += ice * ice_strength


@compiled
def parcels(
    up: Places,
    across: Places,
    warp: Field,
    scale: float,
    bend: np.float32,
    around: Terms,
    region_m: np.float32,
    bits: NDArray[np.uint32],
    along: Field,
    beside: Field,
) -> None:
    """`parcels.Parcels.at`: the parcel of each pixel, and the pixel's position in it."""
    height, width = up.shape
    regions, names, first_row, first_col, cols = around
    down, right = PIXEL_AXES
    high, factor, middle, other, low = PIXEL_MIX
    half = np.float32(0.5)
    for i in range(height):
        for j in range(width):
            at = up[i, j] * scale
            row = np.floor(at)
            bent = warp[i, j] * bend
            y = np.float32(at - row) - half + bent
            at = across[i, j] * scale
            col = np.floor(at)
            x = np.float32(at - col) - half - bent
            region = np.int32(row - first_row) * cols + np.int32(col - first_col)
            cos, sin = regions[0, region], regions[1, region]
            length, breadth = regions[2, region], regions[3, region]
            place = (cos * y + sin * x) * (region_m / length)
            cell = np.floor(place)
            along[i, j] = (place - cell) * length
            one = np.uint32(np.int32(cell))
            place = (cos * x - sin * y) * (region_m / breadth)
            cell = np.floor(place)
            beside[i, j] = (place - cell) * breadth
            two = np.uint32(np.int32(cell))
            mixed = np.uint32(one * down) + np.uint32(two * right)
            mixed = np.uint32(mixed) ^ names[region]
            mixed = np.uint32(np.uint32(mixed ^ (mixed >> high)) * factor)
            mixed = np.uint32(np.uint32(mixed ^ (mixed >> middle)) * other)
            bits[i, j] = mixed ^ (mixed >> low)


@compiled
def mix(layers: Terms, colours: Field, hues: Field, glint: np.float32, bands: Field) -> None:
    """`spectra._mixed`: reflectance at the ground, into bands (4, H, W)."""
    land, sand, rock, plants, forest, town, shallow, floes = layers[:8]
    shade, lush, hue, trodden, roof, lit, snow, frozen, waves = layers[8:]
    count, height, width = bands.shape
    one = np.float32(1.0)
    for i in range(height):
        for band in range(count):
            tint = hues[band]
            soil, sandy, rocky = colours[0, band], colours[1, band], colours[2, band]
            grass, wood, track = colours[3, band], colours[4, band], colours[5, band]
            street, roofs, white = colours[6, band], colours[7, band], colours[8, band]
            deep, turbid, icy = colours[9, band], colours[10, band], colours[11, band]
            green = lush if band == count - 1 else shade
            for j in range(width):
                ground = sand[i, j] * sandy + soil
                ground += (rocky - ground) * rock[i, j]
                ground *= shade[i, j]
                ground *= hue[i, j] * tint + one
                other = (forest[i, j] * wood + grass) * green[i, j]
                ground += (other - ground) * plants[i, j]
                ground += (track - ground) * trodden[i, j]
                ground += (roof[i, j] * roofs + street - ground) * town[i, j]
                ground *= lit[i, j]
                ground += (frozen[i, j] * white - ground) * snow[i, j]
                water = (shallow[i, j] * turbid + deep + glint) * waves[i, j]
                water += (frozen[i, j] * icy - water) * floes[i, j]
                bands[band, i, j] = (ground - water) * land[i, j] + water


@compiled
def _between(values: Field, before: NDArray[np.intp], share: Field, row: int, found: Field) -> None:
    """`knots.spread`, one row: from rows at the knots to one in between."""
    upper, lower = values[before[row]], values[before[row] + 1]
    for j in range(found.size):
        found[j] = (lower[j] - upper[j]) * share[row] + upper[j]


@compiled
def spread_down(
    wide: NDArray[Any], before: NDArray[np.intp], share: NDArray[Any], found: NDArray[Any]
) -> None:
    """`knots.spread`, from rows at the knots to all rows, shape (H, W)."""
    for i in range(before.size):
        _between(wide, before, share, i, found[i])


@compiled
def low_depth(
    low: Field, edge: np.float32, steep: np.float32, thick: np.float32, found: Field
) -> None:
    """`clouds.low_depth`, shape (N,)."""
    zero = np.float32(0.0)
    for i in range(low.size):
        rise = max(low[i] + edge, zero) * steep
        found[i] = np.sqrt(rise) * rise * rise * thick


@compiled
def _beside(layer: Field, steps: NDArray[np.intp], row: int, margin: int, found: Field) -> None:
    """`camera.beside`, one row."""
    if steps.size == 1:
        found[:] = layer[row + margin + steps[0, 0]]
    else:
        for j in range(found.size):
            found[j] = layer[row + margin + steps[row, j], j]


@compiled
def band(
    ground: Field,
    clouds: Terms,
    light: Terms,
    air: Terms,
    camera: Terms,
    noise: Terms,
    painted: NDArray[np.uint16],
) -> None:
    """`scene.SyntheticScene._paint`, one band: from the ground to DN.

    Args:
        ground: Reflectance there, shape (H + 4, W + 4).
        clouds: Their reflectance; how much more their slopes reflect; rows by which the band sees them
            displaced; and the greatest displacement, as a margin.
        light: The direct solar beam, shape (H + 4, W + 4); `atmosphere.under_light`; the factor of slopes.
        air: `scene._AirOver.terms`.
        camera: `camera.Optics.taps`, then `camera.Response.terms`.
        noise: `camera.Detector.bits`, the bit shift of the band's lane, and `noise.normal_wave`.
        painted: DN, shape (H, W).
    """
    cloud, carved, steps, margin = clouds
    beam, sunlight, skylight, brightest, sunny = light
    contrast, white, before, share, over_white, albedo = air
    down, right, shot, read, gain, offset, per_dn, most = camera
    bits, shift, wave = noise
    height, width = painted.shape
    wide = ground.shape[1]
    zero, one = np.float32(0.0), np.float32(1.0)
    rows = np.empty((5, wide), np.float32)
    here, slopes, dark, bright, normal = np.empty((5, wide), np.float32)
    for i in range(height + 4):
        _beside(cloud, steps, i, margin, here)
        _beside(carved, steps, i, margin, slopes)
        _between(contrast, before, share, i, dark)
        _between(white, before, share, i, bright)
        seen = rows[i % 5]
        for j in range(wide):
            lit = (slopes[j] * sunny + here[j]) * bright[j]
            shown = (beam[i, j] * sunlight + skylight) * ground[i, j]
            clear = one - here[j]
            shown = shown * clear * clear
            below = shown / (one - min(ground[i, j], brightest) * here[j]) + lit
            seen[j] = ((below - one) * dark[j] + over_white) / (below * albedo + one)
        if i < 4:
            continue
        first, second, third = rows[(i + 1) % 5], rows[(i + 2) % 5], rows[(i + 3) % 5]
        fourth = rows[(i + 4) % 5]
        smeared = here
        for j in range(wide):
            shown = first[j] * down[0] + second[j] * down[1] + third[j] * down[2]
            smeared[j] = shown + fourth[j] * down[3] + seen[j] * down[4]
        row = i - 4
        for j in range(width):
            normal[j] = wave[np.int64((bits[row, j] >> shift) & np.uint64(0xFFFF))]
        for j in range(width):
            shown = smeared[j] * right[0] + smeared[j + 1] * right[1] + smeared[j + 2] * right[2]
            shown = shown + smeared[j + 3] * right[3] + smeared[j + 4] * right[4]
            slopes[j] = np.sqrt(max(shown, zero) * shot + read) * normal[j] + shown
        if gain.size == width:
            for j in range(width):
                slopes[j] *= gain[j]
        for j in range(width):
            dn = np.rint((slopes[j] - offset) * per_dn)
            painted[row, j] = np.uint16(np.int32(min(max(dn, zero), most)))
