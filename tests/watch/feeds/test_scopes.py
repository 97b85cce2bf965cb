"""An incident speaks of the scopes that it names, and is never finer than its page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.terms import Scope
from downwind.watch.feeds.naming import Naming
from downwind.watch.feeds.scopes import MOST_SCOPES, spoken_of

from .told import CATALOG, incident

CLOUD = CATALOG.provider("cloud")
assert CLOUD is not None
NAMING = Naming.of(CLOUD)


def _spoken(*names: str, regions: tuple[str, ...] = ()) -> set[tuple[str, bool]]:
    told = incident("i", *names, regions=regions).to_json()
    return {(str(each.scope), each.coarse) for each in spoken_of("cloud", NAMING, told)}


@pytest.mark.parametrize(
    ("names", "regions", "scopes"),
    [
        (("Workers",), (), {("cloud/workers", False)}),
        (("Workers", "DNS"), (), {("cloud/workers", False), ("cloud/dns", False)}),
        (("Workers",), ("us-east-1",), {("cloud/workers/us-east-1", False)}),
        (
            ("Workers", "DNS"),
            ("us-east-1", "cdg"),
            {
                ("cloud/workers/us-east-1", False),
                ("cloud/workers/cdg", False),
                ("cloud/dns/us-east-1", False),
                ("cloud/dns/cdg", False),
            },
        ),
        ((), ("cdg",), {("cloud/*/cdg", False)}),
        (("Virtual things", "West US"), (), {("cloud/*/westus", True)}),
        (("Workers", "West US"), (), {("cloud/workers/westus", False)}),
        (
            ("Workers > us-east-1", "DNS"),
            (),
            {("cloud/workers/us-east-1", False), ("cloud/dns", False)},
        ),
        (("Network",), (), {("cloud", True)}),
        (("Workers", "Network"), (), {("cloud/workers", False), ("cloud", True)}),
        (
            ("Workers", "Network"),
            ("cdg",),
            {("cloud/workers/cdg", False), ("cloud/*/cdg", True)},
        ),
        (("Workers",), ("Some place",), {("cloud/workers", False), ("cloud", True)}),
        ((), (), {("cloud", True)}),
        ((), ("Some place",), {("cloud", True)}),
    ],
)
def test_the_scopes_of_an_incident(
    names: tuple[str, ...], regions: tuple[str, ...], scopes: set[tuple[str, bool]]
) -> None:
    assert _spoken(*names, regions=regions) == scopes


def test_an_incident_of_very_many_places_is_told_without_them() -> None:
    many = tuple(f"p{n}" for n in range(MOST_SCOPES + 1))
    assert _spoken("Workers", regions=many) == {("cloud/workers", False)}
    assert _spoken(regions=many) == {("cloud", True)}
    assert len(_spoken("Workers", regions=many[:-1])) == MOST_SCOPES


def test_a_provider_that_the_catalogue_does_not_know_is_told_as_a_whole() -> None:
    [found] = spoken_of("mine", None, incident("i", "Workers").to_json())
    assert (found.scope, found.coarse) == (Scope("mine"), True)


NAMES = st.lists(st.sampled_from(["Workers", "DNS", "Network", "West US", "CDN > us-east-1"]))
REGIONS = st.lists(st.sampled_from(["us-east-1", "cdg", "Some place"])).map(tuple)


@given(NAMES, REGIONS)
def test_the_order_of_names_says_nothing_and_every_incident_has_a_scope(
    names: list[str], regions: tuple[str, ...]
) -> None:
    found = _spoken(*names, regions=regions)
    assert found
    assert found == _spoken(*reversed(names), regions=tuple(reversed(regions)))
    assert all(Scope.parse(scope).provider == "cloud" for scope, _ in found)
    if "Network" in names or "Some place" in regions:
        assert any(coarse for _, coarse in found)
