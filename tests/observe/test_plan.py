"""What to ask next is decided without a socket."""

from __future__ import annotations

from typing import Any

from downwind.observe.asks import Ask, What
from downwind.observe.plan import Plan
from downwind.terms import Absent, Evidence, Finding, Seen, Unanswered


def _evidence(kind: str, subject: str, finding: Finding) -> Evidence:
    return Evidence(subject, kind, finding, 0.0, "test")


def _next(plan: Plan, kind: str, subject: str, **value: Any) -> set[tuple[str, str]]:
    return _pairs(plan.seen(_evidence(kind, subject, Seen(value))))


def _pairs(asks: tuple[Ask, ...]) -> set[tuple[str, str]]:
    return {(str(ask.what), ask.subject) for ask in asks}


def test_a_name_is_asked_for_addresses_zone_records_and_its_page() -> None:
    assert _pairs(Plan(["X.test"]).first()) == {
        ("addresses", "x.test"),
        ("zone_of", "x.test"),
        ("records", "x.test"),
        ("text", "x.test"),
        ("page", "https://x.test/"),
    }


def test_nothing_is_asked_twice() -> None:
    plan = Plan(["x.test", "x.test"])
    assert len(plan.first()) == 5
    assert plan.first() == ()
    assert _next(plan, "dns.cname", "y.test", target="x.test", ttl=1) == set()


def test_a_zone_leads_to_its_parent_and_its_name_servers() -> None:
    servers = [{"host": "ns.y.test", "in_bailiwick": False, "glue": ["198.18.0.1"]}]
    plan = Plan(["x.test"])
    asks = plan.seen(
        _evidence("dns.zone", "x.test", Seen({"parent": "test", "name_servers": servers}))
    )
    assert _pairs(asks) == {
        ("zone", "test"),
        ("addresses", "ns.y.test"),
        ("zone_of", "ns.y.test"),
        ("server", "x.test@ns.y.test"),
    }
    (server,) = [ask for ask in asks if ask.what is What.SERVER]
    assert server.addresses == ("198.18.0.1",)


def test_certificates_are_asked_of_the_first_address_of_each_family() -> None:
    plan = Plan(["x.test"])
    plan.first()
    four = Seen({"addresses": ["198.18.0.1", "198.18.0.2"]})
    six = Seen({"addresses": ["2001:db8::1", "2001:db8::2"]})
    asked = [
        *plan.seen(_evidence("dns.a", "x.test", four)),
        *plan.seen(_evidence("dns.aaaa", "x.test", six)),
    ]
    assert [ask.addresses for ask in asked] == [("198.18.0.1",), ("2001:db8::1",)]


def test_a_name_server_is_not_asked_for_a_certificate() -> None:
    plan = Plan(["x.test"])
    plan.first()
    assert _next(plan, "dns.a", "ns.y.test", addresses=["198.18.0.1"]) == set()


def test_a_page_that_cannot_be_dialled_is_tried_without_tls_but_a_url_is_not() -> None:
    refused = Unanswered("connection refused", {"layer": "dial"})
    plan = Plan(["x.test"])
    plan.first()
    asks = plan.seen(_evidence("http.page", "https://x.test/", refused))
    assert _pairs(asks) == {("page", "http://x.test/")}
    plan = Plan(["https://x.test/"])
    plan.first()
    assert plan.seen(_evidence("http.page", "https://x.test/", refused)) == ()


def test_what_is_absent_leads_nowhere() -> None:
    plan = Plan(["x.test"])
    plan.first()
    assert plan.seen(_evidence("dns.a", "x.test", Absent("NXDOMAIN"))) == ()


def test_hard_third_parties_come_before_soft_ones() -> None:
    plan = Plan(["x.test"])
    plan.first()
    resources = [
        {"host": "soft.test", "url": "https://soft.test/", "strength": "soft"},
        {"host": "hard.test", "url": "https://hard.test/", "strength": "hard"},
    ]
    asks = plan.seen(_evidence("page.resources", "https://x.test/", Seen({"resources": resources})))
    assert [ask.subject for ask in asks] == ["hard.test", "hard.test", "soft.test", "soft.test"]
    assert What.PAGE not in {ask.what for ask in asks}


def test_of_a_host_that_nobody_named_neither_page_nor_mail_is_asked_for() -> None:
    plan = Plan([], hosts=["cdn.y.test"])
    assert _pairs(plan.first()) == {("addresses", "cdn.y.test"), ("zone_of", "cdn.y.test")}
    found = Seen({"addresses": ["198.18.0.1"]})
    asks = plan.seen(_evidence("dns.a", "cdn.y.test", found))
    assert _pairs(asks) == {("certificate", "cdn.y.test")}
    assert plan.named == set()


def test_registrations_are_asked_for_where_the_user_wants_them_and_of_domains() -> None:
    asks = Plan(["www.x.test", "192.0.2.1"], registrations=True).first()
    registrations = [ask.subject for ask in asks if ask.what is What.REGISTRATION]
    assert registrations == ["x.test"]
