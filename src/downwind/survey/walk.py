"""Follows what a name stands on, from lead to lead, until all of it was looked at."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from downwind.survey.looks.facts import Facts
from downwind.survey.memory.recent import Recent

_REMEMBERED = 10_000
MOST_LEADS = 400
"""Name servers of ever new zones would otherwise lead on for ever."""


class Walk:
    """Remembers from where everything has been followed, so that many names walk it once.

    Lookups must not wait for one another in circles; whoever walks waits for all of them.
    """

    def __init__(
        self,
        look: Callable[[str], Awaitable[Facts]],
        now: Callable[[], float],
        budget: float,
        *,
        most: int = MOST_LEADS,
        remembered: int = _REMEMBERED,
    ) -> None:
        """`look` starts the lookup of a key at once; after `budget` seconds no lead is followed."""
        self._look = look
        self._now = now
        self._budget = budget
        self._most = most
        self._settled: Recent[bool] = Recent(remembered)

    async def settle(self, keys: Sequence[str]) -> int:
        """Look at all that these lead to; returns how many leads were not followed."""
        seen = dict.fromkeys(keys)
        waiting = deque(map(self._look, seen))
        late = self._now() + self._budget
        left_out = 0
        while waiting:
            facts = await waiting.popleft()
            for lead in facts.leads:
                if lead in seen or self._settled.get(lead):
                    continue
                if len(seen) >= self._most or self._now() > late:
                    left_out += 1
                    continue
                seen[lead] = None
                waiting.append(self._look(lead))
        if not left_out:
            for key in seen:
                self._settled.put(key, True)
        return left_out
