"""A page's components speak where no incident does; places say where, and nothing of products."""

from __future__ import annotations

from typing import Any

import pytest

from downwind.observe.feed import FeedReading, read_feed

from .feed_samples import incident, part, raw

PRODUCTS = "Cloudflare Sites and Services"
CODES = [f"{a}{b}{c}" for a in "ABCDEFG" for b in "ABCDEFG" for c in "ABCDEFG"][:339]


def _component(known: str, name: str, status: str = "operational", **more: Any) -> dict[str, Any]:
    return {"id": known, "name": name, "status": status, "group": False, "group_id": None, **more}


def _cloudflare(**statuses: str) -> dict[str, Any]:
    """475 components: 128 products, 339 places in seven regions, and 8 groups."""
    groups = [_component("g0", PRODUCTS, group=True)]
    groups += [_component(f"g{n}", f"Region {n}", group=True) for n in range(1, 8)]
    products = [_component(f"p{n}", f"Product {n}", group_id="g0") for n in range(128)]
    places = [
        _component(code, f"City {n}, Land - ({code})", group_id=f"g{n % 7 + 1}")
        for n, code in enumerate(CODES)
    ]
    every = [*groups, *products, *places]
    for each in every:
        each["status"] = statuses.get(each["id"], each["status"])
    return {
        "page": {"id": "yh6f0r4529hb", "name": "Cloudflare"},
        "status": {"indicator": "minor", "description": "Minor Service Outage"},
        "components": every,
        "incidents": [],
        "scheduled_maintenances": [],
    }


def _read(value: Any) -> FeedReading:
    reading = read_feed("statuspage", raw(value))
    assert reading.health == "fresh", reading
    return reading


def test_a_normal_day_of_cloudflare_has_places_that_are_off_and_does_not_speak() -> None:
    page = _cloudflare(
        **dict.fromkeys(CODES[:30], "partial_outage"),
        **dict.fromkeys(CODES[30:33], "under_maintenance"),
        g3="partial_outage",
    )
    assert len(page["components"]) == 475
    reading = _read(page)
    assert not reading.speaks
    assert reading.incidents == (
        incident(
            id="places:partial_outage",
            kind="notice",
            severity="none",
            regions=tuple(each.lower() for each in CODES[:30]),
            title="Places: partial outage",
        ),
        incident(
            id="places:under_maintenance",
            kind="maintenance",
            severity="none",
            regions=tuple(each.lower() for each in CODES[30:33]),
            title="Places: under maintenance",
        ),
    )


def test_a_product_that_is_off_speaks_although_no_incident_is_told() -> None:
    page = _cloudflare(p7="major_outage", p8="under_maintenance", g0="major_outage")
    reading = _read(page)
    assert reading.speaks
    assert reading.incidents == (
        incident(
            id="part:p7",
            severity="major",
            components=(part("p7", "Product 7"),),
            title="Product 7: major outage",
        ),
        incident(
            id="part:p8",
            kind="maintenance",
            severity="none",
            components=(part("p8", "Product 8"),),
            title="Product 8: under maintenance",
        ),
    )


def test_a_component_of_which_an_incident_speaks_is_not_told_twice() -> None:
    page = _cloudflare(p7="major_outage", ABA="partial_outage")
    told = [
        _component("p7", "Product 7"),
        _component("ABA", "City, Land - (ABA)"),
        _component("g0", PRODUCTS),
    ]
    page["incidents"] = [{"id": "i", "name": "x", "status": "identified", "components": told}]
    [found] = _read(page).incidents
    assert (found.components, found.regions) == ((part("p7", "Product 7"),), ("aba",))
    page["incidents"][0]["status"] = "resolved"
    assert [each.id for each in _read(page).incidents] == [
        "i",
        "part:p7",
        "places:partial_outage",
    ]


def test_an_incident_of_a_group_alone_names_the_group() -> None:
    page = _cloudflare()
    told = [_component("g0", PRODUCTS)]
    page["incidents"] = [{"id": "i", "name": "x", "status": "identified", "components": told}]
    assert _read(page).incidents[0].components == (part("g0", PRODUCTS),)


def test_an_incident_of_places_says_nothing_of_products() -> None:
    page = _cloudflare()
    page["components"].append(_component("new", "A place without a code", group_id="g1"))
    told = [
        _component("ABA", "City, Land - (ABA)"),
        _component("g1", "Region 1"),
        _component("new", "A place without a code"),
    ]
    page["incidents"] = [{"id": "i", "name": "x", "status": "identified", "components": told}]
    found = _read(page).incidents[0]
    assert (found.components, found.regions) == ((), ("aba",))


def test_two_products_with_short_names_in_brackets_are_no_places() -> None:
    components = [
        _component("g", "Security", group=True),
        _component("k", "Key Management Service (KMS)", "major_outage", group_id="g"),
        _component("v", "Vault", group_id="g"),
    ]
    [found] = _read({"page": {"id": "a"}, "components": components}).incidents
    assert found.components == (part("k", "Security > Key Management Service (KMS)"),)


def test_a_group_that_says_something_stands_before_the_name() -> None:
    components = [
        _component("g", "Droplets", group=True),
        _component("c", "NYC1", "degraded_performance", group_id="g"),
    ]
    [found] = _read({"page": {"id": "a"}, "components": components}).incidents
    assert found.components == (part("c", "Droplets > NYC1"),)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Paris, France - (CDG)", True),
        ("Amsterdam (AMS)", False),
        ("Key Management Service (KMS)", False),
        ("(CDG)", False),
        ("Paris - (cdg)", False),
    ],
)
def test_a_place_alone_is_known_by_its_whole_form(name: str, place: bool) -> None:
    components = [_component("c", name, "partial_outage")]
    [found] = _read({"page": {"id": "a"}, "components": components}).incidents
    assert (found.id == "places:partial_outage") is place


def test_in_a_group_of_places_a_code_in_brackets_is_enough() -> None:
    components = [
        _component("g", "Europe", group=True),
        *(_component(code, f"City ({code})", "partial_outage", group_id="g") for code in CODES[:3]),
        _component("x", "All of Europe", "major_outage", group_id="g"),
    ]
    [found] = _read({"page": {"id": "a"}, "components": components}).incidents
    assert (found.id, len(found.regions)) == ("places:partial_outage", 3)


def test_a_page_of_which_all_is_off_says_so_of_its_first_components() -> None:
    components = [_component(str(n), f"Part {n}", "major_outage") for n in range(400)]
    assert len(_read({"page": {"id": "a"}, "components": components}).incidents) == 50


@pytest.mark.parametrize(
    ("indicator", "severity"),
    [("minor", "minor"), ("major", "partial"), ("critical", "major")],
)
def test_the_indicator_counts_where_the_page_has_nothing_else(
    indicator: str, severity: str
) -> None:
    status = {"indicator": indicator, "description": "Service &amp; Outage"}
    page = {"id": "a", "updated_at": "2026-07-23T17:00:00Z"}
    [found] = _read({"page": page, "status": status}).incidents
    assert (found.id, found.severity, found.title) == ("page", severity, "Service & Outage")
    for calm in ("none", "maintenance"):
        assert _read({"page": page, "status": status | {"indicator": calm}}).incidents == ()


@pytest.mark.parametrize(
    "status",
    [
        {"indicator": "none"},
        {"indicator": "well", "description": "x"},
        {"indicator": ["none"], "description": "x"},
        {"description": "All Systems Operational"},
        "none",
        None,
    ],
)
def test_a_status_of_another_shape_is_broken(status: Any) -> None:
    value = {"page": {"id": "a"}, "status": status}
    assert read_feed("statuspage", raw(value)).health == "broken"


@pytest.mark.parametrize("components", ["none", {}, [1], [None], None])
def test_components_of_another_shape_are_broken(components: Any) -> None:
    alone = {"page": {"id": "a"}, "components": components}
    for value in (alone, alone | {"incidents": []}):
        assert read_feed("statuspage", raw(value)).health == "broken"
