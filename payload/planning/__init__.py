"""What a place (the ground or a satellite) knows, and what could be taken next: the state of planning. No clock runs here.

- `knowledge`: facts about images, and what follows for their targets; `outlook`: forecasts.
- `calendar`, `vicinity`, `chances`: all that could be taken, what excludes what, and what comes first.
- `asking`: a planner and its answers; `kept_plan`: a plan in which only what changed is planned anew.

Who plans, and when, is decided in `payload.sim.loops`.
"""
