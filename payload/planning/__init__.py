"""What a place knows, and what could be taken next: the books of those who plan. No clock runs here.

- `knowledge`: facts on images, and what follows for their targets; `outlook`: what is foreseen.
- `calendar`, `vicinity`, `chances`: all that could be taken, what excludes what, and what comes first.
- `asking`: a planner and its answers; `kept_plan`: a plan in which only what changed is planned anew.

Who asks, and when, is told by `payload.sim.loops`.
"""
