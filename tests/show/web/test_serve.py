"""The server starts on a free port, streams, and stops cleanly with streams open."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import json
import signal
import socket
import ssl
import time
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from downwind.show.web import Access, Certificate, build_app, serving
from downwind.show.web.events import MOST_LISTENERS
from downwind.terms import UsageError
from tests.show.web.hub import MemoryHub, asked
from tests.show.web.pictures import NOON, blind_picture, calm_picture, outage_picture


async def _next(answer: aiohttp.ClientResponse) -> float:
    """The time of the next picture that the stream tells of."""
    async with asyncio.timeout(5):
        while True:
            line = (await answer.content.readline()).decode()
            assert line, "the stream ended"
            if line.startswith("data: "):
                return float(json.loads(line.removeprefix("data: "))["at"])


async def test_a_listener_hears_of_the_picture_of_now_and_of_every_other() -> None:
    hub = MemoryHub()
    async with asked(hub) as client, client.get("/events") as answer:
        assert answer.content_type == "text/event-stream"
        assert await _next(answer) == NOON
        hub.show(replace(outage_picture(), at=NOON + 30))
        assert await _next(answer) == NOON + 30
        hub.show(replace(outage_picture(), at=NOON + 60))
        assert await _next(answer) == NOON + 60


async def test_the_server_stops_at_once_with_streams_open_and_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    app = build_app(MemoryHub(), Access())
    async with aiohttp.ClientSession() as client:
        async with serving(app, "127.0.0.1", 0) as url:
            streams = [await client.get(f"{url}/events") for _ in range(3)]
            for stream in streams:
                await _next(stream)
            assert app.state.listeners.count == 3
            began = time.monotonic()
        assert time.monotonic() - began < 3
        assert app.state.listeners.count == 0
        for stream in streams:
            assert b"data" not in await stream.read()
            stream.close()
        with pytest.raises(aiohttp.ClientError):
            await client.get(f"{url}/healthz")
    await asyncio.sleep(0)
    assert {t for t in asyncio.all_tasks() - before if not t.done()} == set()


async def test_a_listener_that_goes_is_forgotten() -> None:
    app = build_app(MemoryHub(), Access())
    async with serving(app, "127.0.0.1", 0) as url:
        async with aiohttp.ClientSession() as client, client.get(f"{url}/events") as stream:
            await _next(stream)
            assert app.state.listeners.count == 1
        for _ in range(100):
            if app.state.listeners.count == 0:
                break
            await asyncio.sleep(0.05)
        assert app.state.listeners.count == 0


async def test_no_more_listen_than_the_server_can_bear() -> None:
    app = build_app(MemoryHub(), Access())
    async with serving(app, "127.0.0.1", 0) as url, aiohttp.ClientSession() as client:
        app.state.listeners.count = MOST_LISTENERS
        async with client.get(f"{url}/events") as answer:
            assert answer.status == 503
        app.state.listeners.count = 0


async def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        with pytest.raises(UsageError, match="in use") as caught:
            async with serving(build_app(MemoryHub(), Access()), "127.0.0.1", port):
                pass
    assert caught.value.where == f"127.0.0.1:{port}"


async def test_signals_stay_with_whoever_runs_the_loop() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    async with asked(MemoryHub()) as client, client.get("/healthz") as answer:
        assert answer.status == 200
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


async def test_a_loop_that_stands_still_or_is_blind_is_not_ready_but_alive() -> None:
    for picture, later in ((calm_picture(), 301), (blind_picture(), 0)):
        async with asked(MemoryHub(picture, NOON + later)) as client:
            async with client.get("/readyz") as answer:
                assert answer.status == 503
                assert (await answer.json())["what"]
            async with client.get("/healthz") as answer:
                assert answer.status == 200


async def test_it_serves_over_tls_and_v6(tmp_path: Path) -> None:
    certificate = _own_certificate(tmp_path)
    trust = ssl.create_default_context(cafile=str(certificate.chain))
    app = build_app(MemoryHub(), Access())
    async with (
        serving(app, "::1", 0, certificate) as url,
        aiohttp.ClientSession() as client,
        client.get(f"{url}/healthz", ssl=trust) as answer,
    ):
        assert url.startswith("https://[::1]:")
        assert answer.status == 200


def _own_certificate(folder: Path) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "watch.test")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("::1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    made = Certificate(folder / "chain.pem", folder / "key.pem")
    made.chain.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return made
