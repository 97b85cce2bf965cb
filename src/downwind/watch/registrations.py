"""Asks the registries of one's own domains, one look a day at each, one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random

from downwind.observe import Network
from downwind.observe.registration.bootstrap import RdapOptions
from downwind.observe.registration.registries import Registries
from downwind.terms import Evidence, Unanswered

EVERY = 86_400.0
"""Seconds between two looks at one domain."""
AGAIN = 3600.0
"""Seconds until a domain is asked for again that got no answer; each time twice as long."""
APART = 2.0
"""Seconds between two questions, to whichever registry."""
_FIRST = 60.0
"""Seconds over which the first looks are spread, at most."""
_JITTER = 0.1

Hear = Callable[[Evidence], Awaitable[None]]
"""Keeps a record and counts it."""


@dataclass(slots=True)
class _Asked:
    due: float
    silences: int = 0
    """Looks in a row without an answer."""


class RegistrationWatch:
    """Asks by the network's clock. What was asked for less than a day ago waits for its day."""

    def __init__(
        self,
        domains: Iterable[str],
        network: Network,
        options: RdapOptions,
        asked_at: Mapping[str, float],
        *,
        random: Random | None = None,
    ) -> None:
        """`asked_at`: domain -> the latest look, in seconds since 1970-01-01 UTC."""
        self._network = network
        self._registries = Registries(network, options)
        self._random = random or Random()
        now = network.clock.now()
        names = tuple(domains)
        spread = min(_FIRST, APART * len(names))
        self._asked = {name: _Asked(self._first(asked_at.get(name), now, spread)) for name in names}

    async def run(self, hear: Hear) -> None:
        """Ask until cancelled."""
        clock = self._network.clock
        while self._asked:
            name, asked = min(self._asked.items(), key=lambda each: each[1].due)
            left = asked.due - clock.now()
            if left > 0:
                # In pieces: a clock that is set forward makes it due.
                await clock.sleep(min(left, AGAIN))
                continue
            record = await self._registries.ask(name)
            self._plan(asked, record)
            await hear(record)
            await clock.sleep(APART)

    def _first(self, asked_at: float | None, now: float, spread: float) -> float:
        if asked_at is None or not 0 <= now - asked_at < EVERY:
            return now + self._random.uniform(0.0, spread)
        return asked_at + EVERY

    def _plan(self, asked: _Asked, record: Evidence) -> None:
        """When the domain is due again."""
        silent = isinstance(record.finding, Unanswered)
        asked.silences = asked.silences + 1 if silent else 0
        wait = min(EVERY, AGAIN * 2 ** min(asked.silences - 1, 10)) if silent else EVERY
        asked.due = record.at + wait * self._random.uniform(1 - _JITTER, 1 + _JITTER)
