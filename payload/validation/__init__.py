"""Real missions, simulated and compared with published figures.

- `validate_missions`: fly the scenarios of a folder, compare each of their claims with what was simulated, and
  write the findings as a page and as JSON.
- `validate`: the same without the files.

Claims are part of the scenario, under `published`, each with its source and the range in which the
simulated figure is taken to agree; nothing in a scenario is fitted to them.
"""

from payload.validation.flights import validate_missions
from payload.validation.verdict import Finding, Validation, validate

__all__ = ["Finding", "Validation", "validate", "validate_missions"]
