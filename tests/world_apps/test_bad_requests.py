"""Whatever is sent, an application answers with a clear refusal in JSON, never with a defect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .place import MemoryStore, Place, running

SIGN_IN = {"user": "ada", "password": "feather-river"}
DEEP = b"[" * 30_000
MAIL = {"device": "d", "sender_device": "d", "type": 1, "ciphertext": "AAAA"}
KEYS = {"device": "d", "curve25519": "A" * 43, "ed25519": "A" * 43, "signature": "A" * 86}

# application, method, path, body (JSON or raw bytes), signed in, status, part of the reason
TABLE: list[tuple[str, str, str, Any, bool, int, str]] = [
    ("social", "GET", "/nowhere", None, False, 404, "GET /nowhere"),
    ("social", "DELETE", "/feed", None, True, 405, "DELETE /feed"),
    ("social", "POST", "/sign-in", b"", False, 400, "EOF"),
    ("social", "POST", "/sign-in", b"{", False, 400, "EOF"),
    ("social", "POST", "/sign-in", b"\xff\xfe\x00", False, 400, "Invalid JSON"),
    ("social", "POST", "/sign-in", DEEP, False, 400, "recursion"),
    ("social", "POST", "/sign-in", [], False, 422, "the body"),
    ("social", "POST", "/sign-in", None, False, 400, "EOF"),
    ("social", "POST", "/sign-in", SIGN_IN | {"password": "wrong"}, False, 401, "wrong"),
    ("social", "POST", "/sign-in", SIGN_IN | {"user": "nobody"}, False, 401, "wrong"),
    ("social", "POST", "/sign-in", SIGN_IN | {"user": 7}, False, 422, "user"),
    ("social", "POST", "/sign-in", SIGN_IN | {"user": "../ada"}, False, 422, "user"),
    ("social", "POST", "/sign-in", SIGN_IN | {"password": ""}, False, 422, "password"),
    ("social", "POST", "/sign-in", SIGN_IN | {"more": 1}, False, 422, "more"),
    ("social", "GET", "/feed", None, False, 401, "Bearer"),
    ("social", "GET", "/feed?limit=0", None, True, 422, "limit"),
    ("social", "GET", "/feed?limit=x", None, True, 422, "limit"),
    ("social", "GET", f"/feed?limit={'9' * 5000}", None, True, 422, "limit"),
    ("social", "POST", "/posts", {"text": ""}, True, 422, "text"),
    ("social", "POST", "/posts", {"text": "x" * 4001}, True, 422, "text"),
    ("social", "POST", "/posts", b'{"text": "\\ud800"}', True, 400, "escape"),
    ("social", "POST", "/posts", b"x" * 70_000, True, 413, "POST /posts"),
    ("social", "POST", "/posts", {"text": "x"}, False, 401, "Bearer"),
    ("social", "POST", "/direct/nobody", {"text": "x"}, True, 404, "no such user"),
    ("social", "GET", "/direct/ada%2Fgrace", None, True, 404, "no such user"),
    ("social", "GET", "/direct/%ff%00", None, True, 404, "no such user"),
    ("social", "PUT", "/follows/ada*", None, True, 404, "no such user"),
    ("website", "POST", "/orders", {"item": "x", "quantity": 0}, False, 422, "quantity"),
    ("website", "POST", "/orders", {"item": "x", "quantity": True}, False, 422, "quantity"),
    ("website", "POST", "/orders", b"x" * 70_000, False, 413, "POST /orders"),
    ("website", "GET", "/orders/%ff", None, False, 404, "order"),
    ("messenger", "PUT", "/keys", KEYS, False, 401, "Bearer"),
    ("messenger", "PUT", "/keys", KEYS, True, 422, "signature"),
    ("messenger", "PUT", "/keys", KEYS | {"device": "a/b"}, True, 422, "device"),
    ("messenger", "PUT", "/keys", KEYS | {"ed25519": "short"}, True, 422, "ed25519"),
    ("messenger", "PUT", "/keys", KEYS | {"one_time_keys": {"k": 1}}, True, 422, "one_time_keys"),
    ("messenger", "GET", "/keys/nobody", None, True, 404, "no such user"),
    ("messenger", "GET", "/keys/ada?device=none", None, True, 404, "no such device"),
    ("messenger", "GET", "/keys/ada", None, False, 401, "Bearer"),
    ("messenger", "POST", "/mailbox/grace", MAIL, False, 401, "Bearer"),
    ("messenger", "POST", "/mailbox/grace", MAIL, True, 404, "no such device"),
    ("messenger", "POST", "/mailbox/nobody", MAIL, True, 404, "no such user"),
    ("messenger", "POST", "/mailbox/grace", MAIL | {"type": 2}, True, 422, "type"),
    ("messenger", "POST", "/mailbox/grace", MAIL | {"ciphertext": "é"}, True, 422, "ciphertext"),
    ("messenger", "POST", "/mailbox/grace", b"x" * 70_000, True, 413, "POST /mailbox"),
    ("messenger", "GET", "/mailbox/grace", None, True, 403, "own user"),
    ("messenger", "GET", "/mailbox/ada", None, True, 404, "no such device"),
    ("messenger", "GET", "/mailbox/ada?device=%ff/..", None, True, 404, "no such device"),
]


async def send(place: Place, method: str, path: str, body: Any, token: str) -> Any:
    raw = body if isinstance(body, bytes) else None
    said = await place.call(method, path, None if raw is not None else body, token=token, raw=raw)
    assert said.status < 500, said
    return said


@pytest.mark.parametrize("kind", ["social", "website", "messenger"])
async def test_each_bad_request_gets_a_refusal_with_its_reason(kind: str, tmp_path: Path) -> None:
    async with running(kind, tmp_path) as place:
        token = "" if kind == "website" else await place.sign_in("ada", "feather-river")
        for app, method, path, body, signed_in, status, reason in TABLE:
            if app != kind:
                continue
            said = await send(place, method, path, body, token if signed_in else "")
            assert said.status == status, (method, path, said)
            assert set(said.json) == {"error", "reason"}
            assert reason in said.json["reason"], (method, path, said)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["user", "password", "text", "device", "sender_device", "type", "ciphertext", "one_time_keys"]
)
BODIES = ANY_JSON | st.dictionaries(NAMES, ANY_JSON, max_size=6) | st.binary(max_size=40)
DOORS = st.sampled_from(
    [
        ("social", "POST", "/sign-in"),
        ("social", "POST", "/posts"),
        ("social", "POST", "/direct/grace"),
        ("messenger", "PUT", "/keys"),
        ("messenger", "POST", "/mailbox/grace"),
        ("website", "POST", "/orders"),
    ]
)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(requests=st.lists(st.tuples(DOORS, BODIES), min_size=10, max_size=30))
async def test_no_body_makes_an_application_fail(
    requests: list[tuple[tuple[str, str, str], Any]], tmp_path: Path
) -> None:
    for kind in ("social", "messenger", "website"):
        async with running(kind, tmp_path, MemoryStore()) as place:
            token = "" if kind == "website" else await place.sign_in("ada", "feather-river")
            for (app, method, path), body in requests:
                if app == kind:
                    await send(place, method, path, body, token)
