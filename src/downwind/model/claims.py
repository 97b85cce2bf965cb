"""Claims of independence, as somebody made them: who, when, where, and what would break them."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from downwind.model.written import Id, Name, Written

Told = Annotated[dict[Annotated[str, Field(pattern=r"^(en|fr)$")], str], Field(min_length=1)]
"""A text in English, French or both."""


class Claim(Written):
    """Something that somebody said of a service, in a form that can be judged."""

    id: Id
    who: Told
    when: Annotated[str, Field(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")]
    """A year, a month or a day."""
    said: Told
    source: Annotated[str, Field(min_length=1)]
    about: Name
    """The service."""
    kind: Literal["independent", "data-path", "stands-while", "no-alternative"]
    """independent: nothing that it needs lies within `of`. data-path: nothing that carries its
    data does. stands-while: it stands when `other` falls. no-alternative: what it stands on in
    the role `role` is offered by `at_most` providers."""
    of: Name | None = None
    """A scope: independent and data-path only."""
    other: Name | None = None
    """A service: stands-while only."""
    role: Id | None = None
    """no-alternative only."""
    at_most: Annotated[int, Field(ge=1)] = 3

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        wanted = {
            "independent": "of",
            "data-path": "of",
            "stands-while": "other",
            "no-alternative": "role",
        }[self.kind]
        for key in ("of", "other", "role"):
            if (getattr(self, key) is not None) != (key == wanted):
                word = "needs" if key == wanted else "has no"
                raise ValueError(f"a claim of kind {self.kind} {word} {key}")
        return self

    @property
    def day(self) -> date:
        """The first day that `when` may mean."""
        parts = [int(part) for part in self.when.split("-")]
        return date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)
