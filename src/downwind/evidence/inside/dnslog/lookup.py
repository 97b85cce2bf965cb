"""One line of a query log, whatever the format."""

from enum import Enum
from typing import NamedTuple, Protocol


class Lookup(NamedTuple):
    """A question that a resolver was asked, or what it answered. The name is as it was written."""

    name: str
    type: str = ""
    """A, AAAA, HTTPS...; empty for an answer that does not repeat it."""
    client: str = ""
    """Who asked. It is never stored."""
    at: float | None = None
    rcode: str = ""
    """NOERROR, NXDOMAIN, SERVFAIL...; empty for a question."""
    aliases: tuple[str, ...] = ()
    """The names that the answer leads on to, by CNAME."""


class Line(Enum):
    """A line that is no look-up."""

    OTHER = "other"
    """The resolver, or another program of the same log, speaks of something else."""
    BROKEN = "broken"


class LineFormat(Protocol):
    """Reads the lines of one format in order; some formats tell one answer in several lines."""

    name: str

    def read(self, line: str) -> Lookup | Line:
        """What the line says. Never raises."""
        ...
