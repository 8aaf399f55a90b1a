"""Real missions flown beside what is published of them.

- `validate_missions`: fly the scenarios of a folder, set each of their claims beside what was simulated, and
  write what is found as a page and as JSON.
- `validate`: the same without the files.

A claim stands in the scenario itself, under `published`, with its source and the range in which the
simulated figure is taken to agree; nothing in a scenario is fitted to it.
"""

from payload.validation.flights import validate_missions
from payload.validation.verdict import Finding, Validation, validate

__all__ = ["Finding", "Validation", "validate", "validate_missions"]
