"""The components of a Statuspage: which are groups, which are products, and which are places."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from downwind.observe.feeds.parts import WITHIN
from downwind.observe.feeds.values import identifier, title

# Cloudflare's points of presence are components of this form, by the code of their airport.
_PLACE = re.compile(r".+ - \(([A-Z]{3})\)", re.ASCII)
# Fastly's are "Amsterdam (AMS)", as is a product: "Key Management Service (KMS)".
_PERHAPS = re.compile(r".+\(([A-Z]{3})\)", re.ASCII)
_GROUP_OF_PLACES = 3
# A group of this name only says that its members are the products: 128 of Cloudflare's 475.
_ALL_PRODUCTS = "Sites and Services"


@dataclass(frozen=True, slots=True)
class Grouping:
    """How a page orders its components."""

    names: Mapping[str, str]
    """The name of each group, by id."""
    parents: Mapping[str, str]
    """The group of each component, by id."""
    places: frozenset[str]
    """Groups of three or more of which at least half are places: they say nothing of products."""

    @classmethod
    def of(cls, components: Sequence[Mapping[str, Any]]) -> Grouping:
        """Read from the page's list of components."""
        names: dict[str, str] = {}
        parents: dict[str, str] = {}
        members: Counter[str] = Counter()
        places: Counter[str] = Counter()
        for each in components:
            known, group = identifier(each.get("id")), identifier(each.get("group_id"))
            if each.get("group") is True:
                names[known] = title(each.get("name"))
            elif group:
                parents[known] = group
                members[group] += 1
                places[group] += bool(_PERHAPS.fullmatch(title(each.get("name"))))
        of_places = (
            each
            for each, count in members.items()
            if count >= _GROUP_OF_PLACES and 2 * places[each] >= count
        )
        return cls(names, parents, frozenset(of_places))

    def is_group(self, known: str) -> bool:
        return known in self.names

    def place(self, known: str, name: str) -> str:
        """The code of the airport in the name of a place, in small letters; empty for others."""
        form = _PERHAPS if self.in_place(known) else _PLACE
        found = form.fullmatch(name)
        return found[1].lower() if found else ""

    def in_place(self, known: str) -> bool:
        """True for a member of a group of places."""
        return self.parents.get(known, "") in self.places

    def named(self, known: str, name: str) -> str:
        """The name with its group's before it, where the group says something."""
        group = self.names.get(self.parents.get(known, ""), "")
        if not group or group.endswith(_ALL_PRODUCTS) or not name:
            return name
        return f"{group}{WITHIN}{name}"[:300]
