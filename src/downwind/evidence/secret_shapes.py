"""What a secret looks like: the names it goes by, and the shapes that give it away.

Rather too much is taken out than too little: a lost asset hash costs nothing, a kept token may.
"""

from __future__ import annotations

import re

GONE = "[redacted]"

_STEMS = re.compile(
    r"token|secret|passw|passphrase|pwd|apikey|auth(?!or(?!i))|session|sess?id|signature|credential"
    r"|jwt|bearer|csrf|xsrf|assertion|saml|privatekey|accesskey|keypair|email|verif"
)
_WORDS = frozenset(
    {
        "key",
        "sig",
        "sid",
        "code",
        "pass",
        "pin",
        "otp",
        "totp",
        "mfa",
        "hash",
        "hmac",
        "state",
        "ticket",
        "nonce",
        "login",
        "user",
        "username",
        "account",
        "phone",
        "tel",
        "mail",
        "ssn",
        "card",
        "cvv",
        "sess",
        "invite",
        "reset",
        "unsubscribe",
        "challenge",
        "policy",
        "access",
        "refresh",
        "hdnts",
        "hdnea",
    }
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_LETTER_BESIDE_DIGIT = re.compile(r"(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_CHUNK = re.compile(r"[A-Za-z0-9]{4,}")
_MIXED_CASE = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")
_RUN = re.compile(r"(?:[A-Za-z0-9+/_=-]|\\/|%2[BbFf]|%3[Dd]){20,}")

_LOOKS = (
    # RFC 7519: dotted base64url parts, of which the first begins as {" does.
    re.compile(r"eyJ[A-Za-z0-9_=-]{4,}(?:\.[A-Za-z0-9_=+/-]*){0,4}"),
    re.compile(r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}"),
    re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{2}[:-]){15,}[0-9a-fA-F]{2}(?![0-9A-Za-z])"),
    re.compile(r"[0-9a-fA-F]{24,}"),
    # The prefixes that AWS, GitHub, Stripe, Slack and Google give their keys, to be found by.
    re.compile(
        r"(?:AKIA|ASIA)[0-9A-Z]{16}|gh[a-z]_[A-Za-z0-9]{20,}|[prs]k_(?:live|test)_\w{8,}"
        r"|xox[a-z]-[\w-]{8,}|AIza[\w-]{30,}"
    ),
    re.compile(
        r"[\w.!#$%&'*+`{|}~^-]{1,64}(?:@|%40|&#64;|&#x40;|\\u0040)"
        r"(?:[^\W_][\w-]{0,62}\.){1,8}[^\W\d_][\w-]{1,62}"
    ),
)
"""Each of these is a secret, or a person's address, from its first character to its last."""

_NOT_GONE = r"(?!\[redacted\])"
_AUTHORIZATION = re.compile(
    r"(authorization[\"']?\s{0,4}[:=]\s{0,4}\\?[\"']?)"
    rf"{_NOT_GONE}(?:[a-z0-9-]{{1,20}}\s{{1,4}})?[^\s\"'<>,;\\]+",
    re.IGNORECASE,
)
_BEARER = re.compile(
    rf"\b(bearer(?:\s{{1,8}}|%20|\+)){_NOT_GONE}[a-z0-9._~+/=-]{{4,}}", re.IGNORECASE
)
_CONTENT_NONCE = re.compile(rf"('nonce-|\bnonce=[\"']?){_NOT_GONE}[a-z0-9+/_=-]+", re.IGNORECASE)
_PARAMETER = re.compile(
    rf"([?&](?:amp;)?)([\w.%\[\]-]{{1,64}})=(?!{re.escape(GONE)})[^\s\"'<>&;\\)]+"
)
_USERINFO = re.compile(r"(:\\?/\\?/|(?<=[\"'])//)[^\s/\"'<>@\\]{1,256}@")
_NAMED = re.compile(
    r"(?P<head>(?:token|secret|passw(?:or)?d|passphrase|pwd|api[_-]?key|private[_-]?key"
    r"|access[_-]?key|session[_-]?id|sessid|credential|signature|csrf|xsrf|\botp)[\w-]{0,40}"
    r"\\?[\"']?\s{0,4}(?:[:=]|%3d|\s(?:content|value)=)\s{0,4}"
    rf"{_NOT_GONE}\[?\s{{0,4}})"
    rf"(?:(?P<quote>\\?[\"']){_NOT_GONE}(?:(?!(?P=quote)).){{1,8192}}(?P=quote)?"
    rf"|{_NOT_GONE}[^\s\"'<>&,;\\)}}\]]+)",
    re.IGNORECASE | re.DOTALL,
)


def is_sensitive_name(name: str) -> bool:
    """Whether a parameter or header of this name may hold a secret."""
    words = [word.lower() for word in _WORD.findall(name)]
    return not _WORDS.isdisjoint(words) or _STEMS.search("".join(words)) is not None


def scrub(text: str) -> str:
    """The text without what looks like a secret, whatever it stands in."""
    text = _USERINFO.sub(r"\1", text)
    text = _AUTHORIZATION.sub(rf"\1{GONE}", text)
    text = _BEARER.sub(rf"\1{GONE}", text)
    text = _CONTENT_NONCE.sub(rf"\1{GONE}", text)
    text = _NAMED.sub(_without_value, text)
    text = _PARAMETER.sub(_without_sensitive_value, text)
    for look in _LOOKS:
        text = look.sub(GONE, text)
    return _RUN.sub(lambda run: GONE if _is_random(run[0]) else run[0], text)


def _without_value(named: re.Match[str]) -> str:
    quote = named["quote"] or ""
    return f"{named['head']}{quote}{GONE}{quote}"


def _without_sensitive_value(parameter: re.Match[str]) -> str:
    if not is_sensitive_name(parameter[2]):
        return parameter[0]
    return f"{parameter[1]}{parameter[2]}={GONE}"


def _is_random(run: str) -> bool:
    """Whether upper case, lower case and digits change too often for something that has a meaning.

    In a random base64 text they change at every second character, in a CamelCase name at every
    fifth; `cache-cdg-lfpg1960047-CDG` mixes all three and changes once within its parts. Measured
    on made-up keys: of 20 characters one in fifty is missed, of 32 one in two thousand, of 43 none
    in 40,000.
    """
    chunks = _CHUNK.findall(run)
    letters = sum(map(len, chunks))
    if letters < 14:
        return False
    if any(len(chunk) >= 32 and not _is_camel_case(chunk) for chunk in chunks):
        return True
    if sum(len(_LETTER_BESIDE_DIGIT.findall(chunk)) for chunk in chunks) >= 3:
        return True
    if sum(len(_WORD.findall(chunk)) - 1 for chunk in chunks) * 4 >= letters:
        return True
    if not any(_MIXED_CASE.search(chunk) for chunk in chunks):
        return False
    long = len(run) >= 40
    if long and any(character.isdigit() for character in run):
        return True
    words = [word for chunk in chunks for word in _WORD.findall(chunk) if word.isalpha()]
    spelled = sum(map(len, words))
    return spelled >= 12 and spelled < (4.6 if long else 3.4) * len(words)


def _is_camel_case(chunk: str) -> bool:
    return chunk.isalpha() and not chunk.islower() and not chunk.isupper()
