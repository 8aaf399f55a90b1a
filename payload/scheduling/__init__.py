"""What to image next: plan in, plan out; no clock, no chance, no memory.

- `greedy.Fifo`: first come, first served.
- `is_feasible`: the judge that every plan must pass.

>>> from payload.scheduling import is_feasible
>>> from payload.scheduling.greedy import Fifo
>>> from payload.types import Opportunity, PlanContext
>>> first = Opportunity("one/a/60", "a", "one", 60.0, 2.0, 5.0, 40.0, 1000)
>>> second = Opportunity("one/b/70", "b", "one", 70.0, 2.0, 5.0, 40.0, 1000)
>>> context = PlanContext(0.0, [first, second], frozenset("ab"), {}, {}, settle_s=30.0)
>>> Fifo().plan(context).opportunity_ids
('one/a/60',)
>>> is_feasible(Fifo().plan(context), context)
True
"""

from payload.scheduling.feasibility import is_feasible

__all__ = ["is_feasible"]
