"""What a registry said counts for a week; what is not known says why."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.terms import Absent, Evidence, Finding, Seen, Unanswered
from downwind.watch.live.domains import SERVES, Domains
from downwind.watch.registered import OwnDomains
from tests.watch.live.play import BEGAN

DAY = 86_400.0
OWN = OwnDomains(
    {"shop/page": ("shop.test",), "both/page": ("shop.test", "news.test"), "x/page": ("off.test",)},
    {"off.test": "left alone"},
)


def _look(domains: Domains, finding: Finding, at: float = BEGAN, name: str = "shop.test") -> None:
    domains.hear(Evidence(name, "rdap.domain", finding, at, "here"))


def test_the_first_of_several_domains_to_end_counts_and_those_unknown_say_why() -> None:
    domains = Domains.of(OWN)
    assert domains.unknown("shop/page") == "shop.test: its registry was not asked yet"
    _look(domains, Seen({"expires": BEGAN + 9.0, "status": []}))
    assert (domains.end("both/page"), domains.unknown("shop/page")) == (BEGAN + 9.0, "")
    assert domains.unknown("both/page") == "news.test: its registry was not asked yet"
    _look(domains, Seen({"expires": BEGAN + 5.0, "status": []}), name="news.test")
    assert domains.end("both/page") == BEGAN + 5.0
    assert (domains.end("x/page"), domains.unknown("x/page")) == (None, "off.test: left alone")
    assert (domains.end("nobody"), domains.unknown("nobody")) == (None, "")


def test_an_answer_counts_for_a_week_without_another() -> None:
    domains = Domains.of(OWN)
    _look(domains, Seen({"expires": BEGAN + 90 * DAY, "status": []}))
    _look(domains, Unanswered("no route"), BEGAN + SERVES)
    assert domains.end("shop/page") == BEGAN + 90 * DAY
    _look(domains, Unanswered("no route"), BEGAN + SERVES + 1)
    assert (domains.end("shop/page"), domains.unknown("shop/page")) == (None, "shop.test: no route")
    assert domains.asked_at() == {"shop.test": BEGAN + SERVES + 1}


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"expires": None},
        {"expires": "2027-01-01"},
        {"expires": math.inf, "status": ["ok"]},
        {"expires": math.nan},
        {"expires": [1.0], "status": "pending delete"},
        {"expires": True, "status": None},
    ],
)
def test_an_answer_without_a_date_is_unknown_with_that_reason(value: dict[str, Any]) -> None:
    domains = Domains.of(OWN)
    _look(domains, Seen({"expires": BEGAN, "status": []}))
    _look(domains, Seen(value), BEGAN + DAY)
    assert domains.end("shop/page") is None
    why = "shop.test: its registry does not say until when it is registered"
    assert domains.unknown("shop/page") == why


FINDINGS = st.one_of(
    st.builds(Unanswered, st.just("no")),
    st.builds(Absent, st.just("none")),
    st.builds(
        Seen,
        st.fixed_dictionaries(
            {
                "expires": st.none() | st.floats(0, 1e10),
                "status": st.lists(st.sampled_from(["active", "redemption period"])),
            }
        ),
    ),
)


@given(st.lists(st.tuples(st.sampled_from(["shop.test", "off.test", "alien"]), FINDINGS)))
def test_a_snapshot_brings_back_all_that_was_heard_of_what_is_still_watched(
    looks: list[tuple[str, Finding]],
) -> None:
    domains = Domains.of(OWN)
    for number, (name, finding) in enumerate(looks):
        _look(domains, finding, BEGAN + number * DAY, name)
    assert Domains.of_json(OWN, domains.to_json()) == domains
    fewer = OwnDomains({"both/page": ("news.test",)})
    assert Domains.of_json(fewer, domains.to_json()) == Domains.of(fewer)
    assert domains.known.keys() == {"shop.test", "news.test", "off.test"}
    assert "off.test" not in domains.asked_at()
