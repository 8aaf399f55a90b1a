"""What all sections of a scenario share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
Name = Annotated[str, Field(pattern=NAME)]
"""Letters, digits, dot, underscore and hyphen, at most 64: safe as a file name everywhere."""
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class MisfitError(ValueError):
    """Sections that do not fit together, with the key to blame, as far as can be told."""

    def __init__(self, blamed: tuple[str | int, ...], said: str) -> None:
        """Take the path of the key to change and a message that says what is wrong."""
        super().__init__(said)
        self.blamed = blamed


class Section(BaseModel):
    """Base of all sections: frozen, unknown keys refused, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
