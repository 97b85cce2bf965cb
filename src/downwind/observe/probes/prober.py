"""Performs probes on one network, each within its time, and tells every one as evidence."""

from __future__ import annotations

import asyncio
import time

from downwind.observe.dialer import Dialer, Gate, open_gate
from downwind.observe.failures import (
    Busy,
    CertificateRefused,
    Defect,
    DnsFailed,
    LayerFailed,
)
from downwind.observe.network import Endpoint, Network
from downwind.observe.probes import dns, http
from downwind.observe.probes.directory import LONGEST, Directory, Known
from downwind.observe.probes.kinds import DnsProbe, HttpProbe, Probe, TlsProbe
from downwind.observe.probes.line import Line
from downwind.observe.probes.ration import Ration
from downwind.observe.probes.resolvers import Resolvers
from downwind.observe.probes.tls import Lifetimes, look_closer, shake
from downwind.observe.probes.told import Told
from downwind.terms import Evidence

_MOST_READY = 50_000
_LATE = 0.25
"""Real seconds by which the end of a probe's time may be noticed late."""
_DNS_SHARE = 0.6
"""Of a probe's time, what its name may take: a slow answer is not the fault of the address."""


class Prober:
    """Probes of one network. Close it when no probe is under way any more."""

    def __init__(
        self,
        network: Network,
        gate: Gate = open_gate,
        dialer: Dialer | None = None,
        longest_kept: float = LONGEST,
        ration: Ration | None = None,
    ) -> None:
        """`gate` bounds how many go to an address at once; waiting there costs no budget.

        It may raise Crowded.

        Answers of the resolvers are kept for their TTL, at most for `longest_kept` seconds.
        `ration` bounds the bodies that are kept of failing probes.
        """
        self._network = network
        self._gate = gate
        self._dialer = dialer or Dialer(network)
        self._directory = Directory(network, self._dialer, longest_kept)
        self._resolvers = Resolvers(network)
        self._lifetimes = Lifetimes()
        self._ration = ration or Ration()
        self._questions: dict[HttpProbe, http.Question] = {}

    @property
    def network(self) -> Network:
        return self._network

    async def close(self) -> None:
        """Ends what is still asked of the resolvers."""
        await self._directory.close()
        await self._resolvers.close()

    async def silent_resolvers(self, ip: str = "") -> str:
        """The addresses of this network's resolvers, or of the one at `ip`, where none says
        anything to anybody; empty where one does. It raises NoSocket where nothing can be asked.
        """
        return await self._resolvers.silent(ip)

    async def addresses(self, probe: Probe) -> tuple[str, ...]:
        """Where the probe can go, both families by turns; raises DnsFailed."""
        if isinstance(probe, DnsProbe) and not probe.server:
            return tuple(each.ip for each in self._network.resolvers)
        return (await self._directory.find(self._door(probe)[0])).addresses

    async def probe(
        self,
        subject: str,
        probe: Probe,
        *,
        address: str | None = None,
        turn: int = 0,
        timeout: float = 10.0,
    ) -> Evidence:
        """One probe, within `timeout` seconds of the network's clock; it never raises.

        It goes to `address`, or else to the name's address whose turn it is. What this machine
        could not do (no socket or no time left, a private address that is not allowed, too many
        probes at the address already, a defect) is Unanswered.
        """
        told = self._begin(probe)
        at, waited = self._network.clock.now(), 0.0
        began = time.monotonic()
        try:
            ip = address or await self._choose(probe, turn, timeout, told)
            told.address = ip
            chosen = time.monotonic()
            async with self._gate(ip):
                waited = time.monotonic() - chosen
                at += waited * self._network.clock.speed
                await self._within(timeout, chosen - began, probe, ip, told)
        except LayerFailed as failed:
            told.failed = failed
        except Exception as error:
            told.failed = Defect(f"a defect of this program: {type(error).__name__}: {error}")
        took = (time.monotonic() - began - waited) * 1000
        finding = told.finding(took, self._ration)
        return Evidence(subject, f"probe.{probe.kind}", finding, at, self._network.vantage)

    def _begin(self, probe: Probe) -> Told:
        if isinstance(probe, HttpProbe):
            question = self._question(probe)
            return Told(probe.method.lower(), question.shown, question.url.host)
        if isinstance(probe, DnsProbe) and probe.server:
            # Asked directly, a name server tells of itself, and not of the name's resolution.
            told = Told("dns", f"dns://{probe.server}/{probe.name}?type={probe.rdtype}", "")
            told.extra["server"] = probe.server
            return told
        if isinstance(probe, DnsProbe):
            return Told("dns", f"dns:{probe.name}?type={probe.rdtype}", probe.name)
        host = f"[{probe.host}]" if ":" in probe.host else probe.host
        return Told(probe.kind, f"{probe.kind}://{host}:{probe.port}", probe.host)

    def _question(self, probe: HttpProbe) -> http.Question:
        question = self._questions.get(probe)
        if question is None:
            if len(self._questions) >= _MOST_READY:
                self._questions.clear()
            question = self._questions[probe] = http.make_ready(probe, self._network.agent)
        return question

    async def _choose(self, probe: Probe, turn: int, timeout: float, told: Told) -> str:
        if isinstance(probe, DnsProbe) and not probe.server:
            resolvers = self._network.resolvers
            if not resolvers:
                raise DnsFailed("this network has no resolver")
            return resolvers[turn % len(resolvers)].ip
        host = self._door(probe)[0]
        known = self._directory.known(host) or await self._look_up(host, timeout, told)
        if known.reason:
            told.dns = known.dns
            raise DnsFailed(known.reason, where=host)
        if not isinstance(probe, DnsProbe):
            told.dns = known.dns
            told.passes("dns", "dial", "connection")
        return known.addresses[turn % len(known.addresses)]

    async def _look_up(self, host: str, timeout: float, told: Told) -> Known:
        most = _DNS_SHARE * timeout
        over = time.monotonic() + self._network.clock.timeout(most)
        try:
            async with asyncio.timeout(over - time.monotonic()):
                return await self._directory.look_up(host)
        except TimeoutError:
            _blame_oneself_if_late(over)
            raise DnsFailed(f"{host}: no address within {most:g} s", where=host) from None

    async def _within(
        self, timeout: float, spent: float, probe: Probe, ip: str, told: Told
    ) -> None:
        """The probe itself, in what is left of its time (`spent` is in real seconds)."""
        whole = self._network.clock.timeout(timeout)
        left = max(whole - spent, (1 - _DNS_SHARE) * whole)
        began = time.monotonic()
        try:
            async with asyncio.timeout(left):
                await self._go(probe, ip, told, timeout)
        except TimeoutError:
            if told.failed is not None:
                return  # known by then; it was to be looked at more closely
            _blame_oneself_if_late(began + left)
            told.fails(told.layer, f"no {told.waits_for} within {timeout:g} s")

    async def _go(self, probe: Probe, ip: str, told: Told, timeout: float) -> None:
        if isinstance(probe, DnsProbe):
            server = self._server(probe, ip)
            return await dns.ask(self._network, self._dialer, probe, server, told, timeout)
        host, port = self._door(probe)
        told.layer, told.waits_for = "dial", "connection"
        line = await Line.dial(self._dialer, ip, port)
        try:
            await self._along(line, probe, host, told)
        except CertificateRefused as refused:
            told.failed = refused
            if isinstance(probe, TlsProbe):
                await look_closer(self._network, self._dialer, refused, probe, told)
            raise
        finally:
            line.close()

    async def _along(self, line: Line, probe: Probe, host: str, told: Told) -> None:
        told.passes("dial", "tls", "TLS handshake")
        question = self._question(probe) if isinstance(probe, HttpProbe) else None
        if isinstance(probe, TlsProbe) or (question and question.url.secure):
            await shake(self._network, line, host, self._lifetimes, told)
            told.passes("tls", "http", "answer")
        if question:
            told.layer, told.waits_for = "http", "answer"
            await http.ask(question, line, told)

    def _server(self, probe: DnsProbe, ip: str) -> Endpoint:
        known = () if probe.server else self._network.resolvers
        return next((each for each in known if each.ip == ip), Endpoint(ip, 53))

    def _door(self, probe: Probe) -> tuple[str, int]:
        """Host and port that the probe goes to."""
        if isinstance(probe, HttpProbe):
            url = self._question(probe).url
            return url.host, url.port
        if isinstance(probe, DnsProbe):
            return probe.server, 53
        return probe.host, probe.port


def _blame_oneself_if_late(over: float) -> None:
    """Raises Busy: the answer may have come, and nobody here had the time to read it."""
    late = time.monotonic() - over
    if late > _LATE:
        raise Busy(f"this machine was busy: the time was over {late:.1f} s ago")
