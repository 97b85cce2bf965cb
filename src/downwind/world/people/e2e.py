"""End-to-end encryption seen from outside: what a `message` step of a journey does."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Mapping

from downwind.observe import Session, StepOutcome
from downwind.observe.steps import Step, fill
from downwind.observe.urls import parse_url
from downwind.world.people.olm import NotGenuine
from downwind.world.people.phone import Phone, ServiceRefused, Transport


class MessageDriver:
    """The journey driver of `do: message`: both phones at hand, the server in between.

    The phones live as long as the driver. A user's password is the variable of the user's own
    name, or else `password`.
    """

    def __init__(self) -> None:
        self._phones: dict[tuple[str, str], Phone] = {}

    async def __call__(
        self, step: Step, variables: Mapping[str, str], session: Session
    ) -> StepOutcome:
        """Send the step's text from `sender` to `to`, and compare what arrives."""
        return await self.send(step, variables, session)

    async def send(
        self, step: Step, variables: Mapping[str, str], transport: Transport
    ) -> StepOutcome:
        """The same over any transport; what it raises where nobody answers goes through."""
        sender, recipient = self.phones(step, variables)
        text = fill(step.text or "", variables)
        return await outcome_of(exchange(transport, sender, recipient, text))

    def phones(self, step: Step, variables: Mapping[str, str]) -> tuple[Phone, Phone]:
        """The phones of `sender` and `to` at the step's messenger."""
        to = parse_url(fill(step.url, variables))
        base = f"{to.scheme}://{to.authority}"
        sender, recipient = fill(step.sender or "", variables), fill(step.to or "", variables)
        return self._phone(base, sender, variables), self._phone(base, recipient, variables)

    def _phone(self, base: str, user: str, variables: Mapping[str, str]) -> Phone:
        found = self._phones.get((base, user))
        if found is None:
            password = variables.get(user) or variables.get("password", "")
            found = self._phones[(base, user)] = Phone(base, user, password)
        return found


async def outcome_of(doing: Awaitable[object]) -> StepOutcome:
    """How a step between phones went; what is raised where nobody answers goes through."""
    try:
        await doing
    except NotGenuine as fraud:
        return StepOutcome(False, "expect", str(fraud))
    except ServiceRefused as refusal:
        layer = "http" if refusal.reply.status >= 500 else "expect"
        return StepOutcome(False, layer, str(refusal), refusal.reply)
    return StepOutcome(True)


async def exchange(transport: Transport, sender: Phone, recipient: Phone, text: str) -> str:
    """Send a text from phone to phone and compare; raises NotGenuine or ServiceRefused.

    Returns what arrived. Both phones are at hand, so their identities are compared directly, and
    only the recipient's own device is written to: others may watch with devices of the same
    account.
    """
    sender.device.trust(recipient.device.identity)
    recipient.device.trust(sender.device.identity)
    try:
        return await _exchange_once(transport, sender, recipient, text)
    except ServiceRefused as refusal:
        # A server that was set up anew, or that gave the device's place to another.
        if refusal.error != "unknown device":
            raise
        sender.forget_registration()
        recipient.forget_registration()
        return await _exchange_once(transport, sender, recipient, text)


async def _exchange_once(transport: Transport, sender: Phone, recipient: Phone, text: str) -> str:
    await recipient.make_ready(transport)
    await sender.make_ready(transport)
    name = secrets.token_hex(8)
    sealed = json.dumps({"id": name, "text": text}).encode()
    await sender.send(transport, recipient.user, sealed, recipient.device.name)
    arrived = _take(recipient, name)
    refused: list[NotGenuine] = []
    if arrived is None:
        refused = await recipient.fetch(transport)
        arrived = _take(recipient, name)
    if arrived is None:
        raise refused[0] if refused else NotGenuine("the message did not arrive")
    if arrived != (sender.user, text):
        raise NotGenuine("what arrived is not what was sent")
    return arrived[1]


def _take(phone: Phone, name: str) -> tuple[str, str] | None:
    for letter in phone.inbox:
        try:
            said = json.loads(letter.text)
            found = said["id"] == name
        except (ValueError, KeyError, TypeError):
            continue
        if found:
            phone.inbox.remove(letter)
            return letter.sender, str(said.get("text"))
    return None
