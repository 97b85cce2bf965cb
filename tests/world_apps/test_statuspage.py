"""A status page says what its provider has announced, to people and in the shape of real feeds."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from downwind.observe.feed import look_at_feed
from downwind.terms import Evidence, ModelError, Seen, UsageError
from downwind.world.apps.statuspage import statuspage
from downwind.world.net.bulletin import Bulletins, announcement
from downwind.world.net.platform import Bulletin, HostConfig, Platform

from .place import ADDRESS, BASE, CONFIG, START, Place, running

COMPONENTS = [
    {"id": "kv", "name": "Workers KV"},
    {"id": "proxy", "name": "CDN and proxy"},
    {"id": "cdg", "name": "Paris, France - (CDG)"},
]
WORDS: dict[str, Any] = {
    "state": "investigating",
    "impact": "critical",
    "title": "Errors & <delays> in the network",
    "text": "We see 5 < 6 errors.",
    "products": ["proxy"],
}
DONE = WORDS | {"state": "resolved", "impact": "none", "text": "It works again."}
FORMATS = ("statuspage", "aws-health", "google-incidents")
FEED = {
    "statuspage": "/api/v2/summary.json",
    "aws-health": "/public/currentevents",
    "google-incidents": "/incidents.json",
}


def _config(format: str, settings: dict[str, Any]) -> HostConfig:
    told = {"provider": "cloudflare", "name": "Cloud<flare>", "format": format}
    return replace(CONFIG, settings={**told, "components": COMPONENTS} | settings, resources=())


@asynccontextmanager
async def _page(
    format: str, folder: Path, bulletin: Bulletin | None, **settings: Any
) -> AsyncIterator[Place]:
    def app(config: HostConfig, platform: Platform) -> web.Application:
        return statuspage(config, replace(platform, bulletin=bulletin))

    async with running(app, folder, config=_config(format, settings)) as place:
        yield place


def _said(*orders: dict[str, Any]) -> Bulletins:
    """An order each minute."""
    bulletins = Bulletins()
    for number, words in enumerate(orders):
        bulletins.announce("cloudflare", announcement(words, START + 60 * number))
    return bulletins


async def _look(place: Place, format: str) -> Evidence:
    return await look_at_feed(f"{BASE}{FEED[format]}", format, place.network())


def _value(evidence: Evidence) -> Any:
    assert isinstance(evidence.finding, Seen), evidence.finding
    return evidence.finding.value


@pytest.mark.parametrize("format", FORMATS)
async def test_who_has_announced_nothing_is_read_as_calm(format: str, tmp_path: Path) -> None:
    async with _page(format, tmp_path, Bulletins()) as place:
        value = _value(await _look(place, format))
    assert (value["health"], value["speaks"], value["incidents"]) == ("fresh", False, [])


@pytest.mark.parametrize("format", FORMATS)
async def test_an_open_incident_is_read_as_it_was_announced(format: str, tmp_path: Path) -> None:
    later = WORDS | {"state": "identified", "text": "We have found it.\nWe repair it."}
    async with _page(format, tmp_path, _said(WORDS, later)) as place:
        evidence = await _look(place, format)
    assert (evidence.kind, evidence.subject) == ("feed.status", f"{BASE}{FEED[format]}")
    value = _value(evidence)
    [incident] = value["incidents"]
    assert value["speaks"] is True
    assert (incident["kind"], incident["state"]) == ("incident", "open")
    assert incident["severity"] == "major"
    assert incident["components"] == [{"id": "proxy", "name": "CDN and proxy"}]
    assert incident["regions"] == []
    assert (incident["started_at"], incident["updated_at"]) == (START, START + 60)
    assert incident["resolved_at"] is None
    assert incident["text"] == "We have found it. We repair it."


@pytest.mark.parametrize("format", FORMATS)
async def test_a_resolved_incident_does_not_speak(format: str, tmp_path: Path) -> None:
    bulletins = _said(WORDS, DONE)
    async with _page(format, tmp_path, bulletins) as place:
        value = _value(await _look(place, format))
        assert value["speaks"] is False
        if format == "statuspage":
            assert value["incidents"] == []
            whole = f"{BASE}/api/v2/incidents.json"
            value = _value(await look_at_feed(whole, format, place.network()))
        [incident] = value["incidents"]
        assert (incident["state"], incident["severity"]) == ("resolved", "major")
        assert incident["resolved_at"] == START + 60
        bulletins.announce("cloudflare", announcement(WORDS, START + 120))
        assert _value(await _look(place, format))["speaks"] is True


@pytest.mark.parametrize(
    ("impact", "severities"),
    [
        ("none", ("none", "minor", "minor")),
        ("minor", ("minor", "minor", "minor")),
        ("major", ("partial", "partial", "partial")),
        ("critical", ("major", "major", "major")),
    ],
)
async def test_the_impact_is_read_as_a_severity(
    impact: str, severities: tuple[str, ...], tmp_path: Path
) -> None:
    for format, severity in zip(FORMATS, severities, strict=True):
        async with _page(format, tmp_path, _said(WORDS | {"impact": impact})) as place:
            value = _value(await _look(place, format))
        assert value["incidents"][0]["severity"] == severity, format
        assert value["speaks"] is True, format


async def test_regions_come_through_where_the_format_has_them(tmp_path: Path) -> None:
    said = _said(WORDS | {"regions": ["us-east-1", "cdg"]})
    read = {}
    for format in FORMATS:
        async with _page(format, tmp_path, said) as place:
            incidents = _value(await _look(place, format))["incidents"]
        read[format] = [each["regions"] for each in incidents]
        assert all(each["components"][0]["id"] == "proxy" for each in incidents)
    # Statuspage knows no regions, only places that are on the page as components.
    assert read["statuspage"] == [["cdg"]]
    assert read["aws-health"] == [["us-east-1"], ["cdg"]]
    assert read["google-incidents"] == [["us-east-1", "cdg"]]


async def test_an_incident_of_all_products_names_all_or_many(tmp_path: Path) -> None:
    said = _said({**WORDS, "products": []})
    async with _page("google-incidents", tmp_path, said) as place:
        [told] = (await place.call("GET", "/incidents.json")).json
    assert (told["service_key"], told["service_name"]) == ("zall", "Multiple Products")
    assert [each["id"] for each in told["affected_products"]] == ["kv", "proxy", "cdg"]
    async with _page("aws-health", tmp_path, said) as place:
        [told] = (await place.call("GET", "/public/currentevents")).json
    assert (told["service"], told["service_name"]) == ("multipleservices", "Multiple services")
    assert told["impacted_services"].keys() == {"kv", "proxy", "cdg"}


@pytest.mark.parametrize("format", FORMATS)
async def test_a_product_that_is_not_on_the_page_goes_by_its_id(
    format: str, tmp_path: Path
) -> None:
    async with _page(format, tmp_path, _said(WORDS), components=[]) as place:
        [incident] = _value(await _look(place, format))["incidents"]
        assert incident["components"] == [{"id": "proxy", "name": "proxy"}]
        if format == "statuspage":
            told = (await place.call("GET", "/api/v2/components.json")).json["components"]
            assert [(each["id"], each["position"]) for each in told] == [("proxy", 1)]


async def test_the_statuspage_feed_has_the_fields_of_the_real_one(tmp_path: Path) -> None:
    said = _said(WORDS, WORDS | {"state": "monitoring", "impact": "major"})
    async with _page("statuspage", tmp_path, said, components=COMPONENTS[1:2]) as place:
        summary = (await place.call("GET", "/api/v2/summary.json")).json
        parts = {
            path: (await place.call("GET", f"/api/v2/{path}.json")).json
            for path in ("status", "components", "incidents", "incidents/unresolved")
        }
    page_id, incident_id = summary["page"]["id"], summary["incidents"][0]["id"]
    line = {
        "id": "proxy",
        "name": "CDN and proxy",
        "status": "partial_outage",
        "created_at": "2025-11-18T11:00:00.000Z",
        "updated_at": "2025-11-18T11:01:00.000Z",
        "position": 1,
        "description": None,
        "showcase": False,
        "start_date": None,
        "group_id": None,
        "page_id": page_id,
        "group": False,
        "only_show_if_degraded": False,
    }
    updates = summary["incidents"][0].pop("incident_updates")
    assert summary == {
        "page": {
            "id": page_id,
            "name": "Cloud<flare>",
            "url": "https://app.test",
            "time_zone": "Etc/UTC",
            "updated_at": "2025-11-18T11:01:00.000Z",
        },
        "status": {"indicator": "major", "description": "Partial System Outage"},
        "components": [line],
        "incidents": [
            {
                "id": incident_id,
                "name": "Errors & <delays> in the network",
                "status": "monitoring",
                "created_at": "2025-11-18T11:00:00.000Z",
                "updated_at": "2025-11-18T11:01:00.000Z",
                "monitoring_at": "2025-11-18T11:01:00.000Z",
                "resolved_at": None,
                "impact": "major",
                "shortlink": f"https://app.test/incidents/{incident_id}",
                "started_at": "2025-11-18T11:00:00.000Z",
                "page_id": page_id,
                "components": [line],
            }
        ],
        "scheduled_maintenances": [],
    }
    assert [each["status"] for each in updates] == ["monitoring", "investigating"]
    assert updates[1] == {
        "id": updates[1]["id"],
        "status": "investigating",
        "body": "We see 5 &lt; 6 errors.",
        "incident_id": incident_id,
        "created_at": "2025-11-18T11:00:00.000Z",
        "updated_at": "2025-11-18T11:00:00.000Z",
        "display_at": "2025-11-18T11:00:00.000Z",
        "affected_components": [
            {
                "code": "proxy",
                "name": "CDN and proxy",
                "old_status": "operational",
                "new_status": "major_outage",
            }
        ],
        "deliver_notifications": True,
        "custom_tweet": None,
        "tweet_id": None,
    }
    assert parts["status"] == {key: summary[key] for key in ("page", "status")}
    assert parts["components"] == {key: summary[key] for key in ("page", "components")}
    assert parts["incidents"] == parts["incidents/unresolved"]


async def test_the_aws_feed_is_utf_16_with_a_mark_and_has_the_real_fields(tmp_path: Path) -> None:
    said = _said(WORDS | {"regions": ["us-east-1"]}, DONE)
    async with _page("aws-health", tmp_path, said) as place:
        url = f"http://127.0.0.1:{place.port}/public/currentevents"
        async with place.client.get(url) as reply:
            raw = await reply.read()
            assert reply.headers["Content-Type"] == "application/json;charset=utf-16"
        assert raw.startswith(b"\xfe\xff\x00[\x00{")
        [event] = json.loads(raw.decode("utf-16"))
        place.clock.at += 8 * 86_400
        assert (await place.call("GET", "/public/currentevents")).json == []
    arn = event.pop("arn")
    assert arn.startswith(
        "arn:aws:health:us-east-1::event/PROXY/AWS_PROXY_OPERATIONAL_ISSUE/"
        "AWS_PROXY_OPERATIONAL_ISSUE_"
    )
    assert event == {
        "date": "1763463600",
        "region_name": "us-east-1",
        "status": "0",
        "service": "proxy-us-east-1",
        "service_name": "CDN and proxy",
        "summary": "[RESOLVED] Errors & <delays> in the network",
        "event_log": [
            {
                "summary": "Errors & <delays> in the network",
                "message": "We see 5 < 6 errors.",
                "status": 3,
                "timestamp": 1763463600,
            },
            {
                "summary": "[RESOLVED] Errors & <delays> in the network",
                "message": "It works again.",
                "status": 0,
                "timestamp": 1763463660,
            },
        ],
        "impacted_services": {
            "proxy-us-east-1": {"service_name": "CDN and proxy", "current": "0", "max": "3"}
        },
        "impacted_service_status_changes": [
            {"service": "proxy-us-east-1", "current_status": "3", "timestamp": 1763463600000},
            {"service": "proxy-us-east-1", "current_status": "0", "timestamp": 1763463660000},
        ],
        "end_time": "1763463660",
    }


async def test_the_google_feed_keeps_a_closed_incident_with_its_end(tmp_path: Path) -> None:
    async with _page("google-incidents", tmp_path, _said(WORDS, DONE)) as place:
        [told] = (await place.call("GET", "/incidents.json")).json
    everywhere = [{"title": "Global", "id": "global"}]
    begun, ended = "2025-11-18T11:00:00+00:00", "2025-11-18T11:01:00+00:00"
    last = {
        "created": ended,
        "modified": ended,
        "when": ended,
        "text": "It works again.",
        "status": "AVAILABLE",
        "affected_locations": [],
    }
    first = {
        "created": begun,
        "modified": begun,
        "when": begun,
        "text": "We see 5 < 6 errors.",
        "status": "SERVICE_OUTAGE",
        "affected_locations": everywhere,
    }
    assert told == {
        "id": told["id"],
        "number": told["number"],
        "begin": begun,
        "created": begun,
        "end": ended,
        "modified": ended,
        "external_desc": "Errors & <delays> in the network",
        "updates": [last, first],
        "most_recent_update": last,
        "status_impact": "SERVICE_OUTAGE",
        "severity": "high",
        "service_key": "proxy",
        "service_name": "CDN and proxy",
        "affected_products": [{"title": "CDN and proxy", "id": "proxy"}],
        "uri": f"incidents/{told['id']}",
        "currently_affected_locations": [],
        "previously_affected_locations": everywhere,
    }


@pytest.mark.parametrize("format", FORMATS)
async def test_a_feed_is_kept_for_a_while_and_asked_about_by_its_tag(
    format: str, tmp_path: Path
) -> None:
    bulletins = _said(WORDS)
    async with _page(format, tmp_path, bulletins) as place:
        for path in ("/", FEED[format]):
            said = await place.call("GET", path)
            tag = said.headers["ETag"]
            assert said.headers["Cache-Control"] == "max-age=30"
            for known in (tag, f'W/{tag}, "other"', "*"):
                again = await place.call("GET", path, extra={"If-None-Match": known})
                assert (again.status, again.text, again.headers["ETag"]) == (304, "", tag)
            for other in ('"other"', "no tag at all"):
                again = await place.call("GET", path, extra={"If-None-Match": other})
                assert again.status == 200
        bulletins.announce("cloudflare", announcement(DONE, START + 60))
        again = await place.call("GET", FEED[format], extra={"If-None-Match": tag})
        assert again.status == 200
        assert again.headers["ETag"] != tag


async def test_ids_are_the_same_in_every_run(tmp_path: Path) -> None:
    texts = []
    for _ in range(2):
        async with _page("statuspage", tmp_path, _said(WORDS)) as place:
            texts.append((await place.call("GET", FEED["statuspage"])).text)
    assert texts[0] == texts[1]


async def test_the_page_tells_people_in_a_sentence_that_is_escaped(tmp_path: Path) -> None:
    bulletins = Bulletins()
    async with _page("statuspage", tmp_path, bulletins) as place:
        page = (await place.call("GET", "/")).text
        assert "<p>Cloud&lt;flare&gt; has announced no incident.</p>" in page
        bulletins.announce("cloudflare", announcement(WORDS, START))
        page = (await place.call("GET", "/")).text
        assert (
            "<p>Cloud&lt;flare&gt; has announced an incident of 2025-11-18 11:00 UTC: "
            "“Errors &amp; &lt;delays&gt; in the network”. We see 5 &lt; 6 errors. "
            "Impact: critical; investigating since 2025-11-18 11:00 UTC.</p>"
        ) in page
        bulletins.announce("cloudflare", announcement(DONE, START + 60))
        page = (await place.call("GET", "/")).text
        assert "no open incident" in page
        assert "was resolved on 2025-11-18 11:01 UTC. It works again.</p>" in page


async def test_the_link_of_an_incident_leads_to_the_page(tmp_path: Path) -> None:
    async with _page("statuspage", tmp_path, _said(WORDS)) as place:
        [incident] = (await place.call("GET", FEED["statuspage"])).json["incidents"]
        path = incident["shortlink"].removeprefix("https://app.test")
        assert "5 &lt; 6 errors" in (await place.call("GET", path)).text
        assert (await place.call("GET", "/incidents/other")).status == 404
        assert (await place.call("GET", "/incidents.json")).status == 404


async def test_a_page_that_is_told_nothing_does_not_say_that_all_is_well(tmp_path: Path) -> None:
    async with _page("statuspage", tmp_path, None) as place:
        for path in ("/", "/health", "/api/v2/summary.json"):
            assert (await place.call("GET", path)).status == 503
    async with _page("statuspage", tmp_path, Bulletins()) as place:
        said = await place.call("GET", "/health")
        assert (said.json["ok"], said.headers["Cache-Control"]) == (True, "no-store")
        assert (await place.call("POST", "/")).status == 405


async def test_another_providers_trouble_is_not_on_the_page(tmp_path: Path) -> None:
    bulletins = Bulletins()
    bulletins.announce("aws", announcement(WORDS, START))
    async with _page("statuspage", tmp_path, bulletins) as place:
        assert _value(await _look(place, "statuspage"))["speaks"] is False
        assert place.handout()["dial"].keys() == {ADDRESS}


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"provider": "Cloud Flare"}, "provider"),
        ({"format": "rss"}, "format"),
        ({"components": [{"id": "kv"}]}, "components.0.name"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_wrong_settings_are_refused_at_the_start(
    settings: dict[str, Any], part: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=part):
        async with running(statuspage, tmp_path, config=_config("statuspage", settings)):
            pass


def test_an_announcement_after_a_resolved_one_opens_a_new_incident() -> None:
    bulletins = _said(WORDS, DONE, WORDS)
    assert [each.at for each in bulletins.of("cloudflare")] == [START + 120]
    bulletins.announce("cloudflare", announcement(DONE, START + 180))
    assert [each.state for each in bulletins.of("cloudflare")] == ["investigating", "resolved"]
    assert bulletins.of("aws") == ()


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"state": "over"}, "state is 'over', not one of investigating"),
        ({"state": ["resolved"]}, "state is"),
        ({"impact": None}, "impact is None"),
        ({"title": "  "}, "title is '  ', not text"),
        ({"text": 7}, "text is 7"),
        ({"text": "x" * 4001}, "text is longer than 4000"),
        ({"products": "proxy"}, "products is 'proxy', not a list"),
        ({"products": {"proxy": 1}}, "not a list"),
        ({"regions": ["us east"]}, "regions holds 'us east'"),
        ({"regions": [1]}, "regions holds 1"),
        ({"severity": "high"}, "'severity' is no word of it"),
    ],
)
def test_an_order_with_a_wrong_word_is_refused_with_the_reason(
    change: dict[str, Any], part: str
) -> None:
    with pytest.raises(UsageError, match="cannot be announced") as told:
        announcement(WORDS | change, START)
    assert part in str(told.value)


def test_an_order_without_words_is_told_all_that_is_missing() -> None:
    with pytest.raises(UsageError) as told:
        announcement({}, START)
    for key in ("state", "impact", "title", "text"):
        assert f"{key} is missing" in str(told.value)
