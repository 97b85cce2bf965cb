"""A list is kept with fewer blocks, and says the same of every address."""

import ipaddress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.catalog import Catalog
from downwind.catalog.blocks import Block, read_block
from downwind.catalog.published import SOURCES, Row, kept_lists, list_form, save_list, size_of
from downwind.catalog.published.apply import with_lists
from downwind.catalog.published.store import aggregated
from downwind.catalog.read import package_parts

DAY = date(2026, 11, 1)
AWS = next(source for source in SOURCES if source.id == "aws")
START = int(ipaddress.ip_address("104.0.0.0"))


def _row(length: int, number: int, region: str | None, product: str | None) -> Row:
    free = 32 - length
    return Row(Block(4, START + (number >> free << free), length), region, product)


ROWS = st.lists(
    st.builds(
        _row,
        st.integers(24, 32),
        st.integers(0, 255),
        st.sampled_from([None, "east", "west"]),
        st.sampled_from([None, "ec2"]),
    ),
    max_size=30,
)


def _says(rows: list[Row], number: int) -> tuple[str | None, str | None] | None:
    """Of all blocks that hold the address the longest; of two alike the one that says more."""
    holding = [row for row in rows if row.block.start <= number <= row.block.end]
    if not holding:
        return None
    longest = max(row.block.length for row in holding)
    found = max(
        (row for row in holding if row.block.length == longest),
        key=lambda row: (
            row.product is not None,
            row.region is not None,
            row.product or "",
            row.region or "",
        ),
    )
    return found.region, found.product


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_fewer_blocks_say_the_same_of_every_address(rows: list[Row]) -> None:
    fewer = aggregated(rows)
    assert len(fewer) <= len({row.block for row in rows})
    assert len({row.block for row in fewer}) == len(fewer)
    for number in range(START, START + 256):
        assert _says(fewer, number) == _says(rows, number)


def test_halves_are_joined_and_what_is_said_already_is_left_out() -> None:
    rows = [
        Row(read_block(prefix), "east", None)
        for prefix in ("104.0.0.0/25", "104.0.0.128/25", "104.0.1.0/24", "104.0.0.7/32")
    ]
    assert [str(row.block) for row in aggregated(rows)] == ["104.0.0.0/23"]


def test_halves_are_not_joined_beyond_what_one_provider_may_have() -> None:
    rows = [Row(read_block(prefix), None, None) for prefix in ("104.0.0.0/8", "105.0.0.0/8")]
    assert len(aggregated(rows)) == 2


ROW_TEXTS = [("52.0.0.0/24", "us-east-1", "ec2"), ("52.0.1.0/24", None, None)]
WRITTEN = [Row(read_block(prefix), region, product) for prefix, region, product in ROW_TEXTS]


def test_what_is_kept_comes_back_and_is_written_exactly_so(tmp_path: Path) -> None:
    size = size_of((row.block for row in WRITTEN), 2)
    form = list_form(AWS, WRITTEN, DAY)
    file = save_list(tmp_path, AWS, form, size)
    (kept,) = kept_lists(tmp_path)
    assert (kept.form, kept.size, kept.confirmed) == (form, size, DAY)
    assert file.read_text() == (
        '{"id":"aws","rows":2,"ipv4":512,"ipv6":0,"provider":{"id":"aws","regions":["us-east-1"],'
        '"prefixes":[{"source":"AWS ip-ranges.json","last_confirmed":"2026-11-01",'
        '"table":"52.0.1.0/24\\n"},{"source":"AWS ip-ranges.json","last_confirmed":"2026-11-01",'
        '"product":"ec2","table":"52.0.0.0/24 us-east-1\\n"}]}}\n'
    )
    assert [each.name for each in tmp_path.iterdir()] == ["aws.json"]


@pytest.mark.parametrize("damage", [b"", b"{", b'{"id":"aws"}', b"\xff", b"[]"])
def test_a_damaged_list_counts_as_not_there(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "aws.json").write_bytes(damage)
    assert kept_lists(tmp_path) == []


def test_a_list_under_another_s_name_counts_as_not_there(tmp_path: Path) -> None:
    form = list_form(AWS, WRITTEN, DAY)
    file = save_list(tmp_path, AWS, form, size_of([], 2))
    file.rename(tmp_path / "azure.json")
    assert kept_lists(tmp_path) == []


def test_a_list_takes_the_place_of_the_packaged_table_and_of_nothing_else(tmp_path: Path) -> None:
    before = Catalog.load()
    assert before.address("13.32.0.1")[0].product == "cloudfront"
    save_list(tmp_path, AWS, list_form(AWS, WRITTEN, DAY), size_of([], 2))
    after = Catalog.load(lists=tmp_path)
    assert after.address("13.32.0.1") == ()
    assert str(after.address("52.0.0.1")[0].scope) == "aws/ec2/us-east-1"
    assert after.address("104.16.1.1") == before.address("104.16.1.1")
    # Netlify's are Amazon's too, and the file knows better.
    assert after.address("75.2.60.5") == before.address("75.2.60.5")


def test_of_a_block_that_a_file_names_the_file_is_right(tmp_path: Path) -> None:
    lent = [Row(read_block("75.2.60.5/32"), None, "global-accelerator")]
    save_list(tmp_path, AWS, list_form(AWS, lent, DAY), size_of([], 1))
    assert Catalog.load(lists=tmp_path).address("75.2.60.5")[0].provider == "netlify"


def test_every_product_that_a_list_names_is_in_the_catalogue() -> None:
    from downwind.catalog.published import formats

    catalog = Catalog.load()
    azure = (*formats._AZURE.values(), *formats._AZURE_REGIONAL.values())
    named: dict[str, set[str]] = {
        "aws": set(formats._AWS.values()),
        "azure": {product for product in azure if product},
        "github": set(formats._GITHUB.values()),
        "fastly": {"cdn"},
        "google-cloud": {"compute"},
    }
    for provider, products in named.items():
        found = catalog.provider(provider)
        assert found is not None
        assert products <= {product.id for product in found.products}


def test_without_lists_the_packaged_catalogue_is_as_it_is() -> None:
    parts = package_parts()
    assert with_lists(parts, []) == parts
