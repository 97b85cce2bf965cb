"""A fact is believed less with the years, and in the end not at all."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.catalog import Catalog
from downwind.catalog.decay import CONFIRMED, FLOOR, UNCONFIRMED, confidence
from downwind.graph.doubt import CONFIDENCE_FLOOR

SEEN = date(2024, 1, 1)
KINDS = ("prefix", "carrier", "ns", "cname", "header", "cookie", "issuer", "asn")
FILES = """
id: a
name: A
products:
  - id: cdn
    role: edge
    name: CDN
    served_by: [{provider: b, source: s, last_confirmed: 2024-01-01}]
facts:
  - {kind: cname, suffix: a.example, product: cdn, source: s, last_confirmed: 2024-01-01}
  - {kind: prefix, prefix: 192.0.2.0/25, source: s, last_confirmed: 2024-01-01}
  - {kind: header, name: x-a, unconfirmed: true}
---
id: b
name: B
products: [{id: cloud, role: cloud, name: Cloud}]
facts:
  - {kind: prefix, prefix: 192.0.2.0/24, source: s, last_confirmed: 2034-01-01}
"""


@pytest.mark.parametrize(
    ("kind", "years", "believed"),
    [
        ("ns", 0, 0.95),
        ("ns", 10, 0.475),
        ("prefix", 5, 0.475),
        ("carrier", 3, 0.475),
        ("cname", 5, 0.672),
        ("prefix", 1, 0.827),
    ],
)
def test_each_kind_has_its_half_life(kind: str, years: int, believed: float) -> None:
    today = SEEN + timedelta(days=round(years * 365.25))
    assert confidence(kind, SEEN, today) == pytest.approx(believed, abs=0.001)


@given(st.sampled_from(KINDS), st.integers(-9000, 9000), st.integers(0, 9000))
def test_a_later_day_never_makes_surer(kind: str, days: int, more: int) -> None:
    first = confidence(kind, SEEN, SEEN + timedelta(days=days))
    later = confidence(kind, SEEN, SEEN + timedelta(days=days + more))
    assert 0 < later <= first <= CONFIRMED


@pytest.mark.parametrize("kind", KINDS)
def test_before_its_source_and_without_a_day_a_fact_has_no_age(kind: str) -> None:
    assert confidence(kind, SEEN, None) == CONFIRMED
    assert confidence(kind, SEEN, SEEN - timedelta(days=4000)) == CONFIRMED


def test_what_nobody_confirmed_has_no_date_to_age_by() -> None:
    assert confidence("ns", None, date(2099, 1, 1)) == UNCONFIRMED


def test_what_is_below_the_floor_is_unknown_and_nobody_else_steps_in() -> None:
    young = Catalog.from_texts([FILES], today=date(2025, 1, 1))
    assert young.address("192.0.2.1")[0].provider == "a"
    old = Catalog.from_texts([FILES], today=date(2034, 1, 1))
    assert old.address("192.0.2.1") == ()
    assert old.address("192.0.2.200")[0].provider == "b"
    assert old.headers({"x-a": "1"})[0].provider == "a"


def test_who_carries_it_is_forgotten_before_whose_it_is() -> None:
    (match,) = Catalog.from_texts([FILES], today=date(2025, 1, 1)).cname("x.a.example")
    assert match.served_by == "b"
    assert match.carrier_confidence == pytest.approx(0.754, abs=0.001)
    (match,) = Catalog.from_texts([FILES], today=date(2027, 1, 1)).cname("x.a.example")
    assert match.served_by is None


def test_the_floor_is_that_of_the_graph() -> None:
    assert FLOOR == CONFIDENCE_FLOOR
