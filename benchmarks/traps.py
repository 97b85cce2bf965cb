"""Traps on the emulated internet: does the live loop name the right cause, and how soon?

.venv/bin/python benchmarks/traps.py [--speed 15] [--only NAME] [--json]

One emulated internet, one watch that probes every 30 s of its clock, one agent that probes from
elsewhere and reports over HTTP. Each trap breaks something, waits, and is mended again. Told are
the verdicts of the open incidents, whether the one that names somebody is right, and how long after
the first failing probe it stood (scenario seconds; the target is one interval and 5 s). A trap is
right when a right cause is named and no wrong provider ever was.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from downwind.jobs.emulated import Emulated, emulated
from downwind.jobs.watching import LiveHub, Watcher, WatchOptions, watching
from downwind.jobs.watching.vantage import performing
from downwind.model import Feed, Place, WatchSettings
from downwind.observe import Endpoint, Network
from downwind.observe.network import DialMap
from downwind.show.web import build_app, check_bind, serving, tokens_of
from downwind.terms import Scope
from downwind.watch.incidents import IncidentEvent, Window
from downwind.watch.vantages import HubAddress, VantageOptions, run_vantage
from downwind.world.form.deal import deal
from downwind.world.form.feeds import status_feeds
from downwind.world.form.load import load_world
from downwind.world.form.owners import owners_model
from downwind.world.form.scenario import packaged

EVERY, TIMEOUT = 30.0, 14.0
TOKEN = "a-token-for-the-traps-alone-0123456789"  # noqa: S105  # of a server on loopback
_DEAD = Endpoint("127.0.0.1", 9)
_NAMING = ("opened", "reopened", "named", "narrowed", "widened", "moved")
_WATCHED, _CALM = 200.0, 420.0
"""Scenario seconds that a fault holds, and that the loop has to come to rest at most."""


@dataclass
class _Ground:
    """All that a trap can lay hands on."""

    there: Emulated
    watcher: Watcher
    hub: LiveHub
    routes: dict[tuple[str, str, int], Endpoint]
    """Of this vantage: where addresses lead."""
    plain: dict[tuple[str, str, int], Endpoint] = field(default_factory=dict)

    async def tell(self, do: str, scope: str, mode: str = "") -> None:
        order = {"do": do, "scope": scope} | ({"mode": mode} if mode else {})
        await self.there.process.tell(order)

    def cut(self, *prefixes: str) -> None:
        """From here nothing leads to these addresses any more."""
        self.plain = dict(self.routes)
        for key in self.routes:
            if key[0].startswith(prefixes):
                self.routes[key] = _DEAD

    def joined(self) -> None:
        self.routes.update(self.plain)


@dataclass(frozen=True)
class Trap:
    """What is done, and which causes are right."""

    name: str
    begin: Callable[[_Ground], Awaitable[None]]
    end: Callable[[_Ground], Awaitable[None]]
    right: tuple[str, ...]
    """Scopes of which any that lies inside or around is right, or own:SERVICE, vantage:NAME."""
    nobody: bool = False
    """True where naming nobody is right as well."""


def _breaks(name: str, scope: str, mode: str, *also: str, nobody: bool = False) -> Trap:
    async def begin(ground: _Ground) -> None:
        await ground.tell("break", scope, mode)

    async def end(ground: _Ground) -> None:
        await ground.tell("mend", scope)

    return Trap(name, begin, end, (scope, *also), nobody)


async def _deploy_and_break(ground: _Ground) -> None:
    await ground.hub.deploy("ci", {"service": "bluesky.test", "title": "a new version"})
    await ground.tell("break", "skyline/racks", "errors")


async def _mend_racks(ground: _Ground) -> None:
    await ground.tell("mend", "skyline/racks")


async def _planned_and_break(ground: _Ground) -> None:
    now = ground.watcher.now()
    window = Window("planned", "radio.test", now - 60, now + 3600, title="a planned move")
    await ground.watcher.parts.book.plan(window)
    await ground.tell("break", "fastly/cdn", "errors")


async def _mend_fastly(ground: _Ground) -> None:
    await ground.tell("mend", "fastly/cdn")
    await ground.watcher.parts.book.cancel("planned")


async def _two_zones(ground: _Ground) -> None:
    for zone in "ab":
        await ground.tell("break", f"aws/ec2/us-east-1/{zone}", "refused")


async def _mend_zones(ground: _Ground) -> None:
    for zone in "ab":
        await ground.tell("mend", f"aws/ec2/us-east-1/{zone}")


async def _cut_all(ground: _Ground) -> None:
    ground.cut("198.18.", "2001:db8:")


async def _cut_the_edge(ground: _Ground) -> None:
    """The path to the edge's addresses is gone from here, not from the agent."""
    found = {
        address
        for node in ground.watcher.live.setting.graph.nodes.values()
        if node.kind == "address"
        for need in node.needs
        for address in [node.label]
        if any(each.node.startswith("cloudflare") for each in need.alternatives)
    }
    ground.cut(*found)


async def _join(ground: _Ground) -> None:
    ground.joined()


TRAPS = (
    _breaks("one variant with one feature on", "cloudflare/proxy#fl2+bots", "errors"),
    _breaks("one zone of three", "aws/ec2/us-east-1/a", "refused", nobody=True),
    Trap("two zones of three", _two_zones, _mend_zones, ("aws/ec2/us-east-1",), nobody=True),
    _breaks("control plane only", "aws/ec2/us-east-1#control", "errors"),
    _breaks("an origin behind a healthy edge", "lone-pine/rooms", "refused"),
    _breaks("a status page that lies green", "aws/dynamodb/us-east-1", "empty-record"),
    Trap(
        "one's own bad deploy",
        _deploy_and_break,
        _mend_racks,
        ("own:bluesky.test", "skyline"),
    ),
    Trap("maintenance that coincides", _planned_and_break, _mend_fastly, ("fastly",)),
    Trap("a blind watcher", _cut_all, _join, ("vantage:here",), nobody=True),
    Trap("a path that looks like the edge", _cut_the_edge, _join, ("vantage:here",), nobody=True),
)


async def main(options: argparse.Namespace) -> dict[str, Any]:
    """Set the traps one after the other."""
    file = packaged("worlds")["founding"]
    world = deal(load_world(file), None)
    feeds = tuple(
        Feed(provider=provider, url=feed.url, format=feed.format)
        for provider, feed in status_feeds(world).items()
    )
    settings = WatchSettings(
        every=EVERY,
        timeout=TIMEOUT,
        map_every=0,
        feeds=feeds,
        catalog_feeds=False,
        feeds_every=60,
        place=Place(name="here", network="AS64500"),
        vantages=(Place(name="there", network="AS64501"),),
    )
    whole_model = owners_model(world, 0.0)
    # Messages and calls are steps of the emulated internet alone, which an agent cannot perform.
    services = tuple(
        service
        for service in whole_model.services
        if all(
            step.do in ("get", "post", "put", "delete")
            for c in service.capabilities
            for step in c.journey
        )
    )
    model = whole_model.model_copy(update={"watch": settings, "services": services})
    async with emulated(file, speed=options.speed, start=1763463600.0) as there:
        whole = Network.from_handout(there.process.handout)
        assert whole.dial is not None
        routes = dict(whole.dial.routes)
        here = replace(whole, dial=DialMap(routes))
        with tempfile.TemporaryDirectory() as folder:
            loop = WatchOptions(
                model, here, there.catalog, Path(folder) / "watch",
                map_budget=60 * options.speed, loopback_at_once=0,
            )  # fmt: skip
            async with watching(loop) as watcher:
                hub = LiveHub(watcher)
                access = check_bind("127.0.0.1", tokens_of({"there": TOKEN}, {"there"}))
                elsewhere = replace(whole, vantage="there")
                async with (
                    serving(build_app(hub, access), "127.0.0.1", 0) as url,
                    performing(elsewhere) as probe,
                ):
                    agent = asyncio.create_task(
                        run_vantage(
                            VantageOptions(
                                "there",
                                HubAddress(url, TOKEN),
                                Path(folder) / "there",
                                probe,
                                clock=elsewhere.clock,
                                send_every=5.0,
                            )
                        )
                    )
                    ground = _Ground(there, watcher, hub, routes)
                    try:
                        return await _all(ground, options)
                    finally:
                        agent.cancel()
                        await asyncio.gather(agent, return_exceptions=True)


async def _all(ground: _Ground, options: argparse.Namespace) -> dict[str, Any]:
    clock = ground.watcher.options.network.clock
    await clock.sleep(4 * EVERY)
    await _rest(ground)
    found = []
    for trap in TRAPS:
        if options.only and options.only not in trap.name:
            continue
        told = await _one(ground, trap)
        print(json.dumps(told), file=sys.stderr, flush=True)
        found.append(told)
    after = [each["after_first_failure_s"] for each in found if each["after_first_failure_s"]]
    return {
        "traps": found,
        "right": sum(each["right"] for each in found),
        "of": len(found),
        "median_s": round(statistics.median(after), 1) if after else None,
        "lag_p99_s": round(ground.watcher.parts.schedule.lag().p99, 2),
    }


async def _one(ground: _Ground, trap: Trap) -> dict[str, Any]:
    watcher = ground.watcher
    events: list[IncidentEvent] = []
    watcher.told = events.extend
    began = watcher.now()
    await trap.begin(ground)
    await watcher.options.network.clock.sleep(_WATCHED)
    picture = watcher.picture
    await trap.end(ground)
    rested = await _rest(ground)
    named, right_at, wrong = _judged(watcher, trap, events, began)
    pages = {i.status_page.provider: i.status_page.state for i in picture.incidents if i.scope}
    return {
        "trap": trap.name,
        "right": not wrong and (right_at is not None or trap.nobody),
        "named": named,
        "wrong": wrong,
        "after_first_failure_s": None if right_at is None else round(right_at, 1),
        "pages": pages,
        "blind": picture.watcher.blind,
        "down": sum(each.state is not None and each.state != "up" for each in picture.targets),
        "at_rest_after_s": rested,
        "events": [f"{e.at - began:.0f} {e.kind} {e.incident} {e.text}"[:120] for e in events][:12],
    }


def _judged(
    watcher: Watcher, trap: Trap, events: list[IncidentEvent], began: float
) -> tuple[list[str], float | None, list[str]]:
    """Who was named, how long after the first failure the right one was, and who wrongly."""
    ledger = watcher.parts.book.ledger
    named: dict[str, None] = {}
    right_at, wrong = None, []
    for event in events:
        incident = ledger.incidents.get(event.incident)
        if incident is None or event.kind not in _NAMING:
            continue
        told = event.changes.get("cause")
        cause = str(incident.cause) if told is None else _cause(told)
        verdict = str(event.changes.get("verdict", incident.verdict))
        if verdict == "unknown":
            continue
        named[f"{verdict} {cause}"] = None
        if _is_right(cause, trap):
            first = incident.since if incident.since >= began else began
            right_at = event.at - first if right_at is None else right_at
        elif verdict in ("provider", "own"):
            wrong.append(cause)
    return list(named), right_at, wrong


def _cause(told: dict[str, str]) -> str:
    return told["name"] if told["kind"] == "scope" else f"{told['kind']}:{told['name']}"


def _is_right(cause: str, trap: Trap) -> bool:
    for right in trap.right:
        if cause == right:
            return True
        mine, theirs = Scope.read(cause), Scope.read(right)
        if mine and theirs and (mine.covers(theirs) or theirs.covers(mine)):
            return True
    return False


async def _rest(ground: _Ground) -> float | None:
    """Seconds until nothing is open and all is up; None where it never comes to rest."""
    watcher = ground.watcher
    began = watcher.now()
    while watcher.now() - began < _CALM:
        await watcher.changed()
        picture = watcher.picture
        if not picture.running() and all(each.state == "up" for each in picture.targets):
            return round(watcher.now() - began)
    return None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--speed", type=float, default=15.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    print(json.dumps(asyncio.run(main(asked)), indent=None if asked.json else 2))
