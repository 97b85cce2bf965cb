"""Private and third party are told apart, with the reason, and what nothing tells is unknown."""

import pytest

from downwind.graph.observed.drawing import Drawing
from downwind.graph.observed.parties import parties, party
from downwind.graph.observed.sightings import Sightings
from downwind.graph.types import GraphBuilder
from downwind.terms import Evidence, Seen

from .seen import CATALOG, Told, graph_of, needs, soa, zone


def _drawing(*told: Told) -> Drawing:
    records = [
        (str(n), Evidence(subject, kind, Seen(value), 1.0, "here"))  # type: ignore[arg-type]
        for n, (kind, subject, value) in enumerate(told)
    ]
    return Drawing.of(GraphBuilder(), Sightings.of(records), CATALOG)


def _soas(mine: tuple[str, str], theirs: tuple[str, str]) -> tuple[Told, ...]:
    return (
        ("dns.zone_of", "x.test", {"zone": "x.test"}),
        ("dns.soa", "x.test", soa(*mine)),
        ("dns.zone_of", "ns.y.test", {"zone": "y.test"}),
        ("dns.soa", "y.test", soa(*theirs)),
    )


def test_a_name_inside_the_registered_domain_is_private() -> None:
    assert str(party(_drawing(), "www.x.test", "ns.x.test")) == (
        "private: ns.x.test is named inside x.test"
    )


def test_a_domain_on_the_same_certificate_is_private() -> None:
    certificate = {"names": ["x.test", "*.xstatic.test"]}
    found = party(_drawing(("tls.certificate", "x.test", certificate)), "x.test", "a.xstatic.test")
    assert str(found) == "private: a certificate of x.test names xstatic.test too"


def test_a_certificate_of_very_many_domains_says_nothing() -> None:
    names = ["x.test", "xstatic.test", *(f"d{n}.test" for n in range(30))]
    drawing = _drawing(("tls.certificate", "x.test", {"names": names}))
    assert party(drawing, "x.test", "a.xstatic.test").private is None


def test_whom_the_catalogue_knows_is_a_third_party() -> None:
    matches = CATALOG.name_server("a.ns.hill.test")
    found = party(_drawing(), "x.test", "a.ns.hill.test", matches)
    assert found.private is False
    assert found.reason == "the name server a.ns.hill.test ends in ns.hill.test"


@pytest.mark.parametrize(
    ("mine", "theirs", "private"),
    [
        (("ns.x.test", "admin.x.test"), ("ns.y.test", "admin.y.test"), False),
        (("ns.x.test", "admin.x.test"), ("ns.y.test", "admin.x.test"), True),
        (("ns.y.test", "admin.y.test"), ("ns.y.test", "admin.y.test"), None),
    ],
)
def test_starts_of_authority_tell_or_leave_it_open(
    mine: tuple[str, str], theirs: tuple[str, str], private: bool | None
) -> None:
    assert party(_drawing(*_soas(mine, theirs)), "x.test", "ns.y.test").private is private


def test_without_a_start_of_authority_it_is_unknown() -> None:
    found = party(_drawing(), "x.test", "ns.y.test")
    assert str(found).startswith("private or third party is unknown: the start of authority")


def test_addresses_and_suffixes_belong_to_nobody() -> None:
    assert party(_drawing(), "x.test", "192.0.2.1").private is None
    assert party(_drawing(), "test", "ns.nic.test").private is None


def test_verdicts_that_are_alike_are_told_once() -> None:
    hosts = ["a.x.test", "b.x.test", "a.ns.hill.test"]
    assert parties(_drawing(), "x.test", hosts, CATALOG.name_server) == (
        "2 of 3 private: a.x.test is named inside x.test;"
        " 1 of 3 third party: the name server a.ns.hill.test ends in ns.hill.test"
    )


def test_the_verdict_stands_in_the_needs_of_a_zone() -> None:
    graph = graph_of(("dns.zone", "x.test", zone("a.ns.hill.test", "b.ns.hill.test")))
    assert needs(graph, "zone:x.test")["name servers"].why == (
        "any of its 2 name servers will do;"
        " third party: the name server a.ns.hill.test ends in ns.hill.test"
    )


def test_of_the_servers_of_a_suffix_nobody_asks() -> None:
    graph = graph_of(("dns.zone", "test", zone("ns.nic.test")))
    assert needs(graph, "zone:test")["name servers"].why == "it has one name server"


def test_a_resource_is_named_by_the_role_that_its_host_plays() -> None:
    resource = {
        "url": "https://js.pay.dale.test/v3",
        "host": "js.pay.dale.test",
        "element": "script",
        "third_party": True,
        "strength": "hard",
        "reason": "script in the head",
    }
    graph = graph_of(("page.resources", "https://x.test/", {"resources": [resource]}))
    need = needs(graph, "page:https://x.test/")["payments from js.pay.dale.test"]
    assert need.strength == "hard"
    assert need.why.startswith("script in the head; third party: the resource host")
    assert [a.node for a in needs(graph, "host:js.pay.dale.test")["payments"].alternatives] == [
        "dale/pay?"
    ]


def test_a_host_of_the_pages_own_domain_is_a_need_too_and_the_page_itself_is_not() -> None:
    own = {"element": "image", "third_party": False, "strength": "soft", "reason": "its own"}
    resources = [
        {**own, "host": "static.x.test", "url": "https://static.x.test/a.png"},
        {**own, "host": "x.test", "url": "https://x.test/a.png"},
    ]
    graph = graph_of(("page.resources", "https://x.test/", {"resources": resources}))
    found = needs(graph, "page:https://x.test/")
    assert set(found) == {"host", "image from static.x.test"}
    assert "private: static.x.test is named inside x.test" in found["image from static.x.test"].why


def test_a_page_needs_every_host_that_it_is_redirected_through() -> None:
    page = {
        "redirects": ["https://sign-in.test/a", "https://www.x.test/"],
        "final_url": "https://www.x.test/",
        "headers": {},
    }
    graph = graph_of(
        ("http.page", "https://x.test/", page),
        ("page.resources", "https://x.test/", {"resources": []}),
    )
    found = needs(graph, "page:https://x.test/")
    assert set(found) == {"host", "redirect to sign-in.test", "redirect to www.x.test"}
    assert found["redirect to www.x.test"].strength == "hard"
    assert "private: www.x.test is named inside x.test" in found["redirect to www.x.test"].why


def test_a_captcha_on_a_host_of_many_purposes_is_known_by_its_path() -> None:
    resource = {
        "url": "https://www.google.com/recaptcha/api.js",
        "host": "www.google.com",
        "element": "script",
        "third_party": True,
        "strength": "soft",
        "reason": "script with async",
    }
    graph = graph_of(("page.resources", "https://x.test/", {"resources": [resource]}))
    assert "captcha from www.google.com" in needs(graph, "page:https://x.test/")
