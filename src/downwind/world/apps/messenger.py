"""A mailbox server for end-to-end encrypted messages: public keys and ciphertext, nothing else."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from downwind.world.apps.accounts import Accounts
from downwind.world.apps.frame import Body, Frame, Refused, answer, read_body, read_limit
from downwind.world.apps.pages import front_page
from downwind.world.net.platform import HostConfig, Platform
from downwind.world.people.olm import Identity, key_is_signed

MAX_DEVICES = 20
MAX_ONE_TIME_KEYS = 100
MAX_MAILS = 500

DeviceName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
KeyId = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/_-]{1,64}$")]
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}$")]
Signature = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{86}$")]


class SignedKey(Body):
    """A one-time key, signed by the device that made it."""

    key: Key
    signature: Signature


class DeviceKeys(Body):
    """A device's public keys."""

    device: DeviceName
    curve25519: Key
    ed25519: Key
    signature: Signature
    one_time_keys: dict[KeyId, SignedKey] = Field(default={}, max_length=MAX_ONE_TIME_KEYS)


class Mail(Body):
    """A ciphertext for one device."""

    device: DeviceName
    sender_device: DeviceName
    type: Literal[0, 1]
    ciphertext: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=60_000)]


def messenger(config: HostConfig, platform: Platform) -> web.Application:
    """The application of kind `messenger`."""
    office = _PostOffice(Frame.of(config, platform))
    app = office.frame.application()
    app.add_routes(
        [
            web.get("/", front_page(config, "Messages that only you and the other can read.")),
            web.post("/sign-in", office.accounts.sign_in),
            web.put("/keys", office.publish_keys),
            web.get("/keys/{user}", office.hand_out_keys),
            web.post("/mailbox/{user}", office.deliver),
            web.get("/mailbox/{user}", office.collect),
        ]
    )
    return app


class _PostOffice:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.accounts = Accounts(frame)

    async def publish_keys(self, request: web.Request) -> web.Response:
        """PUT /keys: a device's identity, once and for all, and more one-time keys."""
        user = await self.accounts.user_of(request)
        body = await read_body(request, DeviceKeys)
        identity = Identity(user, body.device, body.curve25519, body.ed25519, body.signature)
        _check_signatures(identity, body)
        async with self.frame.locks.of(user):
            await self._keep_identity(identity)
            left = await self._keep_one_time_keys(identity, body)
        return answer({"user": user, "device": body.device, "one_time_keys": left})

    async def hand_out_keys(self, request: web.Request) -> web.Response:
        """GET /keys/{user}: each device's identity, and one one-time key that nobody else gets.

        `?device=` asks for one device, `?claim=no` for identities alone.
        """
        await self.accounts.user_of(request)
        user = self.accounts.require(request.match_info["user"])
        claim = request.query.get("claim", "yes") != "no"
        wanted = request.query.get("device")
        async with self.frame.locks.of(user):
            devices = await self._devices(user)
            chosen = [d for d in devices if wanted in (None, d["device"])]
            if wanted is not None and not chosen:
                raise _unknown_device()
            cards = [await self._card(user, d, claim=claim) for d in chosen]
        return answer({"user": user, "devices": cards})

    async def deliver(self, request: web.Request) -> web.Response:
        """POST /mailbox/{user}: a ciphertext for one of the user's devices."""
        sender = await self.accounts.user_of(request)
        user = self.accounts.require(request.match_info["user"])
        mail = await read_body(request, Mail)
        store = self.frame.store
        if await store.get("devices", f"{user}/{mail.device}") is None:
            raise _unknown_device()
        box = f"{user}/{mail.device}/"
        if len(await store.list("mailbox", box, limit=MAX_MAILS)) >= MAX_MAILS:
            raise Refused(429, "mailbox full", f"{MAX_MAILS} messages wait to be fetched")
        stamp, now = self.frame.stamps.next()
        entry = {"id": stamp, "sender": sender, "at": now} | mail.model_dump(exclude={"device"})
        await store.put("mailbox", box + stamp, entry)
        return answer({"id": stamp}, status=201)

    async def collect(self, request: web.Request) -> web.Response:
        """GET /mailbox/{user}?device=: one's own mail, oldest first; what is handed out is gone."""
        user = await self.accounts.user_of(request)
        if self.accounts.require(request.match_info["user"]) != user:
            raise Refused(403, "not yours", "a mailbox opens for its own user only")
        device = request.query.get("device", "")
        limit = read_limit(request, 100, 100)
        async with self.frame.locks.of(user):
            if await self.frame.store.get("devices", f"{user}/{device}") is None:
                raise _unknown_device()
            found = await self.frame.store.list("mailbox", f"{user}/{device}/", limit=limit + 1)
            for key, _ in found[:limit]:
                await self.frame.store.delete("mailbox", key)
            keys = await self._one_time_keys(f"{user}/{device}")
        mails = [mail for _, mail in found[:limit]]
        return answer({"messages": mails, "more": len(found) > limit, "one_time_keys": len(keys)})

    async def _keep_identity(self, identity: Identity) -> None:
        store, key = self.frame.store, f"{identity.user}/{identity.device}"
        old = await store.get("devices", key)
        if old is None:
            await self._make_room(identity.user)
        elif (old["curve25519"], old["ed25519"]) != (identity.curve25519, identity.ed25519):
            # A device that could change its identity could be impersonated by the server.
            raise Refused(409, "other identity", "this device has another identity already")
        _, now = self.frame.stamps.next()
        await store.put("devices", key, identity.to_json() | {"since": now})

    async def _keep_one_time_keys(self, identity: Identity, body: DeviceKeys) -> int:
        name = f"{identity.user}/{identity.device}"
        left = await self._one_time_keys(name)
        left |= {key: signed.model_dump() for key, signed in body.one_time_keys.items()}
        if len(left) > MAX_ONE_TIME_KEYS:
            raise Refused(409, "too many keys", f"a device has {MAX_ONE_TIME_KEYS} at most")
        await self.frame.store.put("one-time-keys", name, left)
        return len(left)

    async def _make_room(self, user: str) -> None:
        """The device that registered longest ago gives way, as linked devices do."""
        devices = sorted(await self._devices(user), key=lambda d: float(d["since"]))
        for device in devices[: max(0, len(devices) + 1 - MAX_DEVICES)]:
            name = f"{user}/{device['device']}"
            await self.frame.store.delete("devices", name)
            await self.frame.store.delete("one-time-keys", name)
            for key, _ in await self.frame.store.list("mailbox", f"{name}/", limit=MAX_MAILS):
                await self.frame.store.delete("mailbox", key)

    async def _card(self, user: str, device: dict[str, Any], *, claim: bool) -> dict[str, Any]:
        card: dict[str, Any] = {key: device[key] for key in device if key != "since"}
        if not claim:
            return card
        name = f"{user}/{device['device']}"
        left = await self._one_time_keys(name)
        if not left:
            return card | {"one_time_key": None}
        key = min(left)
        signed = left.pop(key)
        # Stored before it is handed out: no failure can hand it out twice.
        await self.frame.store.put("one-time-keys", name, left)
        return card | {"one_time_key": {"id": key} | signed}

    async def _devices(self, user: str) -> list[dict[str, Any]]:
        found = await self.frame.store.list("devices", f"{user}/", limit=MAX_DEVICES + 1)
        return [device for _, device in found]

    async def _one_time_keys(self, device: str) -> dict[str, dict[str, str]]:
        found = await self.frame.store.get("one-time-keys", device)
        return dict(found) if isinstance(found, dict) else {}


def _check_signatures(identity: Identity, body: DeviceKeys) -> None:
    if not identity.is_signed():
        raise Refused(422, "unfit request", "signature: the identity is not signed by its own key")
    for name, signed in body.one_time_keys.items():
        if not key_is_signed(identity, name, signed.key, signed.signature):
            raise Refused(422, "unfit request", f"one_time_keys.{name}: not signed by the device")


def _unknown_device() -> Refused:
    return Refused(404, "unknown device", "the user has no such device")
