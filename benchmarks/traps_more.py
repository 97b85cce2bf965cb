"""More traps, made by somebody who wished to fool.

What is right was decided before the first run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from traps_ground import Ground, Sight
from traps_liar import lying
from traps_path import Meddling
from traps_trap import Trap, breaks, meddles, restore

_FASTLY = ("reddit.test", "paper.test")
_CLOUDFLARE = (
    *("x.test", "downdetector.test", "reports.downdetector.test", "dashboard.test"),
    *("challenge.dashboard.test", "api.dashboard.test", "tags.test", "www.radio.test"),
    *("broker.test", "badge.test", "menu.test"),
)
_CF = ("server: cloudflare", "cf-ray: 8f0a1b2c3d4e5f60-CDG")
_VARNISH = ("via: 1.1 varnish", "x-served-by: cache-par-8f0a1b2c")
_CF_FAULT = Meddling(500, _CF, "<h1>Internal server error</h1> cloudflare")
_VARNISH_FAULT = Meddling(503, _VARNISH, "<h1>Guru Meditation</h1> Varnish cache server")
_TRACE = Meddling(500, body="Traceback (most recent call last): KeyError: 'v42'")
_BEHIND_AKAMAI = Meddling(500, ("server: AkamaiGHost",), _TRACE.body)
_CHALLENGE = Meddling(503, _CF, "<title>Just a moment...</title> Verify you are human")
_AT_FAULT = "errors"


def _both(ground: Ground) -> tuple[Sight, Sight]:
    return ground.here, ground.elsewhere


async def _order(ground: Ground, scope: str, **words: object) -> None:
    await ground.there.process.tell({"do": "break", "scope": scope, "mode": _AT_FAULT, **words})


def _brown_out() -> Trap:
    async def begin(ground: Ground) -> None:
        await _order(ground, "cloudflare/proxy", share=0.4)

    async def end(ground: Ground) -> None:
        await ground.tell("mend", "cloudflare/proxy")

    return Trap("a brown-out: 40 % errors", begin, end, ("cloudflare",), holds=300)


def _flapping() -> Trap:
    running: list[asyncio.Task[None]] = []

    async def flap(ground: Ground) -> None:
        while True:
            await _order(ground, "aws/ec2/us-east-1")
            await ground.watcher.options.network.clock.sleep(45)
            await ground.tell("mend", "aws/ec2/us-east-1")
            await ground.watcher.options.network.clock.sleep(45)

    async def begin(ground: Ground) -> None:
        running.append(asyncio.create_task(flap(ground)))

    async def end(ground: Ground) -> None:
        task = running.pop()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await _order(ground, "aws/ec2/us-east-1")
        await ground.tell("mend", "aws/ec2/us-east-1")

    return Trap("a flapping region: 45 s on, 45 s off", begin, end, ("aws",), holds=400)


def _one_by_one(name: str, *, mends: bool) -> Trap:
    """Host by host of an edge fails, or host by host comes back, 25 s apart."""
    running: list[asyncio.Task[None]] = []

    async def go_on(ground: Ground) -> None:
        for host in _CLOUDFLARE:
            for sight in _both(ground):
                if mends:
                    sight.box.rules.pop(host)
                else:
                    sight.box.rules[host] = _CF_FAULT
            await ground.watcher.options.network.clock.sleep(25)

    async def begin(ground: Ground) -> None:
        for sight in _both(ground):
            await sight.meddle(dict.fromkeys(_CLOUDFLARE, _CF_FAULT) if mends else {})
        if mends:
            await ground.watcher.options.network.clock.sleep(90)
        running.append(asyncio.create_task(go_on(ground)))

    async def end(ground: Ground) -> None:
        await asyncio.gather(running.pop(), return_exceptions=True)
        ground.restore()

    return Trap(name, begin, end, ("cloudflare",), holds=300)


def _liar(
    name: str, hosts: Sequence[str], *, address: str = "", everywhere: bool, right: str
) -> Trap:
    async def begin(ground: Ground) -> None:
        for sight in _both(ground) if everywhere else (ground.here,):
            for key, true in sight.plain.items():
                if key[0] in ground.resolvers and key[1] == "udp":
                    sight.routes[key] = (await lying(true, hosts, address))[1]

    return Trap(name, begin, restore, (right,), nobody=True)


def _two_deploys() -> Trap:
    hosts = {"bluesky.test": _TRACE, "shop.test": _BEHIND_AKAMAI}

    async def begin(ground: Ground) -> None:
        for host in hosts:
            await ground.hub.deploy("ci", {"service": host, "title": "a shared library, v42"})
        for sight in _both(ground):
            await sight.meddle(hosts)

    right = tuple(f"own:{host}" for host in hosts)
    return Trap("one's own deploy to two services, both bad", begin, restore, right, all_of=True)


def _deploy_elsewhere() -> Trap:
    async def begin(ground: Ground) -> None:
        await ground.hub.deploy("ci", {"service": "bluesky.test", "title": "a good version"})
        await _order(ground, "fastly/cdn")

    async def end(ground: Ground) -> None:
        await ground.tell("mend", "fastly/cdn")

    return Trap("a fault in the minute of an unrelated deploy", begin, end, ("fastly",))


def _red_page() -> Trap:
    async def begin(ground: Ground) -> None:
        await ground.announce("cloudflare", "investigating")
        await _order(ground, "google-cloud/compute/europe-west1")

    async def end(ground: Ground) -> None:
        await ground.announce("cloudflare", "resolved")
        await ground.tell("mend", "google-cloud/compute/europe-west1")

    return Trap("a page that lies red beside another's fault", begin, end, ("google-cloud",))


def _handover() -> Trap:
    async def begin(ground: Ground) -> None:
        await _order(ground, "fastly/cdn")
        await ground.watcher.options.network.clock.sleep(100)
        await ground.tell("mend", "fastly/cdn")
        await _order(ground, "azure/compute/westeurope")

    async def end(ground: Ground) -> None:
        await ground.tell("mend", "azure/compute/westeurope")

    right = ("fastly", "azure/compute/westeurope")
    return Trap("one fault hands over to another", begin, end, right, all_of=True)


def _no_ipv6_here() -> Trap:
    async def begin(ground: Ground) -> None:
        six = {each for each in ground.addresses("cloudflare") if ":" in each}
        ground.here.cut(lambda key: key[0] in six)

    right = ("vantage:here",)
    return Trap("IPv6 of one edge from one vantage", begin, restore, right, nobody=True)


_MANY = ("reddit.test", "shop.test", "broker.test", "badge.test", "builds.test")
MORE: tuple[Trap, ...] = (
    _brown_out(),
    breaks(
        "one origin region behind two edges",
        "google-cloud/compute/europe-west1",
        mode="refused",
        never=("cloudflare", "fastly"),
    ),
    _liar("a resolver of one vantage: NXDOMAIN", _MANY, everywhere=False, right="vantage:here"),
    meddles(
        "an edge whose certificates all expired",
        Meddling(200, certificate="expired"),
        *_FASTLY,
        right=("fastly",),
    ),
    _two_deploys(),
    _flapping(),
    breaks("a store that stands on another provider", "google-cloud/storage", mode=_AT_FAULT,
           right=("google-cloud/storage", "cloudflare/workers-kv"), never=("cloudflare/proxy",)),
    meddles(
        "a path that swallows all behind the greeting",
        Meddling(hangs=True),
        *_CLOUDFLARE,
        right=("vantage:here",),
        nobody=True,
        everywhere=False,
    ),
    meddles("200 with an error page in the body", Meddling(200, body="<h1>Sorry</h1>"),
            "bluesky.test", right=("own:*", "skyline")),
    breaks(
        "two faults with a shared victim",
        "fastly/cdn",
        "aws/ec2/us-east-1",
        mode=_AT_FAULT,
        all_of=True,
        holds=300,
    ),
    _one_by_one("a fault that comes host by host", mends=False),
    meddles(
        "an edge that fails as seen from one vantage",
        _VARNISH_FAULT,
        *_FASTLY,
        right=("vantage:here", "fastly"),
        nobody=True,
        everywhere=False,
    ),
    _red_page(),
    _liar("a resolver that says 0.0.0.0", _MANY, address="0.0.0.0", everywhere=False,  # noqa: S104
          right="vantage:here"),
    meddles(
        "a vantage that an edge takes for a robot",
        _CHALLENGE,
        *_CLOUDFLARE,
        right=("vantage:here",),
        nobody=True,
        everywhere=False,
        unseen=True,
    ),
    _deploy_elsewhere(),
    _one_by_one("a recovery host by host", mends=True),
    meddles(
        "a rule that blocks: 403 with 1020",
        Meddling(403, _CF, "error code: 1020"),
        *("menu.test", "broker.test"),
        right=("own:*",),
        nobody=True,
        unseen=True,
    ),
    meddles(
        "a lossy uplink: every second connection dies",
        Meddling(drops=2),
        "*",
        right=("vantage:here",),
        nobody=True,
        everywhere=False,
    ),
    _no_ipv6_here(),
    meddles("a script of others fails: nobody is down but its maker",
            Meddling(502, _CF, "cloudflare 502: the origin server is down"),
            "tags.test", right=("own:tags.test", "aws/ec2/eu-west-1")),
    meddles("only signing in fails", Meddling(503, body="no challenge today"),
            "challenge.dashboard.test", right=("own:*",)),
    _liar("a name whose alias leads nowhere", ("www.radio.test",), everywhere=True,
          right="own:radio.test"),
    _handover(),
)  # fmt: skip
