"""The traps: what is done, and which causes are right."""

from __future__ import annotations

from traps_ground import Ground
from traps_more import MORE
from traps_path import Meddling
from traps_trap import Trap, breaks, meddles, restore

from downwind.watch.incidents import Window

_EDGE_HEADERS = ("server: cloudflare", "cf-ray: 8f0a1b2c3d4e5f60-CDG")


async def _deploy_and_break(ground: Ground) -> None:
    await ground.hub.deploy("ci", {"service": "bluesky.test", "title": "a new version"})
    await ground.tell("break", "skyline/racks", "errors")


async def _mend_racks(ground: Ground) -> None:
    await ground.tell("mend", "skyline/racks")


async def _deploy_beside(ground: Ground) -> None:
    """A deploy to one of those whom the provider takes down in the same minute."""
    await ground.hub.deploy("ci", {"service": "paper.test", "title": "a new version"})
    await ground.tell("break", "fastly/cdn", "errors")


async def _mend_fastly(ground: Ground) -> None:
    await ground.tell("mend", "fastly/cdn")


async def _planned_and_break(ground: Ground) -> None:
    now = ground.watcher.now()
    window = Window("planned", "radio.test", now - 60, now + 3600, title="a planned move")
    await ground.watcher.parts.book.plan(window)
    await ground.tell("break", "fastly/cdn", "errors")


async def _unplan(ground: Ground) -> None:
    await _mend_fastly(ground)
    await ground.watcher.parts.book.cancel("planned", "traps")


async def _cut_all(ground: Ground) -> None:
    ground.here.cut(lambda key: True)


async def _cut_the_edge(ground: Ground) -> None:
    """The path to the edge's addresses is gone from here, not from the agent."""
    found = set(ground.addresses("cloudflare"))
    ground.here.cut(lambda key: key[0] in found)


async def _cut_resolver(ground: Ground) -> None:
    ground.here.cut(lambda key: key[0] in ground.resolvers)


async def _cut_ipv6(ground: Ground) -> None:
    for sight in (ground.here, ground.elsewhere):
        sight.cut(lambda key: ":" in key[0])


async def _cut_one_address(ground: Ground) -> None:
    one = next(each for each in ground.addresses("cloudflare/proxy") if ":" not in each)
    for sight in (ground.here, ground.elsewhere):
        sight.cut(lambda key: key[0] == one)


async def _cry_wolf(ground: Ground) -> None:
    for provider in ("cloudflare", "aws"):
        await ground.announce(provider, "investigating")


async def _all_clear(ground: Ground) -> None:
    for provider in ("cloudflare", "aws"):
        await ground.announce(provider, "resolved")


_REGION = "aws/ec2/us-east-1"
_OWN_HOSTS = ("bluesky.test",)
# What hits one provider again comes a quarter of an hour later: else it is the same incident.
TRAPS = (
    breaks("one variant with one feature on", "cloudflare/proxy#fl2+bots", mode="errors"),
    breaks(
        "two zones of three",
        f"{_REGION}/a",
        f"{_REGION}/b",
        mode="refused",
        within="aws/*/us-east-1",
        never=(f"{_REGION}/c",),
    ),
    breaks("an origin behind a healthy edge", "lone-pine/rooms", mode="refused"),
    Trap("a status page that cries wolf", _cry_wolf, _all_clear, nobody=True, unseen=True),
    Trap("one's own bad deploy", _deploy_and_break, _mend_racks, ("own:bluesky.test", "skyline")),
    Trap("a deploy beside a provider's fault", _deploy_beside, _mend_fastly, ("fastly",)),
    Trap("a blind watcher", _cut_all, restore, ("vantage:here",), nobody=True),
    meddles(
        "a captive portal",
        Meddling(200, body="<h1>Sign in to the Wi-Fi</h1>", certificate="self-signed"),
        "*",
        right=("vantage:here",),
        nobody=True,
        everywhere=False,
    ),
    meddles(
        "a box that answers 200 with its own page",
        Meddling(200, body="<h1>Blocked by your company</h1>"),
        "*",
        right=("vantage:here",),
        nobody=True,
        everywhere=False,
    ),
    meddles(
        "a rate-limited vantage",
        Meddling(429, ("retry-after: 60",), "slow down"),
        *("reddit.test", "bluesky.test", "shop.test", "paper.test"),
        nobody=True,
        everywhere=False,
        unseen=True,
    ),
    meddles(
        "one's own expired certificate",
        Meddling(200, certificate="expired"),
        *_OWN_HOSTS,
        right=("own:*", "skyline"),
    ),
    meddles(
        "525: the edge does not trust the origin's certificate",
        Meddling(525, _EDGE_HEADERS, "error code: 525"),
        "www.radio.test",
        right=("own:*", "azure"),
    ),
    meddles(
        "530 of one customer",
        Meddling(530, _EDGE_HEADERS, "error code: 1033"),
        "menu.test",
        right=("own:*", "aws/ec2/eu-west-1"),
    ),
    Trap("IPv6 only", _cut_ipv6, restore, ("vantage:here", "vantage:there"), nobody=True),
    Trap("one address of several", _cut_one_address, restore, ("cloudflare/proxy",), True),
    meddles(
        "slow only",
        Meddling(delay=0.3),
        "paper.test",
        right=("own:*", "fastly"),
        nobody=True,
        unseen=True,
    ),
    breaks("DNS of a provider down, its edge up", "akamai/edge-dns", mode="silent", holds=500.0),
    breaks("control plane only", f"{_REGION}#control", mode="errors"),
    Trap("maintenance that coincides", _planned_and_break, _unplan, ("fastly",)),
    Trap("a path that looks like the edge", _cut_the_edge, restore, ("vantage:here",), True),
    breaks("one zone of three", f"{_REGION}/a", mode="refused", within=f"{_REGION}/a"),
    Trap("the resolver of a vantage", _cut_resolver, restore, ("vantage:here",), nobody=True),
    breaks("a status page that lies green", "aws/dynamodb/us-east-1", mode="empty-record"),
    breaks("two providers at once", "fastly/cdn", "akamai/edge", mode="errors", all_of=True),
    *MORE,
)
