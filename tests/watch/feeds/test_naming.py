"""Components are matched to products letter by letter, or not at all."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.catalog import Catalog
from downwind.watch.feeds.naming import Naming

from .told import CATALOG


def _naming(provider: str = "cloud", catalog: Catalog = CATALOG) -> Naming:
    found = catalog.provider(provider)
    assert found is not None
    return Naming.of(found)


@pytest.mark.parametrize(
    ("name", "products", "regions"),
    [
        ("Workers", ("workers",), ()),
        ("workers  kv", ("kv",), ()),
        ("Cloud Company Workers KV", ("kv",), ()),
        ("Cloud Workers", ("workers",), ()),
        ("CDN/Cache", ("edge",), ()),
        ("CDN", ("edge",), ()),
        ("Name Service (Authoritative DNS)", ("dns",), ()),
        ("Workers (beta)", ("workers",), ()),
        ("DNS", ("dns",), ()),
        ("Workers > us-east-1", ("workers",), ("us-east-1",)),
        ("Workers - EU-WEST-1", ("workers",), ("eu-west-1",)),
        ("West US", (), ("westus",)),
        ("Cloud West US", (), ("westus",)),
        # No resemblance is enough.
        ("Identity and Access Management", (), ()),
        ("DNS Updates", (), ()),
        ("Workers AI", (), ()),
        ("Cache", (), ()),
        ("Network", (), ()),
        ("Old Engine", (), ()),
        ("Mail", (), ()),
        ("Inbound", ("mail-a",), ()),
        ("East", (), ()),
        ("Workers westus", (), ()),
        ("Company", (), ()),
        ("", (), ()),
        (" > / () ", (), ()),
    ],
)
def test_a_component_is_what_it_is_called_and_nothing_like_it(
    name: str, products: tuple[str, ...], regions: tuple[str, ...]
) -> None:
    found = _naming().component("", name)
    assert (found.products, found.regions) == (products, regions)
    assert bool(found) is bool(products or regions)


def test_the_id_of_a_component_counts_before_its_name() -> None:
    assert _naming().component("kv", "Key-value store").products == ("kv",)
    assert _naming().component("8gmgl950y3h7", "Workers").products == ("workers",)


@pytest.mark.parametrize(
    ("told", "region"),
    [
        ("us-east-1", "us-east-1"),
        ("US East 1", "us-east-1"),
        ("cdg", "cdg"),
        ("eu-new-7", "eu-new-7"),
        ("Somewhere else", None),
        ("a" * 61, None),
        ("", None),
        ("../etc", None),
    ],
)
def test_a_region_is_the_catalogues_or_an_id_of_its_own(told: str, region: str | None) -> None:
    assert _naming().region(told) == region


def _plain(text: str) -> str:
    return "".join(re.findall("[a-z0-9]", text.lower()))


def _twin(naming: Naming, name: str) -> set[str]:
    """All products that a name can mean, by trying every part of it with every brand cut off."""
    found = set()
    for segment in name.split(" > "):
        inner = re.findall(r"\(([^()]{1,80})\)", segment)
        outer = re.sub(r"\([^()]{1,80}\)", " ", segment)
        for part in [segment, *inner, outer, *outer.split("/")]:
            words = re.findall("[a-z0-9]+", part.lower())
            for cut in range(len(words)):
                if all(word in naming.brands for word in words[:cut]):
                    found.add(naming.products.get("".join(words[cut:])))
    return {each for each in found if each}


WORDS = st.sampled_from(
    [
        *("cloud", "company", "CDN", "proxy", "Workers", "KV", "DNS", "Authoritative", "Identity"),
        *("Platform", "and", "/", "(", ")", " > ", "Mail", "edge", "API"),
    ]
)


@given(st.lists(WORDS, max_size=7))
def test_a_match_is_one_of_those_that_every_part_of_the_name_allows(words: list[str]) -> None:
    naming = _naming()
    name = " ".join(words)
    found = set(naming.component("", name).products)
    allowed = _twin(naming, name)
    assert found <= allowed
    assert bool(found) == bool(allowed)


@given(st.text(max_size=200), st.text(max_size=50))
def test_no_text_makes_the_naming_fail(name: str, known: str) -> None:
    found = _naming().component(known, name)
    assert set(found.products) <= set(_naming().products.values())
    region = _naming().region(name)
    assert region is None or re.fullmatch(r"[a-z][a-z0-9-]*", region)


# Names as the pages have them, and the catalogue as it is packaged.
REAL = [
    ("cloudflare", "CDN/Cache", "proxy"),
    ("cloudflare", "Workers KV", "kv"),
    ("cloudflare", "Authoritative DNS", "dns"),
    ("cloudflare", "Turnstile", "turnstile"),
    ("cloudflare", "Bot Management", None),
    ("aws", "Amazon Elastic Compute Cloud (EC2)", "ec2"),
    ("aws", "Amazon Simple Storage Service (S3)", "s3"),
    ("aws", "Amazon DynamoDB", "dynamodb"),
    ("aws", "AWS Identity and Access Management", None),
    ("google-cloud", "Google Compute Engine", "compute"),
    ("google-cloud", "Google Cloud Storage", "storage"),
    ("google-cloud", "Identity and Access Management", None),
    ("azure", "Azure Front Door", "front-door"),
    ("azure", "Virtual Machines", "compute"),
    ("digitalocean", "Droplets > NYC1", "droplets"),
    ("fastly", "CDN", "cdn"),
]


def test_the_packaged_catalogue_knows_the_names_that_the_pages_use() -> None:
    catalog = Catalog.load()
    for provider, name, product in REAL:
        found = _naming(provider, catalog).component("", name).products
        assert found == ((product,) if product else ()), name
    assert _naming("azure", catalog).component("", "West US 2").regions == ("westus2",)
    assert _naming("digitalocean", catalog).component("", "NYC1").regions == ("nyc1",)
