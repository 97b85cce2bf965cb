"""The answer: who holds what part of a list of sites, layer by layer and group by group."""

from __future__ import annotations

from dataclasses import dataclass

from downwind.questions.holders.central import Concentration


@dataclass(frozen=True, slots=True)
class Portion:
    """Some of the sites of a layer."""

    sites: int
    share: float
    """Their part of the weight of all sites of the layer; of their number, where all weigh 1."""


@dataclass(frozen=True, slots=True)
class Held:
    """What one holder has of a layer."""

    holder: str
    sort: str
    """known, unknown (nobody could say who it is) or private (a site's own)."""
    providers: tuple[str, ...]
    """Its providers by their ids in the catalogue."""
    uses: Portion
    """Sites that lean on it directly."""
    uses_in_all: Portion
    """The same with what providers need of one another."""
    falls: Portion
    """Sites that fall when it alone fails, however long their graces, directly."""
    falls_in_all: Portion


@dataclass(frozen=True, slots=True)
class Redundancy:
    """What becomes of the sites of a layer when any one holder fails; they add up to all."""

    one: Portion
    """They fall with one holder that they lean on."""
    behind: Portion
    """They have alternatives, and all of these stand on one holder behind them."""
    own: Portion
    """They fall with what is their own only."""
    beside: Portion
    """They stand by what is their own beside one other holder."""
    unknown: Portion
    """They stand if holders whom nobody could name are separate, which is not known."""
    separate: Portion
    """They stand by others: at least two holders known to be separate, by owner."""
    soft: Portion
    """They do without the layer."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of one group of sites."""

    name: str
    sites: int
    weight: float
    held: tuple[Held, ...]
    """Whom the most weight needs first; private ones are summed up in `private`."""
    private: Portion
    """Sites that lean on something of their own."""
    unknown: Portion
    """Sites that lean directly on somebody whom nobody could name."""
    lone: Portion
    """Sites that some holder takes down alone, directly."""
    lone_in_all: Portion
    redundancy: Redundancy
    concentration: Concentration | None
    """Each site is split evenly among those it leans on directly, its own only where there is
    nobody else; None where none leans."""

    def largest(self) -> tuple[Held, ...]:
        """On whom most weight leans directly: several where they are even, none where nobody."""
        most = max((held.uses.share for held in self.held), default=0.0)
        return tuple(held for held in self.held if held.uses.sites and held.uses.share == most)

    def private_holders(self) -> int:
        """How many of the holders in `concentration` are sites' own, and so not in `held`."""
        if self.concentration is None:
            return 0
        return self.concentration.holders - sum(held.uses.sites > 0 for held in self.held)


@dataclass(frozen=True, slots=True)
class Group:
    """Some sites of the list, or all."""

    name: str
    sites: int
    weight: float
    layers: tuple[Layer, ...]
    """All together first, where there are several; then the one with most weight."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """Who holds the sites of a list."""

    whole: Group
    by: str
    """The column by which the groups are made; empty where there are none."""
    groups: tuple[Group, ...]
    doubtful: int
    """Needs that are suspected or weakly confirmed: left out."""
    not_followed: int
    """Needs of a parent zone or a registration, which nothing can stand in for: left out."""
