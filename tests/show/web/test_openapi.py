"""Every route stands in the OpenAPI document, and every answer is as the document says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from downwind.show.web import Access, build_app
from downwind.show.web.app import DOCUMENT
from downwind.show.web.app import document as made
from downwind.show.web.operations import JSON, Operation
from downwind.show.web.routes import OPERATIONS
from tests.show.web.hub import ACTOR, PARIS, TOKENS, MemoryHub, asked, bearer
from tests.show.web.pictures import NOON, hostile_picture, outage_picture
from tests.show.web.schema import faults, resolve

EVERY = (*OPERATIONS, DOCUMENT)
PATHS = {
    "incident": "/api/v1/incidents/2025-11-18-cloudflare-proxy",
    "incident_page": "/incidents/2025-11-18-cloudflare-proxy",
    "static": "/static/style.css",
    "target_badge": "/badge/shop/do-0.svg",
    "cancel": "/api/v1/maintenance/1763470800-chat%2Fdo-2/cancel",
    "acknowledge": "/api/v1/incidents/2025-11-18-cloudflare-proxy/acknowledge",
    "close": "/api/v1/incidents/2025-11-18-cloudflare-proxy/close",
    "comment": "/api/v1/incidents/2025-11-18-cloudflare-proxy/comment",
    "accept_need": "/api/v1/needs/n1/accept",
    "reject_need": "/api/v1/needs/n1/reject",
}
BODIES: dict[str, dict[str, Any]] = {
    "deploy": {"service": "shop", "title": "v42"},
    "maintenance": {"service": "shop", "until": NOON + 3600},
    "cancel": {},
    "acknowledge": {"note": "looking"},
    "close": {},
    "comment": {"note": "We wait."},
    "accept_need": {},
    "reject_need": {},
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found = json.loads(json.dumps(made()))
    assert isinstance(found, dict)
    return found


def test_the_document_has_the_routes_of_the_app_and_no_others(document: dict[str, Any]) -> None:
    app = build_app(MemoryHub(), Access())
    served = {
        (method, getattr(route, "path", "").replace(":path}", "}"))
        for route in app.routes
        for method in getattr(route, "methods", ())
        if method != "HEAD"
    }
    told = {(method.upper(), path) for path, each in document["paths"].items() for method in each}
    assert told == served


def test_every_operation_has_a_name_of_its_own_and_says_what_may_go_wrong(
    document: dict[str, Any],
) -> None:
    rows = [each for path in document["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in rows]
    assert len(names) == len(set(names))
    for row in rows:
        assert row["summary"].endswith((".", "}"))
        assert {"200", "421"} <= set(row["responses"])


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found: list[str] = []

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            found.extend([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
            for inner in part.values():
                walk(inner)
        elif isinstance(part, list):
            for inner in part:
                walk(inner)

    walk(document)
    assert len(found) > 40
    for ref in found:
        assert resolve(ref, document)


@pytest.mark.parametrize("picture", [outage_picture, hostile_picture])
async def test_every_answer_is_as_the_document_says(document: dict[str, Any], picture: Any) -> None:
    hub = MemoryHub(outage_picture())
    async with asked(hub) as client:
        for row in EVERY:
            if row.method == "GET" and "{" not in row.path:
                hub.shown = picture()
            else:
                hub.shown = outage_picture()
            told = document["paths"][row.template][row.method.lower()]["responses"]
            if row.name in ("events", "ready"):
                continue  # a stream has no end, and not every picture is ready: tested elsewhere
            secret = PARIS if row.right == "report" else ACTOR
            async with client.request(
                row.method, PATHS.get(row.name, row.path), headers=bearer(secret), **_body(row)
            ) as answer:
                assert answer.status == 200, (row.name, await answer.text())
                assert answer.content_type in told["200"]["content"], row.name
                if answer.content_type != JSON:
                    continue
                value = await answer.json()
                schema = told["200"]["content"][JSON]["schema"]
                assert faults(value, schema, document) == [], row.name


def _body(row: Operation) -> dict[str, Any]:
    if row.raw:
        return {"data": b"a batch"}
    return {"json": BODIES[row.name]} if row.body else {}


async def test_every_refusal_is_as_the_document_says(document: dict[str, Any]) -> None:
    hub = MemoryHub(outage_picture())
    async with asked(hub, Access(TOKENS, open_reads=False)) as client:
        for row in EVERY:
            if row.right is None:
                continue
            path = PATHS.get(row.name, row.path)
            async with client.request(row.method, path, **_body(row)) as answer:
                assert answer.status == 401, row.name
                told = document["paths"][row.template][row.method.lower()]["responses"]["401"]
                schema = told["content"][JSON]["schema"]
                assert faults(await answer.json(), schema, document) == []
    assert hub.told == []


def test_bodies_that_the_document_forbids_are_found_by_the_check(document: dict[str, Any]) -> None:
    schema = {"$ref": "#/components/schemas/Rival"}
    assert faults({"name": "aws", "weight": 0.5}, schema, document) == []
    rivals: tuple[Any, ...] = (
        {"name": "aws"},
        {"name": "aws", "weight": "0.5"},
        {"name": "aws", "weight": True},
        {"name": "aws", "weight": 0.5, "more": 1},
        {"name": None, "weight": 0.5},
        [],
    )
    for wrong in rivals:
        assert faults(wrong, schema, document), wrong
    phase = document["components"]["schemas"]["IncidentSeen"]["properties"]["phase"]
    assert faults("open", phase, document) == []
    assert faults("opened", phase, document)
    state = document["components"]["schemas"]["TargetSeen"]["properties"]["state"]
    assert faults(None, state, document) == []
    assert faults("unknown", state, document)


def test_the_words_of_the_types_reach_the_document(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert (
        schemas["IncidentSeen"]["properties"]["since"]["description"] == "The first failing probe."
    )
    assert schemas["Deploy"]["properties"]["service"]["description"].startswith("The service")
