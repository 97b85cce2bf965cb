"""Outages as their providers reported them: what a replay is held against, and never told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from downwind.model.load import read_yaml, say_validation
from downwind.terms import UsageError


class Outage(BaseModel):
    """One outage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    starts: datetime
    """The official start."""
    ends: datetime
    providers: tuple[str, ...]
    """Ids of the catalogue: naming any of them is right."""
    knocked_on: tuple[str, ...] = ()
    """Providers that fell with it: naming one of them is half the truth, and no false blame."""
    source: str = ""

    @model_validator(mode="after")
    def _has_a_length(self) -> Outage:
        if self.starts.tzinfo is None or self.ends.tzinfo is None:
            raise ValueError("a time has no time zone")
        if self.ends <= self.starts:
            raise ValueError("it ends before it starts")
        return self

    def holds(self, at: float, slack: float = 0.0) -> bool:
        """True where the moment lies in it, or up to `slack` seconds behind it."""
        return self.starts.timestamp() <= at <= self.ends.timestamp() + slack


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    outages: tuple[Outage, ...]


def read_outages(file: Path | None = None) -> Sequence[Outage]:
    """The outages that come along, or those of a file; raises UsageError or ModelError."""
    where = str(file) if file else "outages.yaml"
    try:
        text = (file or files("downwind.jobs.backtest") / "outages.yaml").read_text(
            encoding="utf-8"
        )
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"it cannot be read: {error}.", where=where) from error
    try:
        return _File.model_validate(read_yaml(text, where)).outages
    except ValidationError as error:
        raise say_validation(error, where, "outage list", "docs/backtest.md") from error
