"""The loops of painting, compiled by numba: what numpy does in many passes over a block, in one.

Each says in whose place it stands; that is its definition, and a test compares the bytes of both. Constants
come as arguments from there, so that they stand once, and because a kernel that is kept on disk does not
notice when they change in another module; only those of published hashes are imported. All arrays are
contiguous.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from payload.kernels import compiled
from payload.world.hashes import PIXEL_AXES, PIXEL_MIX, SCRAMBLE

Field = NDArray[np.float32]
Places = NDArray[np.float64]
Bits = NDArray[np.uint64]
Terms = tuple[Any, ...]


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
    """`lattice.climb`, a level: fields (F, h, w) of the parents, into those of the children."""
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
def _mixed_bits(bits: np.uint64) -> np.uint64:
    """`noise.scramble` of one number."""
    high, factor, middle, other, low = SCRAMBLE
    bits = (bits ^ (bits >> high)) * factor
    bits = (bits ^ (bits >> middle)) * other
    return bits ^ (bits >> low)


@compiled
def scramble(values: Bits) -> Bits:
    """`noise.scramble`: 64 bits for each of the values, shape (N,)."""
    found = np.empty_like(values)
    for i in range(values.size):
        found[i] = _mixed_bits(values[i])
    return found


@compiled
def _ask_corners(
    base: np.uint64,
    axes: tuple[np.uint64, np.uint64, np.uint64],
    moved: np.uint32,
    wave: Field,
    said: Field,
) -> None:
    """What the corners of a lattice cell say, shape (8, F)."""
    low_half, middle = np.uint32(0xFFFF), np.uint32(32768)
    count = said.shape[1]
    for corner in range(8):
        bits = base
        if corner & 1:
            bits += axes[0]
        if corner >> 1 & 1:
            bits += axes[1]
        if corner >> 2:
            bits += axes[2]
        bits = _mixed_bits(_mixed_bits(bits))
        for field in range(count):
            if count == 4:
                lane = np.int64((bits >> np.uint64(16 * field)) & np.uint64(0xFFFF))
            else:
                half = np.uint32(bits >> np.uint64(32 * field))
                rate = np.uint32(np.uint32((half & low_half) - middle) * moved)
                lane = np.int64(np.uint32(rate + half) >> np.uint32(16))
            said[corner, field] = wave[lane]


@compiled
def sphere_noise(
    places: tuple[Places, Places, Places],
    scaled: NDArray[np.float64],
    names: Bits,
    axes: tuple[np.uint64, np.uint64, np.uint64],
    tick: NDArray[np.uint32],
    wave: Field,
    total: NDArray[np.float64],
) -> None:
    """`noise.SphereNoise.values`: add what the corners of lattice cells say to fields (F, O, N), in place.

    Four fields stand still and `tick` says nothing; two live, and `tick` has the shape (O, N) or (O, 1). Places that
    lie together are mostly of one cell, whose corners are asked once.
    """
    count, octaves, size = total.shape
    ticks = tick.shape[1]
    one = 1.0
    cells = np.empty((3, size))
    near, far = np.empty((3, size)), np.empty((3, size))  # weights of corners after and before
    said = np.empty((8, count), np.float32)  # by the corners of the cell of the last place
    for octave in range(octaves):
        for axis in range(3):
            turned = scaled[octave, axis]
            for place in range(size):
                at = turned[0] * places[0][place] + turned[1] * places[1][place]
                at = at + turned[2] * places[2][place] + 0.5
                cell = np.floor(at)
                cells[axis, place] = cell
                share = at - cell
                share = share * share * share * (share * (share * 6.0 - 15.0) + 10.0)
                length = np.sqrt((one - share) * (one - share) + share * share)
                far[axis, place], near[axis, place] = (one - share) / length, share / length
        before, then = np.uint64(0), np.uint32(0)
        for place in range(size):
            base = names[octave]
            for axis in range(3):
                base += np.uint64(np.int64(cells[axis, place])) * axes[axis]
            moved = tick[octave, place if ticks > 1 else 0]
            if place == 0 or base != before or moved != then:
                before, then = base, moved
                _ask_corners(base, axes, moved, wave, said)
            first = far[0, place] * far[1, place], near[0, place] * far[1, place]
            second = far[0, place] * near[1, place], near[0, place] * near[1, place]
            for field in range(count):
                value = total[field, octave, place]
                for weight, corners in ((far[2, place], 0), (near[2, place], 4)):
                    value += first[0] * weight * said[corners, field]
                    value += first[1] * weight * said[corners + 1, field]
                    value += second[0] * weight * said[corners + 2, field]
                    value += second[1] * weight * said[corners + 3, field]
                total[field, octave, place] = value


@compiled
def interpolated(
    at: Places, first: float, scale: float, table: NDArray[np.float64], found: Places
) -> None:
    """`noise.interpolated`, shape (N,)."""
    none, last = np.float64(0.0), np.float64(table.size - 1)
    for i in range(at.size):
        place = min(max((at[i] - first) * scale, none), last)
        index = np.int64(min(place, last - 1.0))
        left = table[index]
        found[i] = (place - index) * (table[index + 1] - left) + left


@compiled
def ground_noise(down: Bits, across: Bits, strength: Field, rough: Terms, fields: Field) -> None:
    """`surface.Ground.refine`: add noise to fields (4, H, W), in place."""
    _, height, width = fields.shape
    slope, least, most = rough
    one = np.float32(1.0)
    for i in range(height):
        for j in range(width):
            bits = _mixed_bits(down[i] ^ across[j])
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
            bits = _mixed_bits(down[i] ^ across[j])
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
    """`parcels.Parcels.at`: the parcel of each pixel and where in it the pixel lies."""
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
def hash_points(down: Bits, across: Bits, bits: Bits) -> None:
    """`noise.hash_grid`, its last step: 64 bits for each point, shape (H, W)."""
    height, width = bits.shape
    for i in range(height):
        for j in range(width):
            bits[i, j] = _mixed_bits(down[i] ^ across[j])


@compiled
def _between(values: Field, before: NDArray[np.intp], share: Field, row: int, found: Field) -> None:
    """`knots.spread`, a row: from rows at the knots to one between."""
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
    """`camera.beside`, a row."""
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
    """`scene.SyntheticScene._paint`, a band: from the ground to DN.

    Args:
        ground: Reflectance there, shape (H + 4, W + 4).
        clouds: What they send back, and how much more their slopes do; rows by which the band sees them
            moved, and by which it may at most.
        light: The sun's beam, shape (H + 4, W + 4); `atmosphere.under_light`; what slopes get of it.
        air: `scene._AirOver.terms`.
        camera: `camera.Optics.taps`, then `camera.Response.terms`.
        noise: `camera.Detector.bits`, by how many bits the band's lane is shifted, and `noise.normal_wave`.
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
