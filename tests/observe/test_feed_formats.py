"""Every platform's feed says what it says in the same words; what is not its own is unknown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.observe.feed import FEED_CAP, FeedReading, detect, read_feed
from downwind.observe.feeds import JSON_READERS, READERS

from .feed_samples import (
    BETTER_STACK,
    HEROKU,
    INCIDENT_IO,
    INSTATUS,
    NOW,
    SALESFORCE,
    SAMPLES,
    SLACK,
    STATUS_IO,
    STRIPE,
    incident,
    part,
    raw,
)
from .test_feed import AWS, GOOGLE, JSON, STATUSPAGE

FEEDS = {
    **SAMPLES,
    "statuspage": raw(STATUSPAGE),
    "aws-health": raw(AWS),
    "google-incidents": raw(GOOGLE),
}
NEW_JSON = tuple(each for each in SAMPLES if each in JSON_READERS)


def _read(format: str, value: Any, now: float | None = NOW) -> FeedReading:
    return read_feed(format, raw(value), now)


def _states(reading: FeedReading) -> list[tuple[str, str, str]]:
    assert reading.health == "fresh", reading
    return [(each.id, each.kind, each.state) for each in reading.incidents]


def test_every_format_has_a_sample() -> None:
    assert set(FEEDS) == set(READERS)


def test_incident_ios_widget_is_read_whole() -> None:
    assert _read("incident-io", INCIDENT_IO).incidents == (
        incident(
            id="01K0XQ4W6R8Z2V5B7N9M3C1D0E",
            severity="partial",
            components=(part("01A", "API > Chat"),),
            updated_at=1784827800.0,
            title="Errors in Chat",
            text="We have found the cause.",
            url="https://status.acme.test/incidents/01K0XQ4W6R8Z2V5B7N9M3C1D0E",
        ),
        incident(
            id="m1",
            kind="maintenance",
            severity="none",
            started_at=1784826000.0,
            updated_at=1784826000.0,
            title="Database",
            url="https://status.acme.test/maintenances/m1",
        ),
        incident(id="m0", kind="maintenance", state="resolved", severity="none", title="Over"),
        incident(
            id="m2",
            kind="maintenance",
            state="scheduled",
            severity="none",
            started_at=1785628800.0,
            title="Later",
        ),
    )


def test_incident_ios_page_tells_the_same_within_a_summary() -> None:
    event = INCIDENT_IO["ongoing_incidents"][0]
    affected = [{"component_id": "01A", "status": "degraded_performance"}]
    bare = event | {"affected_components": affected, "current_worst_impact": None}
    components = [{"id": "01A", "name": "Chat"}]
    [found] = _read(
        "incident-io", {"summary": {"components": components, "ongoing_incidents": [bare]}}
    ).incidents
    assert (found.components, found.severity) == ((part("01A", "Chat"),), "minor")


def test_a_plan_of_incident_io_that_has_begun_is_open_wherever_it_is_listed() -> None:
    begun = {"id": "m", "name": "x", "status": "maintenance_in_progress"}
    listed = {"ongoing_incidents": [], "scheduled_maintenances": [begun]}
    assert _states(_read("incident-io", listed)) == [("m", "maintenance", "open")]


def test_incident_ios_words_for_maintenance_are_known_in_a_summary_like_statuspages() -> None:
    words = {"maintenance_scheduled": "scheduled", "maintenance_in_progress": "open"}
    for word, state in {**words, "maintenance_complete": "resolved"}.items():
        plans = [{"id": "m", "name": "x", "status": word}]
        whole = STATUSPAGE | {"incidents": [], "scheduled_maintenances": plans}
        assert _states(_read("incident-io", whole)) == [("m", "maintenance", state)]


def test_instatus_is_read_whole() -> None:
    assert _read("instatus", INSTATUS).incidents == (
        incident(
            id="ckl1",
            severity="major",
            started_at=1784826000.0,
            updated_at=1784826600.0,
            title="Slow API",
            url="https://status.acme.test/ckl1",
        ),
        incident(
            id="ckm1",
            kind="maintenance",
            state="scheduled",
            severity="none",
            started_at=1784880000.0,
            title="Disks",
            url="https://status.acme.test/maintenance/ckm1",
        ),
    )


def test_instatus_leaves_its_lists_out_where_all_is_well_and_never_where_it_is_not() -> None:
    page = INSTATUS["page"]
    assert _read("instatus", {"page": page | {"status": "UP"}}) == FeedReading("fresh")
    [whole] = _read("instatus", {"page": page}).incidents
    assert (whole.id, whole.severity, whole.speaks) == ("page", "unknown", True)
    parts = [
        {"id": "1", "name": "API", "status": "PARTIALOUTAGE"},
        {"id": "2", "name": "Web", "status": "OPERATIONAL"},
        {"id": "3", "name": "Jobs", "status": "UNDERMAINTENANCE"},
    ]
    found = _read("instatus", {"page": page, "components": parts})
    assert _states(found) == [
        ("part:1", "incident", "open"),
        ("part:3", "maintenance", "open"),
    ]
    assert found.incidents[0].severity == "partial"


def test_better_stack_is_read_whole() -> None:
    assert _read("better-stack", BETTER_STACK).incidents == (
        incident(
            id="500",
            severity="major",
            components=(part("10", "API"),),
            started_at=1784826000.0,
            updated_at=1784826300.0,
            title="API unavailable",
            text="We look into it.",
        ),
        incident(
            id="part:11", severity="minor", components=(part("11", "Web"),), title="Web: degraded"
        ),
    )


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"ends_at": "2026-07-23T18:00:00Z"}, "resolved"),
        ({"ends_at": "2026-07-23T19:00:00Z"}, "open"),
        ({"aggregate_state": "resolved"}, "resolved"),
        ({"affected_resources": [{"status": "resolved"}]}, "resolved"),
        ({"affected_resources": [{"status": "resolved"}, {"status": "degraded"}]}, "open"),
        ({"report_type": "maintenance", "starts_at": "2026-07-24T00:00:00Z"}, "scheduled"),
        ({"report_type": "maintenance", "ends_at": "2026-07-24T00:00:00Z"}, "open"),
        ({"report_type": "maintenance", "ends_at": "2026-07-23T18:00:00Z"}, "resolved"),
    ],
)
def test_a_report_of_better_stack_is_over_when_its_times_or_its_resources_say_so(
    changes: dict[str, Any], state: str
) -> None:
    whole = json.loads(raw(BETTER_STACK))
    report = next(each for each in whole["included"] if each["type"] == "status_report")
    report["attributes"] |= changes
    [found] = [each for each in _read("better-stack", whole).incidents if each.id == "500"]
    assert found.state == state


def test_a_page_of_better_stack_that_is_down_speaks_even_without_a_report() -> None:
    [found] = _read("better-stack", {"data": BETTER_STACK["data"]}).incidents
    assert (found.id, found.severity) == ("page", "major")
    well = {"id": "1", "type": "status_page", "attributes": {"aggregate_state": "operational"}}
    assert _read("better-stack", {"data": well}) == FeedReading("fresh")


def test_status_io_is_read_whole() -> None:
    assert _read("status-io", STATUS_IO).incidents == (
        incident(
            id="568d8a3e",
            severity="major",
            components=(part("c1", "Git > Frankfurt"),),
            started_at=1784826000.0,
            updated_at=1784828400.0,
            title="Pushes fail",
            text="We watch it.",
        ),
        incident(
            id="m1",
            kind="maintenance",
            state="scheduled",
            severity="none",
            started_at=1784937600.0,
            title="Racks",
        ),
        incident(
            id="part:c2",
            severity="minor",
            components=(part("c2", "Registry > Frankfurt"),),
            started_at=1784822400.0,
            updated_at=1784822400.0,
            title="Registry > Frankfurt: Degraded Performance",
        ),
    )


def test_status_ios_four_hundred_is_over_as_a_state_and_half_an_outage_as_a_status() -> None:
    whole = json.loads(raw(STATUS_IO))
    messages = whole["result"]["incidents"][0]["messages"]
    messages.append({"state": 400, "status": 100, "datetime": "2026-07-23T18:00:00Z"})
    closed = _read("status-io", whole).incidents[0]
    assert (closed.state, closed.resolved_at) == ("resolved", 1784829600.0)
    messages[-1] = {"state": 200, "status": 400, "datetime": "2026-07-23T18:00:00Z"}
    assert _read("status-io", whole).incidents[0].state == "open"


def test_slack_is_read_whole() -> None:
    assert _read("slack", SLACK).incidents == (
        incident(
            id="1234",
            severity="major",
            components=(part("", "Messaging"), part("7", "Files")),
            started_at=1784826000.0,
            updated_at=1784827800.0,
            title="Messages are late",
            text="Second.",
            url="https://slack-status.com/2026-07/abc",
        ),
    )
    assert _read("slack", {"status": "ok", "active_incidents": []}) == FeedReading("fresh")
    torn = _read("slack", {"status": "active", "active_incidents": []})
    assert torn.health == "broken"


def test_stripe_tells_what_is_not_up() -> None:
    assert _read("stripe", STRIPE).incidents == (
        incident(
            id="part:api", severity="minor", components=(part("api", "api"),), title="api: degraded"
        ),
    )
    bare = {"largestatus": "down", "message": "All is down.", "time": STRIPE["time"]}
    [whole] = _read("stripe", bare).incidents
    assert (whole.id, whole.severity, whole.title) == ("page", "major", "All is down.")


def test_a_stripe_feed_that_stands_still_is_broken_although_it_is_green() -> None:
    frozen = {
        "largestatus": "up",
        "message": "All services are online.",
        "statuses": {"api": "up"},
        "time": "February 09, 2024 @ 06:08PM +00:00",
    }
    reading = _read("stripe", frozen)
    assert (reading.health, reading.reason) == (
        "broken",
        "it was written 895 days ago, and not since",
    )
    assert _read("stripe", frozen | {"time": STRIPE["time"]}) == FeedReading("fresh")


def test_heroku_is_read_whole() -> None:
    assert _read("heroku", HEROKU).incidents == (
        incident(
            id="2900",
            severity="major",
            components=(part("", "Apps"),),
            started_at=1784826000.0,
            updated_at=1784826000.0,
            title="Routing errors",
            text="We investigate.",
            url="https://status.heroku.com/incidents/2900",
        ),
        incident(
            id="part:Tools",
            severity="partial",
            components=(part("", "Tools"),),
            title="Tools: yellow",
        ),
    )
    calm = {"status": [{"system": "Apps", "status": "green"}], "incidents": []}
    assert _read("heroku", calm) == FeedReading("fresh")
    assert _read("heroku", calm | {"status": []}).health == "broken"


def test_salesforce_is_read_whole() -> None:
    assert _read("salesforce", SALESFORCE).incidents == (
        incident(
            id="20003456",
            severity="partial",
            components=(part("coreService", "coreService"),),
            regions=("na211", "eu35"),
            started_at=1784826000.0,
            updated_at=1784826900.0,
            title="serviceDisruption: coreService",
            text="We investigate.",
            url="https://status.salesforce.com/incidents/20003456",
        ),
    )
    everywhere = [SALESFORCE[0] | {"affectsAll": True}]
    assert _read("salesforce", everywhere).incidents[0].regions == ()
    assert _read("salesforce", []) == FeedReading("fresh")


BAD: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("space", b" \n"),
    ("a page", b"<!doctype html><title>All systems operational</title>"),
    ("plain text", b"OK"),
    ("null", b"null"),
    ("a number", b"0"),
    ("text", b'"ok"'),
    ("an object of nothing", b"{}"),
    ("a list of numbers", b"[1, 2]"),
    ("a list of empty objects", b"[{}]"),
    ("an error", b'{"error": "rate limited"}'),
    ("a status of another kind", b'{"status": "up", "page": "x", "data": [], "result": 7}'),
    ("lists that are none", b'{"status": "ok", "active_incidents": {}, "incidents": "none"}'),
    ("deep", b"[" * 200_000),
    ("bytes", bytes(range(256))),
    ("UTF-16", b"\xfe\xff" + "{}".encode("utf-16-be")),
    ("an RSS feed", SAMPLES["rss"]),
    ("too long", b"[" + b" " * FEED_CAP + b"]"),
]


@pytest.mark.parametrize("format", NEW_JSON)
@pytest.mark.parametrize("bad", [bad for _, bad in BAD], ids=[name for name, _ in BAD])
def test_a_bad_feed_is_broken_and_not_calm(format: str, bad: bytes) -> None:
    reading = read_feed(format, bad, NOW)
    assert (reading.health, reading.incidents, reading.speaks) == ("broken", (), False)
    assert reading.reason


@pytest.mark.parametrize("format", sorted(SAMPLES))
def test_a_feed_that_is_cut_short_is_broken(format: str) -> None:
    whole = SAMPLES[format].rstrip()
    assert {read_feed(format, whole[:n]).health for n in range(len(whole))} == {"broken"}


@pytest.mark.parametrize("format", sorted(FEEDS))
def test_a_feed_is_read_by_its_own_format_alone(format: str) -> None:
    readers = {each for each in READERS if read_feed(each, FEEDS[format]).health == "fresh"}
    wider = {
        "statuspage": {"incident-io"},
        "azure-rss": {"rss"},
        "aws-rss": {"rss"},
    }
    assert readers == {format} | wider.get(format, set())


@pytest.mark.parametrize("format", sorted(FEEDS))
def test_a_feed_is_known_by_its_body(format: str) -> None:
    assert detect(FEEDS[format]) == format
    assert detect(b"\xef\xbb\xbf" + FEEDS[format].lstrip()) == format


def test_incident_ios_ids_tell_it_from_statuspage_where_the_shape_is_the_same() -> None:
    page = STATUSPAGE["page"] | {"id": "01JZX4W6R8Z2V5B7N9M3C1D0EF"}
    assert detect(raw(STATUSPAGE | {"page": page})) == "incident-io"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"<html>", b"\xff", b"<rss/>", b"nothing"])
def test_what_is_no_feed_is_of_no_format(body: bytes) -> None:
    assert detect(body) is None


@pytest.mark.parametrize("format", sorted(FEEDS))
def test_a_reading_says_the_same_after_a_way_through_json(format: str) -> None:
    reading = read_feed(format, FEEDS[format], NOW)
    told = json.loads(json.dumps(reading.to_json(), allow_nan=False))
    assert told == reading.to_json()
    assert told["speaks"] is True
    keys = ("id", "kind", "state", "severity", "started_at", "title", "text", "url")
    for found, each in zip(told["incidents"], reading.incidents, strict=True):
        assert [found[key] for key in keys] == [getattr(each, key) for key in keys]
        pairs = [(one["id"], one["name"]) for one in found["components"]]
        assert pairs == [(one.id, one.name) for one in each.components]


@given(st.sampled_from(READERS), st.binary())
def test_no_bytes_make_a_reader_fail(format: str, body: bytes) -> None:
    assert read_feed(format, body, NOW).health in ("fresh", "broken")
    detect(body)


@given(st.sampled_from(NEW_JSON), JSON)
def test_no_json_makes_a_reader_fail(format: str, value: Any) -> None:
    assert read_feed(format, raw(value), NOW).health in ("fresh", "broken")
    detect(raw(value))


SHAPES: list[tuple[str, Any]] = [
    *((name, json.loads(SAMPLES[name])) for name in NEW_JSON),
    (
        "statuspage",
        {"page": STATUSPAGE["page"], "status": STATUSPAGE["status"] | {"indicator": "major"}},
    ),
    (
        "statuspage",
        {
            "page": STATUSPAGE["page"],
            "components": [
                {"id": "g", "name": "Group", "group": True, "status": "operational"},
                {"id": "c", "name": "Part", "group_id": "g", "status": "major_outage"},
                {"id": "p", "name": "Paris - (CDG)", "group_id": "g", "status": "partial_outage"},
            ],
            "incidents": [],
        },
    ),
    ("incident-io", {"summary": INCIDENT_IO | {"components": [{"id": "01A", "name": "Chat"}]}}),
    (
        "instatus",
        INSTATUS | {"components": [{"id": "1", "name": "API", "status": "PARTIALOUTAGE"}]},
    ),
]
"""Values in which everything that a reader looks at is somewhere."""


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a value with every key of it."""
    pairs = list(value.items()) if isinstance(value, dict) else []
    pairs += list(enumerate(value)) if isinstance(value, list) else []
    return [(value, key) for key, _ in pairs] + [
        found for _, each in pairs for found in _places(each)
    ]


@given(st.data(), st.sampled_from(SHAPES), JSON)
def test_no_value_in_any_place_makes_a_reader_fail(
    data: st.DataObject, shape: tuple[str, Any], value: Any
) -> None:
    format, whole = shape[0], json.loads(raw(shape[1]))
    place, key = data.draw(st.sampled_from(_places(whole)))
    place[key] = value
    reading = _read(format, whole)
    json.dumps(reading.to_json(), allow_nan=False)
    for each in reading.incidents:
        assert each.kind in ("incident", "maintenance", "notice")
        assert each.state in ("open", "resolved", "scheduled")
        assert each.severity in ("none", "minor", "partial", "major", "unknown")
        assert each.id
        assert len(each.title) <= 300
        f"{each.title}{each.text}{each.id}{each.components}{each.regions}".encode()
