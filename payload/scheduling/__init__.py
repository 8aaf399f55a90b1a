"""What to image next: context in, plan out; no clock, no randomness, no state.

- `greedy`: `Fifo`, `Edf`, `Priority`, `Density`; `best.BestOf` and `best.Forecast` improve what these find;
  `landsat.Ltap` ranks as Landsat does; `exact.Milp` proves how good a plan can be.
- `is_feasible`: the check that every plan must pass.
- `Schedule`: a plan in the making; `conflicts`: images too close in time to take both.

>>> from payload.plans import Limits, PlanContext
>>> from payload.scheduling import is_feasible
>>> from payload.scheduling.greedy import Fifo
>>> from payload.types import Opportunity
>>> first = Opportunity("one/a/60", "a", "one", 60.0, 2.0, 5.0, 40.0, 1000)
>>> second = Opportunity("one/b/70", "b", "one", 70.0, 2.0, 5.0, 40.0, 1000)
>>> context = PlanContext(0.0, [first, second], frozenset("ab"), {}, {}, Limits(settle_s=30.0))
>>> Fifo().plan(context).opportunity_ids
('one/a/60',)
>>> is_feasible(Fifo().plan(context), context)
True
"""

from payload.scheduling.conflicts import conflicts
from payload.scheduling.feasibility import is_feasible
from payload.scheduling.schedule import Schedule

__all__ = ["Schedule", "conflicts", "is_feasible"]
