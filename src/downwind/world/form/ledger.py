"""What a world file says of talk: whom users blame, and the ledger of claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from downwind.model import Claim
from downwind.terms import Scope, UsageError
from downwind.world.form.check import Complaint
from downwind.world.form.owners import DATA, EVERYWHERE, PLAIN
from downwind.world.form.places import place_complaint, there_is
from downwind.world.form.schema import WorldFile

_BLAMED = "${blamed}"


def ledger_complaints(world: WorldFile) -> Iterator[Complaint]:
    """Whatever rumours, gossip or claims name and the world does not have, in the file's order."""
    yield from _gossip_complaints(world)
    for provider in world.rumours:
        if world.provider(provider) is None:
            there = there_is(each.id for each in world.providers)
            yield f"rumours.{provider}", f"there is no provider {provider!r}; {there}"
    seen: set[str] = set()
    for i, claim in enumerate(world.claims):
        if claim.id in seen:
            yield f"claims.{i}.id", f"the claim {claim.id!r} is there twice"
        seen.add(claim.id)
        yield from _claim_complaints(world, claim, f"claims.{i}")


def _gossip_complaints(world: WorldFile) -> Iterator[Complaint]:
    if world.rumours:
        return
    for i, service in enumerate(world.services):
        for j, step in enumerate(service.gossip):
            if _BLAMED in step.model_dump_json():
                what = f"{_BLAMED} is drawn from `rumours`, and there are none; add them"
                yield f"services.{i}.gossip.{j}", what


def _claim_complaints(world: WorldFile, claim: Claim, path: str) -> Iterator[Complaint]:
    services = [service.name for service in world.services]
    for key in ("about", "other"):
        name = getattr(claim, key)
        if name is not None and name not in services:
            yield f"{path}.{key}", f"there is no service {name!r}; {there_is(services)}"
    roles = [p.role for provider in world.providers for p in provider.products if p.role]
    if claim.role is not None and claim.role not in roles:
        yield f"{path}.role", f"there is no role {claim.role!r}; {there_is(roles)}"
    if claim.of is None:
        return
    try:
        wrong = place_complaint(world, _written(Scope.parse(claim.of)))
    except UsageError as error:
        wrong = str(error).removesuffix(".")
    if wrong:
        yield f"{path}.of", wrong


def _written(scope: Scope) -> Scope:
    """The scope without what owners know of a place beyond the file."""
    region = None if scope.region == EVERYWHERE else scope.region
    variant = None if scope.variant in (DATA, PLAIN) else scope.variant
    return replace(scope, region=region, variant=variant)
