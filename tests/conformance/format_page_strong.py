"""The payload `strong` read from the page FORMAT.md alone, in whole numbers; numbers in comments are its steps."""

import struct
from functools import cache

from conformance.format_page_adaptive import PredictorReader


def largest(fits, end):
    """The largest whole number below `end` that fits, where all below it do; 0 fits."""
    low, high = 0, end
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


@cache
def power(u):
    """4: P."""
    return largest(lambda p: (2 * p - 1) ** 16 <= 2 ** (u + 144), 2**33)


@cache
def inverse(u):
    """4: Q."""
    return 797_884_561 * 2**39 // (10**9 * power(u))


@cache
def normal(index):
    """4: C."""
    if index < 4096:
        return 2**26 - normal(8192 - index)
    n, i, total = index - 4096, 0, 0
    term = 2**119 * n
    while term:
        total += -(term // (2 * i + 1)) if i % 2 else term // (2 * i + 1)
        i += 1
        term = term * n**2 // (2**19 * i)
    return 2**25 + (39_894_228_040_143_267_794 * total + 10**20 * 2**101) // (10**20 * 2**102)


def clipped(x, low, high):
    """A number between two limits."""
    return min(max(x, low), high)


class Class:
    """5: what a class of scales begins with."""

    def __init__(self, c):
        self.a, self.b, self.k, self.count = 2**14, 2**15, 0, 8
        self.errors = self.scales = 8 * 2 ** (c // 2)


class StrongReader(PredictorReader):
    """The section `strong` of the page, step by step."""

    own_taps = (
        (0, -1), (0, -2), (0, -3), "median",
        *((-1, x) for x in range(-3, 4)), *((-2, x) for x in range(-2, 3)), *((-3, x) for x in range(-1, 2)),
    )  # fmt: skip
    around = tuple((y, x) for y in range(-2, 3) for x in range(-2, 3) if y * y + x * x < 5)
    has_medians = True

    def read_bands(self):
        self.scale_models = [self.scale_model(band) for band in range(self.bands)]
        self.classes = [Class(c) for c in range(49)]
        self.code, self.range = int.from_bytes(self.body[self.at : self.at + 6], "big"), 2**48
        self.at += 6
        for band in range(self.bands):
            self.band(band)

    def scale_model(self, band):
        """1: coefficients of the features in their order."""
        earlier = min(band, 3)
        kind = self.body[self.at]
        self.at += 1
        if kind == 0:
            if band == 0:
                return [1024, 512, 0, 1024] + [0] * 8
            return [768, 384, 0, 1024] + [0] * 8 + [256, 195, 0, 0] + [0] * 4 * (earlier - 1)
        assert kind == 1
        count = 12 + 4 * earlier
        coefficients = struct.unpack_from(f"<{count}h", self.body, self.at)
        self.at += 2 * count
        return coefficients

    def to_the_left(self, plane, i, j, back):
        return plane[i, j - back] if j >= back else plane[i - 1, 0]

    def near(self, plane, i, j, dy, dx):
        """A place of the band that is being coded."""
        if dy == 0:
            return self.to_the_left(plane, i, j, -dx)
        return self.beyond(plane, i + dy, j + dx)

    def band(self, band):
        own, errors = self.number[band], self.error_of[band]
        z = 4 * (self.top + 1)
        for i in range(self.height):
            for j in range(self.width):
                p = self.told(band, i, j)
                if self.hidden[i][j]:
                    own[i, j] = min((p + 32) >> 6, self.top)
                    errors[i, j] = self.to_the_left(errors, i, j, 1) if i or j else 0
                    continue
                if i > 0:
                    features = self.features(band, i, j, p)
                    pairs = zip(self.scale_models[band], features, strict=True)
                    z = clipped(sum(c * f for c, f in pairs) >> 12, 2, 2**23 - 1)
                own[i, j] = self.decoded(p, z)
                errors[i, j] = abs(64 * own[i, j] - p)
                self.learn(errors[i, j], z)
                if i == 0:
                    z = (3 * z + errors[i, j] + 3) >> 2

    def told(self, band, i, j):
        """2: the prediction; the median is kept for later bands."""
        if i == 0:
            median = self.median_of[band][i, j] = clipped(self.first_row(band, j), 0, self.top)
            return 64 * median
        own = self.number[band]
        west, north = self.near(own, i, j, 0, -1), self.near(own, i, j, -1, 0)
        third = west + north - self.near(own, i, j, -1, -1)
        self.median_of[band][i, j] = sorted((west, north, third))[1]
        total, units = self.weighed(band, i, j)
        return clipped(total >> (units - 6), 0, 64 * self.top)

    def features(self, band, i, j, p):
        """The table."""

        def error(dy, dx):
            return self.near(self.error_of[band], i, j, dy, dx)

        def number(dy, dx):
            return self.near(self.number[band], i, j, dy, dx)

        far = [(-1, -3), (-1, -2), (-1, 2), (-1, 3), (-2, -2), (-2, -1), (-2, 1), (-2, 2)]
        far += [(-3, -1), (-3, 0), (-3, 1), (0, -3)]
        w, n, nw, ne = number(0, -1), number(-1, 0), number(-1, -1), number(-1, 1)
        ww, nn = number(0, -2), number(-2, 0)
        found = [error(0, -1) + error(-1, 0)]
        found += [error(0, -2) + error(-1, -1) + error(-1, 1) + error(-2, 0)]
        found += [sum(error(*place) for place in far), 32, p >> 6]
        steps = (w - nw, n - nw, n - ne, w - ww, n - nn, n - w)
        found += [64 * abs(step) for step in steps]
        found += [abs(p - 64 * self.median_of[band][i, j])]
        square = [(y, x) for y in range(-2, 3) for x in range(-2, 3)]
        rings = [
            [(0, 0)],
            [(y, x) for y, x in square if y * y + x * x == 1],
            [(y, x) for y, x in square if y * y + x * x == 2],
            [(y, x) for y, x in square if max(abs(y), abs(x)) == 2],
        ]
        for earlier in range(1, min(band, 3) + 1):
            before = self.error_of[band - earlier]
            found += [sum(self.beyond(before, i + y, j + x) for y, x in ring) for ring in rings]
        return found

    def decoded(self, p, z):
        """5 to 7: a number from the code; class and shares are kept for `learn`."""
        if z < 8192:
            u = largest(lambda each: power(each) <= 256 * z, 385)
        else:
            u = 160 + largest(lambda each: power(each) <= 256 * (z >> 10), 385)
        own = self.own_class = self.classes[u // 8]
        v = clipped(u + own.k, 0, 384)
        inverses = [inverse(max(v - 12, 0)), inverse(v), inverse(min(v + 14, 384))]

        def shares(x):
            return [self.share(x, p, each) for each in inverses]

        def below(x):
            first, second, third = shares(x)
            mixture = own.a * first + own.b * second + (2**16 - own.a - own.b) * third
            return x + ((mixture >> 18) * (2**24 - self.top - 1) >> 24)

        unit = self.range >> 24
        target = self.code // unit
        assert target < 2**24
        x = largest(lambda each: below(each) <= target, self.top + 1)
        self.code -= unit * below(x)
        self.range = unit * (below(x + 1) - below(x))
        while self.range < 2**40:
            self.code = 256 * self.code + self.body[self.at]
            self.range *= 256
            self.at += 1
        self.gained = [high - low for low, high in zip(shares(x), shares(x + 1), strict=True)]
        return x

    def share(self, x, p, inverse_of_width):
        """6: S."""
        if x <= 0 or x > self.top:
            return 0 if x <= 0 else 2**26
        y = ((64 * x - 32 - p) * inverse_of_width >> 14) + 2**20
        if y <= 0 or y >= 2**21:
            return 0 if y <= 0 else 2**26
        i = y >> 8
        return normal(i) + ((normal(i + 1) - normal(i)) * (y % 256) >> 8)

    def learn(self, error, z):
        """8."""
        own, (first, second, third) = self.own_class, self.gained
        parts = own.a * first, own.b * second, (2**16 - own.a - own.b) * third
        if sum(parts):
            own.a += (2**16 * parts[0] // sum(parts) - own.a) >> 7
            own.b += (2**16 * parts[1] // sum(parts) - own.b) >> 7
            own.a, own.b = max(own.a, 64), max(own.b, 64)
            excess = max(own.a + own.b - (2**16 - 64), 0)
            if own.a > own.b:
                own.a -= excess
            else:
                own.b -= excess
        own.errors += error
        own.scales += z
        h = own.scales * power(own.k + 128)
        if own.k < 48 and 2**16 * own.errors > h + (h >> 5):
            own.k += 1
        elif own.k > -48 and 2**16 * own.errors < h - (h >> 5):
            own.k -= 1
        own.count += 1
        if own.count == 256:
            own.count, own.errors, own.scales = own.count >> 1, own.errors >> 1, own.scales >> 1
