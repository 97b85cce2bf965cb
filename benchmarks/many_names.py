"""How fast is a long list mapped, through a cold unbound over a real hierarchy on loopback?

.venv/bin/python benchmarks/many_names.py [--names 10000] [--web 0] [--threads 1]

As root, with Debian's nsd, unbound and dnsperf, and nginx for --web (names with TLS and a page).
nsd is root, registries and DNS providers; unbound resolves from it with bounded caches, and is cold
for each of the runs. The bound of the same run: what dnsperf gets for the same questions through
the same unbound, cold again. Memory is that of the mapping process in tenths of its run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT), str(PROJECT / "src"), str(PROJECT / "benchmarks")]

from many_names_web import web_servers  # noqa: E402
from tests.survey.real_dns import RESOLVER_ADDRESS, Servers, hierarchy, lacking  # noqa: E402
from tests.survey.sites import Site, make_sites  # noqa: E402

ASKED = ("A", "AAAA", "MX", "TXT", "CAA")
_MB = 1 << 20


@dataclass(slots=True)
class Ran:
    """One run of the command."""

    form: dict[str, object]
    seconds: float
    cpu: float
    memory: list[int]
    """Resident bytes, sampled evenly."""


def map_list(folder: Path, sites: list[Site], *options: str, trust: Path | None = None) -> Ran:
    """Run `downwind map --list` to its end."""
    (folder / "list.txt").write_text("".join(f"{site.name}\n" for site in sites))
    command = [
        *(sys.executable, "-m", "downwind", "map", "--list", str(folder / "list.txt"), "--json"),
        *("--resolver", RESOLVER_ADDRESS, "--allow-private", "127.0.0.0/8", "--rate", "20000"),
        *("--store", str(folder / f"store{time.time_ns()}"), *options),
    ]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}
    if trust is not None:
        environment["SSL_CERT_FILE"] = str(trust)
    began = time.monotonic()
    with (folder / "map.json").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, env=environment)  # noqa: S603
        watched = psutil.Process(process.pid)
        memory: list[int] = []
        cpu = 0.0
        while process.poll() is None:
            try:
                memory.append(watched.memory_info().rss)
                cpu = sum(watched.cpu_times()[:2])
            except psutil.NoSuchProcess:
                break
            time.sleep(0.2)
    seconds = time.monotonic() - began
    if process.wait() != 0:
        raise SystemExit(f"the mapping ended with {process.returncode}")
    return Ran(json.loads((folder / "map.json").read_text()), seconds, cpu, memory)


def cpu_of(servers: Servers) -> dict[str, float]:
    """CPU seconds of each server so far, with its children."""
    used = {}
    for name, process in servers.running.items():
        tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        used[name] = sum(sum(each.cpu_times()[:2]) for each in tree)
    return used


def tell(what: str, ran: Ran, names: int, servers: dict[str, float]) -> None:
    """Print one run."""
    queries = int(str(ran.form["queries"]))
    print(f"{what}: {names:,} names in {ran.seconds:.1f} s, {names / ran.seconds:,.0f} a second")
    print(f"  seen {ran.form['seen']}, absent {ran.form['absent']}, unknown {ran.form['unknown']}")
    each, rate = queries / names, queries / ran.seconds
    print(f"  queries {queries:,}, {each:.2f} a name, {rate:,.0f} a second")
    own = f"{ran.cpu / names * 1000:.2f} ms of CPU a name"
    others = ", ".join(f"{name} {used / names * 1000:.2f}" for name, used in servers.items())
    print(f"  {own}; the servers: {others} ms")
    tenths = [ran.memory[len(ran.memory) * n // 10] // _MB for n in range(1, 10)]
    print(f"  memory in tenths of the run: {tenths} MB, at most {max(ran.memory) // _MB}")


def dnsperf(folder: Path, sites: list[Site]) -> str:
    """Queries a second by dnsperf for the same questions."""
    file = folder / "questions"
    file.write_text("".join(f"{site.name} {kind}\n" for site in sites for kind in ASKED))
    command = ["dnsperf", "-s", RESOLVER_ADDRESS, "-d", str(file), "-n", "1"]
    command += ["-q", "500", "-t", "10"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    said = ran.stdout
    found = re.search(r"Queries per second:\s+([\d.]+)", said)
    lost = re.search(r"Queries lost:\s+(\d+)", said)
    return f"{float(found[1]):,.0f} queries a second, {lost[1]} lost" if found and lost else said


def main() -> None:
    """Run all, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=10_000)
    parser.add_argument("--web", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    wanted = parser.parse_args()
    absent = [name for name in ("dnsperf", "nginx") if shutil.which(name) is None]
    if why := lacking() or ", ".join(absent):
        raise SystemExit(f"no real hierarchy here: {why}")
    sites = make_sites(max(wanted.names, wanted.web))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        began = time.monotonic()
        if wanted.names:
            with hierarchy(folder, sites, threads=wanted.threads) as servers:
                print(f"servers up in {time.monotonic() - began:.1f} s")
                before = cpu_of(servers)
                ran = map_list(folder, sites[: wanted.names])
                used = {k: v - before[k] for k, v in cpu_of(servers).items()}
                tell("complete DNS records", ran, wanted.names, used)
            with hierarchy(folder, sites, threads=wanted.threads):
                print(f"dnsperf, cold: {dnsperf(folder, sites[: wanted.names])}")
        if wanted.web:
            listed = sites[: wanted.web]
            with (
                hierarchy(folder, sites, threads=wanted.threads) as servers,
                web_servers(folder, listed, servers) as trust,
            ):
                before = cpu_of(servers)
                ran = map_list(folder, listed, "--with", "tls,http", trust=trust)
                used = {k: v - before[k] for k, v in cpu_of(servers).items()}
                tell("with TLS and a page", ran, wanted.web, used)


if __name__ == "__main__":
    main()
