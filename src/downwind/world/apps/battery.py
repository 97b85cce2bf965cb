"""A balcony battery, and the cloud of its maker, which plans for it."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from downwind.world.apps.forecast import (
    HOURS,
    LOAD_PRIOR,
    SOLAR_PRIOR,
    forecast,
    hour_of,
    schedule_of,
)
from downwind.world.apps.frame import Body, Frame, Refused, answer, read_body
from downwind.world.apps.pages import front_page
from downwind.world.net.platform import HostConfig, HttpClient, Platform, Unreachable

CLOUD_WAIT = 20.0
"""Scenario seconds that the battery waits for each answer of its cloud."""

_READINGS_USED = 500

Watts = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
WattHours = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Time = Annotated[float, Field(ge=0, le=10_000_000_000, allow_inf_nan=False)]
Device = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class Reading(Body):
    """What a battery measures at home, at one moment."""

    device: Device
    at: Time
    solar_watts: Watts
    load_watts: Watts


class Wanted(Body):
    """For which battery a schedule is asked, and how full it is."""

    device: Device
    capacity_wh: Annotated[WattHours, Field(gt=0)]
    charge_wh: WattHours
    at: Time


class Measured(Body):
    """What the battery is told of the home that it steers for."""

    solar_watts: Watts
    load_watts: Watts


def schedule(config: HostConfig, platform: Platform) -> web.Application:
    """The application of kind `schedule`."""
    cloud = _Cloud(Frame.of(config, platform))
    app = cloud.frame.application()
    app.add_routes(
        [
            web.get("/", front_page(config, "It plans when your battery charges.")),
            web.get("/health", cloud.check),
            web.post("/readings", cloud.take_reading),
            web.post("/schedules", cloud.plan),
        ]
    )
    return app


def battery(config: HostConfig, platform: Platform) -> web.Application:
    """The application of kind `battery`."""
    unit = _Battery(Frame.of(config, platform), platform.http)
    app = unit.frame.application()
    app.add_routes(
        [
            web.get("/", front_page(config, "The battery on the balcony.")),
            web.get("/state", unit.show_state),
            web.post("/steer", unit.steer),
        ]
    )
    return app


class _Cloud:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    async def check(self, _: web.Request) -> web.Response:
        """GET /health: whether the cloud can read its data."""
        await self.frame.store.get("readings", "none")
        return answer({"ok": True, "service": self.frame.config.service})

    async def take_reading(self, request: web.Request) -> web.Response:
        """POST /readings: stored before it is acknowledged."""
        body = await read_body(request, Reading)
        reading = body.model_dump()
        key = f"{body.device}/{int(body.at * 1e6):018d}"
        await self.frame.store.put("readings", key, reading)
        return answer(reading, status=201)

    async def plan(self, request: web.Request) -> web.Response:
        """POST /schedules: 24 hours by what is known of the home."""
        body = await read_body(request, Wanted)
        if body.charge_wh > body.capacity_wh:
            raise Refused(422, "unfit request", "charge_wh is at most capacity_wh")
        found = await self.frame.store.list(
            "readings", f"{body.device}/", limit=_READINGS_USED, newest_first=True
        )
        readings = [(hour_of(value["at"]), value) for _, value in found]
        hours = schedule_of(
            forecast([(hour, value["solar_watts"]) for hour, value in readings], SOLAR_PRIOR),
            forecast([(hour, value["load_watts"]) for hour, value in readings], LOAD_PRIOR),
            at=body.at,
            capacity_wh=body.capacity_wh,
            charge_wh=body.charge_wh,
        )
        listed = [asdict(hour) for hour in hours]
        return answer(
            {"device": body.device, "hours": listed, "by": "model", "readings": len(readings)}
        )


class _PlannedHour(BaseModel):
    model_config = ConfigDict(frozen=True)

    hour: Annotated[int, Field(ge=0, lt=HOURS)]
    watts: Annotated[float, Field(ge=-100_000, le=100_000, allow_inf_nan=False)]


class _Plan(BaseModel):
    model_config = ConfigDict(frozen=True)

    hours: list[_PlannedHour]


@dataclass(frozen=True, slots=True)
class _State:
    at: float
    charge_wh: float
    watts: float = 0.0
    """Above 0 it charges, below it discharges."""
    by: str | None = None
    """schedule, rule, or None before the first order."""

    def later(self, now: float, capacity_wh: float) -> _State:
        """The same after a while: it stops where it is full or empty."""
        gained = self.watts * max(0.0, now - self.at) / 3600.0
        charge = min(max(self.charge_wh + gained, 0.0), capacity_wh)
        stopped = (self.watts > 0 and charge >= capacity_wh) or (self.watts < 0 and charge <= 0)
        return _State(max(now, self.at), charge, 0.0 if stopped else self.watts, self.by)

    def shown(self) -> dict[str, Any]:
        doing = "charge" if self.watts > 0 else "discharge" if self.watts < 0 else "idle"
        return {
            "doing": doing,
            "watts": round(abs(self.watts), 1),
            "by": self.by,
            "charge_wh": round(self.charge_wh, 1),
        }


class _Battery:
    def __init__(self, frame: Frame, http: HttpClient) -> None:
        settings = frame.config.settings
        self.frame = frame
        self._http = http
        self._cloud = str(settings.get("cloud", "https://cloud.battery.test")).rstrip("/")
        self._device = str(settings.get("device", "battery"))
        self._capacity = float(settings.get("capacity_wh", 2000))
        self._turn = asyncio.Lock()

    async def show_state(self, _: web.Request) -> web.Response:
        """GET /state: how full it is, what it does, and by whose word."""
        state = await self._state(self.frame.now())
        named = {"device": self._device, "capacity_wh": self._capacity, "at": state.at}
        return answer(named | state.shown())

    async def steer(self, request: web.Request) -> web.Response:
        """POST /steer: by the cloud's schedule, or by a rule of its own where there is none."""
        body = await read_body(request, Measured)
        planned = await self._planned(body, self.frame.now())
        by, watts = "schedule", planned
        if watts is None:
            by, watts = "rule", body.solar_watts - body.load_watts
        async with self._turn:
            now = self.frame.now()
            charge = (await self._state(now)).charge_wh
            # No time passes here: it only stops what is full or empty already.
            state = _State(now, charge, watts, by).later(now, self._capacity)
            await self.frame.store.put("battery", "state", asdict(state))
        return answer(state.shown())

    async def _state(self, now: float) -> _State:
        stored = await self.frame.store.get("battery", "state")
        if stored is None:
            return _State(now, self._capacity / 2)
        return _State(**stored).later(now, self._capacity)

    async def _planned(self, body: Measured, now: float) -> float | None:
        """Watts that the cloud plans for this hour; None where it does not say."""
        reading = body.model_dump() | {"device": self._device, "at": now}
        charge = (await self._state(now)).charge_wh
        wanted = {
            "device": self._device,
            "capacity_wh": self._capacity,
            "charge_wh": charge,
            "at": now,
        }
        if await self._ask("/readings", reading, 201) is None:
            return None
        raw = await self._ask("/schedules", wanted, 200)
        if raw is None:
            return None
        try:
            plan = _Plan.model_validate_json(raw)
        except ValidationError:
            return None
        return next((found.watts for found in plan.hours if found.hour == hour_of(now)), None)

    async def _ask(self, path: str, value: dict[str, Any], status: int) -> bytes | None:
        url = self._cloud + path
        try:
            reply = await self._http.request("POST", url, json=value, timeout=CLOUD_WAIT)
        except Unreachable:
            return None
        return reply.body if reply.status == status else None
