"""Asks one name server one question, and judges the answer."""

from __future__ import annotations

import dataclasses

import dns.flags
import dns.rdatatype

from downwind.observe.dialer import Dialer
from downwind.observe.dns import DnsReply, rdata_texts
from downwind.observe.dns import ask as ask_servers
from downwind.observe.failures import DnsFailed
from downwind.observe.names import host_name
from downwind.observe.network import Endpoint, Network
from downwind.observe.probes.kinds import DnsProbe
from downwind.observe.probes.told import Told

_KEPT = 20
_NO_DATA = "NODATA"


async def ask(
    network: Network, dialer: Dialer, probe: DnsProbe, server: Endpoint, told: Told, budget: float
) -> None:
    """One question, asked twice where nothing comes; raises DnsFailed, DialRefused or NoSocket.

    The budget is in seconds of the network's clock.
    """
    dialer.route(server.ip, "udp", server.port)
    # Two tries by UDP, or one with another by TCP, fit into the budget.
    wait = min(network.timeouts.dns, budget / 2.5)
    patient = dataclasses.replace(network.timeouts, dns=wait)

    async def put(rdtype: str) -> DnsReply:
        reply = await ask_servers(
            dialer,
            dataclasses.replace(network, timeouts=patient),
            (host_name(probe.name), rdtype),
            (server,),
            recursive=not probe.server,
        )
        reply.demand_asked()
        return reply

    rdtype, reply = probe.rdtype, await put(probe.rdtype)
    fault = _fault(probe, reply)
    if fault == _NO_DATA and rdtype == "A" and not (probe.server or probe.expects):
        # A host that has IPv6 alone resolves as well.
        rdtype, reply = "AAAA", await put("AAAA")
        fault = _fault(probe, reply)
    told.dns = {"rcode": reply.rcode, "ede": reply.ede}
    if fault:
        raise DnsFailed(f"{probe.name} {probe.rdtype}: {fault}", where=server.ip)
    told.passed.append("dns")
    records = _records(reply, rdtype)
    told.extra["records"] = records[:_KEPT]
    if probe.expects and not set(probe.expects) & set(records):
        told.fails("expect", f"none of the records is {', '.join(probe.expects)[:200]}")


def _fault(probe: DnsProbe, reply: DnsReply) -> str:
    """What is wrong with the answer, or nothing."""
    message = reply.message
    if message is None or not reply.answered or reply.rcode == "NXDOMAIN":
        return reply.failure().reason
    if message.answer:
        return ""  # records, or an alias that leads out of this server's zones
    if probe.server and not message.flags & dns.flags.AA:
        return "lame: it does not answer for this name"
    return _NO_DATA


def _records(reply: DnsReply, rdtype: str) -> list[str]:
    wanted = dns.rdatatype.from_text(rdtype)
    sets = reply.message.answer if reply.message else []
    return sorted(text for each in sets if each.rdtype == wanted for text in rdata_texts(each))
