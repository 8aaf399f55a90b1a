"""Numbers as a results folder may contain them."""

from typing import Annotated

from pydantic import Field

# The contents of a folder are checked against these; 32 years are longer than any flight.
Count = Annotated[int, Field(ge=0, lt=2**63)]
Real = Annotated[float, Field(allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
