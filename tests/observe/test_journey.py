"""A journey walks through a capability as a user does, and says which layer failed it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from downwind.model import Expect, Step
from downwind.observe import HttpFailed, Session, StepOutcome, run_journey
from downwind.observe import steps as step_terms
from downwind.terms import Evidence, Strength

from .tinynet import Serving, TinyInternet, page, usual

IP = "198.18.2.80"
Answers = Mapping[str, tuple[str, Any]]
FEED = "https://x.test/feed"


def _api(answers: Answers) -> Serving:
    async def serving(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes
    ) -> None:
        length = [line for line in head.lower().split(b"\r\n") if b"content-length:" in line]
        body = await reader.readexactly(int(length[0].split(b":")[1])) if length else b""
        path = head.split(b" ")[1].decode()
        status, answer = answers.get(path, ("404 Not Found", {}))
        echo = {**answer, "sent": body.decode()} if isinstance(answer, dict) else None
        text = json.dumps(echo) if echo is not None else str(answer)
        await page(text, status, "Server: tiny", "Set-Cookie: sid=hush")(reader, writer, head)

    return serving


async def _walk(net: TinyInternet, answers: Answers, *steps: Step, **how: Any) -> Mapping[str, Any]:
    await usual(net)
    await net.resolver()
    await net.web(IP, _api(answers), tls=net.certificate("x.test", **how))
    return _value(await run_journey("x.test/feed", steps, net.network()))


def _value(evidence: Evidence) -> Mapping[str, Any]:
    assert (evidence.kind, evidence.subject) == ("probe.journey", "x.test/feed")
    assert evidence.value is not None
    json.dumps(dict(evidence.value))
    return evidence.value


def test_the_models_steps_are_steps() -> None:
    taken: Sequence[step_terms.Step] = [Step(url=FEED)]
    assert taken[0].expect.status == 200


async def test_a_journey_carries_what_one_step_gave_to_the_next(tmp_path: Path) -> None:
    answers: Answers = {
        "/feed": ("200 OK", {"posts": [{"id": 7}]}),
        "/post/7": ("200 OK", {"ok": True}),
    }
    first = Step(url=FEED, save={"post": "posts.0.id"})
    second = Step(
        do="post",
        url="https://x.test/post/${post}",
        json={"by": "${user}", "nonce": ["${nonce}"]},
        expect=Expect(json={"ok": True}),
    )
    async with TinyInternet(tmp_path) as net:
        value = await _walk(net, answers, first, second)
        assert net.connections == 1
    assert (value["ok"], value["state"]) == (True, "up")
    assert [step["url"] for step in value["steps"]] == [FEED, "https://x.test/post/7"]
    step = value["steps"][1]
    assert step["status"] == 200
    assert step["layer"] is None
    assert step["passed"] == ["dns", "dial", "tls"]
    assert step["address"] == IP
    assert step["headers"]["server"] == "tiny"
    assert step["cookies"] == ["sid"]
    assert step["body"] == ""
    assert step["milliseconds"] > 0
    assert value["steps"][0]["dns"] == {"rcode": "NOERROR", "ede": []}


async def test_a_failed_hard_step_ends_the_journey(tmp_path: Path) -> None:
    answers: Answers = {
        "/feed": ("500 Internal Server Error", "cloudflare says token=hush1234567890abcdef")
    }
    async with TinyInternet(tmp_path) as net:
        value = await _walk(net, answers, Step(url=FEED), Step(url=FEED))
    assert (value["ok"], value["state"], len(value["steps"])) == (False, "down", 1)
    step = value["steps"][0]
    assert (step["layer"], step["status"]) == ("http", 500)
    assert step["reason"] == "status 500 where 200 was expected"
    assert step["body"].startswith("cloudflare says")
    assert "hush" not in json.dumps(dict(value))


async def test_a_failed_soft_step_degrades_and_the_journey_goes_on(tmp_path: Path) -> None:
    answers: Answers = {"/feed": ("200 OK", {})}
    soft = Step(url="https://x.test/trends", strength=Strength.SOFT)
    async with TinyInternet(tmp_path) as net:
        value = await _walk(net, answers, soft, Step(url=FEED))
    assert (value["ok"], value["state"]) == (False, "degraded")
    assert [step["ok"] for step in value["steps"]] == [False, True]


@pytest.mark.parametrize("status", [401, 403, 405, 429])
async def test_a_server_that_declines_is_reachable_but_not_as_expected(
    tmp_path: Path, status: int
) -> None:
    answers: Answers = {"/feed": (f"{status} No", {})}
    async with TinyInternet(tmp_path) as net:
        value = await _walk(net, answers, Step(url=FEED))
        wanted = _value(
            await run_journey(
                "x.test/feed", [Step(url=FEED, expect=Expect(status=status))], net.network()
            )
        )
    assert value["steps"][0]["layer"] == "expect"
    assert wanted["state"] == "up"


@pytest.mark.parametrize(
    ("expect", "reason"),
    [
        (Expect(contains="welcome ${user}"), "the body does not hold 'welcome downwind'"),
        (Expect(json={"posts.0.id": 8}), "posts.0.id is 7 where 8 was expected"),
        (Expect(json={"posts.1": 8}), "the body holds no posts.1"),
        (Expect(status=201), "status 200 where 201 was expected"),
        (Expect(contains="${nobody}"), "${nobody} is not set by the steps before"),
    ],
)
async def test_a_reply_that_is_not_as_expected_says_how(
    tmp_path: Path, expect: Expect, reason: str
) -> None:
    answers: Answers = {"/feed": ("200 OK", {"posts": [{"id": 7}]})}
    async with TinyInternet(tmp_path) as net:
        value = await _walk(net, answers, Step(url=FEED, expect=expect))
    assert value["steps"][0]["layer"] == "expect"
    assert value["steps"][0]["reason"] == reason


async def test_what_cannot_be_saved_fails_the_step(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        value = await _walk(net, {"/feed": ("200 OK", "no json")}, Step(url=FEED, save={"a": "b"}))
    assert value["steps"][0]["layer"] == "expect"
    assert value["steps"][0]["reason"].startswith("nothing to save")


async def test_a_dns_failure_keeps_rcode_and_extended_error(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        net.recursion.fail["x.test"] = (22, "no reachable authority")
        value = await _walk(net, {}, Step(url=FEED))
    step = value["steps"][0]
    assert (step["layer"], step["passed"], step["address"]) == ("dns", [], None)
    assert step["dns"] == {"rcode": "SERVFAIL", "ede": [[22, "no reachable authority"]]}


async def test_a_dial_failure_says_where(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        net.dial[IP] = {"tcp/443": ["127.0.0.1", 1]}
        value = _value(await run_journey("x.test/feed", [Step(url=FEED)], net.network()))
    step = value["steps"][0]
    assert (step["layer"], step["passed"], step["address"]) == ("dial", ["dns"], IP)
    assert step["reason"] == f"{IP}: connection refused" or step["reason"] == "connection refused"


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"ends": -3}, "certificate has expired"),
        ({"self_signed": True}, "self-signed certificate"),
    ],
)
async def test_a_bad_certificate_stops_a_user(
    tmp_path: Path, how: dict[str, Any], reason: str
) -> None:
    async with TinyInternet(tmp_path) as net:
        value = await _walk(net, {"/feed": ("200 OK", {})}, Step(url=FEED), **how)
    step = value["steps"][0]
    assert (step["layer"], step["passed"]) == ("tls", ["dns", "dial"])
    assert step["reason"] == reason


async def test_a_body_that_drips_fails_the_step_in_time(tmp_path: Path) -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b".")
            await asyncio.sleep(0.05)

    async with TinyInternet(tmp_path, speed=40) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, drip)
        step = Step(url="http://x.test/")
        value = _value(await run_journey("x.test/feed", [step], net.network()))
    assert value["steps"][0]["layer"] == "http"
    assert "did not end within 20 s" in value["steps"][0]["reason"]
    assert value["steps"][0]["passed"] == ["dns", "dial"]


async def test_the_next_address_is_tried_where_the_first_is_dead(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        net.dial[IP] = {"tcp/443": ["127.0.0.1", 1]}
        context = net.certificate("www.x.test")
        await net.web("2001:db8:2::80", _api({"/feed": ("200 OK", {})}), tls=context)
        step = Step(url="https://www.x.test/feed")
        value = _value(await run_journey("x.test/feed", [step], net.network()))
    assert value["state"] == "up"
    assert value["steps"][0]["address"] == "2001:db8:2::80"


async def _send_twice(
    step: step_terms.Step, variables: Mapping[str, str], session: Session
) -> StepOutcome:
    for _ in range(2):
        reply = await session.request("POST", step.url, json={"to": step.to, "text": "?"})
    return StepOutcome(True, reply=reply, saved={"message": variables["nonce"]})


async def _fails(
    step: step_terms.Step, variables: Mapping[str, str], session: Session
) -> StepOutcome:
    raise HttpFailed("the relay is gone")


async def _breaks(
    step: step_terms.Step, variables: Mapping[str, str], session: Session
) -> StepOutcome:
    raise ZeroDivisionError("a defect")


MESSAGE = Step(do="message", url="https://x.test/relay", sender="ann", to="bob", text="${nonce}")


async def test_a_driver_performs_what_is_more_than_a_request(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        answers: Answers = {"/relay": ("200 OK", {}), "/got/n1": ("200 OK", {})}
        await net.web(IP, _api(answers), tls=net.certificate("x.test"))
        steps = [MESSAGE, Step(url="https://x.test/got/${message}")]
        evidence = await run_journey(
            "x.test/feed",
            steps,
            net.network(),
            drivers={"message": _send_twice},
            variables={"nonce": "n1"},
        )
        assert net.connections == 1
    assert _value(evidence)["state"] == "up"


@pytest.mark.parametrize(
    ("drivers", "layer", "reason"),
    [
        ({"message": _fails}, "http", "the relay is gone"),
        ({"message": _breaks}, "expect", "ZeroDivisionError: a defect"),
        ({}, "expect", "no driver performs 'message'"),
    ],
)
async def test_a_driver_that_fails_fails_its_step(
    tmp_path: Path, drivers: Any, layer: str, reason: str
) -> None:
    async with TinyInternet(tmp_path) as net:
        evidence = await run_journey("x.test/feed", [MESSAGE], net.network(), drivers=drivers)
    step = _value(evidence)["steps"][0]
    assert (step["layer"], step["reason"]) == (layer, reason)


async def test_redirects_are_followed_unless_one_is_expected(tmp_path: Path) -> None:
    async def moved(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes
    ) -> None:
        there = b" /new " in head
        status, extra = ("200 OK", "X: y") if there else ("302 Found", "Location: /new")
        await page("", status, extra)(reader, writer, head)

    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web(IP, moved)
        steps = [Step(url="http://x.test/"), Step(url="http://x.test/", expect=Expect(status=302))]
        value = _value(await run_journey("x.test/feed", steps, net.network()))
    assert value["state"] == "up"


async def test_every_step_over_tls_tells_how_long_the_certificate_lasts(tmp_path: Path) -> None:
    answers: Answers = {"/feed": ("200 OK", {}), "/next": ("200 OK", {})}
    steps = (Step(url=FEED), Step(url="https://x.test/next"))
    async with TinyInternet(tmp_path) as net:
        value = await _walk(net, answers, *steps, starts=-3, ends=20)
        assert net.connections == 1
        await net.web(IP, page("{}"))
        plain = _value(
            await run_journey("x.test/feed", [Step(url="http://x.test/")], net.network())
        )
    for step in value["steps"]:
        assert abs(step["not_after"] - time.time() - 20 * 86_400) < 60
        assert abs(step["not_before"] - time.time() + 3 * 86_400) < 60
    (step,) = plain["steps"]
    assert (step["not_before"], step["not_after"]) == (None, None)
