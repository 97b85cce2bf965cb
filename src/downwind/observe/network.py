"""The internet that is observed: resolvers, where addresses lead, whom to trust, and its clock."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from downwind import __version__
from downwind.observe.manners.limits import Manners, read_manners
from downwind.terms import CannotMeasure, UsageError

Prefix = ipaddress.IPv4Network | ipaddress.IPv6Network

# X509_V_FLAG_NO_CHECK_TIME: OpenSSL only knows this machine's clock. Under another clock the
# dates of a certificate are checked here (tls.py), not by OpenSSL.
_NO_CHECK_TIME = 0x200000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and a port."""

    ip: str
    port: int

    def __str__(self) -> str:
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"


@dataclass(frozen=True, slots=True)
class DialMap:
    """Where the addresses of an emulated internet lead; what it does not hold does not exist."""

    routes: Mapping[tuple[str, str, int], Endpoint]
    """(address, "udp" or "tcp", port) -> the socket that answers for it."""

    def find(self, ip: str, transport: str, port: int) -> Endpoint | None:
        return self.routes.get((ip, transport, port))

    @classmethod
    def from_handout(cls, dial: Mapping[str, Mapping[str, Any]]) -> DialMap:
        """Read `{"198.18.16.10": {"tcp/443": ["127.0.0.1", 40007]}}`."""
        routes: dict[tuple[str, str, int], Endpoint] = {}
        for ip, doors in dial.items():
            address = str(ipaddress.ip_address(ip))
            for door, (to_ip, to_port) in doors.items():
                transport, _, port = door.partition("/")
                routes[(address, transport, int(port))] = Endpoint(str(to_ip), int(to_port))
        return cls(routes)


@dataclass(frozen=True, slots=True)
class Clock:
    """Scenario time on a scale; the machine's own time where nothing is emulated."""

    scenario: float = 0.0
    """Seconds since 1970-01-01 UTC, at the moment `monotonic`."""
    monotonic: float = 0.0
    """CLOCK_MONOTONIC, which all processes of a machine share."""
    speed: float = 1.0
    """Scenario seconds in a second."""
    floor: float = 0.5
    """No time-out is shorter than this, in real seconds: sockets do not get faster."""
    system: bool = False

    @classmethod
    def real(cls) -> Clock:
        return cls(system=True)

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC in the observed internet."""
        if self.system:
            return time.time()
        return self.scenario + (time.monotonic() - self.monotonic) * self.speed

    def wall(self, scenario_seconds: float) -> float:
        """Real seconds for as many scenario seconds."""
        return scenario_seconds / self.speed

    def timeout(self, scenario_seconds: float) -> float:
        """Real seconds to wait for an answer."""
        return max(self.floor, self.wall(scenario_seconds))

    async def sleep(self, scenario_seconds: float) -> None:
        await asyncio.sleep(self.wall(scenario_seconds))


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long each layer may take, in scenario seconds."""

    dns: float = 3.0
    """For one try at one server."""
    connect: float = 5.0
    tls: float = 8.0
    request: float = 20.0
    """From the first byte sent to the last byte of the body: a slow drip ends here."""
    step: float = 20.0
    """For one request of a step of a journey; a step has three times as long."""


@dataclass(frozen=True)
class Network:
    """One internet to observe, real or emulated. Everything that opens sockets takes one."""

    resolvers: tuple[Endpoint, ...]
    dial: DialMap | None
    """None: addresses lead where they lead."""
    trust: str | None
    """Trust anchors as PEM text; None: those of this machine."""
    allowed_private: tuple[Prefix, ...] = ()
    clock: Clock = field(default_factory=Clock.real)
    vantage: str = "here"
    timeouts: Timeouts = field(default_factory=Timeouts)
    agent: str = f"downwind/{__version__}"
    """The User-Agent; an operator adds a contact."""
    manners: Manners = field(default_factory=Manners)
    """How strangers are treated; a mapping keeps to it."""

    @classmethod
    def real(
        cls,
        *,
        vantage: str = "here",
        allowed_private: tuple[Prefix, ...] = (),
        resolv_conf: Path = Path("/etc/resolv.conf"),
        contact: str = "",
    ) -> Network:
        """The internet as this machine sees it; `contact` is the operator's page or mailbox."""
        agent = agent_of(contact)
        return cls(
            resolvers=_system_resolvers(resolv_conf),
            dial=None,
            trust=None,
            allowed_private=allowed_private,
            vantage=vantage,
            agent=agent,
        )

    @classmethod
    def from_handout(cls, handout: Mapping[str, Any]) -> Network:
        """The emulated internet that a world hands out (docs/world.md)."""
        try:
            clock = handout["clock"]
            return cls(
                resolvers=tuple(
                    Endpoint(str(ipaddress.ip_address(ip)), 53) for ip in handout["resolvers"]
                ),
                dial=DialMap.from_handout(handout["dial"]),
                trust=str(handout["trust"]),
                allowed_private=tuple(ipaddress.ip_network(p) for p in handout["allowed"]),
                clock=Clock(
                    scenario=float(clock["scenario"]),
                    monotonic=float(clock["monotonic"]),
                    speed=float(clock["speed"]),
                    floor=float(clock.get("floor", 0.5)),
                ),
                vantage=str(handout["vantage"]),
                manners=read_manners(handout.get("manners")),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(
                f"It is not a whole handout: {type(error).__name__}: {error}.",
                where="handout",
                todo="It holds vantage, resolvers, dial, trust, allowed and clock.",
            ) from error

    @property
    def step_timeout(self) -> float:
        """Real seconds for a step of a journey: it may be several requests, one after the other."""
        return 3 * self.clock.timeout(self.timeouts.step)

    @cached_property
    def verifying(self) -> ssl.SSLContext:
        """The context of a careful client of HTTP/1.1."""
        context = self._careful()
        context.set_alpn_protocols(["http/1.1"])
        return context

    @cached_property
    def shaking(self) -> ssl.SSLContext:
        """The same for who speaks whatever it may be: a mail server refuses an offer of HTTP."""
        return self._careful()

    def _careful(self) -> ssl.SSLContext:
        """Kept by who asks for it, since loading trust anchors is slow."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.trust is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(cadata=self.trust)
        # Whom the machine trusts is an anchor, root or not, as for curl.
        flags = context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN
        if not self.clock.system:
            flags |= _NO_CHECK_TIME
        context.verify_flags = ssl.VerifyFlags(flags)
        return context

    @cached_property
    def recording(self) -> ssl.SSLContext:
        """The context that takes any certificate and any protocol, to record what is there."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.set_alpn_protocols(["http/1.1"])
        return context


def agent_of(contact: str = "") -> str:
    """The User-Agent; raises UsageError where the contact would break out of its header."""
    name = f"downwind/{__version__}"
    if not contact:
        return name
    if not contact.isascii() or not contact.isprintable() or set(contact) & set("()\\"):
        raise UsageError(
            f"{contact!r:.80} is no contact.", todo="Give a page or a mailbox, in plain ASCII."
        )
    page = contact.startswith(("http://", "https://"))
    return f"{name} (+{contact})" if page else f"{name} (contact={contact})"


def _system_resolvers(resolv_conf: Path) -> tuple[Endpoint, ...]:
    try:
        lines = resolv_conf.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise CannotMeasure(
            f"The resolvers of this machine cannot be read: {error.strerror}.",
            where=str(resolv_conf),
        ) from error
    words = (line.split() for line in lines)
    found = [word[1] for word in words if len(word) > 1 and word[0] == "nameserver"]
    # resolv.conf(5): without a nameserver line, the name server of the local machine is used.
    return tuple(Endpoint(ip, 53) for ip in found[:3]) or (Endpoint("127.0.0.1", 53),)
