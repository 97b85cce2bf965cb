"""The authoritative name servers of a product: they hold its zones, and they can fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dns.flags
import dns.message
import dns.rcode
from dns.message import Message
from dns.name import Name

from downwind.terms import Scope
from downwind.world.net.addresses import Site
from downwind.world.net.dnsserver import Replies, open_dns, question_of
from downwind.world.net.listener import Doors
from downwind.world.net.zone import Zone, answer_from
from downwind.world.systems.faults import ActiveFault

_WORST_FIRST = ("silent", "lame", "servfail")


class NameServers:
    """All servers of one name-server product."""

    system = "nameserver"

    def __init__(self, site: Site, zones: Mapping[Name, Zone]) -> None:
        self.scope: Scope = site.scope
        self._addresses = site.addresses
        self._zones = zones
        self._mode: str | None = None

    async def open(self, doors: Doors) -> None:
        """Answer at every address of the product."""
        replies = Replies(self._edition)
        for address in self._addresses:
            await open_dns(doors, address, self.answer, replies)

    def _edition(self) -> tuple[str | None, int]:
        """Another one after every change of a zone or of the fault."""
        return self._mode, sum(zone.changes for zone in self._zones.values())

    async def feel(self, faults: Sequence[ActiveFault]) -> None:
        """The worst of several modes holds."""
        modes = {fault.mode for fault in faults}
        self._mode = next((mode for mode in _WORST_FIRST if mode in modes), None)

    async def answer(self, query: Message) -> Message | None:
        """What the zones say, or what the fault makes of it."""
        if self._mode == "silent":
            return None
        reply = dns.message.make_response(query)
        if self._mode is not None:
            lame = self._mode == "lame"
            reply.set_rcode(dns.rcode.REFUSED if lame else dns.rcode.SERVFAIL)
            return reply
        found = answer_from(self._zones, *question_of(query))
        reply.set_rcode(found.rcode)
        if found.authoritative:
            reply.flags |= dns.flags.AA
        reply.answer = list(found.answer)
        reply.authority = list(found.authority)
        reply.additional = list(found.additional)
        return reply
