"""The payloads `ls-golomb` and `strong` read from the page FORMAT.md alone, with dictionaries and whole numbers."""

import struct
from itertools import product

from conformance.format_page import Reader, section


class PredictorReader(Reader):
    """The section `Predictors` of the page, which both share."""

    own_taps = ()
    around = ()
    has_medians = False
    rounding = 0

    def numbers(self):
        self.at = 0
        self.number = [{} for _ in range(self.bands)]
        self.median_of = [{} for _ in range(self.bands)]
        self.error_of = [{} for _ in range(self.bands)]
        self.predictors = [self.predictor(band) for band in range(self.bands)]
        self.read_bands()
        assert self.at == len(self.body)
        return [[self.number[band][place] for place in self.coded] for band in range(self.bands)]

    def predictor(self, band):
        earlier = range(1, min(band, 3) + 1)
        taps = [(0, *place) if place != "median" else (0, place) for place in self.own_taps]
        taps += [(e, *place) for e in earlier for place in self.around]
        if self.has_medians:
            taps += [(e, "median") for e in earlier]
        units = self.body[self.at]
        self.at += 1
        if not units:
            quarters = {(0, 0, -1): 3, (0, -1, 0): 3, (0, -1, -1): -2}
            quarters |= {(1, 0, 0): 4, (1, 0, -1): -3, (1, -1, 0): -3, (1, -1, -1): 2}
            return 14, {tap: quarters.get(tap, 0) << 12 for tap in taps}, 0
        assert 8 <= units <= 14
        *weights, constant = struct.unpack_from(f"<{len(taps)}hi", self.body, self.at)
        self.at += 2 * len(taps) + 4
        return units, dict(zip(taps, weights, strict=True)), constant

    def beyond(self, plane, i, j):
        return plane[min(max(i, 0), self.height - 1), min(max(j, 0), self.width - 1)]

    def first_row(self, band, j):
        own = self.number[band]
        if band == 0:
            return own[0, j - 1] if j else 2 ** (self.depth - 1)
        before = self.number[band - 1]
        return own[0, j - 1] + before[0, j] - before[0, j - 1] if j else before[0, 0]

    def weighed(self, band, i, j):
        """The sum of taps and constant, and s."""
        units, weights, total = self.predictors[band]
        for (e, *place), weight in weights.items():
            if place == ["median"]:
                total += weight * self.median_of[band - e][i, j]
            elif e == 0 and place[0] == 0:
                total += weight * self.to_the_left(self.number[band], i, j, -place[1])
            else:
                total += weight * self.beyond(self.number[band - e], i + place[0], j + place[1])
        return total, units


class GolombReader(PredictorReader):
    """The section `ls-golomb` of the page, word by word."""

    own_taps = (
        (0, -1), (0, -2), (-1, 0), (-1, -1), (-1, 1), (-2, 0), (-1, 2), (-1, -2), (-2, -1), (-2, 1),
    )  # fmt: skip
    around = tuple(product((0, -1, 1), repeat=2))

    def read_bands(self):
        told = " ".join(f"({i},{j})" for i, j in self.own_taps)
        assert told in section("### Predictors of `ls-golomb` and `strong`")
        for band in range(self.bands):
            self.digits = "".join(f"{octet:08b}" for octet in self.body[self.at :])
            used = self.band(band)
            assert set(self.digits[used : -(-used // 8) * 8]) <= {"0"}
            self.at += -(-used // 8)

    def to_the_left(self, plane, i, j, back):
        return plane[i - 1, 0] if j == 0 else plane[i, max(j - back, 0)]

    def told(self, band, i, j):
        if i == 0:
            return self.first_row(band, j)
        total, units = self.weighed(band, i, j)
        return (total + (1 << (units - 1))) >> units

    def activity(self, band, i, j):
        if i == 0:
            return 0
        own = self.error_of[band]
        places = [(-1, 0, 2), (-1, -1, 1), (-1, 1, 1), (-2, 0, 1)]
        found = sum(share * self.beyond(own, i + dy, j + dx) for dy, dx, share in places)
        if band:
            places = [(0, 0, 2), (0, -1, 1), (0, 1, 1), (-1, 0, 1), (1, 0, 1)]
            before = self.error_of[band - 1]
            found += sum(share * self.beyond(before, i + dy, j + dx) for dy, dx, share in places)
        return found

    def band(self, band):
        contexts = [
            {"sum": int(2 ** (c / 2) / 2 + 1), "n": 1, "k": 0, "bias": 0, "b": 0, "bn": 0}
            for c in range(24)
        ]
        own, errors, position = self.number[band], self.error_of[band], 0
        for i in range(self.height):
            first = errors[i - 1, 0] if i else self.error_of[band - 4][0, 0] if band >= 4 else 0
            near, next_ = first, 0
            for j in range(self.width):
                level = self.activity(band, i, j) + 2 * near + next_
                level = min(level >> (2 + max(0, self.depth - 12)), 4095)
                context = contexts[min(((level + 1) ** 2).bit_length() - 1, 23)]
                told = min(max(self.told(band, i, j) + context["bias"], 0), self.top)
                next_ = near
                if self.hidden[i][j]:
                    own[i, j], errors[i, j] = told, near
                    continue
                mapped, position = self.mapped(position, context["k"])
                room = min(told, self.top - told)
                if mapped > 2 * room:
                    residual = mapped - room if told == room else room - mapped
                else:
                    residual = -(mapped + 1) // 2 if mapped % 2 else mapped // 2
                own[i, j] = told + residual
                near = errors[i, j] = abs(residual)
                self.learn(context, residual, mapped)
        return position

    def mapped(self, position, k):
        zeros = 0
        while zeros < 20 and self.digits[position + zeros] == "0":
            zeros += 1
        if zeros == 20:
            end = position + 20 + self.depth
            return int(self.digits[position + 20 : end], 2), end
        end = position + zeros + 1 + k
        return (zeros << k) + int("0" + self.digits[position + zeros + 1 : end], 2), end

    def learn(self, context, residual, mapped):
        context["sum"] += mapped
        context["n"] += 1
        if context["n"] == 128:
            context["sum"], context["n"] = (context["sum"] + 1) >> 1, 64
        context["k"] = 0
        while 235 * context["n"] << context["k"] < 128 * context["sum"]:
            context["k"] += 1
        context["b"] += residual
        context["bn"] += 1
        if 2 * context["b"] > context["bn"]:
            context["bias"] += 1
            context["b"] -= context["bn"]
        elif 2 * context["b"] < -context["bn"]:
            context["bias"] -= 1
            context["b"] += context["bn"]
        if context["bn"] == 256:
            context["b"], context["bn"] = context["b"] >> 1, 128
