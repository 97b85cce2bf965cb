"""How a vantage carries out what its hub orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pydantic import ValidationError

from downwind.model import Step
from downwind.observe import Network
from downwind.observe.probes import probe_from_json
from downwind.terms import Evidence, UsageError
from downwind.watch.agenda import Order as Due
from downwind.watch.agenda import Target
from downwind.watch.probing import Probing, Walk
from downwind.watch.vantages import Order as Ordered


@dataclass(slots=True)
class Performer:
    """Makes the hub's orders into probes of this machine's network."""

    probing: Probing
    vantage: str
    turns: Counter[str] = field(default_factory=Counter)

    async def __call__(self, order: Ordered) -> Evidence:
        """The evidence; raises UsageError for an order that is none."""
        what = _walk(order) if order.kind == "journey" else probe_from_json(order.probe)
        target = Target(order.target, what, order.interval, order.timeout)
        turn = self.turns[order.target]
        self.turns[order.target] += 1
        return await self.probing(Due(target, self.vantage, 0.0, turn))


@asynccontextmanager
async def performing(network: Network) -> AsyncIterator[Performer]:
    """Probes of this network while the block runs."""
    probing = Probing([network])
    try:
        yield Performer(probing, network.vantage)
    finally:
        await probing.close()


def _walk(ordered: Ordered) -> Walk:
    steps, variables = ordered.probe.get("steps"), ordered.probe.get("variables", {})
    try:
        if not isinstance(steps, list) or not isinstance(variables, dict):
            raise UsageError("The order of a journey has no steps.", where=ordered.target)
        walked = tuple(Step.model_validate(step) for step in steps)
    except ValidationError as error:
        raise UsageError(f"A step cannot be read: {error}.", where=ordered.target) from error
    return Walk(walked, {str(k): str(v) for k, v in variables.items()})
