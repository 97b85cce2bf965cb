"""The providers of the founding world as their customers know them: before, during and after."""

from __future__ import annotations

import pytest

from downwind.catalog import Catalog
from downwind.observe.feed import look_at_feed
from downwind.terms import State
from downwind.world.form.feeds import status_feeds

from .rows import (
    BLANK_POLICY,
    BOT_FILTER,
    EMPTY_RECORD,
    FAILURE_LASTS,
    KILL_SWITCH,
    LEASE,
    NEGATIVE_TTL,
    Fault,
    Founding,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

UP, DEGRADED, DOWN = State.UP, State.DEGRADED, State.DOWN
TTL = 301.0
RECOVERY = 3_000.0
CONTROL = "https://control.ec2.us-east-1.aws.test/machines"
TABLE = "https://dynamodb.us-east-1.aws.test/t/rows/one"
API = "https://api.dashboard.test"
KEY = "marble-arch"


# Cloudflare


async def test_its_edge_keeps_articles_scores_robots_and_says_whose_the_error_is(
    founding: Founding,
) -> None:
    article = "https://tags.test/articles/7"
    first, second = await founding.ask("GET", article), await founding.ask("GET", article)
    assert [said.headers["x-cache"] for said in (first, second)] == ["MISS", "HIT"]
    attack = {"item": "${jndi:ldap://here}", "quantity": 1}
    assert (await founding.ask("POST", "https://www.radio.test/orders", attack)).status == 403
    async with founding.outage(BOT_FILTER, {"tags.test/count": DOWN}):
        broken = await founding.ask("GET", article)
        catalog = Catalog.from_texts([founding.process.overlay])
        verdict = catalog.error(broken.status, broken.headers, broken.body.decode())[0]
        assert broken.status == 500
        assert verdict.provider == "cloudflare"
    assert (await founding.ask("GET", article)).headers["x-cache"] == "HIT"


async def test_its_name_servers_are_missed_once_the_answers_have_run_out(
    founding: Founding,
) -> None:
    keys = ["x.test/feed", "bluesky.test/feed"]
    await founding.later(TTL)  # what is cached from before has run out, so answers are fresh
    assert set((await founding.states(keys)).values()) == {UP}
    await founding.tell("break", scope="cloudflare/dns", mode="servfail")
    assert set((await founding.states(keys)).values()) == {UP}
    await founding.later(TTL)
    assert list((await founding.states(keys)).values()) == [DOWN, UP]
    assert (await founding.ask("GET", "https://x.test/")).layer == "dns"
    await founding.tell("mend", scope="cloudflare/dns")
    await founding.later(FAILURE_LASTS)
    assert set((await founding.states(keys)).values()) == {UP}


async def test_its_key_value_product_stands_on_another_cloud_and_behind_its_own_edge(
    founding: Founding,
) -> None:
    async with founding.outage(BLANK_POLICY, {"badge.test/use": DOWN, "tags.test/count": UP}):
        pass
    async with founding.outage(BOT_FILTER, {"badge.test/use": DOWN, "tags.test/count": DOWN}):
        # What was done on the day at 13:05: the product was led past the edge.
        await founding.tell("set", scope=BOT_FILTER.scope, bypass=True)
        await founding.later(NEGATIVE_TTL)
        states = await founding.states(["badge.test/use", "tags.test/count"])
        assert list(states.values()) == [UP, DOWN]


async def test_its_status_page_is_up_while_its_edge_is_down_and_says_what_it_is_told(
    founding: Founding,
) -> None:
    async with founding.outage(BOT_FILTER, {"cloudflare-status.test/read": UP}):
        assert await _open_incidents(founding, "cloudflare") == []
        await _announce(founding, "cloudflare", "Internal service degradation")
        assert await _open_incidents(founding, "cloudflare") == ["Internal service degradation"]
    await _announce(founding, "cloudflare", "It is over", state="resolved")
    await founding.later(60)
    assert await _open_incidents(founding, "cloudflare") == []


async def test_nobody_logs_in_to_its_dashboard_while_the_bot_filter_fails_but_its_api_obeys(
    founding: Founding,
) -> None:
    states = {"dashboard.test/log-in": DOWN, "dashboard.test/api": UP}
    async with founding.outage(BOT_FILTER, states):
        front = await founding.ask("GET", "https://dashboard.test/")
        check = await founding.ask("GET", "https://challenge.dashboard.test/challenge")
        wanted = {"user": "ada", "password": "feather-river", "challenge": "any"}
        entry = await founding.ask("POST", "https://dashboard.test/log-in", wanted)
        assert (front.status, check.status, entry.status) == (200, 500, 503)
        note = await founding.ask("PUT", f"{API}/notes/day", {"text": "held"}, token=KEY)
        assert note.status == 200
    kept = await founding.ask("GET", f"{API}/notes/day", token=KEY)
    assert kept.json["text"] == "held"
    assert (await founding.ask("GET", f"{API}/notes/day")).status == 401


@pytest.mark.parametrize(
    ("fault", "key", "host"),
    [
        (BOT_FILTER, "tags.test/count", "tags.test"),
        (KILL_SWITCH, "radio.test/listen", "www.radio.test"),
    ],
    ids=["a name", "an alias"],
)
async def test_a_customer_leads_its_name_past_the_edge_by_the_api_and_back_again(
    founding: Founding, fault: Fault, key: str, host: str
) -> None:
    record = f"{API}/records/{host}"

    async def lead(*, through_edge: bool) -> None:
        said = await founding.ask("PUT", record, {"through_edge": through_edge}, token=KEY)
        assert said.json == {"host": host, "through_edge": through_edge}

    async with founding.outage(fault, {key: DOWN}):
        try:
            await lead(through_edge=False)
            await founding.later(TTL)
            assert await founding.states([key]) == {key: UP}
            assert "x-cache" not in (await founding.ask("GET", f"https://{host}/")).headers
        finally:
            await lead(through_edge=True)
        await founding.later(TTL)
        assert await founding.states([key]) == {key: DOWN}
    assert "x-cache" in (await founding.ask("GET", f"https://{host}/")).headers


async def test_the_api_leads_no_name_that_is_not_behind_its_edge(founding: Founding) -> None:
    for host in ("reddit.test", "signal.test", "nowhere.test"):
        url = f"{API}/records/{host}"
        assert (await founding.ask("PUT", url, {"through_edge": False}, token=KEY)).status == 404
    url = f"{API}/records/tags.test"
    assert (await founding.ask("PUT", url, {"through_edge": False}, token="guess")).status == 401


# AWS


async def test_a_machine_is_launched_listed_and_ended_but_not_until_the_queue_is_drained(
    founding: Founding,
) -> None:
    async def launch() -> tuple[int, str]:
        said = await founding.ask("POST", CONTROL, {"size": "small"}, account="rows")
        return said.status, said.json.get("error", "")

    made = await founding.ask("POST", CONTROL, {"size": "small"}, account="rows")
    machine = made.json["machine"]
    assert (await founding.ask("GET", CONTROL, account="rows")).json == {"machines": [machine]}
    assert (await founding.ask("GET", CONTROL, account="other")).json == {"machines": []}
    assert (await founding.ask("DELETE", f"{CONTROL}/{machine}", account="rows")).status == 200
    assert (await founding.ask("GET", CONTROL, account="rows")).json == {"machines": []}

    jobs = ["builds.test/job", "lessons.test/job"]
    await founding.renew_leases()
    # Away for less than a lease lasts: launches are back with the database.
    async with founding.outage(EMPTY_RECORD, {"shop.test/order": UP} | dict.fromkeys(jobs, DOWN)):
        pass

    await founding.tell("tune", recovery=RECOVERY)
    await founding.tell("break", scope=EMPTY_RECORD.scope, mode=EMPTY_RECORD.mode)
    await founding.later(LEASE)
    await founding.expect({"shop.test/order": UP} | dict.fromkeys(jobs, DOWN))
    await founding.tell("mend", scope=EMPTY_RECORD.scope)
    await founding.later(LEASE)
    await founding.expect({"reddit.test/feed": UP} | dict.fromkeys(jobs, DOWN))
    assert await launch() == (503, "insufficient capacity")
    await founding.later(RECOVERY)
    await founding.expect(dict.fromkeys(jobs, UP))
    assert await launch() == (201, "")


async def test_its_database_answers_by_a_name_that_automation_empties(founding: Founding) -> None:
    value = {"value": {"n": 1}}
    assert (await founding.ask("PUT", TABLE, value, account="rows")).status == 200
    assert (await founding.ask("GET", TABLE, account="rows")).json == {"n": 1}
    assert (await founding.ask("GET", TABLE, account="other")).status == 404
    async with founding.outage(EMPTY_RECORD, {"signal.test/message": DOWN}):
        gone = await founding.ask("GET", TABLE, account="rows")
        assert (gone.status, gone.layer) == (0, "dns")
        other = TABLE.replace("us-east-1", "eu-west-1")
        assert (await founding.ask("PUT", other, value, account="rows")).status == 200
    assert (await founding.ask("GET", TABLE, account="rows")).json == {"n": 1}


async def test_its_name_servers_take_those_along_who_have_no_others(founding: Founding) -> None:
    keys = ["signal.test/message", "reddit.test/feed", "x.test/feed"]
    await founding.tell("break", scope="aws/route53", mode="servfail")
    await founding.later(TTL)
    assert list((await founding.states(keys)).values()) == [DOWN, DOWN, UP]
    await founding.tell("mend", scope="aws/route53")
    await founding.later(FAILURE_LASTS)
    assert set((await founding.states(keys)).values()) == {UP}


async def test_its_status_feed_is_read_in_utf_16_while_its_database_is_gone(
    founding: Founding,
) -> None:
    async with founding.outage(EMPTY_RECORD, {"aws-status.test/read": UP}):
        await _announce(
            founding, "aws", "Error rates", products=["dynamodb"], regions=["us-east-1"]
        )
        raw = await founding.ask("GET", "https://aws-status.test/public/currentevents")
        assert raw.body[:2] in (b"\xff\xfe", b"\xfe\xff")
        assert "dynamodb-us-east-1" in raw.body.decode("utf-16")
        assert await _open_incidents(founding, "aws") == ["Error rates"]
    await _announce(founding, "aws", "It is over", state="resolved")


# Google Cloud


async def test_a_blank_policy_stops_every_api_of_google_cloud_and_no_computer(
    founding: Founding,
) -> None:
    check = "https://service-control.google-cloud.test/check?api=firestore"
    table = "https://firestore.europe-west1.google-cloud.test/t/rows/one"
    machines = "https://control.compute.europe-west1.google-cloud.test/machines"

    async def statuses() -> list[int]:
        asked = [
            await founding.ask("GET", check),
            await founding.ask("PUT", table, {"value": 1}, account="rows"),
            await founding.ask("POST", machines, {}, account="rows"),
        ]
        return [said.status for said in asked]

    assert await statuses() == [200, 200, 201]
    during = {"paper.test/read": UP, "broker.test/trade": UP, "battery.test/charge": DEGRADED}
    async with founding.outage(BLANK_POLICY, during):
        assert await statuses() == [503, 503, 503]
    assert await statuses() == [200, 200, 201]


async def test_google_clouds_status_feed_says_what_it_is_told(founding: Founding) -> None:
    async with founding.outage(BLANK_POLICY, {"google-cloud-status.test/read": UP}):
        await _announce(founding, "google-cloud", "Multiple products", state="identified")
        assert await _open_incidents(founding, "google-cloud") == ["Multiple products"]
    await _announce(founding, "google-cloud", "It is over", state="resolved")


async def _announce(
    founding: Founding, provider: str, title: str, state: str = "investigating", **words: object
) -> None:
    said = {"state": state, "impact": "major", "title": title, "text": "We are looking into it."}
    await founding.tell("announce", provider=provider, **said, **words)


async def _open_incidents(founding: Founding, provider: str) -> list[str]:
    """The titles that the watcher reads from the provider's feed."""
    feed = status_feeds(founding.file)[provider]
    seen = await look_at_feed(feed.url, feed.format, founding.network)
    assert seen.value is not None, seen
    return [each["title"] for each in seen.value["incidents"] if each["state"] == "open"]
