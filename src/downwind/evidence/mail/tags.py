"""Records of tags (`v=DMARC1; p=reject`): DMARC, MTA-STS, TLS reports and DKIM."""

import re
from collections.abc import Iterable, Mapping

from downwind.evidence.secret_shapes import GONE

Tags = Mapping[str, str]

_KEPT = re.compile(r"v=(?:spf1|DMARC1|STSv1|TLSRPTv1)(?=[ ;]|\Z)", re.IGNORECASE)
_KEY = re.compile(r"([A-Za-z0-9_.-]{1,64})[=:]")
_MAILBOX = re.compile(r"[^\s,;:=<>]+@")
_DOMAIN_OF_MAILBOX = re.compile(r"mailto:[^@,;\s]*@([A-Za-z0-9.-]{1,253})", re.IGNORECASE)
_LONGEST = 2_000


def kept_text(text: str) -> str:
    """What is kept of a TXT record: policies of mail, without mailboxes; else only its name.

    The rest is often a token by which somebody proves that a domain is theirs.
    """
    if _KEPT.match(text):
        return _MAILBOX.sub(f"{GONE}@", text)[:_LONGEST]
    key = _KEY.match(text)
    return f"{key[1]}={GONE}" if key else GONE


def read_tags(record: str) -> Tags:
    """Tags in small letters and their values; a tag that comes twice counts once, the first."""
    tags: dict[str, str] = {}
    for part in record.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            tags.setdefault(name.strip().lower(), value.strip())
    return tags


def tagged(records: Iterable[str], version: str) -> Tags | None:
    """The one record of this version; None where there is none, or more than one."""
    found = [tags for tags in map(read_tags, records) if tags.get("v", "").lower() == version]
    return found[0] if len(found) == 1 else None


def report_domains(tags: Tags) -> tuple[str, ...]:
    """The domains to which reports by mail go (rua), each once."""
    found = _DOMAIN_OF_MAILBOX.findall(tags.get("rua", ""))
    return tuple(dict.fromkeys(domain.lower().rstrip(".") for domain in found))
