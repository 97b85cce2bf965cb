"""Control planes: machines are launched on leases that a database keeps, and computers run on."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .planes import Planes, running_planes

MACHINES = "https://control.vm.east-1.nimbus.test/machines"
WEST = MACHINES.replace("east-1", "west-1")
TABLES = "nimbus/tables/east-1"
PLANE = "nimbus/vm/east-1#control"
NEGATIVE_TTL = 61.0
RECOVERY = 400.0


@pytest.fixture
async def planes(tmp_path: Path) -> AsyncIterator[Planes]:
    async with running_planes(tmp_path) as started:
        started.world.tune(None, RECOVERY)
        await started.renew_leases()
        yield started


async def launch(planes: Planes, url: str = MACHINES) -> int:
    return await planes.status("POST", url, {"size": "small"}, account="ada")


async def waiting(planes: Planes) -> int:
    """How many computers wait for a lease, as the control plane says."""
    said = await planes.ask("POST", MACHINES, {}, account="ada")
    assert (said.status, said.json["error"]) == (503, "insufficient capacity")
    found = re.match(r"(\d+) of 1000 computers wait for a lease", said.json["reason"])
    assert found is not None
    return int(found[1])


async def lose_database(planes: Planes, seconds: float, mode: str = "refused") -> None:
    """The database is away, and the workflow looks at the end of that time."""
    await planes.break_(TABLES, mode)
    planes.later(seconds)
    await planes.renew_leases()


async def find_database(planes: Planes) -> None:
    await planes.mend(TABLES)
    planes.later(NEGATIVE_TTL)
    await planes.renew_leases()


async def test_a_machine_is_launched_listed_and_ended_by_its_own_account(planes: Planes) -> None:
    first, second = [
        (await planes.ask("POST", MACHINES, {}, account="ada")).json["machine"] for _ in range(2)
    ]
    assert first != second
    listed = await planes.ask("GET", MACHINES, account="ada")
    assert listed.json == {"machines": [first, second]}
    assert (await planes.ask("GET", MACHINES, account="eve")).json == {"machines": []}
    assert (await planes.ask("GET", WEST, account="ada")).json == {"machines": []}
    assert await planes.status("DELETE", f"{MACHINES}/{first}", account="eve") == 200
    assert await planes.status("DELETE", f"{MACHINES}/{second}", account="ada") == 200
    assert (await planes.ask("GET", MACHINES, account="ada")).json == {"machines": [first]}


async def test_who_names_no_account_or_gives_another_order_is_refused(planes: Planes) -> None:
    assert await planes.status("POST", MACHINES, {}) == 401
    assert await planes.status("PUT", MACHINES, {}, account="ada") == 404
    assert await planes.status("GET", f"{MACHINES}/m-1/x", account="ada") == 404


async def test_a_job_is_done_on_a_machine_that_is_gone_after_it(planes: Planes) -> None:
    done = await planes.ask("POST", "https://jobs.test/jobs", {"work": "knit"})
    assert done.status == 201
    assert done.json["machine"].startswith("m-")
    assert (await planes.ask("GET", MACHINES, account="jobs.test")).json == {"machines": []}


async def test_nothing_is_launched_while_the_database_is_away_and_computers_run_on(
    planes: Planes,
) -> None:
    assert await launch(planes) == 201
    await lose_database(planes, 60, "empty-record")
    assert await launch(planes) == 503
    assert await planes.status("GET", "https://shop.test/") == 200
    assert await planes.status("GET", "https://jobs.test/health") == 200
    assert await planes.status("POST", "https://jobs.test/jobs", {"work": "knit"}) == 503
    assert await launch(planes, WEST) == 201


async def test_a_database_that_was_away_for_less_than_a_lease_is_not_missed_afterwards(
    planes: Planes,
) -> None:
    await lose_database(planes, 500)
    assert await launch(planes) == 503
    await find_database(planes)
    assert await launch(planes) == 201


async def test_after_ten_minutes_the_leases_are_lost_and_launches_wait_until_the_queue_is_drained(
    planes: Planes,
) -> None:
    await lose_database(planes, 620)
    assert await waiting(planes) == 1000
    await planes.mend(TABLES)
    planes.later(NEGATIVE_TTL)
    # The database is back, the workflow has not looked yet.
    assert await planes.status("GET", "https://shop.test/health") == 200
    assert await waiting(planes) == 1000
    await planes.renew_leases()
    left = [await waiting(planes)]
    for _ in range(3):
        planes.later(RECOVERY / 4)
        left.append(await waiting(planes))
    assert left == sorted(left, reverse=True)
    assert all(abs(n - fits) < 120 for n, fits in zip(left, (1000, 750, 500, 250), strict=True))
    planes.later(RECOVERY / 4)
    assert await launch(planes) == 201


async def test_a_region_loses_its_own_leases_alone(planes: Planes) -> None:
    await lose_database(planes, 620)
    await find_database(planes)
    assert await launch(planes) == 503
    assert await launch(planes, WEST) == 201
    assert await launch(planes, MACHINES.replace("east-1.nimbus", "north-1.stratus")) == 201


async def test_a_queue_that_is_lost_again_starts_anew(planes: Planes) -> None:
    await lose_database(planes, 620)
    await find_database(planes)
    planes.later(RECOVERY / 2)
    assert await waiting(planes) < 600
    await planes.renew_leases()
    await lose_database(planes, 620)
    await find_database(planes)
    assert await waiting(planes) > 850


@pytest.mark.parametrize(("mode", "status"), [("errors", 500), ("refused", 0)])
async def test_a_fault_of_the_control_plane_stops_launches_and_no_computer(
    planes: Planes, mode: str, status: int
) -> None:
    assert await planes.break_(PLANE, mode) == [PLANE]
    assert await launch(planes) == status
    assert await launch(planes, WEST) == 201
    assert await planes.status("GET", "https://shop.test/health") == 200
    await planes.mend(PLANE)
    assert await launch(planes) == 201
