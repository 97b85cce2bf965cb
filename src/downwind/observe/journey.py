"""Walks through a capability as its users do, and says how far that went."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from downwind.evidence.redact import redact_body, redact_headers, redact_url
from downwind.observe.blocking import load_blocking
from downwind.observe.failures import HttpFailed, LayerFailed
from downwind.observe.http import follow
from downwind.observe.network import Network
from downwind.observe.session import Session
from downwind.observe.steps import Step, UnknownVariable, fill, saved, shortfall
from downwind.observe.urls import parse_url
from downwind.observe.wire import Reply
from downwind.terms import Evidence, Seen, State, Strength

_BODY_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """How a step went."""

    ok: bool
    layer: str | None = None
    """Where it failed: dns, dial, tls, http or expect."""
    reason: str = ""
    reply: Reply | None = None
    saved: Mapping[str, str] = field(default_factory=dict)
    """Variables for the steps after it."""


class StepDriver(Protocol):
    """Performs steps that are more than one request, such as an end-to-end encrypted message.

    It may raise LayerFailed, as `session.request` does.
    """

    async def __call__(
        self, step: Step, variables: Mapping[str, str], session: Session
    ) -> StepOutcome: ...


async def run_journey(
    capability_key: str,
    steps: Sequence[Step],
    network: Network,
    *,
    drivers: Mapping[str, StepDriver] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Evidence:
    """One user's walk through the steps, as probe.journey evidence; it never raises."""
    started = network.clock.now()
    known = {"user": "downwind", "nonce": secrets.token_hex(8), **(variables or {})}
    state = State.UP
    told: list[dict[str, Any]] = []
    async with Session(network) as session:
        for number, step in enumerate(steps):
            record = await _walk(step, known, session, drivers or {})
            told.append({"step": number, **record})
            if record["ok"]:
                continue
            if step.strength == Strength.SOFT:
                state = State.DEGRADED
                continue
            state = State.DOWN
            break
    value = {"ok": state is State.UP, "state": str(state), "steps": told}
    return Evidence(capability_key, "probe.journey", Seen(value), started, network.vantage)


async def _walk(
    step: Step, known: dict[str, str], session: Session, drivers: Mapping[str, StepDriver]
) -> dict[str, Any]:
    began = time.monotonic()
    session.forget_trace()
    try:
        async with asyncio.timeout(session.network.step_timeout):
            outcome = await _perform(step, known, session, drivers)
    except LayerFailed as failed:
        outcome = StepOutcome(False, failed.layer, failed.reason)
    except UnknownVariable as unknown:
        outcome = StepOutcome(False, "expect", str(unknown))
    except TimeoutError:
        allowed = 3 * session.network.timeouts.step
        outcome = StepOutcome(False, "http", f"the step did not end within {allowed:g} s")
    except Exception as error:
        # A driver's defect, or a server that found one: the step failed, and the walk is told.
        outcome = StepOutcome(False, "expect", f"{type(error).__name__}: {error}")
    known.update(outcome.saved)
    return _record(step, known, session, outcome, (time.monotonic() - began) * 1000)


async def _perform(
    step: Step, known: Mapping[str, str], session: Session, drivers: Mapping[str, StepDriver]
) -> StepOutcome:
    driver = drivers.get(step.do)
    if driver is not None:
        return await driver(step, known, session)
    if step.do not in ("get", "post", "put", "delete"):
        return StepOutcome(False, "expect", f"no driver performs {step.do!r}")
    reply = await _request(step, known, session)
    missing = shortfall(step.expect, reply, known)
    if missing is not None:
        return StepOutcome(False, *missing, reply)
    if reply.problems:
        return StepOutcome(False, "http", "; ".join(reply.problems), reply)
    try:
        taken = saved(step.save, reply)
    except (ValueError, KeyError) as error:
        return StepOutcome(False, "expect", f"nothing to save: {error}", reply)
    blocked = await load_blocking(session, reply) if step.do == "get" else None
    if blocked is not None:
        return StepOutcome(False, blocked.layer, blocked.reason, blocked.reply)
    return StepOutcome(True, reply=reply, saved=taken)


async def _request(step: Step, known: Mapping[str, str], session: Session) -> Reply:
    url = fill(step.url, known)
    headers = fill(step.headers or {}, known)
    if step.do == "get" and not 300 <= step.expect.status < 400:
        return (await follow(session, url, headers=headers)).reply
    return await session.request(
        step.do.upper(),
        url,
        json=fill(step.json, known),
        form=fill(step.form, known),
        headers=headers,
    )


def _record(
    step: Step, known: Mapping[str, str], session: Session, outcome: StepOutcome, took: float
) -> dict[str, Any]:
    trace, reply = session.trace, outcome.reply
    url = _url(step, known)
    return {
        "do": step.do,
        "url": redact_url(url),
        "host": trace.host or _host(url),
        "strength": str(step.strength),
        "ok": outcome.ok,
        "layer": outcome.layer,
        "reason": redact_body(outcome.reason, _BODY_KEPT),
        "status": reply.status if reply else None,
        "headers": dict(redact_headers(reply.headers)) if reply else {},
        "cookies": list(reply.cookies) if reply else [],
        "body": redact_body(reply.text(), _BODY_KEPT) if reply and not outcome.ok else "",
        "dns": trace.dns,
        "address": trace.address,
        "milliseconds": round(took, 3),
        "passed": list(trace.passed),
    }


def _url(step: Step, known: Mapping[str, str]) -> str:
    try:
        return str(fill(step.url, known))
    except UnknownVariable:
        return step.url


def _host(url: str) -> str:
    try:
        return parse_url(url).host
    except HttpFailed:
        return ""
