"""RSS and Atom tell little of states: only what is said last closes an incident."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.observe.feed import FeedReading, detect, read_feed
from downwind.observe.feeds import MARKUP_READERS
from downwind.observe.feeds.endings import begins_over, is_over, told_state
from downwind.observe.feeds.markup import MARKUP_CAP, MOST_ITEMS

from .feed_samples import AWS_RSS, AZURE, HISTORY_ATOM, HISTORY_RSS, HOUR, NOW, incident, part

FORMATS = tuple(MARKUP_READERS)


def _rss(*items: str, title: str = "Acme Status") -> bytes:
    inner = "".join(f"<item>{each}</item>" for each in items)
    return f"<rss version='2.0'><channel><title>{title}</title>{inner}</channel></rss>".encode()


def _states(format: str, body: bytes, now: float | None = NOW) -> list[str]:
    reading = read_feed(format, body, now)
    assert reading.health == "fresh", reading
    return [each.state for each in reading.incidents]


def test_azures_feed_is_read_whole() -> None:
    assert read_feed("azure-rss", AZURE, NOW).incidents == (
        incident(
            id="xyz-1",
            components=(part("", "Virtual Machines"), part("", "West US")),
            started_at=1784824149.0,
            updated_at=1784824149.0,
            title="Virtual Machines - West US - Connectivity errors",
            text="Impact: errors.",
            url="https://azure.status.microsoft/en-us/status/",
        ),
    )


@pytest.mark.parametrize(
    ("body", "health"),
    [
        (_rss(title="Azure Status"), "fresh"),
        (_rss(title="Azure status"), "broken"),
        (_rss(title="Another feed"), "broken"),
        (_rss(title=""), "broken"),
        (b"<rss version='2.0'></rss>", "broken"),
        (b"<rss version='2.0'><title>Azure Status</title></rss>", "broken"),
        (b"<html><channel><title>Azure Status</title></channel></html>", "broken"),
        (b"<channel><title>Azure Status</title></channel>", "broken"),
        (HISTORY_ATOM, "broken"),
        (
            b"<feed xmlns='http://www.w3.org/2005/Atom'><title>Azure Status</title></feed>",
            "broken",
        ),
    ],
)
def test_azure_without_entries_is_well_only_under_its_own_title(body: bytes, health: str) -> None:
    reading = read_feed("azure-rss", body, NOW)
    assert (reading.health, reading.incidents) == (health, ())


@pytest.mark.parametrize(
    ("title", "over"),
    [
        ("Storage - West US - Resolved", True),
        ("Storage - West US - Mitigated", True),
        ("Storage - West US - Resolved.", True),
        ("Storage - West US: the issue has been fully resolved", True),
        ("Storage (Resolved)", True),
        ("Services restored", True),
        ("Storage - West US", False),
        ("Storage - West US - Not yet resolved", False),
        ("Storage - West US - not resolved", False),
        ("Storage - West US - Unresolved", False),
        ("Storage - West US - Partially mitigated", False),
        ("Storage - West US - Being resolved", False),
        ("Storage - West US - Resolved for some customers", False),
        ("Storage - Resolved - errors again", False),
        ("Resolved: Storage - West US", False),
        ("Errors on completed orders", False),
        ("Closed accounts cannot be restored", False),
        ("Applying mitigation", False),
        ("We expect it resolved", False),
        ("", False),
        (" - - ", False),
    ],
)
def test_only_a_final_clause_that_says_nothing_else_ends_an_incident(
    title: str, over: bool
) -> None:
    assert is_over(title) is over
    item = f"<title>{title.replace('&', '')}</title><guid>a</guid>"
    expected = ["resolved" if over else "open"]
    assert _states("azure-rss", _rss(item, title="Azure Status")) == expected


@pytest.mark.parametrize(
    ("title", "over"),
    [
        ("[RESOLVED] Errors", True),
        ("Resolved: Errors", True),
        ("[Monitoring] Errors", False),
        ("Unresolved: Errors", False),
        ("Errors [RESOLVED]", False),
        ("Resolved", False),
    ],
)
def test_a_mark_before_the_title_ends_an_incident_of_a_history(title: str, over: bool) -> None:
    assert begins_over(title) is over


def test_an_entry_of_azures_that_lingers_is_open_and_silent() -> None:
    reading = read_feed("azure-rss", AZURE, NOW + 73 * HOUR)
    [found] = reading.incidents
    assert (found.state, found.kind, found.severity) == ("open", "notice", "none")
    assert not reading.speaks
    assert read_feed("azure-rss", AZURE, None).speaks


def test_aws_of_before_tells_updates_that_are_put_together() -> None:
    assert read_feed("aws-rss", AWS_RSS, NOW).incidents == (
        incident(
            id="http://status.aws.amazon.com/#ec2-us-east-1_1784826000",
            severity="major",
            components=(part("ec2", "ec2"),),
            regions=("us-east-1",),
            started_at=1784826000.0,
            updated_at=1784827200.0,
            title="Service disruption: Increased errors",
            text="10:20 AM PDT We continue.",
            url="http://status.aws.amazon.com/",
        ),
        incident(
            id="http://status.aws.amazon.com/#sns-us-west-2_1784566800",
            state="resolved",
            components=(part("sns", "sns"),),
            regions=("us-west-2",),
            started_at=1784566800.0,
            updated_at=1784566800.0,
            resolved_at=1784566800.0,
            title="Service is operating normally: [RESOLVED] Late deliveries",
            text="All is well.",
            url="http://status.aws.amazon.com/",
        ),
    )


def _aws(*told: tuple[int, str]) -> bytes:
    link = "http://status.aws.amazon.com/#s3-eu-west-1"
    items = (f"<title>{words}</title><guid>{link}_{at}</guid>" for at, words in told)
    return _rss(*items, title="Amazon S3 Status")


def test_a_day_of_silence_parts_two_incidents_of_one_service_and_ends_the_last() -> None:
    begun, day = 1_784_000_000, 86_400
    body = _aws((begun, "Performance issues: a"), (begun + day + 1, "Performance issues: b"))
    assert _states("aws-rss", body, begun + 2 * day) == ["resolved", "open"]
    assert _states("aws-rss", body, begun + 3 * day) == ["resolved", "resolved"]
    near = _aws((begun, "Performance issues: a"), (begun + day, "Performance issues: b"))
    assert _states("aws-rss", near, begun + day) == ["open"]


def test_aws_closes_an_incident_in_the_title_of_its_last_update() -> None:
    begun = 1_784_000_000
    for words in ("Informational message: [RESOLVED] a", "Service is operating normally: a"):
        body = _aws((begun, "Performance issues: a"), (begun + 60, words))
        assert _states("aws-rss", body, begun + 60) == ["resolved"]


def test_an_empty_feed_of_aws_is_calm_and_one_of_others_is_not_aws() -> None:
    assert read_feed("aws-rss", _aws(), NOW) == FeedReading("fresh")
    assert detect(_aws()) == "rss"
    assert read_feed("aws-rss", _rss(), NOW).health == "broken"
    assert read_feed("aws-rss", HISTORY_RSS, NOW).health == "broken"


def test_a_history_is_read_by_the_latest_state_of_each_entry() -> None:
    assert read_feed("rss", HISTORY_RSS, NOW).incidents == (
        incident(
            id="https://status.acme.test/incidents/b",
            started_at=1784827800.0,
            updated_at=1784827800.0,
            title="Elevated errors",
            text="Jul 23, 17:30 UTC Identified - Found. Investigating - Look.",
            url="https://status.acme.test/incidents/b",
        ),
        incident(
            id="https://status.acme.test/incidents/a",
            state="resolved",
            started_at=1784808000.0,
            updated_at=1784808000.0,
            resolved_at=1784808000.0,
            title="Slow logins",
            text="Resolved - Done. Investigating - Look.",
            url="https://status.acme.test/incidents/a",
        ),
    )


def test_an_atom_history_is_read_whole() -> None:
    assert read_feed("rss", HISTORY_ATOM, NOW).incidents == (
        incident(
            id="tag:status.acme.test,2005:Incident/2",
            started_at=1784826000.0,
            updated_at=1784827800.0,
            title="Elevated errors",
            text="Monitoring - Watch.",
            url="https://status.acme.test/incidents/b",
        ),
    )


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ("<strong>Resolved</strong> - <strong>Investigating</strong>", "resolved"),
        ("<b>Monitoring</b> <b>Resolved</b>", "open"),
        ("<p>Status: Resolved</p><b>Investigating</b>", "resolved"),
        ("<b>Status:</b>\n Identified", "open"),
        ("<b> Monitoring\n</b>", "open"),
        ("<strong>Scheduled</strong> - planned", "scheduled"),
        ("<strong>COMPLETED</strong>", "resolved"),
        ("<strong>Impact</strong> all is resolved", None),
        ("it was resolved", None),
        ("", None),
        ("<strong>" * 2_000, None),
    ],
)
def test_a_state_counts_only_where_it_is_set_apart(body: str, state: str | None) -> None:
    assert told_state(body) == state


def test_an_entry_without_a_state_is_over_after_a_day() -> None:
    items = [
        "<title>New</title><guid>n</guid><pubDate>Thu, 23 Jul 2026 17:00:00 GMT</pubDate>",
        "<title>Old</title><guid>o</guid><pubDate>Wed, 22 Jul 2026 16:59:00 GMT</pubDate>",
        "<title>Undated</title><guid>u</guid><pubDate>soon</pubDate>",
    ]
    for now in (NOW, None):
        assert _states("rss", _rss(*items), now) == ["open", "resolved", "open"]


BILLION = (
    b'<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<rss version='2.0'><channel><title>Azure Status</title><item><title>&b;</title></item>"
    b"</channel></rss>"
)
OUTSIDE = (
    b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    b"<rss version='2.0'><channel><title>Azure Status</title></channel></rss>"
)
BAD: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "empty"),
    ("space", b" \n", "empty"),
    ("a page", b"<!doctype html><title>All is well</title>", "not XML"),
    ("a whole page", b"<html><head><title>x</title></head></html>", "another kind"),
    ("JSON", b'{"page": {"id": "a"}, "incidents": []}', "not XML"),
    ("entities", BILLION, "document type"),
    ("a file", OUTSIDE, "document type"),
    ("half", AZURE[: len(AZURE) // 2], "not XML"),
    ("two", AZURE + AZURE, "not XML"),
    ("an encoding that nobody has", b"<?xml version='1.0' encoding='x-y'?><rss/>", "not XML"),
    ("bytes", bytes(range(256)), "not XML"),
    ("a null", b"<rss>\0</rss>", "not XML"),
    ("too long", b"<rss>" + b" " * MARKUP_CAP + b"</rss>", "more than"),
    ("RSS 1.0", b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>", "kind"),
]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(("bad", "why"), [each[1:] for each in BAD], ids=[name for name, *_ in BAD])
def test_a_bad_feed_is_broken_and_not_calm(format: str, bad: bytes, why: str) -> None:
    reading = read_feed(format, bad, NOW)
    assert (reading.health, reading.incidents) == ("broken", ())
    assert why in reading.reason


def test_xml_in_another_encoding_is_read_as_it_says() -> None:
    told = "<title>Störung</title><guid>a</guid>"
    body = _rss(told).decode()
    for charset in ("utf-16", "iso-8859-1", "utf-8-sig"):
        head = f"<?xml version='1.0' encoding='{charset.removesuffix('-sig')}'?>"
        [found] = read_feed("rss", (head + body).encode(charset), NOW).incidents
        assert found.title == "Störung"


def test_a_feed_of_many_entries_is_read_up_to_a_cap() -> None:
    many = (f"<title>x</title><guid>{number}</guid>" for number in range(MOST_ITEMS + 9))
    assert len(read_feed("rss", _rss(*many), NOW).incidents) == MOST_ITEMS


def test_deep_markup_is_read_or_refused() -> None:
    deep = b"<rss version='2.0'><channel><title>x</title>" + b"<a>" * 100_000
    assert read_feed("rss", deep + b"</a>" * 100_000 + b"</channel></rss>").health == "fresh"
    assert read_feed("rss", deep).health == "broken"


@pytest.mark.parametrize(
    "body",
    ["<b>" + " " * 20_000, "<b>" * 6_000, "status" + " " * 20_000, "status: " + "<x> " * 5_000],
)
def test_a_body_made_to_keep_the_reader_busy_does_not(body: str) -> None:
    began = time.perf_counter()
    assert told_state(body) is None
    assert time.perf_counter() - began < 0.5


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))


@given(TEXT, TEXT, TEXT, st.sampled_from(FORMATS))
def test_no_text_makes_a_reader_fail(title: str, body: str, stamp: str, format: str) -> None:
    told = [each.replace("&", "&amp;").replace("<", "&lt;") for each in (title, body, stamp)]
    item = f"<title>{told[0]}</title><description>{told[1]}</description><guid>{told[2]}</guid>"
    feed = _rss(f"{item}<pubDate>{told[2]}</pubDate>", title="Azure Status")
    reading = read_feed(format, feed, NOW)
    assert reading.health in ("fresh", "broken")
    for each in reading.incidents:
        assert each.id
        assert each.state in ("open", "resolved", "scheduled")


@given(st.lists(st.sampled_from(["resolved", "not", "yet", "un", "issue", "-", "is", "the"])))
def test_a_no_in_the_last_clause_is_a_no(words: list[str]) -> None:
    title = " ".join(words)
    clause = title.split(" - ")[-1].split()
    if {"not", "yet", "un"} & set(clause):
        assert not is_over(title)
