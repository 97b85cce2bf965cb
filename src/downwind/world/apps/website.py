"""A web site that stands by: a page, articles that caches may keep, and orders that are stored."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from downwind.world.apps.frame import Body, Frame, Refused, answer, read_body
from downwind.world.apps.pages import front_page
from downwind.world.net.platform import HostConfig, Platform


class Order(Body):
    """What a customer orders."""

    item: Annotated[str, Field(min_length=1, max_length=200)]
    quantity: Annotated[int, Field(ge=1, le=1000)] = 1


def website(config: HostConfig, platform: Platform) -> web.Application:
    """The application of kind `website`."""
    site = _Site(Frame.of(config, platform))
    app = site.frame.application()
    app.add_routes(
        [
            web.get("/", front_page(config, "Welcome.")),
            web.get("/health", site.check),
            web.get("/articles/{number}", site.show_article),
            web.post("/orders", site.take_order),
            web.get("/orders/{order}", site.show_order),
        ]
    )
    return app


class _Site:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._articles = int(frame.config.settings.get("articles", 100))
        self._fresh = int(frame.config.settings.get("max_age", 300))

    async def check(self, _: web.Request) -> web.Response:
        """GET /health: whether the site can read its data."""
        await self.frame.store.get("orders", "none")
        return answer({"ok": True, "service": self.frame.config.service})

    async def show_article(self, request: web.Request) -> web.Response:
        """GET /articles/{number}: the same for all, so caches may keep it."""
        text = request.match_info["number"]
        known = text.isascii() and text.isdigit() and len(text) <= 9
        if not known or not 1 <= int(text) <= self._articles:
            raise Refused(404, "unknown article", f"there are articles 1 to {self._articles}")
        article = await self._article(int(text))
        tag = hashlib.sha256(json.dumps(article, sort_keys=True).encode()).hexdigest()[:16]
        return answer(article, Cache_Control=f"public, max-age={self._fresh}", ETag=f'"{tag}"')

    async def take_order(self, request: web.Request) -> web.Response:
        """POST /orders: stored before it is acknowledged."""
        body = await read_body(request, Order)
        # Who knows the number sees the order, so nobody can guess it.
        order = {
            "order": secrets.token_hex(12),
            "item": body.item,
            "quantity": body.quantity,
            "at": self.frame.now(),
        }
        await self.frame.store.put("orders", str(order["order"]), order)
        return answer(order, status=201)

    async def show_order(self, request: web.Request) -> web.Response:
        """GET /orders/{order}."""
        name = request.match_info["order"]
        found = await self.frame.store.get("orders", name) if name.isalnum() else None
        if found is None:
            raise Refused(404, "unknown order", "there is no such order")
        return answer(found)

    async def _article(self, number: int) -> dict[str, Any]:
        stored = await self.frame.store.get("articles", str(number))
        if isinstance(stored, dict):
            return stored
        article = {
            "article": number,
            "title": f"Article {number} of {self.frame.config.service}",
            "text": f"This is article {number}. It says what it said yesterday.",
        }
        await self.frame.store.put("articles", str(number), article)
        return article
