"""A Downdetector: what people report of the services they use, right or wrong."""

from __future__ import annotations

import asyncio
from typing import Annotated

from aiohttp import web
from pydantic import Field

from downwind.world.apps.frame import Body, Frame, Refused, answer, read_body
from downwind.world.apps.pages import front_page
from downwind.world.apps.tally import DAY_MINUTES, Minute, Tally, minute_of
from downwind.world.net.platform import HostConfig, Platform

LEAST = 10
"""Reports in 15 minutes below which nothing is trouble, where the setting `least` says no other."""

_TABLE = "minutes"
_TEXTS_SHOWN = 10


class Report(Body):
    """What somebody says of a service."""

    service: Annotated[str, Field(min_length=1, max_length=253)]
    blames: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")] | None = None
    text: Annotated[str, Field(max_length=500)] = ""


def tracker(config: HostConfig, platform: Platform) -> web.Application:
    """The application of kind `tracker`."""
    site = _Tracker(Frame.of(config, platform))
    app = site.frame.application()
    app.add_routes(
        [
            web.get("/", front_page(config, "What people report of the services they use.")),
            web.get("/health", site.check),
            web.post("/reports", site.take_report),
            web.get("/services", site.show_services),
            web.get("/services/{service}", site.show_service),
        ]
    )
    return app


class _Tracker:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._follows = tuple(str(name) for name in frame.config.settings.get("follows", ()))
        self._least = int(frame.config.settings.get("least", LEAST))
        self._began = minute_of(frame.now())
        self._ready = asyncio.Lock()
        self._tallies: dict[str, Tally] | None = None
        self._batches: dict[tuple[str, int], _Batch] = {}

    async def check(self, _: web.Request) -> web.Response:
        """GET /health: whether the tracker can read its data."""
        await self.frame.store.get(_TABLE, "none")
        return answer({"ok": True, "service": self.frame.config.service})

    async def take_report(self, request: web.Request) -> web.Response:
        """POST /reports: stored before it is acknowledged."""
        body = await read_body(request, Report)
        tally = await self._tally(body.service)
        stamp, now = self.frame.stamps.next()
        blames = {} if body.blames is None else {body.blames: 1}
        await self._store(
            tally, body.service, now, Minute(1, blames, (body.text,) if body.text else ())
        )
        return answer({"report": stamp, "service": body.service, "at": now}, status=201)

    async def show_services(self, _: web.Request) -> web.Response:
        """GET /services: how each does, by what people report."""
        tallies, now = await self._open(), self.frame.now()
        return answer({"services": [_summary(name, t, now) for name, t in tallies.items()]})

    async def show_service(self, request: web.Request) -> web.Response:
        """GET /services/{service}: the reports of the last day, and whom they blame."""
        name = request.match_info["service"]
        tally, now = await self._tally(name), self.frame.now()
        shown = {
            "service": name,
            "reports": tally.bins(now),
            "blames": tally.blames(now),
            "texts": tally.texts(now, _TEXTS_SHOWN),
        }
        return answer(shown)

    async def _tally(self, service: str) -> Tally:
        tallies = await self._open()
        if service not in tallies:
            raise Refused(404, "unknown service", "nobody follows this service here")
        return tallies[service]

    async def _open(self) -> dict[str, Tally]:
        """What was stored is read once, on first use."""
        if self._tallies is not None:
            return self._tallies
        async with self._ready:
            if self._tallies is None:
                self._tallies = await self._load()
        return self._tallies

    async def _load(self) -> dict[str, Tally]:
        store = self.frame.store
        found = await asyncio.gather(
            *(
                store.list(_TABLE, f"{name}/", limit=DAY_MINUTES, newest_first=True)
                for name in self._follows
            )
        )
        stored = [
            {int(key.rpartition("/")[2]): Minute.read(value) for key, value in rows}
            for rows in found
        ]
        since = min((minute for minutes in stored for minute in minutes), default=self._began)
        tallies = {name: Tally(min(since, self._began), self._least) for name in self._follows}
        for tally, minutes in zip(tallies.values(), stored, strict=True):
            for minute, reports in sorted(minutes.items()):
                tally.put(minute, reports)
        return tallies

    async def _store(self, tally: Tally, service: str, at: float, report: Minute) -> None:
        """Add a report to its minute, together with those that arrive while another is written."""
        key = (service, minute_of(at))
        batch = self._batches.get(key)
        if batch is None:
            batch = self._batches[key] = _Batch()
            batch.task = asyncio.create_task(self._write(tally, key, batch))
        batch.reports = batch.reports.plus(report)
        assert batch.task is not None
        await asyncio.shield(batch.task)

    async def _write(self, tally: Tally, key: tuple[str, int], batch: _Batch) -> None:
        service, minute = key
        async with self.frame.locks.of(service):
            del self._batches[key]
            together = tally.minute(minute).plus(batch.reports)
            await self.frame.store.put(_TABLE, f"{service}/{minute:010d}", together.written())
            tally.put(minute, together)


class _Batch:
    """Reports of one service and minute that are written at once."""

    def __init__(self) -> None:
        self.reports = Minute()
        self.task: asyncio.Task[None] | None = None


def _summary(service: str, tally: Tally, now: float) -> dict[str, object]:
    return {
        "service": service,
        "reports": tally.last_hour(now),
        "usual": round(tally.usual(now), 1),
        "trouble": tally.is_trouble(now),
    }
