"""Who may ask what: named tokens, where the server may listen, and under which host names."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import StrEnum

from downwind.model.watching import Token as Written
from downwind.terms import UsageError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_SHORTEST = 20
_HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::\d{1,5})?")


class Right(StrEnum):
    """What a token may do."""

    READ = "read"
    """See the picture."""
    ACT = "act"
    """Tell of deploys and maintenance, acknowledge, comment, close, decide on needs."""
    REPORT = "report"
    """Fetch a vantage's orders and send its evidence, in the name of the token."""


@dataclass(frozen=True, slots=True)
class Token:
    """A named token, of which only the hash is kept."""

    name: str
    hash: str
    """SHA-256 of the secret, in hexadecimal digits. A secret of 256 random bits needs no salt."""
    rights: frozenset[Right] = frozenset({Right.READ, Right.ACT})

    @classmethod
    def of(cls, name: str, secret: str, rights: Iterable[Right] = (Right.READ, Right.ACT)) -> Token:
        """The token of a secret; raises UsageError for a bad name or a short secret."""
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} is no name for a token.", todo="Use letters, digits, . _ -")
        if len(secret) < _SHORTEST:
            what = f"the token {name} is shorter than {_SHORTEST} characters."
            raise UsageError(what, todo="Take 32 random bytes: `openssl rand -base64 32`.")
        return cls(name, hash_of(secret), frozenset(rights))


def hash_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def tokens_of(written: Iterable[Written], vantages: Container[str]) -> tuple[Token, ...]:
    """The tokens of a model's `watch.tokens`, and what each may.

    One that does not say it may report where it has the name of a vantage, else read and act.
    Raises UsageError for a bad name or a short secret, and for a token that may report in the
    name of no vantage.
    """
    return tuple(Token.of(each.name, each.token, _rights(each, vantages)) for each in written)


def _rights(written: Written, vantages: Container[str]) -> tuple[Right, ...]:
    may = written.may or ("report" if written.name in vantages else "act")
    if may == "report" and written.name not in vantages:
        what = f"the token {written.name} may report, and no vantage has its name."
        raise UsageError(what, where="watch.tokens", todo="Name the vantage in `watch.vantages`.")
    return {"read": (Right.READ,), "act": (Right.READ, Right.ACT), "report": (Right.REPORT,)}[may]


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of one server."""

    tokens: tuple[Token, ...] = ()
    open_reads: bool = True
    """True where whoever reaches the server may read: only on loopback."""
    names: frozenset[str] = frozenset()
    """Host names under which it may be asked, besides localhost and addresses."""
    warning: str = ""
    """What a person who starts it should know."""

    def holder(self, header: str, *, basic: bool) -> Token | None:
        """The token that an Authorization header holds; a basic one only where allowed.

        A browser sends a basic password by itself, also for a form on another site, so that
        it is good for reading only.
        """
        scheme, _, rest = header.partition(" ")
        secret = rest.strip()
        if scheme.lower() == "basic" and basic:
            secret = _password(secret)
        elif scheme.lower() != "bearer":
            return None
        digest, found = hash_of(secret), None
        for token in self.tokens:  # all of them: how long it takes tells nothing
            if hmac.compare_digest(token.hash, digest):
                found = token
        return found

    def knows_host(self, header: str) -> bool:
        """True for a Host header that names this server.

        A page of another site whose name was pointed here (DNS rebinding) sends its own name.
        It cannot send an address.
        """
        found = _HOST.fullmatch(header)
        if not found:
            return False
        if found["six"]:
            return _is_address(found["six"])
        name = found["name"].lower().rstrip(".")
        return name == "localhost" or name in self.names or _is_address(name)


def check_bind(
    host: str, tokens: Iterable[Token], *, names: Iterable[str] = (), encrypted: bool = False
) -> Access:
    """The rules for a server that listens on `host`.

    Raises UsageError where it would be open to others and has no token that may read.
    """
    held = tuple(tokens)
    allowed = {name.lower().rstrip(".") for name in names}
    if is_loopback(host):
        return Access(held, True, frozenset(allowed))
    if not any(Right.READ in token.rights for token in held):
        raise UsageError(
            f"{host} can be reached by others, and there is no token that may read.",
            todo="Write one with `may: read` or `may: act` into `watch.tokens`, "
            "or listen on 127.0.0.1.",
        )
    if not _is_address(host):
        allowed.add(host.lower().rstrip("."))
    warning = ""
    if not encrypted:
        warning = f"{host} is served without TLS: whoever is on the way can read the tokens."
    return Access(held, False, frozenset(allowed), warning)


def is_loopback(host: str) -> bool:
    """True for localhost and loopback addresses."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
