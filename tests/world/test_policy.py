"""Service control: what is asked before a provider's APIs do anything, and its blank policy."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .planes import Planes, running_planes

WARDEN = "nimbus/warden"
CHECK = "https://warden.nimbus.test/check?api=tables"
TABLE = "https://tables.east-1.nimbus.test/t/notes/one"
OBJECT = "https://objects.nimbus.test/t/notes/one"
MACHINES = "https://control.vm.east-1.nimbus.test/machines"
TRUSTED = 31.0


@pytest.fixture
async def planes(tmp_path: Path) -> AsyncIterator[Planes]:
    async with running_planes(tmp_path) as started:
        yield started


async def apis(planes: Planes) -> list[int]:
    """What three APIs of the provider answer: two databases and a control plane."""
    return [
        await planes.status("PUT", TABLE, {"value": 1}, account="ada"),
        await planes.status("PUT", OBJECT, {"value": 1}, account="ada"),
        await planes.status("POST", MACHINES, {}, account="ada"),
    ]


async def test_a_blank_policy_makes_every_checked_api_unavailable_and_nobody_elses(
    planes: Planes,
) -> None:
    assert await apis(planes) == [200, 200, 201]
    assert (await planes.ask("GET", CHECK)).json == {"allowed": True}
    assert await planes.break_(WARDEN, "blank-policy") == [WARDEN]
    planes.later(TRUSTED)
    assert await planes.status("GET", CHECK) == 503
    assert await apis(planes) == [503, 503, 503]
    refused = await planes.ask("GET", TABLE, account="ada")
    assert refused.json == {"error": "unavailable", "reason": "the policy check answers 503"}
    other = MACHINES.replace("east-1.nimbus", "north-1.stratus")
    assert await planes.status("POST", other, {}, account="ada") == 201
    await planes.mend(WARDEN)
    assert await apis(planes) == [200, 200, 201]


async def test_computers_that_run_ask_nobody(planes: Planes) -> None:
    await planes.break_(WARDEN, "blank-policy")
    planes.later(TRUSTED)
    assert await planes.status("GET", "https://shop.test/") == 200
    assert await planes.status("GET", "https://shop.test/health") == 503  # it reads a database


async def test_a_check_is_trusted_for_thirty_seconds(planes: Planes) -> None:
    assert await planes.status("PUT", TABLE, {"value": 1}, account="ada") == 200
    await planes.break_(WARDEN, "blank-policy")
    planes.later(15)
    assert await planes.status("GET", TABLE, account="ada") == 200
    # A trusted answer is not renewed by being used.
    planes.later(16)
    assert await planes.status("GET", TABLE, account="ada") == 503


async def test_a_refusal_is_trusted_for_no_time(planes: Planes) -> None:
    await planes.break_(WARDEN, "blank-policy")
    planes.later(TRUSTED)
    assert await planes.status("GET", OBJECT, account="ada") == 503
    await planes.mend(WARDEN)
    assert await planes.status("GET", OBJECT, account="ada") == 404


@pytest.mark.parametrize("mode", ["errors", "refused"])
async def test_a_check_that_cannot_be_made_lets_nothing_pass(planes: Planes, mode: str) -> None:
    assert await apis(planes) == [200, 200, 201]
    await planes.break_(WARDEN, mode)
    planes.later(TRUSTED)
    assert await apis(planes) == [503, 503, 503]


async def test_the_policies_are_replicated_to_a_file_and_the_blank_one_has_no_quota(
    planes: Planes, tmp_path: Path
) -> None:
    file = tmp_path / "nimbus-warden" / "policies.json"
    assert all(policy["quota"] for policy in json.loads(file.read_text()))
    await planes.break_(WARDEN, "blank-policy")
    assert [p["name"] for p in json.loads(file.read_text()) if p["quota"] is None] == [
        "quota check"
    ]
    await planes.mend(WARDEN)
    assert all(policy["quota"] for policy in json.loads(file.read_text()))
