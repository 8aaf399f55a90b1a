"""The payloads `med-zstd` and `med-aec` read from the page FORMAT.md alone, and CCSDS 121.0-B-2 for the latter's stream."""

import struct

import zstandard
from conformance.format_page import Reader


class MedianReader(Reader):
    """What both have in common: gains, folded residuals, the median of the neighbours."""

    def unfolded(self, gains, folded):
        before, numbers = [0] * len(self.coded), []
        for band in range(self.bands):
            own = []
            for n, number in enumerate(folded[band]):
                left = number // 2 if number % 2 == 0 else -((number + 1) // 2)
                told = (gains[band - 1] * before[n] + 2048) // 4096 if band else 0
                left = (left + told) % 65_536
                own.append(left - 65_536 if left >= 32_768 else left)
            numbers.append(self.neighbours(own))
            before = own
        return numbers

    def neighbours(self, left):
        grid = {}
        left = iter(left)
        for i in range(self.height):
            for j in range(self.width):
                west, north = grid.get((i, j - 1), 0), grid.get((i - 1, j), 0)
                corner = grid.get((i - 1, j - 1), 0)
                if self.hidden[i][j]:
                    grid[i, j] = west if j else north
                    continue
                inner = min(max(corner, min(west, north)), max(west, north))
                grid[i, j] = (next(left) + west + north - inner) % 65_536
        return [grid[place] for place in self.coded]


class MedZstdReader(MedianReader):
    """`med-zstd`: bytes of residuals in Zstandard frames."""

    def numbers(self):
        gains = struct.unpack_from(f"<{self.bands - 1}h", self.body)
        start = 2 * len(gains)
        lengths = struct.unpack_from(f"<{self.bands + 1}I", self.body, start)
        at, planes = start + 4 * len(lengths), []
        for length in lengths:
            frame = self.body[at : at + length]
            planes.append(zstandard.ZstdDecompressor().decompress(frame))
            at += length
        assert at == len(self.body)
        count = len(self.coded)
        folded = [
            [planes[band][n] + 256 * planes[-1][band * count + n] for n in range(count)]
            for band in range(self.bands)
        ]
        return self.unfolded(gains, folded)


class MedAecReader(MedianReader):
    """`med-aec`: residuals in the basic options of CCSDS 121.0-B-2; numbers in comments are its sections."""

    def numbers(self):
        gains = struct.unpack_from(f"<{self.bands - 1}h", self.body)
        length, count, block = struct.unpack_from("<IIB", self.body, 2 * len(gains))
        stream = self.body[2 * len(gains) + 9 :]
        assert len(stream) == length
        assert count == self.bands * len(self.coded)
        self.digits, self.at = "".join(f"{octet:08b}" for octet in stream), 0
        found, blocks = [], 0
        while len(found) < count:
            samples = self.blocks(block, blocks % 128)
            found += samples
            blocks += len(samples) // block
        assert len(self.digits) - self.at < 8
        assert set(self.digits[self.at :]) <= {"0"}
        pixels = len(self.coded)
        return self.unfolded(
            gains, [found[band * pixels : (band + 1) * pixels] for band in range(self.bands)]
        )

    def blocks(self, block, place):
        """Samples of the next block, or blocks if they are all 0; `place` is its own in the reference interval."""
        option = self.take(4)  # 5.1.2: 4 bits above a resolution of 8
        if option == 0 and not self.take(1):
            # 3.4.3: runs of blocks of zeros, of which 5 stands for the rest of the segment of 64
            run = self.comma() + 1
            if run == 5:
                return [0] * (block * (64 - place % 64))
            return [0] * (block * (run - (run > 5)))
        if option == 0:  # 3.4.2: second extension, pairs
            found = []
            for _ in range(block // 2):
                pair = self.comma()
                total = 0
                while (total + 1) * (total + 2) // 2 <= pair:
                    total += 1
                second = pair - total * (total + 1) // 2
                found += [total - second, second]
            return found
        if option == 15:  # 3.5: no compression
            return [self.take(16) for _ in range(block)]
        high = [self.comma() for _ in range(block)]  # 3.3: sample splitting, k = option - 1
        return [(each << (option - 1)) + self.take(option - 1) for each in high]

    def comma(self):
        end = self.digits.index("1", self.at)
        zeros, self.at = end - self.at, end + 1
        return zeros

    def take(self, bits):
        self.at += bits
        return int("0" + self.digits[self.at - bits : self.at], 2)
