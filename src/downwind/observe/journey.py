"""Walks through a capability as its users do, and says how far that went."""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from downwind.evidence.redact import redact_body, redact_headers, redact_url
from downwind.observe.blocking import load_blocking
from downwind.observe.failures import Busy, Crowded, HttpFailed, LayerFailed, NoSocket, Unread
from downwind.observe.http import follow
from downwind.observe.network import Network
from downwind.observe.session import Session
from downwind.observe.steps import Step, UnknownVariable, fill, saved, shortfall
from downwind.observe.urls import parse_url
from downwind.observe.wire import Reply
from downwind.terms import Evidence, Seen, State, Strength, Unanswered

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
    budget: float = math.inf,
    turn: int = 0,
) -> Evidence:
    """One user's walk through the steps, as probe.journey evidence; it never raises.

    `budget` bounds the whole walk, in seconds of the network's clock. A host's addresses are tried
    in their order, from the one whose `turn` it is. Unanswered where this machine could not look.
    """
    started, over = network.clock.now(), time.monotonic() + network.clock.timeout(budget)
    known = {"user": "downwind", "nonce": secrets.token_hex(8), **(variables or {})}
    state = State.UP
    told: list[dict[str, Any]] = []
    async with Session(network, turn=turn) as session:
        for number, step in enumerate(steps):
            try:
                record = await _walk(step, known, session, drivers or {}, over)
            except LayerFailed as ours:
                detail = {"layer": ours.layer, "address": session.trace.address}
                finding = Unanswered(ours.reason, detail)
                return Evidence(capability_key, "probe.journey", finding, started, network.vantage)
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
    step: Step,
    known: dict[str, str],
    session: Session,
    drivers: Mapping[str, StepDriver],
    over: float,
) -> dict[str, Any]:
    """The step as a record; raises LayerFailed where it is this machine that could not look."""
    began = time.monotonic()
    session.forget_trace()
    allowed = max(0.0, min(session.network.step_timeout, over - began))
    try:
        async with asyncio.timeout(allowed):
            outcome = await _perform(step, known, session, drivers)
    except (NoSocket, Busy, Crowded, Unread):
        raise
    except LayerFailed as failed:
        outcome = StepOutcome(False, failed.layer, failed.reason)
    except UnknownVariable as unknown:
        outcome = StepOutcome(False, "expect", str(unknown))
    except TimeoutError:
        seconds = allowed * session.network.clock.speed
        reason = f"the step did not end within {seconds:.3g} s"
        outcome = StepOutcome(False, session.trace.under_way(), reason)
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
    begins, ends = trace.life or (None, None)
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
        "not_before": begins,
        "not_after": ends,
        **({"dead": dict(trace.dead)} if trace.dead else {}),
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
