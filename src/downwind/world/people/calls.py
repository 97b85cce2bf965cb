"""A call: a room at a relay, a key by an end-to-end encrypted message, sealed frames both ways."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from downwind.observe import Reply, Session, StepOutcome
from downwind.observe.steps import Step, fill
from downwind.observe.urls import parse_url
from downwind.world.people.e2e import MessageDriver, exchange, outcome_of
from downwind.world.people.olm import NotGenuine
from downwind.world.people.phone import Phone, ServiceRefused, Transport, said_in

FRAMES = 2
"""Frames that each side speaks: with room, listening and hanging up a call is eight requests."""

Side = Literal["caller", "callee"]


class CallDriver:
    """The journey driver of `do: call`, with the phones of the message driver."""

    def __init__(self, messages: MessageDriver) -> None:
        self._messages = messages

    async def __call__(
        self, step: Step, variables: Mapping[str, str], session: Session
    ) -> StepOutcome:
        """Call `to` from `sender` over the relay `via`, say the step's text, compare and hang up.

        What the session raises where nobody answers goes through.
        """
        caller, callee = self._messages.phones(step, variables)
        relay = parse_url(fill(step.via or "", variables))
        base = f"{relay.scheme}://{relay.authority}"
        text = fill(step.text or "", variables)
        return await outcome_of(call(session, base, caller, callee, text))


@dataclass(frozen=True, slots=True)
class Line:
    """One side's end of a call."""

    room: str
    """The room's URL at the relay."""
    token: str
    key: bytes
    """32 bytes, new for each call: nonces may count from 0."""
    side: Side

    @classmethod
    def answer(cls, base: str, invitation: str) -> Line:
        """The callee's end, by the message that came; raises NotGenuine."""
        try:
            said = json.loads(invitation)
            room, token = str(said["room"]), str(said["token"])
            key = base64.b64decode(said["key"], validate=True)
        except (ValueError, KeyError, TypeError) as error:
            raise NotGenuine(f"an invitation to a call that cannot be read: {error}") from error
        return cls(f"{base}/rooms/{room}", token, key, "callee")

    async def say(self, transport: Transport, number: int, voice: bytes) -> None:
        """Seal a frame, the side's `number`-th from 0, and give it to the relay."""
        sealed = ChaCha20Poly1305(self.key).encrypt(_nonce(self.side, number), voice, None)
        body = {"sealed": base64.b64encode(sealed).decode()}
        await self._ask(transport, "POST", f"{self.room}/frames", body)

    async def hear(self, transport: Transport) -> bytes:
        """What the other side has said so far; raises NotGenuine where the relay altered it."""
        said = await self._ask(transport, "GET", f"{self.room}/frames")
        frames = said.get("frames")
        if not isinstance(frames, list):
            raise NotGenuine("the relay gave no frames")
        return b"".join(self._open(number, frame) for number, frame in enumerate(frames))

    async def hang_up(self, transport: Transport) -> None:
        """Close the room for both sides."""
        await self._ask(transport, "DELETE", self.room)

    def _open(self, number: int, frame: Any) -> bytes:
        try:
            sealed = base64.b64decode(str(frame), validate=True)
            other: Side = "callee" if self.side == "caller" else "caller"
            return ChaCha20Poly1305(self.key).decrypt(_nonce(other, number), sealed, None)
        except (InvalidTag, ValueError) as error:
            raise NotGenuine(f"frame {number} of the call is not what was said") from error

    async def _ask(
        self, transport: Transport, method: str, url: str, body: Any | None = None
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        reply = await transport.request(method, url, json=body, headers=headers)
        return _accepted(method, url, reply)


async def call(transport: Transport, base: str, caller: Phone, callee: Phone, text: str) -> None:
    """Call, talk and hang up; raises NotGenuine or ServiceRefused.

    A call that fails is left to the relay's clock, as one whose caller has lost the network.
    """
    mine, invitation = await open_room(transport, base)
    theirs = Line.answer(base, await exchange(transport, caller, callee, invitation))
    await converse(transport, mine, theirs, text)
    await mine.hang_up(transport)


async def open_room(transport: Transport, base: str) -> tuple[Line, str]:
    """A new room: the caller's end of it, and the invitation for the callee."""
    url = f"{base}/rooms"
    reply = await transport.request("POST", url)
    said = _accepted("POST", url, reply)
    room, token, other = (said.get(name) for name in ("room", "caller", "callee"))
    if not (isinstance(room, str) and isinstance(token, str) and isinstance(other, str)):
        raise ServiceRefused("POST", url, reply)
    key = secrets.token_bytes(32)
    invitation = {"room": room, "token": other, "key": base64.b64encode(key).decode()}
    return Line(f"{url}/{room}", token, key, "caller"), json.dumps(invitation)


async def converse(transport: Transport, mine: Line, theirs: Line, text: str) -> None:
    """Say the text, and have what was heard said back; raises NotGenuine where they differ."""
    await _speak(transport, mine, text.encode())
    heard = await theirs.hear(transport)
    if heard != text.encode():
        raise NotGenuine("what was heard is not what was said")
    await _speak(transport, theirs, heard)
    if await mine.hear(transport) != heard:
        raise NotGenuine("what was heard is not what was said")


async def _speak(transport: Transport, line: Line, voice: bytes) -> None:
    size = -(-len(voice) // FRAMES)
    for number in range(FRAMES):
        await line.say(transport, number, voice[number * size : (number + 1) * size])


def _nonce(side: Side, number: int) -> bytes:
    """RFC 8439, 2.8: unique for a key; so a frame fits its side and its place only."""
    return (side == "callee").to_bytes(4, "big") + number.to_bytes(8, "big")


def _accepted(method: str, url: str, reply: Reply) -> dict[str, Any]:
    if reply.status not in (200, 201):
        raise ServiceRefused(method, url, reply)
    return said_in(reply)
