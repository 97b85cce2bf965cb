"""A status page: what its provider has announced, for people and in the shape of a real feed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from downwind.terms import ModelError
from downwind.world.apps.frame import Frame, Handler, Refused, answer
from downwind.world.apps.pages import front_page
from downwind.world.apps.statusfeeds import (
    FEEDS,
    Component,
    Feed,
    Incident,
    StatusPage,
    incident_of,
    written,
)
from downwind.world.net.platform import HostConfig, Platform

MAX_AGE = 30
"""Seconds for which a cache may keep what the page says."""

_Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
_Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    id: _Id
    name: _Name


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    provider: _Id
    name: _Name | None = None
    format: Literal["statuspage", "aws-health", "google-incidents"] = "statuspage"
    components: list[_Line] = []


def statuspage(config: HostConfig, platform: Platform) -> web.Application:
    """The application of kind `statuspage`; raises ModelError where its settings are wrong."""
    settings = _settings(config)
    site = _Site(config, platform, settings)
    app = Frame.of(config, platform).application()
    app.add_routes(
        [
            web.get("/", site.show),
            web.get("/health", site.check),
            web.get("/incidents/{incident}", site.show_incident),
            *(web.get(path, site.feed(each)) for path, each in FEEDS[settings.format].items()),
        ]
    )
    return app


def _settings(config: HostConfig) -> _Settings:
    try:
        return _Settings.model_validate(_plain(config.settings))
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}"
            for each in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise ModelError(
            f"The settings of the status page are wrong: {'; '.join(lines)}.",
            where=config.host,
            todo="They are provider, name, format and components.",
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


class _Site:
    def __init__(self, config: HostConfig, platform: Platform, settings: _Settings) -> None:
        name = settings.name or config.service
        self._config = replace(config, settings={"title": f"{name} status"})
        self._platform = platform
        self._format = settings.format
        self._page = StatusPage(
            provider=settings.provider,
            name=name,
            host=config.host,
            components=tuple(Component(each.id, each.name) for each in settings.components),
            since=platform.clock.now(),
        )

    async def check(self, _: web.Request) -> web.Response:
        """GET /health: whether the page knows what its provider has announced."""
        self._incident()
        return answer({"ok": True, "service": self._config.service})

    async def show(self, request: web.Request) -> web.StreamResponse:
        """GET /: a sentence for people."""
        says = _sentence(self._page.name, self._incident())
        page = await front_page(self._config, says)(request)
        assert isinstance(page, web.Response)
        assert isinstance(page.body, bytes)
        return _kept(request, page.body, "text/html; charset=utf-8")

    async def show_incident(self, request: web.Request) -> web.StreamResponse:
        """GET /incidents/{incident}: where the feed's link leads."""
        incident = self._incident()
        if incident is None or incident.id != request.match_info["incident"]:
            raise Refused(404, "unknown incident", "the page tells of no such incident")
        return await self.show(request)

    def feed(self, feed: Feed) -> Handler:
        """GET of a feed."""

        async def tell(request: web.Request) -> web.StreamResponse:
            value = feed(self._page, self._incident(), self._platform.clock.now())
            return _kept(request, *written(self._format, value))

        return tell

    def _incident(self) -> Incident | None:
        bulletin = self._platform.bulletin
        if bulletin is None:
            raise Refused(503, "no bulletin", "the page is not told what its provider announces")
        return incident_of(self._page, bulletin.of(self._page.provider))


def _kept(request: web.Request, body: bytes, content_type: str) -> web.Response:
    """A reply that caches keep for a while and may ask about again (RFC 9110, 13.1.2)."""
    tag = hashlib.sha256(body).hexdigest()[:16]
    headers = {"Cache-Control": f"max-age={MAX_AGE}", "ETag": f'"{tag}"'}
    if any(each.value in (tag, "*") for each in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, headers=headers | {"Content-Type": content_type})


def _sentence(name: str, incident: Incident | None) -> str:
    if incident is None:
        return f"{name} has announced no incident."
    last = incident.last
    if incident.resolved:
        return (
            f"{name} has announced no open incident. The last one, “{last.title}”, "
            f"was resolved on {_day(last.at)}. {last.text}"
        )
    return (
        f"{name} has announced an incident of {_day(incident.begun)}: “{last.title}”. {last.text} "
        f"Impact: {last.impact}; {last.state} since {_day(last.at)}."
    )


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
