"""The error pages of edges and computers: whose fault a page speaks of is what sets them apart."""

from __future__ import annotations

import html
from collections.abc import Mapping

from aiohttp import web

from downwind.world.form.schema import ErrorPage, Product, Provider

ORIGIN_TROUBLE = "The edge is working. The origin server"
"""Stands in the page that an edge shows when what lies behind it fails."""

_PAGE = """<!doctype html>
<html><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1><p>{text}</p><p>{foot}</p></body></html>
"""


def usual_headers(provider: Provider, product: Product) -> dict[str, str]:
    """What an edge adds to every answer."""
    page = product.error_page.headers if product.error_page else {}
    named = {"server": provider.id, "via": f"1.1 {provider.called} {product.id}"}
    for name, text in {**page, **product.headers}.items():
        named[name.lower()] = text
    return named


def filled(headers: Mapping[str, str], request_id: str) -> dict[str, str]:
    """The headers of one answer."""
    return {name: text.replace("{id}", request_id) for name, text in headers.items()}


def own_fault_page(
    provider: Provider, product: Product, headers: Mapping[str, str], request_id: str
) -> web.Response:
    """The 500 of a product that failed by itself, in its own colours."""
    page = product.error_page or ErrorPage(body=f"{provider.called} {product.id}")
    text = page.body.replace("{id}", request_id)
    return _page(500, page.title, text, f"Request {request_id}", headers)


def origin_trouble_page(
    provider: Provider,
    host: str,
    status: int,
    what: str,
    headers: Mapping[str, str],
    request_id: str,
) -> web.Response:
    """The 502 or 504 of an edge that works, before an origin that does not."""
    title = f"{host} | {status}: {'Gateway time-out' if status == 504 else 'Bad gateway'}"
    text = f"{ORIGIN_TROUBLE} of {host} {what}."
    return _page(status, title, text, f"{provider.called} {request_id}", headers)


def unknown_host_page(host: str, headers: Mapping[str, str], request_id: str) -> web.Response:
    """The 404 of an edge that has no such customer."""
    text = f"No customer here has the name {host}."
    return _page(404, "Unknown host", text, f"Request {request_id}", headers)


def blocked_page(host: str, rule: str, headers: Mapping[str, str], request_id: str) -> web.Response:
    """The 403 of an edge whose rules block a request."""
    text = f"The rules of {host} block this request ({rule})."
    return _page(403, "Blocked", text, f"Request {request_id}", headers)


def computer_page(provider: Provider, product: Product) -> web.Response:
    """The 503 of a computer on which nothing works any more."""
    page = product.error_page or ErrorPage(title="Service unavailable", body=computer_body(product))
    return _page(503, page.title, page.body, provider.called, page.headers)


def computer_body(product: Product) -> str:
    """What the plain error page of a computer says."""
    return f"The instance on {product.called} is unavailable."


def _page(
    status: int, title: str, text: str, foot: str, headers: Mapping[str, str]
) -> web.Response:
    body = _PAGE.format(title=html.escape(title), text=html.escape(text), foot=html.escape(foot))
    return web.Response(
        status=status,
        text=body,
        content_type="text/html",
        headers={"cache-control": "no-store", **headers},
    )
