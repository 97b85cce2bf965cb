"""The size of a list, counted as by hand, and what becomes of a list that changes too much."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.catalog.blocks import Block
from downwind.catalog.published import Size, refusal, size_of

BLOCKS = st.lists(
    st.builds(
        lambda length, number: Block(4, number >> (32 - length) << (32 - length), length),
        st.integers(24, 32),
        st.integers(0, 511),
    ),
    max_size=20,
)


@settings(max_examples=150, deadline=None)
@given(BLOCKS)
def test_each_address_counts_once(blocks: list[Block]) -> None:
    covered = {number for block in blocks for number in range(block.start, block.end + 1)}
    assert size_of(blocks).ipv4 == len(covered)


OLD = Size(rows=100, ipv4=1000, ipv6=50)


@pytest.mark.parametrize(
    ("fresh", "reason"),
    [
        (OLD, None),
        (Size(50, 1000, 50), None),
        (Size(49, 1000, 50), "it loses more than half of its rows: 49 of 100 are left"),
        (Size(100, 499, 50), "it loses more than half of its IPv4: 499 of 1,000 are left"),
        (Size(100, 1000, 0), "it loses more than half of its IPv6: 0 of 50 are left"),
        (Size(1000, 1000, 50), None),
        (Size(1001, 1000, 50), "its rows grow more than tenfold: 100 before, 1,001 now"),
        (Size(100, 10_001, 50), "its IPv4 grow more than tenfold: 1,000 before, 10,001 now"),
        (Size(100, 2**32, 50), "it claims 100% of all IPv4 addresses"),
    ],
)
def test_a_list_that_changes_too_much_is_not_believed(fresh: Size, reason: str | None) -> None:
    assert refusal(fresh, OLD) == reason


def test_a_first_list_is_held_to_nothing_but_the_size_of_the_internet() -> None:
    assert refusal(Size(1, 1, 0), None) is None
    assert refusal(Size(1, 2**29, 0), None) is not None


def test_where_only_the_coverage_is_known_rows_do_not_count() -> None:
    assert refusal(Size(5000, 1000, 50), Size(None, 1000, 50)) is None


def test_ipv6_may_come_new() -> None:
    assert refusal(Size(100, 1000, 7), Size(100, 1000, 0)) is None


def test_what_is_meant_is_taken_but_never_the_whole_internet() -> None:
    assert refusal(Size(1, 1, 0), OLD, accepted=True) is None
    assert refusal(Size(1, 2**32, 0), OLD, accepted=True) is not None
