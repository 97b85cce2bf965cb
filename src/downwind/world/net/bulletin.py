"""What the providers of a world have announced, and how an announcement is ordered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from downwind.terms import UsageError
from downwind.world.net.platform import Announcement

STATES = ("investigating", "identified", "monitoring", "resolved")
IMPACTS = ("none", "minor", "major", "critical")

_REQUIRED = ("state", "impact", "title", "text")
_LISTS = ("products", "regions")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_LONGEST = {"title": 300, "text": 4000}


class Bulletins:
    """A provider's announcements on its present or last incident."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[Announcement, ...]] = {}

    def of(self, provider: str) -> tuple[Announcement, ...]:
        """Oldest first; empty where the provider has announced nothing."""
        return self._said.get(provider, ())

    def announce(self, provider: str, announcement: Announcement) -> None:
        """Add to the provider's incident; after a resolved one, a new incident begins."""
        said = self.of(provider)
        if said and said[-1].state == "resolved":
            said = ()
        self._said[provider] = (*said, announcement)


def announcement(words: Mapping[str, Any], at: float) -> Announcement:
    """The announcement that an order words, made at scenario time `at`.

    The words are `state`, `impact`, `title`, `text` and perhaps `products` and `regions` (lists of
    ids; without them it is all of them). Raises UsageError with all that is wrong.
    """
    wrong = [*_wrong_words(words), *_wrong_choices(words), *_wrong_texts(words)]
    for key in _LISTS:
        wrong += _wrong_ids(key, words.get(key, ()))
    if wrong:
        raise UsageError(
            f"It cannot be announced: {'; '.join(wrong)}.",
            where="announcement",
            todo="It has state, impact, title, text and perhaps products and regions.",
        )
    return Announcement(
        at=at,
        state=words["state"],
        impact=words["impact"],
        title=words["title"].strip(),
        text=words["text"].strip(),
        products=tuple(dict.fromkeys(words.get("products", ()))),
        regions=tuple(dict.fromkeys(words.get("regions", ()))),
    )


def _wrong_words(words: Mapping[str, Any]) -> list[str]:
    missing = [f"{key} is missing" for key in _REQUIRED if key not in words]
    strange = [f"{key!r:.60} is no word of it" for key in words if key not in _REQUIRED + _LISTS]
    return missing + strange


def _wrong_choices(words: Mapping[str, Any]) -> list[str]:
    return [
        f"{key} is {words[key]!r:.60}, not one of {', '.join(known)}"
        for key, known in (("state", STATES), ("impact", IMPACTS))
        if key in words and words[key] not in known
    ]


def _wrong_texts(words: Mapping[str, Any]) -> list[str]:
    wrong = []
    for key, longest in _LONGEST.items():
        value = words.get(key, "-")
        if not isinstance(value, str) or not value.strip():
            wrong.append(f"{key} is {value!r:.60}, not text")
        elif len(value) > longest:
            wrong.append(f"{key} is longer than {longest} characters")
    return wrong


def _wrong_ids(key: str, ids: object) -> list[str]:
    if not isinstance(ids, list | tuple):
        return [f"{key} is {ids!r:.60}, not a list of ids"]
    return [
        f"{key} holds {each!r:.60}, which is no id"
        for each in ids
        if not isinstance(each, str) or not _ID.fullmatch(each)
    ]
