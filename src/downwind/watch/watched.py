"""What is watched: the capabilities of a model, by their journeys and probes, and their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from downwind.graph import Graph
from downwind.model import Capability, Model, Service, WatchSettings
from downwind.model import Probe as WrittenProbe
from downwind.observe.probes import DnsProbe, HttpProbe, Probe, TcpProbe, TlsProbe
from downwind.terms import UsageError
from downwind.watch.agenda import Target
from downwind.watch.beneath import name_server_targets
from downwind.watch.probing import Walk

NAME = "name:"
"""Before a host name: the target that is the resolution of this name."""
SIGHT = "sight:"
"""Before a host that is asked only to see whether anything can be seen."""
_TLS_PORT = 443


@dataclass(frozen=True, slots=True)
class Watched:
    """One target, and of what its probes tell."""

    target: Target
    capability: str
    """The key of the capability that fails if it does; empty for what stands beneath."""
    node: str
    """The node of the graph whose fall it tells of: the capability, or `name:HOST`; empty for
    one that only shows one's own connectivity."""


def watched_of(
    model: Model, settings: WatchSettings, vantages: Sequence[str] = ()
) -> tuple[Watched, ...]:
    """Everything that is probed, each under a name of its own; raises UsageError.

    A capability's first journey or probe bears its key; further ones `key#kind`. The resolution
    of each host name that is visited is watched as `name:HOST`.
    """
    found: dict[str, Watched] = {}
    hosts: dict[str, None] = {}
    for key, service, capability in model.capabilities():
        every = capability.every or settings.every
        for number, (kind, what) in enumerate(_asked(service, capability)):
            name = key if number == 0 else _free(f"{key}#{kind}", found)
            target = Target(name, what, every, min(settings.timeout, every / 2), tuple(vantages))
            found[name] = Watched(target, key, key)
        hosts.update((host, None) for _, host, _ in capability.visits() if _is_name(host))
    for host in hosts:
        name = NAME + host
        what = DnsProbe(host)
        target = Target(name, what, settings.every, settings.timeout, tuple(vantages))
        found[name] = Watched(target, "", name)
    for host in settings.connectivity:
        name = SIGHT + host
        what = TcpProbe(host, _TLS_PORT)
        target = Target(name, what, settings.every, settings.timeout, tuple(vantages))
        found[name] = Watched(target, "", "")
    if not any(each.capability for each in found.values()):
        raise UsageError(
            "there is nothing to watch: no capability has a journey or a probe.",
            todo="Write one (docs/watch-file.md), or name a host: downwind watch shop.example.",
        )
    return tuple(found.values())


def beneath_of(graph: Graph, above: Sequence[Watched]) -> tuple[Watched, ...]:
    """The name servers that the watched capabilities lean on, each asked directly."""
    capabilities = dict.fromkeys(
        each.capability for each in above if each.capability in graph.nodes
    )
    targets = name_server_targets(graph, capabilities)
    return tuple(Watched(target, "", target.name) for target in targets)


def model_of_names(names: Sequence[str]) -> Model:
    """A model of front pages, one capability `page` for each name or URL; raises UsageError."""
    services = []
    for name in dict.fromkeys(names):
        url = name if name.startswith(("http://", "https://")) else f"https://{name}/"
        probe = WrittenProbe(http=url)
        if not probe.host:
            raise UsageError(f"{name!r:.80} is neither a host name nor a URL.")
        page = Capability(id="page", title=f"load {name}", probes=(probe,))
        services.append(Service(name=probe.host, capabilities=(page,)))
    return Model(services=tuple(services))


def _asked(service: Service, capability: Capability) -> Iterator[tuple[str, Walk | Probe]]:
    if capability.journey:
        yield "journey", Walk(capability.journey, dict(service.variables))
    for probe in capability.probes:
        yield probe.kind, _probe(probe)


def _probe(written: WrittenProbe) -> Probe:
    host, _, port = written.target.rpartition(":")
    match written.kind:
        case "http":
            return HttpProbe(written.target, statuses=written.status, contains=written.contains)
        case "dns":
            return DnsProbe(written.target)
        case "tcp":
            return TcpProbe(host, int(port))
        case _:
            with_port = bool(host) and port.isdigit()
            name = host if with_port else written.target
            return TlsProbe(name, int(port) if with_port else _TLS_PORT)


def _free(name: str, taken: Mapping[str, object]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}{number}", number + 1
    return free


def _is_name(host: str) -> bool:
    return "." in host and not host.replace(".", "").isdigit() and ":" not in host
