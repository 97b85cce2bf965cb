"""Asks Globalping to look at what seems to fail, from outside all that it stands on.

A target is asked for when somebody's probe of it fails, and again while it is not published as
up: ever more seldom where all agree. The answers are evidence of one vantage, globalping: they are
one voice, since one service carries them all, and several observations of it.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from downwind.graph import Graph
from downwind.model import Globalping as Wanted
from downwind.observe import Network
from downwind.observe.globalping import Answered, Asked, Avoid, Budget, Globalping, asked_for
from downwind.observe.probes import DnsProbe, HttpProbe
from downwind.observe.steps import Step
from downwind.terms import CannotMeasure, Evidence, Scope, Seen, UsageError
from downwind.watch.detection import Condition
from downwind.watch.live.state import Live
from downwind.watch.probing import Walk
from downwind.watch.vantages.spec import GLOBALPING, VantageSpec
from downwind.watch.watched import NAME, Watched

AT_ONCE = 3
"""Targets asked for at once; those of one outage fail for one reason."""
AGAIN = 60.0
"""Seconds until a target is asked for again; where all see it down each time twice as long..."""
SELDOM = 900.0
"""...up to this."""
_PATIENCE = 15.0
"""Seconds of the network's clock for one measurement: later it confirms nothing."""


@dataclass(slots=True)
class _Line:
    """How often a target was asked for since it last seemed well, and when."""

    times: int = 0
    at: float = 0.0
    agreed: bool = False
    """All see it down: there is little to learn."""

    def due(self, now: float) -> bool:
        wait = min(SELDOM, AGAIN * 2.0 ** (self.times - 1)) if self.agreed else AGAIN
        return not self.times or abs(now - self.at) >= wait


class Elsewhere:
    """Off unless the settings name it; whoever it asks learns what is watched."""

    def __init__(self, wanted: Wanted, network: Network, live: Live) -> None:
        """Raises UsageError where the token would go over the net in the clear."""
        self._count = wanted.probes
        self._clock, self._live = network.clock, live
        self._client = Globalping(
            network,
            wanted.token,
            wanted.api.rstrip("/"),
            Budget(most=wanted.per_hour),
            patience=_PATIENCE,
        )
        self._asked = {
            each.target.name: (each, asked)
            for each in live.setting.watched
            if (asked := question_of(each)) is not None
        }
        self._lines: dict[str, _Line] = {}
        self._waits: dict[str, None] = {}
        self._came = asyncio.Event()
        self.trouble = ""
        """Why the latest measurement gave nothing; empty where it did."""

    def ask(self, target: str) -> None:
        """Somebody's probe of it failed."""
        if target in self._asked:
            self._waits[target] = None
            self._came.set()

    def again(self) -> None:
        """Ask anew for all that are published as down or partly down; forget who is up."""
        published = self._live.published
        if published is None:
            return
        down = frozenset(published.those(Condition.DOWN))
        doubtful = down.union(published.those(Condition.PARTLY))
        for name in [name for name in self._lines if name not in doubtful]:
            if abs(self._clock.now() - self._lines[name].at) >= AGAIN:
                del self._lines[name]
        for name in sorted(doubtful):
            if name in self._lines:
                self._lines[name].agreed = name in down
            self.ask(name)

    async def run(self, heard: Callable[[Sequence[Evidence]], Awaitable[None]]) -> None:
        """Measure what is asked for, for ever; `heard` takes the evidence."""
        while True:
            await self._came.wait()
            self._came.clear()
            found = await asyncio.gather(*(self._look(name) for name in self._due()))
            records = [record for each in found for record in each]
            if records:
                await heard(records)

    def _due(self) -> list[str]:
        """Those that wait and may be asked for, the never asked ones first; the rest is asked for
        again while it is in doubt."""
        now = self._clock.now()
        waits, self._waits = self._waits, {}
        lines = {name: self._lines.setdefault(name, _Line()) for name in waits}
        due = [name for name, each in lines.items() if each.due(now)]
        return sorted(due, key=lambda name: lines[name].times)[:AT_ONCE]

    async def _look(self, name: str) -> list[Evidence]:
        watched, asked = self._asked[name]
        line = self._lines[name]
        line.times, line.at = line.times + 1, self._clock.now()
        setting = self._live.setting
        avoid = avoid_of(setting.graph, watched, setting.vantages)
        # One target is seen from the same places each time: then only time differs.
        seed = zlib.crc32(name.encode())
        try:
            answers = await self._client.look(asked, avoid, count=self._count, seed=seed)
        except (CannotMeasure, OSError) as error:
            self.trouble = str(error)
            return []
        except UsageError:  # a private target, which is nobody's business
            self._asked.pop(name, None)
            return []
        except Exception as error:  # a defect of ours must not end the watch
            self.trouble = f"our own defect: {type(error).__name__}"
            return []
        self.trouble = ""
        return [_told(each) for each in answers]


def question_of(watched: Watched) -> Asked | None:
    """What Globalping can be asked that says as much as our own probe; None where it cannot.

    It makes no journey of several steps and reads no body, and one name's answer is that of A.
    """
    name, what = watched.target.name, watched.target.what
    try:
        match what:
            case HttpProbe(method="GET", contains=None, lacks=None):
                return asked_for(name, "http", what.url, what.statuses)
            case DnsProbe(rdtype="A", server="", expects=()):
                return asked_for(name, "dns", what.name)
            case Walk(steps=(step,)) if _is_plain(step):
                return asked_for(name, "http", step.url)
    except UsageError:
        return None
    return None


def _is_plain(step: Step) -> bool:
    """A visit without a body of its own, that is well with any page."""
    expect = step.expect
    wants_more = expect.contains or expect.json or not 200 <= expect.status < 400
    return step.do == "get" and "$" not in step.url and not step.headers and not wants_more


def avoid_of(graph: Graph, watched: Watched, vantages: Iterable[VantageSpec]) -> Avoid:
    """Whose probes are no independent witnesses: those in a network or with a provider that the
    target stands on, each of which is a suspect, or that carries one of our own vantages."""
    node = watched.node
    if node.startswith(NAME):
        node = f"host:{node.removeprefix(NAME)}"
    reach = graph.reach(node) if node in graph.nodes else frozenset()
    scopes = (Scope.read(each.rstrip("?")) for each in reach if ":" not in each)
    numbers = [each.removeprefix("as:") for each in reach if each.startswith("as:")]
    own = [each.number for each in vantages if each.number is not None]
    return Avoid(
        asns=frozenset([*(int(number) for number in numbers if number.isdecimal()), *own]),
        providers=frozenset(scope.provider for scope in scopes if scope is not None),
    )


def _told(answer: Answered) -> Evidence:
    """As evidence of one of our vantages, with the place in it."""
    record = replace(answer.evidence, vantage=GLOBALPING)
    if record.value is None:
        return record
    return replace(record, finding=Seen({**record.value, "place": answer.evidence.vantage}))
