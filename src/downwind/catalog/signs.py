"""Reads what an error says of the layer at fault, softly: signatures with a likelihood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from downwind.catalog.schema import Signature
from downwind.catalog.types import Signed


@dataclass(frozen=True, slots=True)
class Sign:
    """A signature and who speaks; the provider is empty where it is of nobody."""

    provider: str
    signature: Signature


@dataclass(frozen=True, slots=True)
class Reply:
    """What was seen of a failed step, made ready to compare."""

    status: int | None
    headers: Mapping[str, str]
    body: str
    rcode: str
    extended: frozenset[str]


def make_reply(status: int | None, headers: Mapping[str, str], body: str, dns: str | None) -> Reply:
    """Header names and all text in small letters; `dns` is a rcode and its extended errors."""
    rcode, *extended = (dns or "").upper().split("+")
    return Reply(
        status,
        {name.lower(): value.lower() for name, value in headers.items()},
        body.lower(),
        rcode,
        frozenset(extended),
    )


def read_signs(signs: Sequence[Sign], reply: Reply) -> tuple[Signed, ...]:
    """The signatures that fit, heaviest first."""
    fitting = [sign for sign in signs if _fits(sign.signature, reply)]
    # RFC 8914: the extended error says why; the bare rcode then adds nothing of its own.
    if any("+" in (sign.signature.dns or "") for sign in fitting):
        fitting = [s for s in fitting if s.signature.dns is None or "+" in s.signature.dns]
    found = [
        Signed(
            sign.provider,
            sign.signature.product,
            sign.signature.says,
            sign.signature.weight,
            sign.signature.id,
        )
        for sign in fitting
    ]
    return tuple(sorted(found, key=lambda sign: (-sign.weight, sign.provider, sign.rule)))


def _fits(signature: Signature, reply: Reply) -> bool:
    if signature.status and reply.status not in signature.status:
        return False
    if signature.dns and not _fits_dns(signature.dns, reply):
        return False
    if signature.body and signature.body.lower() not in reply.body:
        return False
    # A body that was not seen is not a body without the word.
    if signature.not_body and (not reply.body or signature.not_body.lower() in reply.body):
        return False
    if signature.header is None:
        return True
    value = reply.headers.get(signature.header.name.lower())
    return value is not None and (signature.header.contains or "").lower() in value


def _fits_dns(wanted: str, reply: Reply) -> bool:
    rcode, *extended = wanted.split("+")
    return rcode == reply.rcode and reply.extended.issuperset(extended)
