"""Carries out a survey: so many names at a time, until the list ends."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from downwind.evidence.log import EvidenceLog
from downwind.observe import dns
from downwind.observe.dialer import Dialer
from downwind.observe.names import ROOT
from downwind.observe.network import Network
from downwind.survey.course import NAME
from downwind.survey.dns.client import Counts
from downwind.survey.keeper import Keeper
from downwind.survey.limits.pace import Limits
from downwind.survey.looker import Looker
from downwind.survey.names_file import Row
from downwind.terms import CannotMeasure, Evidence, Finding, Seen

_REASONS_KEPT = 200
_PROGRESS_EVERY = 0.5
_SILENCE = 5.0
"""Seconds without any answer after which a resolver is asked whether it is there."""


@dataclass(slots=True)
class Tally:
    """What came of the names so far; only what is on disk counts."""

    done: int = 0
    seen: int = 0
    """Names with an address."""
    absent: int = 0
    """Names that were looked for, and have none."""
    unknown: int = 0
    """Names of which nobody could say whether they have one."""
    incomplete: int = 0
    """Names of which only some other record stayed unknown."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why something stayed unknown, and for how many names."""

    def hear(self, finding: Finding) -> None:
        """Count one survey.name record."""
        self.done += 1
        if not isinstance(finding, Seen):
            self.unknown += 1
            self._because(finding.reason)
            return
        value = finding.value
        unknown: Mapping[str, str] = value["unknown"]
        if value["addresses"]:
            self.seen += 1
        elif "dns.a" in unknown or "dns.aaaa" in unknown:
            self.unknown += 1
        else:
            self.absent += 1
        if unknown and ("dns.a" not in unknown and "dns.aaaa" not in unknown):
            self.incomplete += 1
        for reason in set(unknown.values()):
            self._because(reason)

    def _because(self, reason: str) -> None:
        known = reason in self.reasons or len(self.reasons) < _REASONS_KEPT
        self.reasons[reason if known else "other reasons"] += 1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is, for somebody who waits."""

    tally: Tally
    counts: Counts


async def survey(
    rows: Iterable[Row],
    network: Network,
    limits: Limits,
    log: EvidenceLog,
    *,
    looked_at: Sequence[str] = (),
    heard: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Look at every name of the rows, and keep what was seen; a cancelled run loses nothing done.

    Raises DownwindError where the log takes no more.
    """
    tally = Tally()

    def count(group: Sequence[Evidence]) -> None:
        for each in group:
            if each.kind == NAME:
                tally.hear(each.finding)

    keeper = Keeper(log, count)
    looker = Looker(network, limits, keeper.keep, looked_at)
    progress = Progress(tally, looker.counts)
    crew = _Crew(looker, keeper, limits.names_at_once)
    try:
        await check_resolvers(network)
        async with asyncio.TaskGroup() as group:
            group.create_task(keeper.run())
            aside = [
                group.create_task(_tell(progress, heard)),
                group.create_task(_watch(looker, network)),
            ]
            await crew.work(rows)
            for task in aside:
                task.cancel()
            keeper.stop()
    except* Exception as failures:
        raise failures.exceptions[0] from None
    finally:
        await crew.stop()
        await looker.close()
        await keeper.flush()
    heard(progress)
    return progress


async def check_resolvers(network: Network) -> None:
    """Check oneself before blaming the world: raises CannotMeasure unless one knows the root.

    One behind a captive portal, or cut off from the internet, may well answer that there is no such
    name: of the root, as of every name.
    """
    reply = await dns.ask(Dialer(network), network, (ROOT, "NS"), network.resolvers)
    todo = "Mend it, or name another with --resolver; the same command goes on from here."
    if reply.message is None:
        tried = "; ".join(dict.fromkeys(f"{t.server}: {t.outcome}" for t in reply.tries))
        raise CannotMeasure(f"No resolver answers ({tried or 'there is none'}).", todo=todo)
    if reply.answer(ROOT, "NS") is None:
        raise CannotMeasure(
            f"The resolver {reply.server} does not know the root's name servers ({reply.rcode}):"
            " what it says of names says nothing.",
            todo=todo,
        )


async def _watch(looker: Looker, network: Network) -> None:
    """Ends the run where the resolvers have gone: what they would not say says nothing of names."""
    silence = network.clock.timeout(_SILENCE)
    while True:
        await asyncio.sleep(silence / 2)
        if looker.silent_for() >= silence:
            await check_resolvers(network)


async def _tell(progress: Progress, heard: Callable[[Progress], None]) -> None:
    while True:
        await asyncio.sleep(_PROGRESS_EVERY)
        heard(progress)


class _Crew:
    """The names under way."""

    def __init__(self, looker: Looker, keeper: Keeper, at_once: int) -> None:
        self._looker = looker
        self._keeper = keeper
        self._room = asyncio.Semaphore(at_once)
        self._tasks: set[asyncio.Task[None]] = set()

    async def work(self, rows: Iterable[Row]) -> None:
        """Look at all rows; returns when the last is done."""
        for row in rows:
            await self._keeper.room()
            await self._room.acquire()
            task = asyncio.create_task(self._look(row))
            self._tasks.add(task)
            task.add_done_callback(self._done)
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _look(self, row: Row) -> None:
        about = {"line": row.line, "labels": dict(row.labels)}
        self._keeper.keep((await self._looker.name(row.name, about),))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._room.release()
        if not task.cancelled():
            task.exception()
