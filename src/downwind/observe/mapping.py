"""Carries out the plan: looks at the names and all that they stand on, within a time budget."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from downwind.observe.asks import LAST, Ask, What
from downwind.observe.looker import Looker
from downwind.observe.network import Network
from downwind.observe.plan import Plan
from downwind.observe.registration.bootstrap import RdapOptions
from downwind.terms import Evidence, Finding, Seen, Unanswered

_AT_ONCE = 32


async def map_names(
    names: Sequence[str],
    network: Network,
    *,
    budget: float,
    on_evidence: Callable[[Evidence], None],
    rdap: RdapOptions | None = None,
    hosts: Sequence[str] = (),
) -> None:
    """Look at host names or URLs, and at everything they stand on, for `budget` real seconds.

    With `rdap`, registries are asked for the registrations of the names. Of `hosts` everything is
    looked at but their pages and their mail: nobody asked for these.

    Hostile things end up as findings, never as exceptions; only what `on_evidence` raises goes
    through. What the budget cuts off is told as Unanswered.
    """
    plan = Plan(names, hosts=hosts, registrations=rdap is not None)
    mapping = _Mapping(
        Looker(network, plan.named, rdap or RdapOptions()), plan, budget, on_evidence
    )
    try:
        await mapping.run()
    finally:
        await mapping.close()


class _Mapping:
    def __init__(
        self,
        looker: Looker,
        plan: Plan,
        budget: float,
        on_evidence: Callable[[Evidence], None],
    ) -> None:
        self._network = looker.network
        self._plan = plan
        self._budget = budget
        self._on_evidence = on_evidence
        self._looker = looker
        self._waiting: deque[Ask] = deque()
        self._last: deque[Ask] = deque()
        self._running: dict[asyncio.Task[None], Ask] = {}
        self._told: set[tuple[str, str]] = set()
        self._alias_ttl: dict[str, int] = {}

    async def run(self) -> None:
        deadline = asyncio.get_running_loop().time() + self._budget
        self._enqueue(self._plan.first())
        while self._left() or self._running:
            while self._left() and len(self._running) < _AT_ONCE:
                self._start(self._next())
            if not self._running:
                continue
            left = deadline - asyncio.get_running_loop().time()
            done, _ = await asyncio.wait(
                self._running, timeout=max(0.0, left), return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                self._settle(task)
            if left <= 0:
                await self._cut_off()
                return

    async def close(self) -> None:
        await self._stop()
        await self._looker.close()

    def _start(self, ask: Ask) -> None:
        if ask.refused:
            self._tell_missing(ask, ask.refused)
        else:
            task = asyncio.create_task(self._looker.look(ask, self._emit))
            self._running[task] = ask

    def _settle(self, task: asyncio.Task[None]) -> None:
        ask = self._running.pop(task)
        error = task.exception()
        if isinstance(error, _NotKept):
            raise error.__cause__ or error
        if error is not None:
            # Our own defect on some input nobody thought of: told, and the rest goes on.
            reason = f"Downwind failed to look: {type(error).__name__}: {error}"
            self._tell_missing(ask, reason)

    def _emit(self, subject: str, kind: str, finding: Finding) -> None:
        if kind == "dns.cname" and not self._lives_longer(subject, finding):
            return
        self._told.add((subject, kind))
        now = self._network.clock.now()
        evidence = Evidence(subject, kind, finding, now, self._network.vantage)
        try:
            self._on_evidence(evidence)
        except Exception as error:
            raise _NotKept from error
        self._enqueue(self._plan.seen(evidence))

    def _lives_longer(self, owner: str, finding: Finding) -> bool:
        """Many chains share a link: it is told once, and again only with a longer life."""
        ttl = int(finding.value["ttl"]) if isinstance(finding, Seen) else 0
        if ttl <= self._alias_ttl.get(owner, -1):
            return False
        self._alias_ttl[owner] = ttl
        return True

    def _enqueue(self, asks: Sequence[Ask]) -> None:
        for ask in asks:
            (self._last if ask.what in LAST else self._waiting).append(ask)

    def _left(self) -> int:
        return len(self._waiting) + len(self._last)

    def _next(self) -> Ask:
        return (self._waiting or self._last).popleft()

    async def _cut_off(self) -> None:
        unfinished = [*self._running.values()]
        await self._stop()
        reason = f"the time budget of {self._budget:g} s was spent before this was answered"
        while unfinished or self._left():
            self._tell_missing(unfinished.pop() if unfinished else self._next(), reason)

    async def _stop(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._running.clear()

    def _tell_missing(self, ask: Ask, reason: str) -> None:
        for kind in ask.kinds:
            if ask.what is What.CERTIFICATE or (ask.subject, kind) not in self._told:
                detail = {"address": ask.addresses[0]} if ask.what is What.CERTIFICATE else {}
                self._emit(ask.subject, kind, Unanswered(reason, detail))


class _NotKept(Exception):
    """The caller could not take the evidence: a full disk, not a hostile internet."""
