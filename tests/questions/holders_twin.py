"""Who holds the sites of a small graph, by walking it again for every question. Circles go round
for ever, so the graphs have none."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, field

UNTRACED = {"address": "network", "nameserver": "dns hosting"}
COMPONENTS = {"site", "host", *UNTRACED}


@dataclass(frozen=True)
class TwinNeed:
    """One need; `name` is without a number."""

    name: str
    alternatives: tuple[str, ...]
    k: int = 1
    hard: bool = True
    lasting: bool = False
    """Its grace has no end."""


@dataclass
class Twin:
    """Nodes by name, with their kinds and needs. Owners are what stands before the dot."""

    kinds: dict[str, str] = field(default_factory=dict)
    needs: dict[str, list[TwinNeed]] = field(default_factory=dict)

    def holder(self, node: str) -> str | None:
        """A provider is its owner's, who stands before the dot; None for components and sites."""
        if self.kinds[node] in COMPONENTS:
            return None
        return node.partition(".")[0] if self.kinds[node] == "provider" else node

    def sort(self, holder: str) -> str:
        """known, unknown or private."""
        kind = self.kinds.get(holder, "provider")
        return {"provider": "known", "private": "private"}.get(kind, "unknown")

    def holders(self) -> set[str]:
        """All of them."""
        found = {self.holder(node) or node for node in self.kinds}
        return {h for h in found if h not in self.kinds or self.holder(h) or self.untraced(h)}

    def untraced(self, node: str) -> bool:
        led = any(self.holder(a) for need in self.needs[node] for a in need.alternatives)
        if self.kinds[node] == "address" and self.needs[node]:
            return False
        return self.kinds[node] in UNTRACED and not led

    def counts(self, need: TwinNeed, layer: str | None) -> bool:
        """Whether a need before the first provider is followed."""
        if need.name == "delegation":
            return False
        enters = any(self.holder(a) is not None for a in need.alternatives)
        return layer is None or not enters or need.name == layer

    def direct(self, node: str, layer: str | None) -> set[str]:
        """The nodes of the first holders, and untraced components, on all ways from a node."""
        found: set[str] = set()
        label = UNTRACED.get(self.kinds[node], "")
        if self.untraced(node) and layer in (None, label):
            found.add(node)
        for need in self.needs[node]:
            for other in need.alternatives if self.counts(need, layer) else ():
                found |= {other} if self.holder(other) else self.direct(other, layer)
        return found

    def behind(self, node: str) -> Iterator[str]:
        """Holders of a node and of all that it needs."""
        if holder := self.holder(node) or (node if self.untraced(node) else None):
            yield holder
        for need in self.needs[node]:
            for other in need.alternatives if need.name != "delegation" else ():
                yield from self.behind(other)

    def uses(self, site: str, layer: str | None, *, in_all: bool) -> set[str]:
        first = self.direct(site, layer)
        if in_all:
            ways = (self.behind(node) if self.holder(node) else (node,) for node in first)
            return {holder for way in ways for holder in way}
        return {self.holder(node) or node for node in first}

    def falls(self, site: str, layer: str | None, failed: Set[str], *, in_all: bool) -> bool:
        """Whether the site falls when these holders fail together, for ever."""

        def lost(node: str, before: bool) -> bool:
            holder = self.holder(node)
            if holder is not None:
                if holder in failed:
                    return True
                if not in_all:
                    return False
                before = False
            label = UNTRACED.get(self.kinds[node], "")
            shown = not before or layer in (None, label)
            if holder is None and self.untraced(node) and shown and node in failed:
                return True
            return any(missed(need, before) for need in self.needs[node])

        def missed(need: TwinNeed, before: bool) -> bool:
            if not need.hard or need.lasting or need.name == "delegation":
                return False
            if before and not self.counts(need, layer):
                return False
            standing = sum(not lost(other, before) for other in need.alternatives)
            return standing < need.k

        return lost(site, True)

    def must(self, site: str, layer: str | None) -> bool:
        """Whether hard needs alone lead to somebody."""

        def leads(node: str) -> bool:
            label = UNTRACED.get(self.kinds[node], "")
            if self.untraced(node) and layer in (None, label):
                return True
            needs = [n for n in self.needs[node] if n.hard and not n.lasting]
            return any(
                self.holder(other) is not None or leads(other)
                for need in needs
                if self.counts(need, layer)
                for other in need.alternatives
            )

        return leads(site)
