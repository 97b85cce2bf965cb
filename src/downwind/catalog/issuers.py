"""Finds who issued a certificate, by its issuer's organization or, where that lacks, its name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from downwind.catalog.claims import Claim, fold

# "DigiCert Inc" and "DigiCert, Inc." are one; company forms say nothing of who it is.
_FORMS = frozenset(
    {"inc", "incorporated", "llc", "ltd", "limited", "corp", "corporation", "co", "company"}
    | {"gmbh", "ag", "ab", "as", "sa", "spa", "srl", "bv", "nv", "nv-sa", "sas", "sro", "kft"}
    | {"plc", "pty", "oy"}
)
_PUNCTUATION = re.compile(r"[.,()\"]+")


@dataclass(frozen=True, slots=True)
class Found:
    """An issuer's claim, and the words by which it was found."""

    claim: Claim
    said: str
    also: Claim | None = None
    """The organization's own claim, where its common name has one that says the same."""
    guessed: bool = False
    """True where only the first words of a common name speak for it."""


class IssuerIndex:
    """Issuers by organization, then by common name."""

    def __init__(self, issuers: Mapping[str, Mapping[str, Claim]]) -> None:
        self._exact = issuers
        self._loose: dict[str, str] = {}
        """Bare organization -> organization as written; empty where two providers share it."""
        self._names: dict[str, Claim | None] = {}
        """Common name -> who uses it; None where several do."""
        for organization, known in issuers.items():
            self._keep(organization, known)

    def find(self, organization: str, common_name: str) -> Found | None:
        """Whose certificate it is; None where nobody is known."""
        if organization and (known := self._organization(organization)):
            named, whole = _by_name(known, fold(common_name)), known.get("")
            claim = named or whole
            if claim is None:
                return None
            agreed = named is not None and whole is not None and str(named) == str(whole)
            return Found(claim, organization, also=whole if agreed else None)
        # Another organization's certificate may well be called R3 too.
        if organization and fold(organization) != fold(common_name):
            return None
        name = fold(common_name)
        if found := _by_name(self._names, name):
            return Found(found, common_name)
        return self._by_brand(name, common_name)

    def _keep(self, organization: str, known: Mapping[str, Claim]) -> None:
        bare = _bare(organization)
        other = self._loose.get(bare)
        shared = other is not None and (not other or _owner(self._exact[other]) != _owner(known))
        self._loose[bare] = "" if shared else organization
        for name, claim in known.items():
            if name:
                first = self._names.setdefault(name, claim)
                if first is not None and first.provider != claim.provider:
                    self._names[name] = None

    def _organization(self, organization: str) -> Mapping[str, Claim] | None:
        if found := self._exact.get(fold(organization)):
            return found
        written = self._loose.get(_bare(fold(organization)))
        return self._exact[written] if written else None

    def _by_brand(self, name: str, said: str) -> Found | None:
        """Who is named by the first words of a common name: Sectigo Public Server ..."""
        words = _bare(name).split(" ")
        for count in range(len(words), 0, -1):
            written = self._loose.get(" ".join(words[:count]))
            if written and (claim := self._exact[written].get("")):
                return Found(claim, said, guessed=True)
        return None


def _bare(organization: str) -> str:
    words = _PUNCTUATION.sub(" ", organization).split()
    kept = [word for word in words if word not in _FORMS]
    return " ".join(kept or words)


def _owner(known: Mapping[str, Claim]) -> str:
    return next(iter(known.values())).provider


def _by_name(known: Mapping[str, Claim | None], name: str) -> Claim | None:
    """The claim to a common name; a `*` at the end of one stands for any end."""
    if not name:
        return None
    if (exact := known.get(name)) is not None:
        return exact
    heads = [(head, claim) for head, claim in known.items() if head.endswith("*")]
    fitting = [(head, c) for head, c in heads if name.startswith(head[:-1])]
    return max(fitting, key=lambda each: len(each[0]))[1] if fitting else None
