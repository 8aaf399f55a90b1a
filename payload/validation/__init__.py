"""Real missions flown beside what is published of them.

- `validate`: fly the scenarios of a folder and set each of their claims beside what was simulated.
- `write_validation`: what was found, as a page and as JSON.

A claim stands in the scenario itself, under `published`, with its source and the range in which the
simulated figure is taken to agree; nothing in a scenario is fitted to it.
"""

from payload.validation.page import make_place, write_validation
from payload.validation.verdict import Finding, Validation, validate

__all__ = ["Finding", "Validation", "make_place", "validate", "write_validation"]
