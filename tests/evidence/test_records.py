"""Evidence as JSON: exact, strict, and the same both ways."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.evidence.records import (
    evidence_id,
    from_json,
    from_payload,
    to_json,
    to_payload,
)
from downwind.terms import Absent, DownwindError, Evidence, LogDamaged, Seen, Unanswered

numbers = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
mappings = st.dictionaries(st.text(), values, max_size=4)
findings = (
    st.builds(Seen, mappings)
    | st.builds(Absent, st.text(), mappings)
    | st.builds(Unanswered, st.text(), mappings)
)
evidence = st.builds(Evidence, st.text(), st.text(), findings, numbers, st.text())


@given(evidence)
def test_evidence_survives_the_way_to_json_and_back(one: Evidence) -> None:
    assert from_json(to_json(one)) == one
    assert from_payload(to_payload(one)) == one
    assert evidence_id(from_payload(to_payload(one))) == evidence_id(one)


@given(evidence)
def test_a_payload_is_ascii_without_control_characters(one: Evidence) -> None:
    assert all(0x20 <= byte < 0x7F or byte == 0x7F for byte in to_payload(one))


def test_the_json_form_is_exactly_this() -> None:
    one = Evidence("x.test", "dns.a", Unanswered("timeout", {"tries": (1, 2)}), 7, "here")
    assert to_payload(one) == (
        b'{"at":7.0,"finding":{"detail":{"tries":[1,2]},"reason":"timeout","type":"unanswered"},'
        b'"kind":"dns.a","subject":"x.test","vantage":"here"}'
    )
    assert evidence_id(one) == "83d418d3b271c2dc"


def test_half_a_surrogate_pair_from_the_net_is_kept() -> None:
    one = Evidence("x.test", "http.page", Seen({"title": "\udcff"}), 0.0, "here")
    assert from_payload(to_payload(one)) == one


def test_any_mapping_will_do_and_the_order_of_keys_makes_no_difference() -> None:
    one = Evidence("x", "k", Seen(MappingProxyType({"b": 1, "a": 2})), 0.0, "v")
    other = Evidence("x", "k", Seen({"a": 2, "b": 1}), 0, "v")
    assert evidence_id(one) == evidence_id(other)


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": math.nan}, "value.a is nan"),
        ({"a": [1, math.inf]}, r"value.a\[1\] is inf"),
        ({"a": b"x"}, "value.a is of the type bytes"),
        ({"a": {1: 2}}, "value.a has the key 1, which is not text"),
        ({"a": nested(100)}, "nested deeper than 64"),
        ([1], "value is .*, not a mapping"),
    ],
)
def test_what_json_cannot_say_is_refused_with_its_place(value: Any, message: str) -> None:
    with pytest.raises(DownwindError, match=message):
        to_json(Evidence("x.test", "dns.a", Seen(value), 0.0, "here"))


GOOD: dict[str, Any] = {
    "at": 1.0,
    "finding": {"type": "absent", "reason": "NXDOMAIN", "detail": {}},
    "kind": "dns.a",
    "subject": "x.test",
    "vantage": "here",
}


def with_finding(**changes: Any) -> dict[str, Any]:
    return {**GOOD, "finding": {**GOOD["finding"], **changes}}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "the record is not a mapping"),
        ([], "the record is not a mapping"),
        ({}, "misses, or should not have, 'at', 'finding'"),
        ({**GOOD, "more": 1}, "misses, or should not have, 'more'"),
        ({**GOOD, "at": "1"}, "at is '1', not a number"),
        ({**GOOD, "at": True}, "at is True, not a number"),
        ({**GOOD, "at": math.nan}, "at is not finite"),
        ({**GOOD, "at": 10**400}, "at is not finite"),
        ({**GOOD, "subject": None}, "subject is None, not text"),
        ({**GOOD, "kind": 1}, "kind is 1, not text"),
        ({**GOOD, "vantage": []}, r"vantage is \[\], not text"),
        ({**GOOD, "finding": None}, "finding has no type"),
        ({**GOOD, "finding": {"type": ["seen"]}}, "finding has no type"),
        (with_finding(type="guessed"), "finding is of the unknown type 'guessed'"),
        (with_finding(type="seen"), "finding misses, or should not have"),
        (with_finding(reason=1), "reason is 1, not text"),
        (with_finding(detail=None), "detail is None, not a mapping"),
        (with_finding(detail={"a": math.inf}), "detail.a is inf"),
    ],
)
def test_a_record_that_is_none_is_told(data: Any, message: str) -> None:
    with pytest.raises(LogDamaged, match=message):
        from_json(data)


def test_the_good_record_is_good() -> None:
    assert from_json(GOOD).finding == Absent("NXDOMAIN", {})
