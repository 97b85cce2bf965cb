"""Who may do what: accounts with hashed passwords, sign-in, and bearer tokens."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from downwind.world.apps.frame import Body, Frame, Refused, answer, read_body
from downwind.world.net.platform import Account

UserName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$")]

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_LASTS = 30 * 86_400.0
_TABLE = "accounts"
_MEMBER = re.compile(r"[0-9]{1,6}")


class SignIn(Body):
    """What signing in needs."""

    user: UserName
    password: Annotated[str, Field(min_length=1, max_length=200)]


class Accounts:
    """The accounts of a host. One whose name ends in `*` stands for a crowd: name and number."""

    def __init__(self, frame: Frame, prepare: Callable[[], Awaitable[None]] | None = None) -> None:
        self._frame = frame
        self._prepare = prepare
        self._listed = {account.user: account for account in frame.config.accounts}
        self._ready = asyncio.Lock()
        self._key: bytes | None = None
        # scrypt is slow on purpose; thousands of emulated users share two cores.
        self._recent_key = secrets.token_bytes(32)
        self._recent: set[bytes] = set()

    @property
    def named(self) -> tuple[Account, ...]:
        """The accounts that stand for one user each."""
        return tuple(a for a in self._frame.config.accounts if not a.user.endswith("*"))

    def record_of(self, user: str) -> Account | None:
        """The account that a user signs in to, or None."""
        if not _NAME.fullmatch(user):
            return None
        if user in self._listed:
            return self._listed[user]
        for name, account in self._listed.items():
            stem = name.removesuffix("*")
            if stem != name and user.startswith(stem) and _MEMBER.fullmatch(user[len(stem) :]):
                return account
        return None

    def require(self, user: str) -> str:
        """The user's name; raises Refused where there is no such user."""
        if self.record_of(user) is None:
            raise Refused(404, "unknown user", "there is no such user")
        return user

    async def sign_in(self, request: web.Request) -> web.Response:
        """POST /sign-in: user and password for a bearer token."""
        return answer(await self.admit(await read_body(request, SignIn)))

    async def admit(self, wanted: SignIn) -> dict[str, str]:
        """The user and a bearer token; raises Refused where the password is wrong."""
        key = await self._open()
        account = self.record_of(wanted.user)
        stored = await self._frame.store.get(_TABLE, account.user) if account else None
        if not await self._matches(stored, wanted.password):
            raise Refused(401, "not signed in", "the user or the password is wrong")
        expires = str(int(self._frame.now() + _LASTS))
        token = f"{wanted.user}.{expires}.{_seal(key, wanted.user, expires)}"
        return {"user": wanted.user, "token": token}

    async def user_of(self, request: web.Request) -> str:
        """The user whose token came with the request; raises Refused."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token or not token.isascii():
            raise Refused(401, "not signed in", "send `Authorization: Bearer <token>`")
        key = await self._open()
        user, expires, seal = ("", "", *token.rsplit(".", 2))[-3:]
        genuine = hmac.compare_digest(seal.encode(), _seal(key, user, expires).encode())
        if not genuine or self.record_of(user) is None:
            raise Refused(401, "not signed in", "the token is not valid here")
        if float(expires) < self._frame.now():
            raise Refused(401, "not signed in", "the token has expired")
        return user

    async def _open(self) -> bytes:
        """The key that seals tokens; what is in the configuration is stored on first use."""
        if self._key is not None:
            return self._key
        async with self._ready:
            if self._key is None:
                await self._store_accounts()
                if self._prepare is not None:
                    await self._prepare()
                self._key = await self._token_key()
        return self._key

    async def _store_accounts(self) -> None:
        for account in self._frame.config.accounts:
            # An account without a password cannot be signed in to.
            password = account.password or secrets.token_urlsafe(24)
            record = await asyncio.to_thread(_hashed, password, secrets.token_bytes(16))
            await self._frame.store.put(_TABLE, account.user, record)

    async def _token_key(self) -> bytes:
        stored = await self._frame.store.get("secrets", "token-key")
        if isinstance(stored, str):
            return base64.b64decode(stored)
        key = secrets.token_bytes(32)
        await self._frame.store.put("secrets", "token-key", base64.b64encode(key).decode())
        return key

    async def _matches(self, stored: Any, password: str) -> bool:
        if not isinstance(stored, dict):
            # As slow as a wrong password: the time must not tell who has an account.
            await asyncio.to_thread(_hashed, password, bytes(16))
            return False
        claim = f"{stored['hash']} {password}".encode()
        digest = hmac.digest(self._recent_key, claim, "sha256")
        # One hash for all of a crowd that sign in at the same moment with the same password.
        async with self._frame.locks.of(digest.hex()):
            if digest in self._recent:
                return True
            found = await asyncio.to_thread(_hashed, password, base64.b64decode(stored["salt"]))
            if not hmac.compare_digest(found["hash"], stored["hash"]):
                return False
            self._recent.add(digest)
            return True


def _hashed(password: str, salt: bytes) -> dict[str, str]:
    found = hashlib.scrypt(password.encode(), salt=salt, n=2**13, r=8, p=1, dklen=32)
    return {
        "scheme": "scrypt-13-8-1",
        "salt": base64.b64encode(salt).decode(),
        "hash": base64.b64encode(found).decode(),
    }


def _seal(key: bytes, user: str, expires: str) -> str:
    seal = hmac.digest(key, f"{user}.{expires}".encode(), "sha256")
    return base64.urlsafe_b64encode(seal).decode().rstrip("=")
