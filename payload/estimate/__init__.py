"""What a run will take, before it is flown: seconds, memory and disk.

- `expectation` combines the parts.
- `costs`: what a tile, a contact or a state costs, in bytes or in bare SimPy events, which are timed on this machine.
- `trying` does some of the work, and times it.
- `turns`: retakes because of cloud, and looks of a camera ahead.
- `remembering` looks up what the memo already holds.
- `products`: what a pixel flight produces besides its tables.

Nothing is flown.
"""

from payload.estimate.expectation import Estimate, Foreseen, estimate, foresee

__all__ = ["Estimate", "Foreseen", "estimate", "foresee"]
