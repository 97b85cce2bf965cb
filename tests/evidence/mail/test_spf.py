"""SPF records are read as RFC 7208 says, and followed as far as a receiver would."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.evidence.mail import Spf, SpfTerm, read_spf, spf_of, walk_spf


def _terms(record: str) -> list[tuple[str, str, str]]:
    policy = read_spf(record)
    assert policy.problem == ""
    return [(term.qualifier, term.mechanism, term.value) for term in policy.terms]


def test_every_mechanism_is_read() -> None:
    record = (
        "v=spf1 a mx:x.test A:Mail.X.test/24 mx/24//64 ip4:192.0.2.1 ip4:192.0.2.0/24"
        " ip6:2001:db8::/32 ptr include:_spf.y.test. exists:%{i}.z.test ?all"
    )
    assert _terms(record) == [
        ("+", "a", ""),
        ("+", "mx", "x.test"),
        ("+", "a", "mail.x.test"),
        ("+", "mx", ""),
        ("+", "ip4", "192.0.2.1/32"),
        ("+", "ip4", "192.0.2.0/24"),
        ("+", "ip6", "2001:db8::/32"),
        ("+", "ptr", ""),
        ("+", "include", "_spf.y.test"),
        ("+", "exists", "%{i}.z.test"),
        ("?", "all", ""),
    ]


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ("v=spf1 ipv4:192.0.2.1", "'ipv4:192.0.2.1' is no mechanism"),
        ("v=spf1 include", "'include' names nothing"),
        ("v=spf1 include:", "'include:' names nothing"),
        ("v=spf1 a:", "'a:' names nothing"),
        ("v=spf1 all:x.test", "'all:x.test': all takes no value"),
        ("v=spf1 include:x.test/24", "'include:x.test/24' takes no prefix length"),
        ("v=spf1 ip4:192.0.2.0/33", "'ip4:192.0.2.0/33' holds no address block"),
        ("v=spf1 ip4:2001:db8::1", "'ip4:2001:db8::1' holds no address block"),
        ("v=spf1 ip6:192.0.2.1", "'ip6:192.0.2.1' holds no address block"),
        ("v=spf1 redirect=a.test redirect=b.test", "redirect= is there twice"),
        ("v=spf1 redirect=", "redirect= names no domain"),
        (f"v=spf1 a:{'x' * 300}", f"'a:{'x' * 58}': the name is too long"),
        ("v=spf1 -\x1b[31m", "'-\\x1b[31m' is no mechanism"),
    ],
)
def test_a_record_that_cannot_be_read_is_a_permanent_error(record: str, problem: str) -> None:
    assert read_spf(record) == Spf(problem=problem)


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([], None),
        (["v=spf10 all", "google-site-verification=[redacted]"], None),
        (["V=SPF1"], Spf()),
        (["v=spf1 -all", "v=spf1 mx"], Spf(problem="2 SPF records, where one is allowed")),
    ],
)
def test_one_record_is_the_policy(records: list[str], found: Spf | None) -> None:
    assert spf_of(records) == found


def test_a_redirect_counts_only_without_all_and_an_unknown_modifier_is_passed_over() -> None:
    assert read_spf("v=spf1 moo=cow redirect=_spf.x.test").redirect == "_spf.x.test"
    assert read_spf("v=spf1 redirect=_spf.x.test -all").redirect is None
    assert read_spf("v=spf1 redirect=%{d}.x.test").redirect is None


def test_a_macro_names_nobody() -> None:
    assert SpfTerm("+", "exists", "%{i}.x.test").name is None
    assert SpfTerm("+", "a", "x.test").name == "x.test"


def test_a_loop_of_includes_is_told_as_it_goes_round() -> None:
    records = {
        "a.test": "v=spf1 include:b.test",
        "b.test": "v=spf1 include:c.test",
        "c.test": "v=spf1 include:b.test",
    }
    walk = walk_spf("a.test", lambda name: read_spf(records[name]))
    assert walk.problem == "b.test -> c.test -> b.test goes round"
    assert walk.domains == ("a.test", "b.test", "c.test")


def test_eleven_lookups_are_one_too_many() -> None:
    ten = "v=spf1 " + " ".join(f"a:h{n}.test" for n in range(10))
    assert walk_spf("x.test", lambda _: read_spf(ten)).problem == ""
    walk = walk_spf("x.test", lambda _: read_spf(f"{ten} mx"))
    assert walk.problem == "it takes 11 lookups, where 10 are allowed"


def test_what_follows_all_is_never_reached() -> None:
    walk = walk_spf("x.test", lambda _: read_spf("v=spf1 ip4:192.0.2.1 -all a:late.test"))
    assert walk.lookups == 0
    assert [term.value for _, term in walk.terms] == ["192.0.2.1/32"]


def test_a_policy_that_was_not_seen_is_missing_not_empty() -> None:
    found = {"x.test": read_spf("v=spf1 include:gone.test ~all")}
    walk = walk_spf("x.test", found.get)
    assert (walk.missing, walk.problem) == (("gone.test",), "")


NAMES = [f"d{n}.test" for n in range(6)]
WORDS = st.one_of(
    st.sampled_from(["a", "mx", "ip4:192.0.2.1", "exists:%{i}.x.test", "ptr", "all", "-all"]),
    st.sampled_from([f"include:{name}" for name in NAMES]),
    st.sampled_from([f"a:{name}" for name in NAMES]),
    st.sampled_from([f"redirect={name}" for name in NAMES]),
)


class _Permanent(Exception):
    pass


class _CheckHost:
    """The function check_host of RFC 7208, 4, for a sender that no mechanism but `all` matches."""

    def __init__(self, zones: dict[str, str]) -> None:
        self.zones = zones
        self.lookups = 0

    def check(self, domain: str, stack: tuple[str, ...] = ()) -> None:
        if domain in stack:
            raise _Permanent
        later = None
        for word in self.zones[domain].split()[1:]:
            if word.startswith("redirect="):
                if later is not None:
                    raise _Permanent
                later = word[len("redirect=") :]
        for word in self.zones[domain].split()[1:]:
            bare = word.lstrip("-")
            if bare == "all":
                return
            if bare.split(":")[0] in ("a", "mx", "ptr", "exists", "include"):
                self.count()
            if bare.startswith("include:"):
                self.check(bare[len("include:") :], (*stack, domain))
        if later is not None:
            self.count()
            self.check(later, (*stack, domain))

    def count(self) -> None:
        self.lookups += 1
        if self.lookups > 10:
            raise _Permanent


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(WORDS, max_size=5), min_size=6, max_size=6))
def test_a_walk_errs_where_check_host_errs_and_counts_as_it_does(rows: list[list[str]]) -> None:
    zones = {name: " ".join(["v=spf1", *row]) for name, row in zip(NAMES, rows, strict=True)}
    walk = walk_spf(NAMES[0], lambda name: read_spf(zones[name]))
    twin = _CheckHost(zones)
    try:
        twin.check(NAMES[0])
    except _Permanent:
        assert walk.problem
    else:
        assert (walk.problem, walk.lookups) == ("", twin.lookups)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    policy = read_spf(f"v=spf1 {text}")
    assert policy.problem or all(term.mechanism for term in policy.terms)
