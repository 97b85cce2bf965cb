"""Where the users of a world talk after a failure, and whom they blame: many are wrong."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from downwind.observe import Session
from downwind.terms import UsageError
from downwind.world.people.users import Action, Crowd, Outcome, Served, User, user_of

CHANCE = 0.5
"""How likely a user is to talk about a failure: a default of this emulation, measured nowhere."""
_PLACES_TRIED = 2

_RUMOURS = TypeAdapter(dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]])


@dataclass(frozen=True, slots=True)
class Remark:
    """What one user is about to say, and where."""

    failed: str
    """The service."""
    blamed: str | None
    """A provider; None in a world without rumours."""
    guests: tuple[User, ...]
    """The user at each place, in the order in which they are tried until one takes it."""

    def variables(self) -> dict[str, str]:
        """What gossip steps may speak of, besides the user's own variables."""
        failed = {"failed": self.failed}
        return failed if self.blamed is None else failed | {"blamed": self.blamed}


class Gossip:
    """The places where a crowd talks: the services with gossip steps, of whatever weight.

    What a user says is drawn from the seed, the round and the user, so it does not depend on
    who is answered first; places and providers are drawn without regard to what really failed.
    Nobody complains of a service at that service.
    """

    def __init__(self, people: Crowd, rumours: Any = None, chance: float = CHANCE) -> None:
        """Rumours: provider -> weight.

        Raises UsageError where a weight is not above 0, or where steps speak of `${blamed}` and
        there are no rumours.
        """
        self._people = people
        self._chance = chance
        self._rumours = _read(rumours)
        self._places = [service for service in people.services if service.gossip]
        self._seats = {(u.service.name, u.number): seat for seat, u in enumerate(people.users)}
        self._sizes = Counter(user.service.name for user in people.users)
        self._guests: dict[tuple[int, str], User] = {}
        for place in self._places:
            if not self._rumours and any("${blamed}" in s.model_dump_json() for s in place.gossip):
                raise UsageError(
                    f"{place.name} lets its users blame a provider, and there are no rumours.",
                    where="rumours",
                    todo="Give providers weights under `rumours` in the world file.",
                )

    def after(self, action: Action) -> Remark | None:
        """What the user says of an action that failed; None where they keep silent."""
        service, number = action.user.service.name, action.user.number
        drawn = random.Random(f"{self._people.seed}/talk/{action.turn}/{service}/{number}")
        if drawn.random() >= self._chance:
            return None
        places = [place for place in self._places if place.name != service]
        if not places:
            return None
        chosen = drawn.sample(places, min(_PLACES_TRIED, len(places)))
        guests = tuple(self._guest(action.user, place) for place in chosen)
        return Remark(service, self._blamed(drawn), guests)

    async def say(self, remark: Remark, guest: User, session: Session) -> Outcome:
        """Walk the gossip steps of the guest's place; never raises for what the place does."""
        steps, told = guest.service.gossip, remark.variables()
        return await self._people.walk(guest, steps, session, **told)

    def _blamed(self, drawn: random.Random) -> str | None:
        if not self._rumours:
            return None
        return drawn.choices(list(self._rumours), list(self._rumours.values()))[0]

    def _guest(self, user: User, place: Served) -> User:
        """The user at a place, who stays signed in there; the place's own users come first."""
        seat = self._seats[user.service.name, user.number]
        key = (seat, place.name)
        if key not in self._guests:
            size = self._sizes[place.name]
            self._guests[key] = user_of(place, size + seat, size)
        return self._guests[key]


def _read(rumours: Any) -> Mapping[str, float]:
    try:
        return dict(sorted(_RUMOURS.validate_python(rumours or {}).items()))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        at = ".".join(str(part) for part in first["loc"]) or "rumours"
        raise UsageError(f"{at}: {first['msg']}.", where="rumours") from error
