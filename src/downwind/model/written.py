"""What every part of a file that people write has in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=253)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=80)]


class Written(BaseModel):
    """Strict and frozen: a key that nobody knows is a typo, and is told."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
