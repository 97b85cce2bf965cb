"""The HTML page that a host shows, with the things of other hosts that it loads."""

from __future__ import annotations

from html import escape

from aiohttp import web

from downwind.world.apps.frame import Handler
from downwind.world.net.platform import HostConfig, Resource


def front_page(config: HostConfig, says: str) -> Handler:
    """A handler for GET / that shows the page of a host."""
    text = _page(config, says)

    async def show(_: web.Request) -> web.Response:
        return web.Response(
            text=text, content_type="text/html", headers={"Cache-Control": "no-cache"}
        )

    return show


def _page(config: HostConfig, says: str) -> str:
    title = escape(str(config.settings.get("title") or config.service))
    head = [_tag(r) for r in config.resources if r.blocking and r.element != "image"]
    body = [_tag(r) for r in config.resources if not r.blocking or r.element == "image"]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            f'<head><meta charset="utf-8"><title>{title}</title>',
            *head,
            "</head>",
            f"<body><h1>{title}</h1><p>{escape(says)}</p>",
            *body,
            "</body></html>",
            "",
        ]
    )


def _tag(resource: Resource) -> str:
    url = escape(f"https://{resource.host}/{resource.path.lstrip('/')}", quote=True)
    if resource.element == "stylesheet":
        return f'<link rel="stylesheet" href="{url}">'
    if resource.element == "image":
        return f'<img src="{url}" alt="">'
    wait = "" if resource.blocking else " async"
    return f'<script src="{url}"{wait}></script>'
