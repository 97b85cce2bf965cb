"""Whether a place's own resolvers are there: where they are not, no name is at fault."""

from __future__ import annotations

import asyncio
import dataclasses

from downwind.observe.dialer import Dialer
from downwind.observe.dns import ask
from downwind.observe.network import Endpoint, Network

# RFC 6761, 6.3: a resolver answers for it by itself. That it says anything is all that counts: a
# resolver is silent on one name too, while it waits for that name's servers.
_KNOWN_TO_ALL = ("localhost", "A")
_KEPT = 5.0
"""Seconds for which it is kept that a resolver answers ..."""
_SILENT_KEPT = 20.0
"""... and that it does not: what was asked of it meanwhile fails for as long."""
_PATIENCE = 2.0
"""Seconds, at most, for one try."""


class Resolvers:
    """The resolvers of one network, asked for what they know without asking others."""

    def __init__(self, network: Network) -> None:
        wait = min(network.timeouts.dns, _PATIENCE)
        timeouts = dataclasses.replace(network.timeouts, dns=wait)
        self._network = dataclasses.replace(network, timeouts=timeouts)
        self._kept: dict[str, tuple[float, bool]] = {}
        self._asking: dict[str, asyncio.Task[bool]] = {}

    async def silent(self, ip: str = "") -> str:
        """The addresses of the resolvers, or of the one at `ip`, if none of them says anything.

        Empty where one does. It raises NoSocket where this machine cannot ask.
        """
        resolvers = [each for each in self._network.resolvers if ip in ("", each.ip)]
        answers = await asyncio.gather(*map(self._answers, resolvers))
        return "" if any(answers) else ", ".join(each.ip for each in resolvers)

    async def close(self) -> None:
        """Ends the questions that nobody waits for any more."""
        asking = list(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    async def _answers(self, resolver: Endpoint) -> bool:
        loop = asyncio.get_running_loop()
        until, answers = self._kept.get(resolver.ip, (0.0, False))
        if loop.time() < until:
            return answers
        task = self._asking.get(resolver.ip)
        if task is None:
            task = self._asking[resolver.ip] = loop.create_task(self._ask(resolver))
            task.add_done_callback(lambda _: self._asking.pop(resolver.ip, None))
        return await asyncio.shield(task)

    async def _ask(self, resolver: Endpoint) -> bool:
        # By a new dialer, as a journey takes one: nothing of an earlier way there is remembered.
        dialer = Dialer(self._network)
        reply = await ask(dialer, self._network, _KNOWN_TO_ALL, (resolver,))
        reply.demand_asked()
        answers = reply.message is not None
        lasts = self._network.clock.wall(_KEPT if answers else _SILENT_KEPT)
        self._kept[resolver.ip] = (asyncio.get_running_loop().time() + lasts, answers)
        return answers
