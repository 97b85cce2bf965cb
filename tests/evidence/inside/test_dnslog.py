"""Query logs of five resolvers say the same in their own ways, and broken ones say where."""

import json
from pathlib import Path
from typing import Any

import pytest

from downwind.evidence.inside import records_of
from downwind.evidence.inside.dnslog import FORMATS
from downwind.evidence.inside.dnslog.formats import detect, make_format
from downwind.evidence.inside.dnslog.lookup import Line, Lookup
from downwind.evidence.records import to_payload
from downwind.terms import CannotMeasure, UsageError

from .reads import NOW, packed, queries, read

USED = {"dynamodb.us-east-1.amazonaws.com": 2, "api.stripe.com": 2, "rates.example.net": 1}
MIDNIGHT = 1763424000.0  # 2025-11-18 00:00 UTC


@pytest.fixture
def examples(project: Path) -> Path:
    return project / "docs" / "examples" / "inside"


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_tells_the_same_hosts(form: str, examples: Path) -> None:
    reading = read((examples / f"{form}.log").read_bytes())

    assert reading.format == form
    assert queries(reading) == USED
    assert reading.broken == 0
    assert reading.facts["internal"]["names"] == 1
    assert reading.facts["reverse"]["names"] == 1
    assert reading.facts["checking"] == {"names": 1, "lookups": 1}


@pytest.mark.parametrize("form", ["unbound", "dnsmasq", "coredns", "route53"])
def test_a_name_that_does_not_exist_is_no_use(form: str, examples: Path) -> None:
    reading = read((examples / f"{form}.log").read_bytes())

    assert reading.facts["missing"] == {"names": 1, "lookups": 1}
    assert "rates.exmaple.net" not in queries(reading)


@pytest.mark.parametrize("form", [f for f in FORMATS if f != "coredns"])
def test_times_are_of_the_log(form: str, examples: Path) -> None:
    reading = read((examples / f"{form}.log").read_bytes())
    stripe = next(s for s in reading.statements if s.thing == "api.stripe.com")

    assert int(stripe.value["first"]) == int(stripe.value["last"]) == MIDNIGHT + 9


@pytest.mark.parametrize("form", ["dnsmasq", "route53"])
def test_answers_tell_where_a_name_leads(form: str, examples: Path) -> None:
    reading = read((examples / f"{form}.log").read_bytes())
    rates = next(s for s in reading.statements if s.thing == "rates.example.net")

    assert rates.value["aliases"] == ["d111111abcdef8.cloudfront.net"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_compressed_log_reads_alike(form: str, examples: Path) -> None:
    data = (examples / f"{form}.log").read_bytes()

    assert read(packed(data)) == read(data)


@pytest.mark.parametrize("form", FORMATS)
def test_no_address_of_a_client_is_kept(form: str, examples: Path) -> None:
    reading = read((examples / f"{form}.log").read_bytes())
    kept = b"".join(
        to_payload(record) for record in records_of(reading, node="n", source="s", now=NOW)
    )

    assert b"192.0.2." not in kept
    assert b"2001:db8" not in kept
    assert b"i-0d15cd0d3example" not in kept
    assert b"111122223333" not in kept


def test_the_record_of_a_name_has_this_form(examples: Path) -> None:
    reading = read((examples / "unbound.log").read_bytes())
    first = next(iter(records_of(reading, node="this network", source="q.log", now=NOW)))

    assert json.loads(to_payload(first)) == {
        "at": NOW,
        "kind": "inside.query",
        "subject": "q.log:api.stripe.com@this network",
        "vantage": "inside",
        "finding": {
            "type": "seen",
            "value": {
                "node": "this network",
                "source": "q.log",
                "host": "api.stripe.com",
                "format": "unbound",
                "queries": 2,
                "types": {"A": 1, "AAAA": 1},
                "clients": 1,
                "failed": 0,
                "first": MIDNIGHT + 9,
                "last": MIDNIGHT + 9,
                "aliases": [],
            },
        },
    }


LINES: list[tuple[str, str, Lookup | Line]] = [
    (
        "unbound",
        "[1763424003] unbound[1:0] info: 192.0.2.1 a.example.com. A IN",
        Lookup("a.example.com.", "A", "192.0.2.1", 1763424003.0),
    ),
    (
        "unbound",
        "Nov 18 00:00:03 host unbound[811]: [811:1] reply: 2001:db8::1 a.example.com. TYPE65 IN "
        "SERVFAIL 0.1 0 12",
        Lookup("a.example.com.", "TYPE65", "2001:db8::1", 1763424003.0, "SERVFAIL"),
    ),
    (
        "unbound",
        "2025-11-18T00:00:03.500+01:00 unbound[1:a] query: 192.0.2.1 . NS IN",
        Lookup(".", "NS", "192.0.2.1", 1763420403.5),
    ),
    ("unbound", "[1763424003] unbound[1:0] notice: init module 0: iterator", Line.OTHER),
    ("unbound", "[1763424003] unbound[1:0] info: 192.0.2.1 a.example.com. A", Line.OTHER),
    ("unbound", "it was a dark and stormy night", Line.BROKEN),
    (
        "bind",
        "client 192.0.2.1#1035: query: a.example.com IN A +",
        Lookup("a.example.com", "A", "192.0.2.1"),
    ),
    (
        "bind",
        "2025-11-18T00:00:03.000Z client @0x7f 2001:db8::1%eth0#5 (a.example.com): view x: query: "
        "a.example.com IN HTTPS -E(0)DV (192.0.2.53)",
        Lookup("a.example.com", "HTTPS", "2001:db8::1%eth0", 1763424003.0),
    ),
    (
        "bind",
        "queries: info: client 192.0.2.1#1/key tsig (b\\(.com): query: b\\(.com CH TXT -T (::1)",
        Lookup("b\\(.com", "TXT", "192.0.2.1"),
    ),
    ("bind", "18-Nov-2025 00:00:03.000 network: info: no longer listening", Line.OTHER),
    ("bind", "client 192.0.2.1: query a.example.com", Line.BROKEN),
    (
        "dnsmasq",
        "Nov 18 00:00:03 dnsmasq[1]: query[type=65] a.example.com from 192.0.2.1",
        Lookup("a.example.com", "TYPE65", "192.0.2.1", 1763424003.0),
    ),
    (
        "dnsmasq",
        "Feb 29 00:00:00 dnsmasq: 12 192.0.2.1/5 query[AAAA] a from b.com from 192.0.2.1",
        Lookup("a from b.com", "AAAA", "192.0.2.1", 1709164800.0),
    ),
    (
        "dnsmasq",
        "Nov 18 00:00:03 dnsmasq[1]: reply a.example.com is NXDOMAIN",
        Lookup("a.example.com", at=1763424003.0, rcode="NXDOMAIN"),
    ),
    (
        "dnsmasq",
        "Nov 18 00:00:03 dnsmasq[1]: /etc/hosts a.example.com is 192.0.2.9",
        Lookup("a.example.com", at=1763424003.0, rcode="NOERROR"),
    ),
    ("dnsmasq", "Nov 18 00:00:03 dnsmasq[1]: reply 192.0.2.10 is NXDOMAIN", Line.OTHER),
    ("dnsmasq", "Nov 18 00:00:03 host sshd[7]: session opened", Line.OTHER),
    ("dnsmasq", "query[A] a.example.com from 192.0.2.1", Line.BROKEN),
    (
        "coredns",
        '2025-11-18T00:00:03.123456789Z stdout F [INFO] [2001:db8::1]:5 - 9 "A IN a.example.com. '
        'tcp 44 true 4096" NOERROR qr,rd,ra 72 1.2ms',
        Lookup("a.example.com.", "A", "2001:db8::1", 1763424003.123456, "NOERROR"),
    ),
    (
        "coredns",
        '[INFO] 192.0.2.1:5 - 9 "A IN a.example.com. udp 44 false 512" - - 0 5.001s',
        Lookup("a.example.com.", "A", "192.0.2.1", None, "-"),
    ),
    ("coredns", "[ERROR] plugin/errors: 2 a.example.com. A: i/o timeout", Line.OTHER),
    ("coredns", '192.0.2.1 "A IN a.example.com."', Line.BROKEN),
    (
        "route53",
        '2025-11-18T00:00:04.000Z {"query_name": "a.example.com.", "query_type": "A"}',
        Lookup("a.example.com.", "A"),
    ),
    (
        "route53",
        '{"query_name": "a.example.com.", "query_type": "A", "rcode": 3, "srcaddr": null, '
        '"answers": [{"Type": "CNAME"}, {"Type": "CNAME", "Rdata": "b.example.com."}, 7], '
        '"query_timestamp": "2025-11-18T00:00:03Z"}',
        Lookup("a.example.com.", "A", at=1763424003.0, aliases=("b.example.com.",)),
    ),
    ("route53", '{"query_name": 5, "query_type": "A"}', Line.BROKEN),
    ("route53", '{"query_name": "a.example.com."', Line.BROKEN),
    ("route53", "[" * 5000, Line.BROKEN),
    ("route53", '{"a":' * 5000, Line.BROKEN),
]


@pytest.mark.parametrize(("form", "line", "said"), LINES)
def test_a_line_says_this(form: str, line: str, said: Lookup | Line) -> None:
    assert make_format(form, NOW).read(line) == said


def test_the_formats_are_told_apart_by_their_lines() -> None:
    for form, line, said in LINES:
        if isinstance(said, Lookup) and said.type:
            assert detect([line], NOW) == form, line


def test_a_chain_of_aliases_belongs_to_the_name_that_was_asked() -> None:
    head = "Nov 18 00:00:03 dnsmasq[1]: "
    log = [
        "query[A] a.example.com from 192.0.2.1",
        "reply a.example.com is <CNAME>",
        "reply b.example.net is <CNAME>",
        "reply c.example.org is 192.0.2.9",
        "query[A] d.example.com from 192.0.2.1",
        "cached d.example.com is <CNAME>",
        "forwarded d.example.com to 192.0.2.53",
        "reply d.example.com is 192.0.2.9",
    ]
    found = {s.thing: s.value["aliases"] for s in read("\n".join(head + x for x in log)).statements}

    assert found == {"a.example.com": ["b.example.net", "c.example.org"], "d.example.com": []}


UNBOUND = "[1763424003] unbound[1:0] info: 192.0.2.1 {}. {} IN\n"


def test_broken_lines_are_counted_and_the_first_few_named() -> None:
    good = UNBOUND.format("a.example.com", "A")
    reading = read(good + "junk\n" * 7 + "\n" + "x" * 70_000 + "\n" + good)

    assert (reading.broken, reading.facts["lines"], reading.facts["lookups"]) == (8, 11, 2)
    assert [b.place for b in reading.first_broken] == [f"line {n}" for n in range(2, 7)]
    assert queries(reading) == {"a.example.com": 2}


def test_what_came_before_the_damage_is_kept() -> None:
    lines = "".join(UNBOUND.format(f"h{n}.example.com", "A") for n in range(5000))
    whole = packed(lines.encode())
    reading = read(whole[: len(whole) // 2])

    assert reading.facts["cut"].startswith("the gzip is damaged or cut off")
    assert 1000 < len(reading.statements) < 5000


def test_questions_and_answers_of_one_log_count_once() -> None:
    reply = "[1763424003] unbound[1:0] info: 192.0.2.1 {}. {} IN NOERROR 0.1 0 12\n"
    log = (UNBOUND + reply).replace("{}. {}", "a.example.com. A") * 3

    assert queries(read(log)) == {"a.example.com": 3}


def test_names_are_one_whatever_their_case() -> None:
    log = UNBOUND.format("A.Example.com", "A") + UNBOUND.format("a.example.com", "AAAA")

    assert queries(read(log)) == {"a.example.com": 2}


def test_machines_are_counted_up_to_a_bound() -> None:
    line = "[1763424003] unbound[1:0] info: 192.0.2.{} a.example.com. A IN\n"
    few = read("".join(line.format(n % 3) for n in range(30)))
    many = read("".join(line.format(n) for n in range(200)))

    assert few.statements[0].value["clients"] == 3
    assert many.statements[0].value["clients"] == 8


def test_when_there_are_too_many_names_those_asked_for_least_are_forgotten() -> None:
    often = UNBOUND.format("often.example.com", "A") * 50
    rare = "".join(UNBOUND.format(f"r{n}.example.com", "A") for n in range(1000))
    reading = read(often + rare, most_names=100)

    assert queries(reading)["often.example.com"] == 50
    assert len(reading.statements) <= 100
    assert len(reading.statements) + reading.facts["forgotten"]["names"] == 1001


BAD: list[tuple[str, bytes, dict[str, Any], type[Exception], str]] = [
    ("empty", b"", {}, CannotMeasure, "the log is empty."),
    ("blank", b"\n\n\n", {}, CannotMeasure, "the log is empty."),
    ("empty gzip", packed(b""), {}, CannotMeasure, "the log is empty."),
    (
        "cut gzip",
        packed(b"x" * 99)[:12],
        {},
        CannotMeasure,
        "the log is empty: the gzip is damaged or cut off: Compressed file ended before the "
        "end-of-stream marker was reached.",
    ),
    (
        "prose",
        b"hello\nworld\n",
        {},
        UsageError,
        "none of its first 2 lines is a look-up in a format that is known. Name the format if it "
        "comes later: --format unbound|bind|dnsmasq|coredns|route53.",
    ),
    (
        "UTF-16",
        "client 192.0.2.1#1: query: a.com IN A +\n".encode("utf-16"),
        {},
        UsageError,
        "none of its first 2 lines is a look-up in a format that is known. Name the format if it "
        "comes later: --format unbound|bind|dnsmasq|coredns|route53.",
    ),
    (
        "no such format",
        b"hello\n",
        {"form": "pihole"},
        UsageError,
        "there is no format 'pihole'. Use unbound, bind, dnsmasq, coredns, route53.",
    ),
    (
        "another format",
        UNBOUND.format("a.example.com", "A").encode(),
        {"form": "bind"},
        CannotMeasure,
        "none of its 1 lines is a look-up as bind writes it. Leave out --format, or name another "
        "one.",
    ),
]


@pytest.mark.parametrize(
    ("data", "options", "error", "said"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_a_bad_log_is_refused_with_the_way_out(
    data: bytes, options: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error) as refused:
        read(data, **options)
    assert str(refused.value) == said


def test_a_line_that_never_ends_ends_the_log() -> None:
    data = UNBOUND.format("a.example.com", "A").encode() + b"\0" * (66 * 1024 * 1024)
    reading = read(packed(data))

    assert reading.facts["cut"] == "a line does not end within 64 MB"
    assert queries(reading) == {"a.example.com": 1}


def test_a_year_that_a_log_leaves_out_is_the_last_one_possible() -> None:
    form = make_format("dnsmasq", NOW)
    line = "{} dnsmasq[1]: query[A] a.example.com from 192.0.2.1"
    days = ("Nov 18 00:00:00", "Nov 19 00:00:00", "Dec 31 00:00:00", "Jan  1 00:00:00")
    times = [found.at for d in days if isinstance(found := form.read(line.format(d)), Lookup)]

    assert times == [1763424000.0, 1763510400.0, 1735603200.0, 1735689600.0]
