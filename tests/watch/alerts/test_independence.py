"""Alert routes are held against the providers that they are to speak of."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from downwind.watch.alerts import RouteNeeds, check_routes, on_the_suspect, route_needs

KNOWN = {
    "chat.test": ["aws/ec2/us-east-1", "cloudflare/dns"],
    "mx.test": ["hetzner"],
    "us.test": ["fastly"],
}


def needs(host: str) -> list[str]:
    return KNOWN.get(host, [])


def test_the_needs_of_a_route_are_the_providers_of_all_its_hosts() -> None:
    assert route_needs("chat", ["chat.test"], needs) == RouteNeeds(
        "chat", ("aws", "cloudflare"), ()
    )
    mail = route_needs("mail", ["mx.test", "us.test", "nobody.test"], needs)
    assert mail == RouteNeeds("mail", ("fastly", "hetzner"), ("nobody.test",))


def test_a_route_on_the_suspect_is_told() -> None:
    routes = [RouteNeeds("chat", ("aws", "cloudflare"), ()), RouteNeeds("mail", ("hetzner",), ())]
    found = on_the_suspect(routes, "cloudflare/proxy#fl2")
    assert found is not None
    assert (found.routes, found.providers) == (("chat",), ("cloudflare",))
    assert found.text == (
        "Alerts over chat stand on cloudflare, which is blamed; the others do not."
    )
    assert on_the_suspect(routes, "fastly") is None


def test_no_route_and_a_single_route_are_findings() -> None:
    assert [f.kind for f in check_routes([])] == ["none"]
    assert [f.kind for f in check_routes([RouteNeeds("a", ("aws",), ())])] == ["single"]


def test_what_is_unknown_proves_no_independence() -> None:
    routes = [RouteNeeds("a", ("aws",), ()), RouteNeeds("b", (), ("b.test",))]
    (finding,) = check_routes(routes)
    assert finding.kind == "shared"
    assert "unknown" in finding.text


routes_drawn = st.lists(
    st.tuples(
        st.frozensets(st.sampled_from(["aws", "gcp", "fastly"])),
        st.frozensets(st.sampled_from(["u.test"])),
    ),
    min_size=2,
    max_size=5,
).map(
    lambda drawn: [
        RouteNeeds(f"r{n}", tuple(sorted(providers)), tuple(unknown))
        for n, (providers, unknown) in enumerate(drawn)
    ]
)


@given(routes_drawn)
def test_routes_are_fine_where_two_share_no_provider_for_certain(routes: list[RouteNeeds]) -> None:
    fine = any(
        a.providers
        and b.providers
        and not a.unknown
        and not b.unknown
        and all(p not in b.providers for p in a.providers)
        for a, b in combinations(routes, 2)
    )
    assert (check_routes(routes) == ()) is fine
