"""A key-value product whose data lies in another: what it answers by itself, and for how long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from .planes import Planes, running_planes

CORE = "nimbus/objects"
_HOT_FOR = 60.0


@pytest.fixture
async def planes(tmp_path: Path) -> AsyncIterator[Planes]:
    async with running_planes(tmp_path) as started:
        yield started


def at(key: str) -> str:
    return f"https://cabinet.acme.test/t/notes/{key}"


async def put(planes: Planes, key: str, value: Any, account: str = "ada") -> int:
    return await planes.status("PUT", at(key), {"value": value}, account=account)


async def get(planes: Planes, key: str, account: str = "ada") -> Any:
    """The value, or the status where there is none."""
    said = await planes.ask("GET", at(key), account=account)
    return said.json if said.status == 200 else said.status


async def test_what_is_stored_lies_in_the_other_product_under_the_name_of_the_first(
    planes: Planes, tmp_path: Path
) -> None:
    assert await put(planes, "one", {"said": "by the canal"}) == 200
    assert await get(planes, "one") == {"said": "by the canal"}
    core = "https://objects.nimbus.test/t/notes/one"
    there = await planes.ask("GET", core, account="cabinet.acme.test:ada")
    assert there.json == {"said": "by the canal"}
    assert await planes.status("GET", core, account="ada") == 404
    assert not list(tmp_path.glob("acme-cabinet*/*.sqlite"))


async def test_a_key_that_was_read_goes_on_for_a_minute_and_the_others_fail(
    planes: Planes,
) -> None:
    for key in ("read", "written"):
        assert await put(planes, key, key) == 200
    assert await get(planes, "read") == "read"
    await planes.break_(CORE, "refused")
    assert await get(planes, "read") == "read"
    assert await get(planes, "written") == 503
    assert await get(planes, "never") == 503
    assert await put(planes, "new", 1) == 503
    assert await planes.status("GET", "https://cabinet.acme.test/t/notes", account="ada") == 503
    # Being read while the store is away does not make it last.
    planes.later(_HOT_FOR / 2)
    assert await get(planes, "read") == "read"
    planes.later(_HOT_FOR / 2)
    assert await get(planes, "read") == 503
    await planes.mend(CORE)
    assert await get(planes, "read") == "read"
    assert await get(planes, "never") == 404


async def test_a_write_and_a_deletion_come_through_to_who_has_just_read(planes: Planes) -> None:
    await put(planes, "one", "old")
    assert await get(planes, "one") == "old"
    assert await put(planes, "one", "new") == 200
    assert await get(planes, "one") == "new"
    assert await planes.status("DELETE", at("one"), account="ada") == 200
    assert await get(planes, "one") == 404
    listed = await planes.ask("GET", "https://cabinet.acme.test/t/notes", account="ada")
    assert listed.json == {"items": []}


async def test_what_was_looked_for_in_vain_is_found_once_it_is_there(planes: Planes) -> None:
    assert await get(planes, "late") == 404
    await put(planes, "late", 1)
    assert await get(planes, "late") == 1


async def test_accounts_are_apart_even_while_a_key_is_cached(planes: Planes) -> None:
    await put(planes, "one", "of ada")
    assert await get(planes, "one") == "of ada"
    assert await get(planes, "one", "eve") == 404
    await put(planes, "one", "of eve", "eve")
    assert await get(planes, "one") == "of ada"
    assert await get(planes, "one", "eve") == "of eve"
    assert await planes.status("GET", at("one")) == 401


async def test_a_policy_that_stops_the_other_cloud_stops_the_product_and_its_customers(
    planes: Planes,
) -> None:
    badge = "https://badge.test/orders"
    assert await planes.status("POST", badge, {"item": "a badge"}) == 201
    await planes.break_("nimbus/warden", "blank-policy")
    planes.later(31)
    assert await planes.status("POST", badge, {"item": "a badge"}) == 503
    assert await planes.status("GET", "https://badge.test/") == 200
    await planes.mend("nimbus")
    assert await planes.status("POST", badge, {"item": "a badge"}) == 201


async def test_a_fault_of_the_product_itself_reaches_cached_keys_too(planes: Planes) -> None:
    await put(planes, "one", 1)
    assert await get(planes, "one") == 1
    await planes.break_("acme/cabinet", "errors")
    assert await get(planes, "one") == 500
    await planes.mend("acme/cabinet")
    assert await get(planes, "one") == 1
