"""A real hierarchy on loopback: nsd as root, registries and DNS providers, and unbound over it.

Needs root (port 53 of loopback addresses) and Debian's nsd and unbound. Names end in ordinary
top-level domains, since unbound answers for `test` by itself; nothing here leaves the machine.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dns.message
import dns.query

from tests.survey.sites import (
    PROVIDER_ZONE,
    PROVIDERS,
    REGISTRY_ZONE,
    TLDS,
    Site,
    provider_addresses,
    provider_delegation,
    provider_text,
    registry_address,
    server_address,
    template,
    template_text,
)

ROOT_ADDRESS = "127.53.0.1"
RESOLVER_ADDRESS = "127.53.0.53"
NEEDED = ("nsd", "unbound")
_SOA = "SOA ns.{zone} hostmaster.{zone} 1 7200 900 1209600 300"


def lacking() -> str:
    """Why there can be no real hierarchy here, or nothing."""
    absent = [name for name in NEEDED if shutil.which(name) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    return "" if os.geteuid() == 0 else "only root may listen on port 53"


@dataclass(slots=True)
class Servers:
    """Processes by name; each ends with the block that started it."""

    folder: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str]) -> None:
        with (self.folder / f"{name}.out").open("wb") as out:
            self.running[name] = subprocess.Popen(command, stdout=out, stderr=out)

    def check(self) -> None:
        """Raises RuntimeError where one has ended: its address may be taken."""
        for name, process in self.running.items():
            if process.poll() is not None:
                said = (self.folder / f"{name}.out").read_text(errors="replace")[-400:]
                raise RuntimeError(f"{name} has ended: {said}")

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def hierarchy(folder: Path, sites: Sequence[Site], *, threads: int = 1) -> Iterator[Servers]:
    """Root, registries, providers and a cold resolver at RESOLVER_ADDRESS."""
    write_zones(folder, sites)
    servers = Servers(folder)
    with _the_only_one():
        try:
            _start(folder, servers, threads)
            yield servers
        finally:
            servers.stop()


def _start(folder: Path, servers: Servers, threads: int) -> None:
    for name in ("root", "registries", "providers"):
        servers.start(name, ["nsd", "-d", "-c", str(folder / f"{name}.conf")])
    servers.start("unbound", ["unbound", "-d", "-c", str(_unbound(folder, threads))])
    _wait_for(ROOT_ADDRESS, "com.", folder)
    _wait_for(registry_address(0, 0), "com.", folder)
    _wait_for(server_address(0, 0), PROVIDER_ZONE.format(0), folder)
    _wait_for(RESOLVER_ADDRESS, ".", folder)
    servers.check()


@contextmanager
def _the_only_one() -> Iterator[None]:
    """Addresses and port are fixed, and several test workers may want them."""
    with (Path(tempfile.gettempdir()) / "downwind-hierarchy.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def write_zones(folder: Path, sites: Sequence[Site]) -> None:
    """All zone files and configurations."""
    _root(folder)
    _registries(folder, sites)
    _providers(folder, sites)


def _root(folder: Path) -> None:
    lines = [
        "$TTL 86400",
        ". SOA a.root-servers.net. nstld.root-servers.net. 1 1800 900 604800 86400",
        ". NS a.root-servers.net.",
        f"a.root-servers.net. A {ROOT_ADDRESS}",
    ]
    for place, tld in enumerate(TLDS):
        for number in range(2):
            host = f"{'ab'[number]}.{tld}.{REGISTRY_ZONE}."
            lines += [f"{tld}. NS {host}", f"{host} A {registry_address(place, number)}"]
    (folder / "root.zone").write_text("\n".join(lines) + "\n")
    (folder / "root.hints").write_text(
        f". 3600000 NS a.root-servers.net.\na.root-servers.net. 3600000 A {ROOT_ADDRESS}\n"
    )
    _nsd(folder, "root", [ROOT_ADDRESS], {".": "root.zone"})


def _registries(folder: Path, sites: Sequence[Site]) -> None:
    """The top-level domains, with a delegation for each site, and the registries' own zone."""
    by_tld: dict[str, list[str]] = {tld: [] for tld in TLDS}
    for site in sites:
        by_tld[site.tld] += site.delegation()
    for number in range(PROVIDERS):
        tld, lines = provider_delegation(number)
        by_tld[tld] += lines
    own = [f"$TTL 86400\n@ {_SOA.format(zone=REGISTRY_ZONE + '.')}\n@ NS a.net\n"]
    zones = {REGISTRY_ZONE: "registry.zone"}
    addresses = []
    for place, tld in enumerate(TLDS):
        hosts = [f"{letter}.{tld}.{REGISTRY_ZONE}." for letter in "ab"]
        head = [f"$TTL 86400\n@ {_SOA.format(zone=tld + '.')}", *(f"@ NS {h}" for h in hosts)]
        for number, host in enumerate(hosts):
            addresses.append(registry_address(place, number))
            own.append(f"{host} A {addresses[-1]}\n")
        if tld == REGISTRY_ZONE.rpartition(".")[2]:
            first = registry_address(place, 0)
            by_tld[tld] += [f"{REGISTRY_ZONE}. NS {hosts[0]}", f"{hosts[0]} A {first}"]
        (folder / f"{tld}.zone").write_text("\n".join([*head, *by_tld[tld]]) + "\n")
        zones[tld] = f"{tld}.zone"
    (folder / "registry.zone").write_text("".join(own))
    _nsd(folder, "registries", addresses, zones)


def _providers(folder: Path, sites: Sequence[Site]) -> None:
    """The providers' own zones, and every site's, many of which read one file."""
    zones: dict[str, str] = {}
    addresses = []
    for number in range(PROVIDERS):
        name = PROVIDER_ZONE.format(number)
        (folder / f"{name}.zone").write_text(provider_text(number))
        zones[name] = f"{name}.zone"
        addresses += provider_addresses(number)
    for site in sites:
        if site.exists:
            used = template(site)
            file = folder / f"{used}.zone"
            if not file.exists():
                file.write_text(template_text(site))
            zones[site.domain] = file.name
    _nsd(folder, "providers", addresses, zones)


def _nsd(folder: Path, name: str, addresses: Sequence[str], zones: dict[str, str]) -> None:
    lines = [
        "server:",
        "  server-count: 1",
        '  username: ""',
        f'  zonesdir: "{folder}"',
        f'  pidfile: "{folder}/{name}.pid"',
        f'  xfrdfile: "{folder}/{name}.xfrd"',
        f'  xfrdir: "{folder}"',
        f'  zonelistfile: "{folder}/{name}.list"',
        '  database: ""',
        "  round-robin: no",
        "  rrl-ratelimit: 0",
        "  tcp-count: 100",
        *(f"  ip-address: {address}" for address in addresses),
        "remote-control:",
        "  control-enable: no",
    ]
    for zone, file in zones.items():
        lines += ["zone:", f'  name: "{zone}"', f'  zonefile: "{file}"']
    (folder / f"{name}.conf").write_text("\n".join(lines) + "\n")


def _unbound(folder: Path, threads: int) -> Path:
    conf = folder / "unbound.conf"
    conf.write_text(f"""server:
  interface: {RESOLVER_ADDRESS}
  port: 53
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  do-ip6: no
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  use-syslog: no
  verbosity: 0
  root-hints: "{folder}/root.hints"
  module-config: "iterator"
  num-threads: {threads}
  num-queries-per-thread: 2048
  outgoing-range: 4096
  so-rcvbuf: 4m
  msg-cache-size: 16m
  rrset-cache-size: 32m
remote-control:
  control-enable: no
""")
    return conf


def _wait_for(address: str, name: str, folder: Path) -> None:
    query = dns.message.make_query(name, "SOA")
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            dns.query.udp(query, address, timeout=0.5)
        except (OSError, dns.exception.DNSException):
            time.sleep(0.1)
            continue
        return
    told = "\n".join(file.read_text(errors="replace")[-400:] for file in folder.glob("*.out"))
    raise RuntimeError(f"{address} does not answer:\n{told}")
