"""The fast reader of DNS messages says what a general library says, and survives any bytes."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.survey.dns.rdata import ROOT, NameReader, WireError, encode_name
from downwind.survey.dns.wire import TYPES, Record, answers, query, question, read_message

_LABELS = st.binary(min_size=1, max_size=12)
_NAMES = st.lists(_LABELS, max_size=6).map(lambda labels: dns.name.Name([*labels, b""]))
_HOSTS = st.lists(st.text("abXY09-_", min_size=1, max_size=10), min_size=1, max_size=4).map(
    lambda labels: ".".join(labels) + "."
)
_TEXTS = st.text("abz 019=:;_-", max_size=40).map(lambda text: f'"{text}"')
_NUMBERS = st.integers(0, 65535)
_RDATA = st.one_of(
    st.tuples(st.just("A"), st.ip_addresses(v=4).map(str)),
    st.tuples(st.just("AAAA"), st.ip_addresses(v=6).map(str)),
    st.tuples(st.just("NS"), _HOSTS),
    st.tuples(st.just("CNAME"), _HOSTS),
    st.tuples(st.just("MX"), st.builds("{} {}".format, _NUMBERS, _HOSTS)),
    st.tuples(st.just("TXT"), st.lists(_TEXTS, min_size=1, max_size=3).map(" ".join)),
    st.tuples(st.just("SOA"), st.builds("{} {} 1 2 3 4 {}".format, _HOSTS, _HOSTS, _NUMBERS)),
    st.tuples(st.just("CAA"), st.sampled_from(['0 issue "ca.test"', '128 iodef "x@y.test"'])),
    st.tuples(st.just("DS"), st.builds("{} 13 2 {}".format, _NUMBERS, st.just("ab" * 32))),
    st.tuples(st.just("SRV"), st.just("0 5 443 x.test.")),
)
_SETS = st.lists(st.tuples(_NAMES, st.integers(0, 86400), _RDATA), max_size=5)
_READ = set(TYPES.values())


def _reply(sections: list[Any], rcode: int, ede: str = "") -> dns.message.Message:
    asked = dns.message.make_query("asked.x.test", "A", use_edns=0, want_dnssec=True)
    reply = dns.message.make_response(asked)
    options: list[dns.edns.Option] = (
        [dns.edns.EDEOption(dns.edns.EDECode.make(22), ede)] if ede else []
    )
    reply.use_edns(0, dns.flags.DO, options=options)
    reply.set_rcode(dns.rcode.Rcode(rcode))
    for section, sets in zip(
        (reply.answer, reply.authority, reply.additional), sections, strict=True
    ):
        for owner, ttl, (rdtype, text) in sets:
            section.append(dns.rrset.from_text(owner, ttl, "IN", rdtype, text))
    return reply


def _by_library(sections: list[list[dns.rrset.RRset]]) -> list[list[tuple[str, int, int, str]]]:
    return [
        sorted(
            (_name(s.name), int(s.rdtype), s.ttl, each.to_text().lower())
            for s in sets
            for each in s
            if int(s.rdtype) in _READ
        )
        for sets in sections
    ]


def _name(name: dns.name.Name) -> str:
    return ROOT if name == dns.name.root else name.to_text(omit_final_dot=True).lower()


def _as_text(record: Record) -> str:
    value = record.value
    match dns.rdatatype.to_text(dns.rdatatype.RdataType(record.rdtype)):
        case "NS" | "CNAME":
            return _dot(value)
        case "MX":
            return f"{value[0]} {_dot(value[1])}"
        case "SOA":
            return f"{_dot(value[0])} {_dot(value[1])} {' '.join(map(str, value[2]))}"
        case "DS":
            return " ".join(map(str, value))
        case "CAA":
            return f'{value[0]} {value[1]} "{value[2]}"'
        case "TXT":
            return str(value.decode())
    return str(value)


def _dot(name: str) -> str:
    return name if name == ROOT else name + "."


def _joined(text: str) -> str:
    """The strings of a TXT record as one."""
    return text[1:-1].replace('" "', "")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(_SETS, min_size=3, max_size=3),
    st.sampled_from((0, 2, 3, 5, 16, 23)),
    st.text("ab ", max_size=20),
)
def test_every_record_is_read_as_the_general_library_reads_it(
    sections: list[Any], rcode: int, ede: str
) -> None:
    wire = _reply(sections, rcode, ede).to_wire(max_size=65535)
    library = dns.message.from_wire(wire, one_rr_per_rrset=True)
    message = read_message(wire)
    expected = _by_library([library.answer, library.authority, library.additional])
    expected = [
        [(o, t, ttl, _joined(x) if t == TYPES["TXT"] else x) for o, t, ttl, x in sets]
        for sets in expected
    ]
    read = [
        sorted((r.owner, r.rdtype, r.ttl, _as_text(r).lower()) for r in records)
        for records in (message.answer, message.authority, message.additional)
    ]
    assert read == [sorted(sets) for sets in expected]
    assert message.id == library.id
    assert message.rcode == int(library.rcode())
    assert message.ede == (((22, ede),) if ede else ())
    assert message.dnssec_ok


@settings(max_examples=200, deadline=None)
@given(_NAMES)
def test_a_name_goes_to_bytes_and_back(name: dns.name.Name) -> None:
    wire = name.to_wire()
    assert wire is not None
    text = NameReader(wire).read(0)[0]
    assert text == _name(name)
    assert encode_name(text) == wire.lower()


@settings(max_examples=300, deadline=None)
@given(st.lists(_SETS, min_size=3, max_size=3), st.randoms(use_true_random=False))
def test_damaged_messages_are_refused_or_read_and_nothing_else(
    sections: list[Any], draw: random.Random
) -> None:
    wire = bytearray(_reply(sections, 0).to_wire(max_size=65535))
    for _ in range(draw.randint(1, 8)):
        wire[draw.randrange(len(wire))] = draw.choice(
            (0, 1, 0x3F, 0x40, 0xC0, 0xFF, draw.randrange(256))
        )
    cut = bytes(wire[: draw.randint(0, len(wire))])
    for data in (bytes(wire), cut):
        try:
            message = read_message(data)
        except WireError:
            continue
        assert len(message.answer) <= len(data)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    with suppress(WireError):
        assert len(read_message(data).answer) <= len(data)


_HEAD = b"\x12\x34\x80\x00\x00\x00\x00\x01\x00\x00\x00\x00"
_A = b"\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04\x7f\x00\x00\x01"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x12\x34", "shorter than a header"),
        (b"\x12\x34\x00" + _HEAD[3:], "a query, not a reply"),
        (_HEAD[:6] + b"\xff\xff" + _HEAD[8:], "claims to hold 65535 records"),
        (_HEAD, "ends inside a name"),
        (_HEAD + b"\x05ab", "ends inside a label"),
        (_HEAD + b"\xc0", "ends inside a pointer"),
        (_HEAD + b"\xc0\x0c" + _A, "does not lead backwards"),
        (_HEAD + b"\xc0\x20" + _A, "does not lead backwards"),
        (_HEAD + b"\x40" + b"a" * 70 + _A, "a label of an unknown kind"),
        (_HEAD + (b"\x3f" + b"a" * 63) * 4 + b"\x00" + _A, "more than 255 octets"),
        (_HEAD + b"\x00" + _A[:6], "ends inside a record"),
        (_HEAD + b"\x00" + _A[:-1], "ends inside a record's data"),
        (_HEAD + b"\x00" + _A[:8] + b"\x00\x03\x7f\x00\x00", "not 4 octets"),
        (_HEAD + b"\x00\x00\x1c" + _A[2:], "not 16 octets"),
        (_HEAD + b"\x00\x00\x10" + _A[2:8] + b"\x00\x00", "without a text"),
        (_HEAD + b"\x00\x00\x10" + _A[2:8] + b"\x00\x01\x05", "longer than its record"),
        (_HEAD + b"\x00\x00\x0f" + _A[2:8] + b"\x00\x02\x00\x01", "MX record that is too short"),
        (_HEAD + b"\x00\x00\x02" + _A[2:8] + b"\x00\x02\x00\x00", "does not fill its record"),
        (_HEAD + b"\x00\x01\x01" + _A[2:8] + b"\x00\x03\x00\x01?", "broken tag"),
        (_HEAD + b"\x00\x00\x2b" + _A[2:8] + b"\x00\x02\x00\x01", "DS record that is too short"),
        (_HEAD + b"\x00\x00\x06" + _A[2:8] + b"\x00\x03\x00\x00\x00", "SOA record of the wrong"),
        (_HEAD + b"\x00\x00\x29" + _A[2:8] + b"\x00\x04\x00\x0f\x00\x09", "longer than its record"),
        (_HEAD + b"\x00\x00\x29" + _A[2:8] + b"\x00\x02\x00\x0f", "inside an EDNS option"),
    ],
)
def test_what_is_no_message_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(WireError, match=why):
        read_message(data)


@pytest.mark.parametrize(
    "name", ["a..b", "." * 3, "a" * 64 + ".test", ".".join(["a" * 60] * 5), "ä.test", "a\\"]
)
def test_what_is_no_name_is_not_asked_for(name: str) -> None:
    with pytest.raises(ValueError):
        question(name, 1)


def test_a_name_that_leads_from_pointer_to_pointer_is_refused() -> None:
    # Thousands of records with such owners would keep the reader busy.
    first = [12, *(13 + 2 * n for n in range(299))]
    data = bytes(13) + b"".join((0xC000 | to).to_bytes(2, "big") for to in first)
    with pytest.raises(WireError, match="made of pointers"):
        NameReader(data).read(len(data) - 2)
    assert NameReader(data).read(13) == (ROOT, 15)


def test_a_query_is_what_the_general_library_reads() -> None:
    wire = query(question("x.test", TYPES["DS"]), 4660, recursive=False, dnssec_ok=True)
    read = dns.message.from_wire(wire)
    assert read.id == 4660
    assert [q.to_text() for q in read.question] == ["x.test. IN DS"]
    assert read.flags == 0
    assert (read.edns, read.payload, read.ednsflags) == (0, 1232, dns.flags.DO)
    assert not read.options


def test_only_a_reply_to_the_same_question_counts() -> None:
    asked = question("x.test", 1)
    reply = dns.message.make_response(dns.message.make_query("X.test", "A"))
    assert answers(reply.to_wire(), asked)
    assert not answers(reply.to_wire(), question("y.test", 1))
    assert not answers(reply.to_wire(), question("x.test", 2))
    assert not answers(dns.message.make_query("x.test", "A").to_wire(), asked)
    reply.question.clear()
    assert not answers(reply.to_wire(), asked)
    reply.set_rcode(dns.rcode.REFUSED)
    assert answers(reply.to_wire(), asked)
