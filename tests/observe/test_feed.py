"""Status feeds are read strictly: what cannot be read is unknown, never calm."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.evidence.records import to_payload
from downwind.observe.feed import (
    FEED_CAP,
    FeedComponent,
    FeedIncident,
    FeedReading,
    feed_url,
    look_at_feed,
    read_feed,
)
from downwind.observe.feeds.values import epoch, link, moment, text
from downwind.terms import Finding, Seen, Unanswered

from .tinynet import Serving, TinyInternet, usual

FORMATS = ("statuspage", "incident-io", "aws-health", "google-incidents")
IP = "198.18.2.80"

STATUSPAGE: dict[str, Any] = {
    "page": {"id": "yh6f0r4529hb", "name": "Cloudflare", "url": "https://status.x.test"},
    "status": {"indicator": "none", "description": "All Systems Operational"},
    "components": [],
    "incidents": [
        {
            "id": "8gmgl950y3h7",
            "name": "Cloudflare Global Network &amp; others",
            "status": "identified",
            "created_at": "2025-11-18T11:48:07.000Z",
            "updated_at": "not a time",
            "resolved_at": None,
            "impact": "major",
            "shortlink": "https://stspg.io/abc",
            "started_at": "2025-11-18T03:20:00-08:00",
            "incident_updates": [
                {
                    "status": "investigating",
                    "body": "First.",
                    "display_at": "2025-11-18T11:48:07Z",
                },
                {
                    "status": "identified",
                    "body": "<p>The issue has been <b>identified</b>.<br />We work.</p>"
                    "<script>alert(1)</script>",
                    "display_at": "2025-11-18T13:09:00Z",
                },
                {"status": "identified", "body": "Undated.", "display_at": "yesterday"},
            ],
            "components": [
                {"id": "1km35smx8p41", "name": "Turnstile", "status": "operational"},
                {"id": "x", "name": "Paris, France - (CDG)", "status": "operational"},
            ],
        }
    ],
    "scheduled_maintenances": [
        {
            "id": "m1",
            "name": "Detroit",
            "status": "in_progress",
            "impact": "maintenance",
            "scheduled_for": "2025-11-18T07:00:00Z",
            "created_at": "2025-11-11T07:00:00Z",
            "incident_updates": [],
        },
        {"id": "m2", "name": "Oslo", "status": "scheduled", "impact": "maintenance"},
        {"id": "m3", "name": "Rome", "status": "maintenance_complete"},
    ],
}
AWS: list[dict[str, Any]] = [
    {
        "date": "1760944260",
        "arn": "arn:aws:health:us-east-1::event/MULTIPLE_SERVICES/AWS_X/AWS_X_1",
        "region_name": "N. Virginia",
        "status": 3,
        "service": "multipleservices-us-east-1",
        "service_name": "Multiple services",
        "summary": "Increased Error Rates and Latencies",
        "event_log": [
            {"summary": "s", "message": "Third.", "status": 3, "timestamp": 1760947200},
            {"summary": "s", "message": "First.", "status": 1, "timestamp": "1760944260"},
            {"summary": "s", "message": "Undated.", "status": 1, "timestamp": "soon"},
            {"summary": "s", "message": "Second.", "status": 2, "timestamp": 1760945000},
        ],
        "impacted_services": {
            "dynamodb-us-east-1": {"service_name": "Amazon DynamoDB", "current": "3", "max": "3"},
            "ec2-us-east-1": {"current": 0, "max": 2},
        },
    }
]
GOOGLE: list[dict[str, Any]] = [
    {
        "id": "ow5i3PPK96RduMcb1SsW",
        "number": "123",
        "begin": "2025-06-12T17:51:00+00:00",
        "created": "2025-06-12T18:46:00+00:00",
        "modified": "2025-06-12T19:00:00+00:00",
        "external_desc": "Multiple GCP products are experiencing Service issues.",
        "updates": [],
        "most_recent_update": {
            "when": "2025-06-12T18:59:00+00:00",
            "text": "We are experiencing service issues.",
            "status": "SERVICE_OUTAGE",
        },
        "status_impact": "SERVICE_OUTAGE",
        "severity": "low",
        "service_key": "zall",
        "service_name": "Multiple Products",
        "affected_products": [{"title": "Google Cloud Storage", "id": "UwaYoXQ5bHYHG6EdiPB8"}],
        "uri": "incidents/ow5i3PPK96RduMcb1SsW",
        "currently_affected_locations": [{"title": "Iowa", "id": "us-central1"}],
    }
]
GOOD: dict[str, Any] = {
    "statuspage": STATUSPAGE,
    "incident-io": STATUSPAGE,
    "aws-health": AWS,
    "google-incidents": GOOGLE,
}


def _raw(value: Any) -> bytes:
    return json.dumps(value).encode()


def _read(format: str, value: Any) -> FeedReading:
    return read_feed(format, _raw(value))


def _one(format: str, **changes: Any) -> FeedIncident:
    """The incident of a good feed, with changes; a change to ... takes the key away."""
    whole = json.loads(_raw(GOOD[format]))
    incident = (whole["incidents"] if isinstance(whole, dict) else whole)[0]
    incident.update(changes)
    for key in [key for key, value in changes.items() if value is ...]:
        del incident[key]
    reading = _read(format, whole)
    assert reading.health == "fresh", reading
    return reading.incidents[0]


@pytest.mark.parametrize("format", ["statuspage", "incident-io"])
def test_a_statuspage_incident_is_read_whole(format: str) -> None:
    reading = _read(format, STATUSPAGE)
    assert reading.incidents[0] == FeedIncident(
        id="8gmgl950y3h7",
        kind="incident",
        state="open",
        severity="partial",
        components=(FeedComponent("1km35smx8p41", "Turnstile"),),
        regions=("cdg",),
        started_at=1763464800.0,
        updated_at=1763471340.0,
        resolved_at=None,
        title="Cloudflare Global Network & others",
        text="The issue has been identified. We work.",
        url="https://stspg.io/abc",
    )
    assert [(each.kind, each.state) for each in reading.incidents[1:]] == [
        ("maintenance", "open"),
        ("maintenance", "scheduled"),
        ("maintenance", "resolved"),
    ]
    assert reading.incidents[1].started_at == 1763449200.0
    assert len(reading.open) == 2
    assert reading.speaks


def test_maintenance_alone_is_no_voice() -> None:
    reading = _read("statuspage", STATUSPAGE | {"incidents": []})
    assert reading.open
    assert not reading.speaks


def test_an_overall_indicator_alone_is_no_incident() -> None:
    bad = {"indicator": "critical", "description": "Major Service Outage"}
    assert not _read("statuspage", STATUSPAGE | {"incidents": [], "status": bad}).speaks


def test_an_aws_event_is_read_whole() -> None:
    arn = "arn:aws:health:us-east-1::event/MULTIPLE_SERVICES/AWS_X/AWS_X_1"
    expected = FeedIncident(
        id=arn,
        kind="incident",
        state="open",
        severity="major",
        components=(FeedComponent("dynamodb", "Amazon DynamoDB"),),
        regions=("us-east-1",),
        started_at=1760944260.0,
        updated_at=1760947200.0,
        resolved_at=None,
        title="Increased Error Rates and Latencies",
        text="Third.",
        url=f"/health/status?eventID={arn}",
    )
    text = json.dumps(AWS)
    for raw in (
        ("\ufeff" + text).encode("utf-16-be"),
        ("\ufeff" + text).encode("utf-16-le"),
        ("\ufeff" + text).encode(),
        text.encode(),
    ):
        assert read_feed("aws-health", raw) == FeedReading("fresh", "", (expected,))


@pytest.mark.parametrize(
    ("changes", "state", "severity"),
    [
        ({"status": "0"}, "resolved", "major"),
        ({"status": 0, "event_log": []}, "resolved", "unknown"),
        ({"status": "2", "summary": "[RESOLVED] Errors"}, "resolved", "major"),
        ({"status": "1"}, "open", "minor"),
        ({"status": "2"}, "open", "partial"),
        ({"status": 9}, "open", "unknown"),
        ({"status": None}, "open", "unknown"),
        ({"status": True}, "open", "unknown"),
    ],
)
def test_an_aws_status_may_be_text_or_number_or_neither(
    changes: dict[str, Any], state: str, severity: str
) -> None:
    incident = _one("aws-health", **changes)
    assert (incident.state, incident.severity) == (state, severity)


def test_a_resolved_aws_event_ends_at_its_end_time_or_its_last_word() -> None:
    closed = _one("aws-health", status="0", summary="[RESOLVED] Errors", end_time="1760947300")
    assert (closed.title, closed.resolved_at) == ("Errors", 1760947300.0)
    assert [each.id for each in closed.components] == ["dynamodb", "ec2"]
    assert _one("aws-health", status="0").resolved_at == 1760947200.0


def test_an_aws_event_of_one_service_or_of_all_regions_is_named_so() -> None:
    one = _one("aws-health", impacted_services=..., service="ec2-us-east-1", service_name="EC2")
    assert one.components == (FeedComponent("ec2", "EC2"),)
    assert _one("aws-health", impacted_services={}).components == ()
    everywhere = _one("aws-health", arn="arn:aws:health:global::event/A/B/C", service="a")
    assert everywhere.regions == ()


def test_a_google_incident_is_read_whole() -> None:
    assert _read("google-incidents", GOOGLE).incidents == (
        FeedIncident(
            id="ow5i3PPK96RduMcb1SsW",
            kind="incident",
            state="open",
            severity="major",
            components=(FeedComponent("UwaYoXQ5bHYHG6EdiPB8", "Google Cloud Storage"),),
            regions=("us-central1",),
            started_at=1749750660.0,
            updated_at=1749754800.0,
            resolved_at=None,
            title="Multiple GCP products are experiencing Service issues.",
            text="We are experiencing service issues.",
            url="incidents/ow5i3PPK96RduMcb1SsW",
        ),
    )


def test_googles_feed_is_an_archive_and_what_ended_is_closed() -> None:
    ended = _one("google-incidents", end="2025-06-13T01:18:00+00:00")
    assert (ended.state, ended.resolved_at) == ("resolved", 1749777480.0)
    malformed = _one("google-incidents", end="in the night")
    assert (malformed.state, malformed.resolved_at) == ("resolved", None)
    recent = {"when": "2025-06-12T20:49:00Z", "status": "AVAILABLE"}
    available = _one("google-incidents", most_recent_update=recent)
    assert (available.state, available.resolved_at) == ("resolved", 1749761340.0)
    assert _one("google-incidents", end=None).state == "open"
    updates = [recent, recent | {"when": "2025-06-12T18:00:00Z", "status": "SERVICE_OUTAGE"}]
    assert _one("google-incidents", most_recent_update=..., updates=updates).state == "resolved"


def test_a_google_incident_without_places_or_with_all_is_everywhere() -> None:
    everywhere = [{"id": "us-central1"}, {"id": "global"}]
    for places in ([], everywhere, None, "us-central1"):
        assert _one("google-incidents", currently_affected_locations=places).regions == ()
    past = _one(
        "google-incidents",
        end="2025-06-13T01:18:00Z",
        currently_affected_locations=[],
        previously_affected_locations=[{"id": "europe-west9"}],
    )
    assert past.regions == ("europe-west9",)


def test_google_products_are_told_by_id_and_never_as_multiple_products() -> None:
    assert _one("google-incidents", affected_products=[]).components == ()
    named = _one("google-incidents", affected_products=..., service_name="Cloud SQL")
    assert named.components == (FeedComponent("zall", "Cloud SQL"),)


@pytest.mark.parametrize(
    ("status", "resolved_at", "state"),
    [
        ("investigating", "2025-11-18T12:00:00Z", "open"),
        ("monitoring", None, "open"),
        ("resolved", "2025-11-18T12:00:00Z", "resolved"),
        ("postmortem", None, "resolved"),
        ("a word of tomorrow", None, "open"),
        (None, None, "open"),
        (["resolved"], None, "open"),
    ],
)
def test_a_statuspage_incident_is_open_until_its_status_says_otherwise(
    status: Any, resolved_at: str | None, state: str
) -> None:
    incident = _one("statuspage", status=status, resolved_at=resolved_at)
    assert incident.state == state
    assert (incident.resolved_at is not None) == (state == "resolved")


@pytest.mark.parametrize("impact", ["none", None, "apocalyptic"])
def test_an_incident_without_an_impact_speaks_all_the_same(impact: str | None) -> None:
    assert _one("statuspage", impact=impact).severity == ("none" if impact == "none" else "unknown")
    whole = STATUSPAGE | {"incidents": [STATUSPAGE["incidents"][0] | {"impact": impact}]}
    assert _read("statuspage", whole).speaks


@pytest.mark.parametrize("format", FORMATS)
def test_one_malformed_stamp_loses_that_stamp_only(format: str) -> None:
    begun = {"aws-health": "date", "google-incidents": "begin"}.get(format, "started_at")
    stamps: list[Any] = ["soon", "2025-13-45T99:00:00Z", "", None, 1e30, [], {}, True, "9" * 400]
    for stamp in stamps:
        changed = _one(format, **{begun: stamp})
        assert changed.title == _one(format).title
        assert changed.updated_at == _one(format).updated_at
        assert changed.started_at != _one(format).started_at


BAD: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("space", b" \n"),
    ("a byte order mark alone", b"\xfe\xff"),
    ("a page", b"<!doctype html><title>All systems operational</title>"),
    ("plain text", b"OK"),
    ("null", b"null"),
    ("a number", b"0"),
    ("text", b'"ok"'),
    ("an object of nothing", b"{}"),
    ("a list of numbers", b"[1, 2]"),
    ("a list of empty objects", b"[{}]"),
    ("a list with a hole", b"[null]"),
    ("an error", b'{"error": "rate limited", "incidents": []}'),
    ("no number", b'[{"status": NaN}]'),
    ("endless", b'{"page": {"id": Infinity}}'),
    ("deep", b"[" * 200_000),
    ("deep and whole", b"[" * 200_000 + b"]" * 200_000),
    ("a giant number", b"[" + b"9" * 10_000 + b"]"),
    ("bytes", bytes(range(256))),
    ("UTF-16 without a mark", json.dumps(AWS).encode("utf-16-be")),
    ("UTF-16 with half a letter", b"\xfe\xff" + "[]".encode("utf-16-be") + b"\x00"),
    ("UTF-32", "[]".encode("utf-32")),
    ("a mark of the other end", b"\xff\xfe" + "[]".encode("utf-16-be")),
    ("a page without incidents", _raw({"page": {"id": "a"}, "status": {"indicator": "none"}})),
    ("incidents as text", _raw({"page": {"id": "a"}, "incidents": "none"})),
    ("incidents as an object", _raw({"page": {"id": "a"}, "incidents": {}})),
    ("an incident without an id", _raw({"page": {"id": "a"}, "incidents": [{"name": "x"}]})),
    ("incidents without a page", _raw({"incidents": []})),
    ("too long", b"[" + b" " * FEED_CAP + b"]"),
]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("raw", [raw for _, raw in BAD], ids=[name for name, _ in BAD])
def test_a_bad_feed_is_broken_and_not_calm(format: str, raw: bytes) -> None:
    reading = read_feed(format, raw)
    assert (reading.health, reading.incidents, reading.speaks) == ("broken", (), False)
    assert reading.reason


@pytest.mark.parametrize("format", FORMATS)
def test_a_feed_that_is_cut_short_is_broken(format: str) -> None:
    raw = _raw(GOOD[format])
    assert {read_feed(format, raw[:n]).health for n in range(len(raw))} == {"broken"}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("other", FORMATS)
def test_a_feed_of_another_format_is_broken(format: str, other: str) -> None:
    same = GOOD[format] is GOOD[other]
    assert _read(format, GOOD[other]).health == ("fresh" if same else "broken")


@pytest.mark.parametrize("format", ["statuspage", "incident-io", "google-incidents"])
def test_utf_16_is_broken_where_only_utf_8_is_served(format: str) -> None:
    raw = ("\ufeff" + json.dumps(GOOD[format])).encode("utf-16-be")
    assert read_feed(format, raw).health == "broken"


def test_an_empty_feed_is_calm_where_its_shape_is_proven() -> None:
    for format, raw in (
        ("statuspage", _raw({"page": {"id": "a"}, "incidents": []})),
        ("aws-health", b"\xfe\xff\x00[\x00]"),
        ("google-incidents", b"[]"),
    ):
        assert read_feed(format, raw) == FeedReading("fresh")


@pytest.mark.parametrize("format", ["rootly", "page", "", "statuspage "])
def test_a_format_without_a_reader_says_so(format: str) -> None:
    reading = read_feed(format, _raw(STATUSPAGE))
    assert reading == FeedReading("broken", "no reader for this format yet")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(FORMATS), st.binary())
def test_no_bytes_make_the_reader_fail(format: str, raw: bytes) -> None:
    assert read_feed(format, raw).health in ("fresh", "broken")


@given(st.sampled_from(FORMATS), JSON)
def test_no_json_makes_the_reader_fail(format: str, value: Any) -> None:
    assert read_feed(format, _raw(value)).health in ("fresh", "broken")


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    inner = [found for key, each in pairs for found in _paths(each, (*path, key))]
    return [path, *inner] if path else inner


@given(st.data(), st.sampled_from(FORMATS), JSON)
def test_no_value_in_any_place_makes_the_reader_fail(
    data: st.DataObject, format: str, value: Any
) -> None:
    whole = json.loads(_raw(GOOD[format]))
    *way, last = data.draw(st.sampled_from(_paths(whole)))
    place = whole
    for key in way:
        place = place[key]
    place[last] = value
    reading = _read(format, whole)
    json.dumps(reading.to_json(), allow_nan=False)
    for incident in reading.incidents:
        assert incident.kind in ("incident", "maintenance", "notice")
        assert incident.state in ("open", "resolved", "scheduled")
        assert incident.severity in ("none", "minor", "partial", "major", "unknown")
        assert incident.id
        incident.title.encode()
        incident.text.encode()


def test_text_loses_its_markup_and_its_controls_but_not_its_comparisons() -> None:
    assert text("<p>5 &lt; 6 &amp; 7</p>\n\n<ul><li>a</li></ul>") == "5 < 6 & 7 a"
    assert text("if a < b and c > d") == "if a < b and c > d"
    assert text("a<script src=x>alert('</b>')</script>b<style>p{}</style>c") == "a b c"
    assert text("a\x1b[31mred\x9b\u202egnp.exe") == "a [31mred gnp.exe"
    assert text("half \ud800 a pair") == "half ? a pair"
    assert len(text("<" + "a" * 1_000_000)) <= 2_000
    assert text("<a" * 1_000_000).startswith("<a<a")
    assert text(7) == ""


def test_links_lead_to_the_web_only() -> None:
    for good in ("https://a.test/x", "incidents/x", "/health/status?eventID=arn:aws:x"):
        assert link(good) == good
    for bad in (
        "javascript:alert(1)",
        "data:text/html,x",
        "http://[",
        "a b",
        "x\ny",
        7,
        "x" * 3000,
    ):
        assert link(bad) == ""


def test_stamps_are_seconds_or_milliseconds_or_none() -> None:
    assert epoch("1760944260") == epoch(1760944260) == epoch(1760944260000) == 1760944260.0
    stamps: list[Any] = ["", "-1", 0, -1, 1e300, 10**400, True, None, [], "1e9", "9" * 20]
    assert [epoch(bad) for bad in stamps] == [None] * len(stamps)
    assert moment("1970-01-02T00:00:00") == moment("1970-01-02T01:00:00+01:00") == 86400.0
    for bad in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", 5, "now"):
        assert moment(bad) is None


@pytest.mark.parametrize(
    ("page", "format", "feed"),
    [
        (
            "https://www.cloudflarestatus.com/",
            "statuspage",
            "https://www.cloudflarestatus.com/api/v2/summary.json",
        ),
        ("https://s.test", "incident-io", "https://s.test/api/v2/summary.json"),
        (
            "https://health.aws.amazon.com/health/status",
            "aws-health",
            "https://health.aws.amazon.com/public/currentevents",
        ),
        (
            "https://www.google.com/appsstatus/dashboard/",
            "google-incidents",
            "https://www.google.com/appsstatus/dashboard/incidents.json",
        ),
        ("https://s.test/v2/incidents.json", "statuspage", "https://s.test/v2/incidents.json"),
        ("https://s.test/public/currentevents?a", "aws-health", None),
        ("https://s.test/a.json", "google-incidents", None),
        ("https://s.test/", "page", None),
        ("https://[s", "statuspage", None),
    ],
)
def test_the_feed_of_a_status_page_is_where_its_platform_keeps_it(
    page: str, format: str, feed: str | None
) -> None:
    assert feed_url(page, format) == (feed or page)


@pytest.fixture
async def net(tmp_path: Path) -> AsyncIterator[TinyInternet]:
    async with TinyInternet(tmp_path) as started:
        await usual(started)
        await started.resolver()
        yield started


def _answers(body: bytes, status: str = "200 OK", *headers: str) -> Serving:
    async def serving(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()

    return serving


async def _look(net: TinyInternet, serving: Serving, format: str = "statuspage") -> Finding:
    await net.web(IP, serving)
    evidence = await look_at_feed("http://x.test/", format, net.network())
    assert (evidence.kind, evidence.subject) == ("feed.status", "http://x.test/")
    assert evidence.vantage == "test"
    to_payload(evidence)
    return evidence.finding


def _why(finding: Finding) -> str:
    assert isinstance(finding, Unanswered), finding
    return finding.reason


async def test_a_feed_is_fetched_and_its_reading_is_the_evidence(net: TinyInternet) -> None:
    finding = await _look(net, _answers(_raw(STATUSPAGE)))
    assert isinstance(finding, Seen), finding
    assert net.heads[0].startswith(b"GET /api/v2/summary.json HTTP/1.1\r\n")
    value = finding.value
    assert (value["health"], value["speaks"], value["left_out"]) == ("fresh", True, 0)
    assert value["final_url"] == "http://x.test/api/v2/summary.json"
    assert len(value["sha256"]) == 64
    assert value["incidents"][0]["text"] == "The issue has been identified. We work."


async def test_a_page_that_has_moved_is_followed(net: TinyInternet) -> None:
    async def serving(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes
    ) -> None:
        moved = head.startswith(b"GET /new")
        answer = _answers(_raw(GOOGLE)) if moved else _answers(b"", "301 Gone", "Location: /new/f")
        await answer(reader, writer, head)

    finding = await _look(net, serving, "google-incidents")
    assert isinstance(finding, Seen), finding
    assert finding.value["redirects"] == ["http://x.test/new/f"]
    url = finding.value["incidents"][0]["url"]
    assert url == "http://x.test/new/incidents/ow5i3PPK96RduMcb1SsW"


async def test_evidence_keeps_what_is_open_and_the_latest_of_what_is_closed(
    net: TinyInternet,
) -> None:
    closed = [
        GOOGLE[0]
        | {"id": f"c{n}", "end": "2025-01-01T00:00:00Z", "modified": f"20{n:02}-01-01T00:00:00Z"}
        for n in range(70)
    ]
    finding = await _look(net, _answers(_raw([*closed, *GOOGLE])), "google-incidents")
    assert isinstance(finding, Seen), finding
    kept = [each["id"] for each in finding.value["incidents"]]
    assert kept == [GOOGLE[0]["id"], *(f"c{n}" for n in range(69, 19, -1))]
    assert finding.value["left_out"] == 20


@pytest.mark.parametrize(
    ("serving", "part"),
    [
        (_answers(_raw(STATUSPAGE), "503 Service Unavailable"), "status 503"),
        (_answers(_raw(STATUSPAGE), "404 Not Found"), "status 404"),
        (_answers(b"", "204 No Content"), "status 204"),
        (_answers(b"<html>blocked</html>"), "broken: it is markup"),
        (_answers(b""), "broken: it is empty"),
        (_answers(b"[]"), "broken: it names no page"),
        (_answers(b" " * (FEED_CAP + 1)), "not whole: body longer than"),
        (_answers(b"xx", "200 OK", "Content-Encoding: br"), "not whole: content coding"),
        (_answers(b"", "302 Found", "Location: /"), "redirect loop"),
    ],
)
async def test_a_feed_that_does_not_come_whole_is_unanswered(
    net: TinyInternet, serving: Serving, part: str
) -> None:
    assert part in _why(await _look(net, serving))


async def test_a_large_feed_comes_whole(net: TinyInternet) -> None:
    # Cloudflare's is 200 KB, Google's archive more than the 2 MB that are read of a page.
    raw = _raw(STATUSPAGE) + b" " * 3_000_000
    assert isinstance(await _look(net, _answers(raw)), Seen)


async def test_a_feed_that_cannot_be_reached_is_unanswered(net: TinyInternet) -> None:
    for url, layer in (
        ("http://nobody.test/", "dns"),
        ("https://x.test/", "dial"),
        ("ftp://x.test/feed.json", "http"),
        ("http://[x", "http"),
    ):
        finding = (await look_at_feed(url, "statuspage", net.network())).finding
        assert isinstance(finding, Unanswered)
        assert finding.detail["layer"] == layer


async def test_nobody_is_asked_for_a_format_that_cannot_be_read(net: TinyInternet) -> None:
    assert "no reader" in _why(await _look(net, _answers(b"<rss/>"), "page"))
    assert net.connections == 0
