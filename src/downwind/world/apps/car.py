"""A car, which opens by its card as well, and the cloud of its maker behind the phone app."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from aiohttp import web
from pydantic import Field

from downwind.world.apps.accounts import Accounts
from downwind.world.apps.frame import Body, Frame, Refused, answer, read_body
from downwind.world.apps.pages import front_page
from downwind.world.net.platform import HostConfig, HttpClient, HttpReply, Platform, Unreachable

KEY_HEADER = "x-fleet-key"

_FIRST_STATE = {"locked": True, "by": None, "limit": 80}


class Card(Body):
    """What the card says to the door."""

    card: Annotated[str, Field(min_length=1, max_length=100)]


class Charging(Body):
    """How far the car charges, in percent."""

    limit: Annotated[int, Field(ge=50, le=100)]


def fleet(config: HostConfig, platform: Platform) -> web.Application:
    """The application of kind `fleet`."""
    cloud = _Fleet(Frame.of(config, platform), platform.http)
    app = cloud.frame.application()
    app.add_routes(
        [
            web.get("/", front_page(config, "Your car, from your phone.")),
            web.get("/health", cloud.check),
            web.post("/sign-in", cloud.accounts.sign_in),
            web.get("/cars/{car}", cloud.show),
            web.post("/cars/{car}/unlock", cloud.unlock),
            web.post("/cars/{car}/lock", cloud.lock),
            web.put("/cars/{car}/charging", cloud.set_charging),
        ]
    )
    return app


def car(config: HostConfig, platform: Platform) -> web.Application:
    """The application of kind `car`."""
    vehicle = _Car(Frame.of(config, platform))
    app = vehicle.frame.application()
    app.add_routes(
        [
            web.get("/", front_page(config, "A car.")),
            web.get("/state", vehicle.show),
            web.post("/unlock", vehicle.unlock_by_card),
            web.post("/remote/unlock", vehicle.unlock),
            web.post("/remote/lock", vehicle.lock),
            web.put("/remote/charging", vehicle.set_charging),
        ]
    )
    return app


class _Fleet:
    def __init__(self, frame: Frame, http: HttpClient) -> None:
        settings = frame.config.settings
        self.frame = frame
        self.accounts = Accounts(frame)
        self._http = http
        self._cars = {str(name): str(host) for name, host in dict(settings.get("cars", {})).items()}
        self._key = str(settings.get("key", ""))

    async def check(self, _: web.Request) -> web.Response:
        """GET /health: whether the fleet can read its data."""
        await self.frame.store.get("orders", "none")
        return answer({"ok": True, "service": self.frame.config.service})

    async def show(self, request: web.Request) -> web.Response:
        """GET /cars/{car}: what the car says of itself, and the last order to it."""
        name, _ = await self._own_car(request)
        orders = await self.frame.store.list("orders", f"{name}/", limit=1, newest_first=True)
        state = await self._ask(name, "GET", "/state")
        return answer({"car": name, **state, "last_order": orders[0][1] if orders else None})

    async def unlock(self, request: web.Request) -> web.Response:
        """POST /cars/{car}/unlock."""
        return await self._order(request, "unlock", "POST", None)

    async def lock(self, request: web.Request) -> web.Response:
        """POST /cars/{car}/lock."""
        return await self._order(request, "lock", "POST", None)

    async def set_charging(self, request: web.Request) -> web.Response:
        """PUT /cars/{car}/charging: how far it charges."""
        return await self._order(request, "charging", "PUT", Charging)

    async def _order(
        self, request: web.Request, what: str, method: str, kind: type[Charging] | None
    ) -> web.Response:
        """Store an order, then send it to the car."""
        name, user = await self._own_car(request)
        value = (await read_body(request, kind)).model_dump() if kind else None
        stamp, now = self.frame.stamps.next()
        order = {"order": stamp, "car": name, "do": what, "with": value, "user": user, "at": now}
        await self.frame.store.put("orders", f"{name}/{stamp}", order)
        state = await self._ask(name, method, f"/remote/{what}", value)
        return answer({"order": stamp, "car": name, **state})

    async def _own_car(self, request: web.Request) -> tuple[str, str]:
        """The car of the path and the user who is signed in; raises Refused."""
        user = await self.accounts.user_of(request)
        name = request.match_info["car"]
        account = self.accounts.record_of(user)
        own = account.details.get("cars", self._cars) if account else ()
        if name not in self._cars or name not in own:
            raise Refused(404, "unknown car", "this user has no such car")
        return name, user

    async def _ask(self, name: str, method: str, path: str, value: Any = None) -> dict[str, Any]:
        url = f"https://{quote(self._cars[name], safe='')}{path}"
        headers = {KEY_HEADER: self._key}
        try:
            reply = await self._http.request(method, url, json=value, headers=headers)
        except Unreachable as error:
            raise Refused(504, "car unreachable", str(error)) from error
        return _state_in(reply)


def _state_in(reply: HttpReply) -> dict[str, Any]:
    if reply.status != 200:
        raise Refused(502, "car refuses", f"the car answers {reply.status}")
    try:
        said = json.loads(reply.body)
    except ValueError as error:
        raise Refused(502, "car refuses", "the car does not answer in JSON") from error
    if not isinstance(said, dict):
        raise Refused(502, "car refuses", "the car does not say its state")
    return {name: said[name] for name in _FIRST_STATE if name in said}


class _Car:
    def __init__(self, frame: Frame) -> None:
        settings = frame.config.settings
        self.frame = frame
        self._cards = tuple(str(card) for card in settings.get("cards", ()))
        self._key = str(settings.get("key", ""))
        self._turn = asyncio.Lock()

    async def show(self, _: web.Request) -> web.Response:
        """GET /state: whether it is locked, who last locked or unlocked it, how far it charges."""
        return answer(await self._state())

    async def unlock_by_card(self, request: web.Request) -> web.Response:
        """POST /unlock: by a card held to the door; it asks nobody."""
        body = await read_body(request, Card)
        if not any(_same(body.card, card) for card in self._cards):
            raise Refused(403, "wrong card", "the card does not belong to this car")
        return await self._change({"locked": False, "by": "card"})

    async def unlock(self, request: web.Request) -> web.Response:
        """POST /remote/unlock: by the maker's cloud."""
        self._require_key(request)
        return await self._change({"locked": False, "by": "app"})

    async def lock(self, request: web.Request) -> web.Response:
        """POST /remote/lock: by the maker's cloud."""
        self._require_key(request)
        return await self._change({"locked": True, "by": "app"})

    async def set_charging(self, request: web.Request) -> web.Response:
        """PUT /remote/charging: by the maker's cloud."""
        self._require_key(request)
        body = await read_body(request, Charging)
        return await self._change({"limit": body.limit})

    def _require_key(self, request: web.Request) -> None:
        # A car without a key obeys nobody from afar.
        if not self._key or not _same(request.headers.get(KEY_HEADER, ""), self._key):
            raise Refused(403, "wrong key", f"{KEY_HEADER} is not this car's")

    async def _state(self) -> dict[str, Any]:
        stored = await self.frame.store.get("car", "state")
        return {**_FIRST_STATE, **(stored or {})}

    async def _change(self, change: Mapping[str, Any]) -> web.Response:
        async with self._turn:
            state = {**await self._state(), **change}
            await self.frame.store.put("car", "state", state)
        return answer(state)


def _same(said: str, kept: str) -> bool:
    # Headers are decoded with surrogates where they are no UTF-8.
    return hmac.compare_digest(said.encode("utf-8", "surrogateescape"), kept.encode())
