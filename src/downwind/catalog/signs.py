"""Reads what an error says of the layer at fault, softly: signatures with a likelihood."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from downwind.catalog.schema import HeaderSign, Signature
from downwind.catalog.types import Signed

_READ_AT_MOST = 200_000
_UNREAD = re.compile(r"<!--|<script\b|<style\b")
_UNREAD_ENDS = {"<!--": "-->", "<script": "</script", "<style": "</style"}
_TAG = re.compile(r"<[^<>]*>")


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
    text: str
    """The body as a reader sees it: no tags, no scripts, no addresses of what it loads."""
    rcode: str
    extended: frozenset[str]
    failure: str | None


def make_reply(
    status: int | None,
    headers: Mapping[str, str],
    body: str,
    dns: str | None,
    failure: str | None = None,
) -> Reply:
    """Header names and all text in small letters; `dns` is a rcode and its extended errors."""
    rcode, *extended = (dns or "").upper().split("+")
    small = body[:_READ_AT_MOST].lower()
    return Reply(
        status,
        {name.lower(): value.lower() for name, value in headers.items()},
        small,
        _visible(small),
        rcode,
        frozenset(extended),
        failure,
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
            _is_bare(sign.signature),
        )
        for sign in fitting
    ]
    return tuple(sorted(found, key=lambda sign: (-sign.weight, sign.provider, sign.rule)))


def _is_bare(signature: Signature) -> bool:
    marks = (signature.header, signature.body, signature.text, signature.dns, signature.failure)
    return bool(signature.status) and not any(marks)


def _fits(signature: Signature, reply: Reply) -> bool:
    if signature.status and reply.status not in signature.status:
        return False
    if signature.failure and signature.failure != reply.failure:
        return False
    if signature.dns and not _fits_dns(signature.dns, reply):
        return False
    if signature.header and not any(_fits_header(each, reply) for each in signature.header):
        return False
    return _fits_text(signature.body, signature.not_body, reply.body) and _fits_text(
        signature.text, signature.not_text, reply.text
    )


def _fits_header(wanted: HeaderSign, reply: Reply) -> bool:
    value = reply.headers.get(wanted.name.lower())
    return value is not None and is_named((wanted.contains or "").lower(), value)


def _fits_text(wanted: Sequence[str], unwanted: Sequence[str], seen: str) -> bool:
    if wanted and not any(words.lower() in seen for words in wanted):
        return False
    # A body that was not seen is not a body without the word.
    return not unwanted or (bool(seen) and not any(words.lower() in seen for words in unwanted))


def _visible(body: str) -> str:
    # A page that Cloudflare passes on loads scripts of Cloudflare's too: only what it says counts.
    kept, at = [], 0
    while (unread := _UNREAD.search(body, at)) is not None:
        kept.append(body[at : unread.start()])
        end = body.find(_UNREAD_ENDS[unread[0]], unread.end())
        at = end if end >= 0 else len(body)
    kept.append(body[at:])
    return " ".join(_TAG.sub(" ", " ".join(kept)).split())


def is_named(words: str, text: str) -> bool:
    """True where the text has these words as words: not as part or as end of a longer one.

    A hyphen or a letter after them begins a variant (cloudflare-nginx); before them it makes
    another name (not-cloudflare).
    """
    if not words:
        return True
    at = text.find(words)
    while at >= 0:
        end = at + len(words)
        before = words[0].isalnum() and at > 0 and (text[at - 1].isalnum() or text[at - 1] in "-_")
        after = words[-1:].isalpha() and text[end : end + 1].isalpha()
        if not before and not after:
            return True
        at = text.find(words, at + 1)
    return False


def _fits_dns(wanted: str, reply: Reply) -> bool:
    rcode, *extended = wanted.split("+")
    return rcode == reply.rcode and reply.extended.issuperset(extended)
