"""Asks registries over weeks: one list of servers, one pace, and the name resolved each time."""

from __future__ import annotations

from downwind.observe.dialer import Dialer
from downwind.observe.manners.pace import Courtesy
from downwind.observe.network import Network
from downwind.observe.registration.ask import Registrations
from downwind.observe.registration.bootstrap import RdapOptions
from downwind.observe.resolve import Resolver
from downwind.observe.session import Session
from downwind.terms import Evidence, Finding, Unanswered

KIND = "rdap.domain"


class Registries:
    """The registries as one asks them; a host that says Retry-After is left alone as long."""

    def __init__(self, network: Network, options: RdapOptions) -> None:
        self._network = network
        self._courtesy = Courtesy(network.manners, network.clock)
        self._registrations = Registrations(options)

    async def ask(self, domain: str) -> Evidence:
        """What the registry says of a domain now (rdap.domain); it never raises."""
        courtesy, network = self._courtesy, self._network
        resolver = Resolver(network, Dialer(network), courtesy.gate, courtesy.server_turn)
        finding: Finding
        try:
            async with Session(network, resolver, courtesy.gate, courtesy) as session:
                finding = await self._registrations.look(session, domain)
        except Exception as error:
            # Our own defect on some answer nobody thought of.
            finding = Unanswered(f"Downwind failed to ask: {type(error).__name__}: {error}")
        finally:
            await resolver.close()
        return Evidence(domain, KIND, finding, network.clock.now(), network.vantage)
