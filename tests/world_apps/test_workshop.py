"""A build service needs a control plane for every job, and no machine outlives its job."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from downwind.world.apps.workshop import workshop

from .place import LoopbackHttp, MemoryStore, Place, running, serving
from .refusals import Bad, check_refused

CONTROL = "control.ec2.us-east-1.aws.test"
JOB = {"work": "make all"}


@dataclass
class ControlPlane:
    """Launches and ends machines; a test says how it fails."""

    status: int = 201
    body: bytes | None = None
    running: dict[str, str] = field(default_factory=dict)
    accounts: list[str] = field(default_factory=list)

    async def launch(self, request: web.Request) -> web.Response:
        assert await request.json() == {"size": "small"}
        if self.status != 201 or self.body is not None:
            return web.Response(status=self.status, body=self.body)
        self.accounts.append(request.headers["x-account"])
        name = f"m/{len(self.accounts)}"
        self.running[name] = "small"
        return web.json_response({"machine": name}, status=201)

    async def end(self, request: web.Request) -> web.Response:
        del self.running[request.match_info["machine"]]
        return web.Response(status=204)


@dataclass(frozen=True, slots=True)
class Yard:
    """A workshop and the control plane of its computers."""

    shop: Place
    control: ControlPlane
    http: LoopbackHttp
    store: MemoryStore


@asynccontextmanager
async def yard(folder: Path) -> AsyncIterator[Yard]:
    control, http, store = ControlPlane(), LoopbackHttp(), MemoryStore()
    app = web.Application()
    app.router.add_post("/machines", control.launch)
    app.router.add_delete("/machines/{machine}", control.end)
    base = f"https://{CONTROL}"
    async with (
        serving(app) as http.ports[CONTROL],
        running(workshop, folder, store, http=http, control=base) as shop,
    ):
        yield Yard(shop, control, http, store)


async def test_a_job_runs_on_a_machine_of_its_own_that_ends_with_it(tmp_path: Path) -> None:
    async with yard(tmp_path) as y:
        first, second = [await y.shop.call("POST", "/jobs", JOB) for _ in range(2)]
        assert first.status == 201
        assert set(first.json) == {"job", "machine", "result"}
        assert (first.json["machine"], second.json["machine"]) == ("m/1", "m/2")
        assert y.control.running == {}
        shown = await y.shop.call("GET", f"/jobs/{first.json['job']}")
        assert (shown.status, shown.json) == (200, first.json)


async def test_the_result_is_a_thousand_rounds_of_sha256_of_the_work(tmp_path: Path) -> None:
    digest = JOB["work"].encode()
    for _ in range(1000):
        digest = hashlib.sha256(digest).digest()
    async with yard(tmp_path) as y:
        assert (await y.shop.call("POST", "/jobs", JOB)).json["result"] == digest.hex()


async def test_machines_are_asked_for_in_the_name_of_the_host(tmp_path: Path) -> None:
    async with yard(tmp_path) as y:
        await y.shop.call("POST", "/jobs", JOB)
        assert y.control.accounts == ["app.test"]


async def test_without_a_machine_there_is_no_job_and_the_reason_is_passed_on(
    tmp_path: Path,
) -> None:
    async with yard(tmp_path) as y:
        y.control.status = 503
        y.control.body = b'{"error": "no capacity", "reason": "leases cannot be read"}'
        said = await y.shop.call("POST", "/jobs", JOB)
        assert (said.status, said.json["error"]) == (503, "no machine")
        assert "leases cannot be read" in said.json["reason"]
        assert "jobs" not in y.store.tables
        assert (await y.shop.call("GET", "/health")).status == 200


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"<html>"), (200, b'{"machine": "m1"}'), (201, b"[]"), (201, b'{"machine": 7}')],
)
async def test_an_answer_without_a_machine_is_no_machine(
    status: int, body: bytes, tmp_path: Path
) -> None:
    async with yard(tmp_path) as y:
        y.control.status, y.control.body = status, body
        said = await y.shop.call("POST", "/jobs", JOB)
        assert (said.status, said.json["error"]) == (503, "no machine")
        assert str(status) in said.json["reason"]


async def test_jobs_that_are_done_can_be_read_while_no_machine_can_be_launched(
    tmp_path: Path,
) -> None:
    async with yard(tmp_path) as y:
        done = (await y.shop.call("POST", "/jobs", JOB)).json
        y.http.ports.clear()
        said = await y.shop.call("POST", "/jobs", JOB)
        assert (said.status, said.json["error"]) == (503, "no machine")
        assert CONTROL in said.json["reason"]
        assert (await y.shop.call("GET", f"/jobs/{done['job']}")).json == done


async def test_a_machine_ends_even_where_its_job_cannot_be_stored(tmp_path: Path) -> None:
    async with yard(tmp_path) as y:
        y.store.reachable = False
        said = await y.shop.call("POST", "/jobs", JOB)
        assert (said.status, said.json["error"]) == (503, "storage unavailable")
        assert len(y.control.accounts) == 1
        assert y.control.running == {}


async def test_computers_without_a_control_plane_launch_nothing(tmp_path: Path) -> None:
    async with running(workshop, tmp_path) as shop:
        said = await shop.call("POST", "/jobs", JOB)
    assert (said.status, said.json["error"]) == (503, "no machine")


TABLE = [
    Bad("POST", "/jobs", b"", 400, "EOF"),
    Bad("POST", "/jobs", {}, 422, "work"),
    Bad("POST", "/jobs", {"work": ""}, 422, "work"),
    Bad("POST", "/jobs", {"work": "x" * 4001}, 422, "work"),
    Bad("POST", "/jobs", {"work": 7}, 422, "work"),
    Bad("POST", "/jobs", JOB | {"size": "large"}, 422, "size"),
    Bad("POST", "/jobs", b"x" * 70_000, 413, "POST /jobs"),
    Bad("GET", "/jobs/none", None, 404, "no such job"),
    Bad("GET", "/jobs/%ff", None, 404, "no such job"),
    Bad("DELETE", "/jobs/none", None, 405, "DELETE /jobs/none"),
    Bad("GET", "/nowhere", None, 404, "GET /nowhere"),
]


async def test_each_bad_request_is_refused_before_a_machine_is_launched(tmp_path: Path) -> None:
    async with yard(tmp_path) as y:
        for bad in TABLE:
            await check_refused(y.shop, bad)
        assert y.control.accounts == []
