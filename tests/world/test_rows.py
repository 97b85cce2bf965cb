"""The services of the founding world as their users know them: before, during and after."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from downwind.model import Step
from downwind.observe import Session
from downwind.terms import State, WorldError
from downwind.world.form.load import load_world
from downwind.world.form.scenario import packaged
from downwind.world.people.crowd_process import CrowdCount, CrowdProcess
from downwind.world.people.phone import Phone

from .rows import (
    BLANK_POLICY,
    BOT_FILTER,
    EMPTY_RECORD,
    FAILURE_LASTS,
    KILL_SWITCH,
    SPEED,
    Fault,
    Founding,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

UP, DEGRADED, DOWN = State.UP, State.DEGRADED, State.DOWN
ADA, GRACE = ("ada", "feather-river"), ("grace", "copper-kettle")


@pytest.mark.parametrize(
    ("fault", "hit"),
    [
        (
            BOT_FILTER,
            {
                "x.test/feed": DOWN,
                "x.test/post": DOWN,
                "x.test/direct": DOWN,
                "xchat.test/message": DOWN,
                "downdetector.test/look": DOWN,
                "downdetector.test/report": DOWN,
                "dashboard.test/log-in": DOWN,
                "tags.test/count": DOWN,
                "paper.test/read": DEGRADED,
                "badge.test/use": DOWN,
                "menu.test/use": DOWN,
            },
        ),
        (
            KILL_SWITCH,
            {
                "downdetector.test/look": DOWN,
                "downdetector.test/report": DOWN,
                "radio.test/listen": DOWN,
                "broker.test/trade": DEGRADED,
            },
        ),
        (
            EMPTY_RECORD,
            {
                "signal.test/message": DOWN,
                "signal.test/call": DOWN,
                "tesla.test/unlock": DEGRADED,
                "tesla.test/charge": DOWN,
                "reddit.test/feed": DOWN,
                "reddit.test/post": DOWN,
                "builds.test/job": DOWN,
                "lessons.test/job": DOWN,
            },
        ),
        (
            BLANK_POLICY,
            {
                "badge.test/use": DOWN,
                "menu.test/use": DOWN,
                "battery.test/charge": DEGRADED,
                "battery.test/discharge": DEGRADED,
            },
        ),
    ],
    ids=["cloudflare-2025-11-18", "cloudflare-2025-12-05", "aws-2025-10-20", "gcp-2025-06-12"],
)
async def test_each_outage_hits_whom_it_hit_and_nobody_else(
    founding: Founding, fault: Fault, hit: dict[str, State]
) -> None:
    during = {**dict.fromkeys(founding.capabilities(), UP), **hit}
    await founding.renew_leases()
    async with founding.outage(fault, during):
        pass


async def test_every_role_has_three_providers_at_least() -> None:
    providers = load_world(packaged("worlds")["founding"]).providers
    for role in ("edge", "cloud", "dns", "keyvalue", "edge-store", "objects", "policy"):
        offers = {p.id for p in providers for product in p.products if product.role == role}
        assert len(offers) >= 3, role


# X and XChat


async def test_on_x_a_post_is_read_by_who_follows_and_a_direct_message_by_its_recipient(
    founding: Founding,
) -> None:
    ada = await founding.sign_in("https://x.test", *ADA)
    grace = await founding.sign_in("https://x.test", *GRACE)
    reader = await founding.sign_in("https://x.test", "reader7", "morning-paper")

    async def see(token: str, path: str) -> str:
        said = await founding.ask("GET", f"https://x.test{path}", token=token)
        assert said.status == 200
        return said.body.decode()

    boast = {"text": "no strange dependency on AWS"}
    assert (await founding.ask("POST", "https://x.test/posts", boast, token=ada)).status == 201
    told = {"text": "between the two of us"}
    direct = "https://x.test/direct/grace"
    assert (await founding.ask("POST", direct, told, token=ada)).status == 201
    assert boast["text"] in await see(grace, "/feed")
    assert told["text"] in await see(grace, "/direct/ada")
    assert told["text"] not in await see(reader, "/direct/ada")

    keys = ["x.test/feed", "x.test/post", "x.test/direct"]
    async with founding.outage(EMPTY_RECORD, dict.fromkeys(keys, UP)):
        assert boast["text"] in await see(grace, "/feed")
    async with founding.outage(BOT_FILTER, dict.fromkeys(keys, DOWN)):
        said = await founding.ask("POST", "https://x.test/posts", boast, token=ada)
        assert (said.status, said.headers["server"]) == (500, "cloudflare")
    assert boast["text"] in await see(grace, "/feed")


async def test_thousands_of_users_meet_the_outage_of_x(founding: Founding) -> None:
    x = founding.service("x.test").model_copy(update={"gossip": ()})
    alone = founding.file.model_copy(update={"services": (x,)})
    handout = {**founding.process.handout, "clock": (await founding.tell("tune"))["clock"]}
    every = SPEED * 0.7
    async with CrowdProcess.start(handout, alone, users=2_000, every=every) as crowd:
        counts = crowd.counts()
        before = await _failing(counts)
        await founding.tell("break", scope=BOT_FILTER.scope, mode=BOT_FILTER.mode, updated=1.0)
        during = await _failing(counts)
        await founding.tell("mend", scope=BOT_FILTER.scope)
        after = await _failing(counts)
    assert (before, during, after) == (0.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("base", "fault", "key"),
    [
        ("https://xchat.test", BOT_FILTER, "xchat.test/message"),
        ("https://chat.signal.test", EMPTY_RECORD, "signal.test/message"),
    ],
    ids=["XChat", "Signal"],
)
async def test_a_messenger_keeps_what_it_cannot_read_and_is_mute_all_the_same(
    founding: Founding, base: str, fault: Fault, key: str
) -> None:
    secret = b"meet me where the two rivers join"
    ada, grace = Phone(base, *ADA), Phone(base, *GRACE)
    async with Session(founding.network) as session:
        await grace.make_ready(session)
        await ada.make_ready(session)
        await ada.send(session, "grace", secret, grace.device.name)
    stored = _stored(founding.state)
    assert grace.device.name.encode() in stored
    assert secret not in stored
    async with founding.outage(fault, {key: DOWN}):
        pass
    async with Session(founding.network) as session:
        assert await grace.fetch(session) == []
    assert [letter.text for letter in grace.inbox] == [secret]
    assert secret not in _stored(founding.state)


async def test_what_is_not_encrypted_is_found_in_the_same_storage(founding: Founding) -> None:
    token = await founding.sign_in("https://x.test", *ADA)
    body = {"text": "anybody may read this in the cellar"}
    await founding.ask("POST", "https://x.test/direct/grace", body, token=token)
    assert body["text"].encode() in _stored(founding.state)


# Signal, Tesla


async def test_signal_calls_and_writes_while_cloudflare_is_down_and_not_while_aws_is(
    founding: Founding,
) -> None:
    keys = ["signal.test/message", "signal.test/call"]
    async with founding.outage(BOT_FILTER, dict.fromkeys(keys, UP)):
        pass
    for fault in (EMPTY_RECORD, Fault("aws/ec2/us-east-1", "refused", {})):
        async with founding.outage(fault, dict.fromkeys(keys, DOWN)):
            pass


async def test_the_car_opens_by_app_and_by_card_and_by_card_alone_without_aws(
    founding: Founding,
) -> None:
    app, car = "https://app.tesla.test", "https://car.tesla.test"
    token = await founding.sign_in(app, *ADA)
    own = f"{app}/cars/model-3"

    async def by() -> tuple[bool, str]:
        state = (await founding.ask("GET", f"{car}/state")).json
        return state["locked"], state["by"]

    assert (await founding.ask("POST", f"{own}/lock", token=token)).status == 200
    assert await by() == (True, "app")
    assert (await founding.ask("POST", f"{own}/unlock", token=token)).status == 200
    assert await by() == (False, "app")
    limit = {"limit": 70}
    assert (await founding.ask("PUT", f"{own}/charging", limit, token=token)).status == 200
    assert (await founding.ask("POST", f"{own}/lock", token=token)).status == 200

    during = {"tesla.test/unlock": DEGRADED, "tesla.test/charge": DOWN}
    async with founding.outage(EMPTY_RECORD, during):
        assert (await founding.ask("POST", f"{own}/unlock", token=token)).status == 503
        assert (await founding.ask("POST", f"{car}/unlock", {"card": "no card"})).status == 403
        card = await founding.ask("POST", f"{car}/unlock", {"card": "card-of-ada"})
        assert (card.status, await by()) == (200, (False, "card"))
        assert (await founding.ask("PUT", f"{own}/charging", limit, token=token)).status == 503
    assert (await founding.ask("GET", own, token=token)).json["limit"] == 80


# Reddit, Bluesky, Downdetector


async def test_the_boast_is_mocked_on_reddit_and_bluesky_while_x_is_down(
    founding: Founding,
) -> None:
    keys = ["reddit.test/feed", "reddit.test/post", "bluesky.test/feed", "bluesky.test/post"]
    async with founding.outage(BOT_FILTER, {**dict.fromkeys(keys, UP), "x.test/feed": DOWN}):
        for name, mocked in (
            ("reddit.test", "No strange dependency"),
            ("bluesky.test", "we stand, they fall"),
        ):
            await _gossip(founding, name, failed="x.test", blamed="aws")
            grace = await founding.sign_in(f"https://{name}", *GRACE)
            feed = (await founding.ask("GET", f"https://{name}/feed", token=grace)).json
            texts = [post["text"] for post in feed["posts"] if post["user"] == "ada"]
            assert any(mocked in text and "x.test is down" in text for text in texts)


async def test_all_of_aws_may_fail_and_x_xchat_and_bluesky_stand(founding: Founding) -> None:
    standing = ["x.test/feed", "x.test/direct", "xchat.test/message", "bluesky.test/feed"]
    fallen = ["signal.test/message", "reddit.test/feed", "tesla.test/charge"]
    during = {**dict.fromkeys(standing, UP), **dict.fromkeys(fallen, DOWN)}
    async with founding.outage(Fault("aws", "errors", {}, waits=FAILURE_LASTS), during):
        pass


async def test_reddit_falls_with_aws_and_bluesky_does_not(founding: Founding) -> None:
    async with founding.outage(EMPTY_RECORD, {"reddit.test/feed": DOWN, "bluesky.test/feed": UP}):
        pass
    fastly = Fault("fastly/cdn", "errors", {})
    async with founding.outage(fastly, {"reddit.test/feed": DOWN, "bluesky.test/feed": UP}):
        pass


async def test_downdetector_counts_reports_right_and_wrong_and_falls_with_what_it_watches(
    founding: Founding,
) -> None:
    async def count() -> int:
        url = "https://reports.downdetector.test/services"
        services = (await founding.ask("GET", url)).json["services"]
        return int(next(s["reports"] for s in services if s["service"] == "signal.test"))

    before = await count()
    for blamed in ("aws", "cloudflare"):
        await _gossip(founding, "downdetector.test", failed="signal.test", blamed=blamed)
    assert await count() == before + 2
    url = "https://reports.downdetector.test/services/signal.test"
    assert {"aws", "cloudflare"} <= set((await founding.ask("GET", url)).json["blames"])
    keys = ["downdetector.test/look", "downdetector.test/report"]
    for fault in (BOT_FILTER, KILL_SWITCH):
        async with founding.outage(fault, dict.fromkeys(keys, DOWN)):
            pass
    async with founding.outage(EMPTY_RECORD, dict.fromkeys(keys, UP)):
        pass
    assert await count() == before + 2


# The balcony battery


@pytest.mark.parametrize(
    "fault",
    [BLANK_POLICY, Fault("google-cloud/compute/europe-west1", "refused", {})],
    ids=["service control", "its computers"],
)
async def test_the_battery_goes_by_the_clouds_schedule_and_else_by_its_own_rule(
    founding: Founding, fault: Fault
) -> None:
    async def steer(solar: float, load: float) -> tuple[str, str, float]:
        body = {"solar_watts": solar, "load_watts": load}
        said = await founding.ask("POST", "https://home.battery.test/steer", body)
        return said.json["by"], said.json["doing"], said.json["watts"]

    assert (await steer(600, 200))[0] == "schedule"
    keys = ["battery.test/charge", "battery.test/discharge"]
    async with founding.outage(fault, dict.fromkeys(keys, DEGRADED)):
        assert await steer(600, 200) == ("rule", "charge", 400.0)
        assert await steer(0, 300) == ("rule", "discharge", 300.0)
    assert (await steer(0, 300))[0] == "schedule"


async def test_an_order_that_the_world_does_not_know_changes_nothing(founding: Founding) -> None:
    with pytest.raises(WorldError, match="the world holds nothing at cloudflare/workers-ai"):
        await founding.tell("break", scope="cloudflare/workers-ai", mode="errors")
    assert await founding.states(["x.test/feed"]) == {"x.test/feed": UP}


async def _gossip(founding: Founding, name: str, *, failed: str, blamed: str) -> None:
    steps: tuple[Step, ...] = founding.service(name).gossip
    found = await founding.walk(f"{name}/gossip", steps, failed=failed, blamed=blamed)
    assert found.value is not None
    assert found.value["ok"], found.value["steps"]


async def _failing(counts: AsyncIterator[CrowdCount]) -> float:
    """The share that fails in a whole interval; the one that is under way is left out."""
    await anext(counts)
    count = await anext(counts)
    tried = sum(count.tried.values())
    assert tried > 20
    return sum(count.failed.values()) / tried


def _stored(state: Path) -> bytes:
    """All that the world's systems have written."""
    return b"".join(f.read_bytes() for f in state.rglob("*") if f.is_file())
