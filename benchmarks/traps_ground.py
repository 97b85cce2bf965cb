"""The ground of the traps: one emulated internet, a watch, and an agent that probes elsewhere."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from traps_path import Box, Meddling

from downwind.jobs.emulated import Emulated, emulated
from downwind.jobs.watching import LiveHub, Watcher, WatchOptions, watching
from downwind.jobs.watching.vantage import performing
from downwind.model import Feed, Model, Place, WatchSettings
from downwind.model.watching import Token
from downwind.observe import Endpoint, Network
from downwind.observe.network import DialMap
from downwind.show.web import build_app, check_bind, serving, tokens_of
from downwind.watch.vantages import HubAddress, VantageOptions, run_vantage
from downwind.world.form.deal import deal
from downwind.world.form.feeds import status_feeds
from downwind.world.form.load import load_world
from downwind.world.form.owners import owners_model
from downwind.world.form.scenario import packaged
from downwind.world.form.schema import WorldFile

EVERY, TIMEOUT = 30.0, 14.0
START = 1763463600.0
TOKEN = "a-token-for-the-traps-alone-0123456789"  # noqa: S105  # of a server on loopback
SIGHTS = ("bluesky.test", "paper.test", "lessons.test", "azure-status.test")
"""Unrelated hosts that show whether anything can be seen."""
ZONES = ("us-east-1/a", "us-east-1/b", "us-east-1/c", "eu-west-1/a")
"""Of aws/ec2: in each stand three services that stand nowhere else."""
_DEAD = Endpoint("127.0.0.1", 9)
_Route = tuple[str, str, int]
_HTTPS = 443

_ZONAL = """
  - name: {name}.test
    title: {name} (fictional)
    owner: a fictional owner of a machine in one zone
    on:
      dns: {dns}
      cloud: aws/ec2/{zone}
      certificates: lets-encrypt/certificates
    hosts:
      - {{host: {name}.test, app: website, runs_on: cloud, dns: dns, certificates: certificates}}
    capabilities:
      - id: read
        journey: [{{do: get, url: "https://{name}.test/"}}]
        declares: [{{need: compute, any_of: ["${{cloud}}"], source: "declared by this trap"}}]
"""
_SPREAD = """
  - name: spread.test
    title: Spread (fictional)
    owner: a fictional owner of a machine in each of three zones
    on:
      dns: google-cloud/dns
      a: aws/ec2/us-east-1/a
      b: aws/ec2/us-east-1/b
      c: aws/ec2/us-east-1/c
      certificates: lets-encrypt/certificates
    hosts:
      - {host: spread.test, app: website, runs_on: a, dns: dns, certificates: certificates}
      - {host: two.spread.test, app: website, runs_on: b, dns: dns, certificates: certificates}
      - {host: three.spread.test, app: website, runs_on: c, dns: dns, certificates: certificates}
    capabilities:
      - id: work
        journey:
          - {do: get, url: "https://spread.test/", strength: soft}
          - {do: get, url: "https://two.spread.test/", strength: soft}
          - {do: get, url: "https://three.spread.test/", strength: soft}
        declares:
          - {need: first, any_of: ["${a}"], strength: soft, source: "declared by this trap"}
          - {need: second, any_of: ["${b}"], strength: soft, source: "declared by this trap"}
          - {need: third, any_of: ["${c}"], strength: soft, source: "declared by this trap"}
"""


@dataclass
class Sight:
    """What leads where from one vantage, and how it is put right again."""

    routes: dict[_Route, Endpoint]
    plain: Mapping[_Route, Endpoint]
    box: Box

    def cut(self, which: Callable[[_Route], bool]) -> None:
        """From here nothing leads to these any more."""
        self.routes.update({key: _DEAD for key in self.plain if which(key)})

    async def meddle(self, rules: Mapping[str, Meddling]) -> None:
        """All that speaks TLS goes through a box on the path, which has these rules."""
        self.box.rules = dict(rules)
        for key, there in self.plain.items():
            if key[1:] == ("tcp", _HTTPS):
                self.routes[key] = await self.box.before(there)

    def restore(self) -> None:
        self.box.rules = {}
        self.routes.update(self.plain)


@dataclass
class Ground:
    """All that a trap can lay hands on."""

    there: Emulated
    watcher: Watcher
    hub: LiveHub
    here: Sight
    elsewhere: Sight
    resolvers: frozenset[str]

    async def tell(self, do: str, scope: str, mode: str = "") -> None:
        order = {"do": do, "scope": scope} | ({"mode": mode} if mode else {})
        await self.there.process.tell(order)

    async def announce(self, provider: str, state: str) -> None:
        words = {
            "state": state,
            "impact": "critical",
            "title": "Elevated errors",
            "text": "Errors.",
        }
        await self.there.process.tell({"do": "announce", "provider": provider, **words})

    def addresses(self, scope: str) -> list[str]:
        """The addresses that the map puts down to a scope."""
        return sorted(
            node.label
            for node in self.watcher.live.setting.graph.nodes.values()
            if node.kind == "address"
            and any(
                each.node.startswith(scope) for need in node.needs for each in need.alternatives
            )
        )

    def restore(self) -> None:
        self.here.restore()
        self.elsewhere.restore()


def world_file(folder: Path) -> Path:
    """The founding world, with services that stand in one zone each."""
    text = packaged("worlds")["founding"].read_text(encoding="utf-8")
    more = [
        _ZONAL.format(name=f"till-{number}-{zone.replace('/', '-')}", zone=zone, dns=dns)
        for zone in ZONES
        for number, dns in enumerate(("google-cloud/dns", "azure/dns", "akamai/edge-dns"), start=1)
    ]
    services = "\nservices:\n"
    assert text.count(services) == 1
    text = text.replace(services, services + "".join([*more, _SPREAD]))
    file = folder / "traps.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def _model(world: WorldFile) -> Model:
    """The owners' model, without messages and calls, which an agent cannot perform."""
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
        connectivity=SIGHTS,
        place=Place(name="here", network="AS64500"),
        vantages=(Place(name="there", network="AS64501"),),
    )
    whole = owners_model(world, 0.0)
    services = tuple(
        service
        for service in whole.services
        if all(
            step.do in ("get", "post", "put", "delete")
            for c in service.capabilities
            for step in c.journey
        )
    )
    return whole.model_copy(update={"watch": settings, "services": services})


@asynccontextmanager
async def grounded(speed: float, skew: float) -> AsyncIterator[Ground]:
    """The ground while the block runs; the agent's clock is `skew` seconds ahead."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = world_file(folder)
        world = deal(load_world(file), None)
        async with emulated(file, speed=speed, start=START) as there:
            whole = Network.from_handout(there.process.handout)
            assert whole.dial is not None
            plain = dict(whole.dial.routes)
            sights = [Sight(dict(plain), plain, Box(folder, START)) for _ in "12"]
            trust = "".join([whole.trust or "", *(each.box.trust for each in sights)])
            here, elsewhere = (
                replace(whole, vantage=name, trust=trust, dial=DialMap(sight.routes))
                for name, sight in zip(("here", "there"), sights, strict=True)
            )
            clock = elsewhere.clock
            elsewhere = replace(elsewhere, clock=replace(clock, scenario=clock.scenario + skew))
            loop = WatchOptions(
                _model(world), here, there.catalog, folder / "watch",
                map_budget=60 * speed, loopback_at_once=0,
            )  # fmt: skip
            async with watching(loop) as watcher:
                hub = LiveHub(watcher)
                async with _agent(hub, elsewhere, folder):
                    resolvers = frozenset(each.ip for each in whole.resolvers)
                    yield Ground(there, watcher, hub, *sights, resolvers)
            for sight in sights:
                sight.box.close()


@asynccontextmanager
async def _agent(hub: LiveHub, network: Network, folder: Path) -> AsyncIterator[None]:
    access = check_bind("127.0.0.1", tokens_of([Token(name="there", token=TOKEN)], {"there"}))
    async with (
        serving(build_app(hub, access), "127.0.0.1", 0) as url,
        performing(network) as probe,
    ):
        options = VantageOptions(
            "there",
            HubAddress(url, TOKEN),
            folder / "there",
            probe,
            clock=network.clock,
            send_every=5.0,
        )
        agent = asyncio.create_task(run_vantage(options))
        try:
            yield
        finally:
            agent.cancel()
            await asyncio.gather(agent, return_exceptions=True)
