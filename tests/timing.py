"""Time as a ratio of two things measured in one run."""

import statistics
import time


def seconds(work):
    """CPU seconds of one call; one thread each."""
    start = time.process_time()
    work()
    return time.process_time() - start


def ratio(ours, yardstick, rounds=7):
    """Median time of ours over the median of the yardstick, in turns."""
    ours(), yardstick()
    pairs = [(seconds(ours), seconds(yardstick)) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs) / statistics.median(b for _, b in pairs)
