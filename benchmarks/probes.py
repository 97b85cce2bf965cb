"""10,000 HTTP probes every 30 s on one core: how late, and what does one cost?

.venv/bin/python benchmarks/probes.py [--seconds 90] [--peer-seconds 30] [--targets 10000]
                                      [--interval 30] [--json]

Our process has core 0 to itself; a cheap web server has core 1. Beside it, in the same run,
Debian's prometheus-blackbox-exporter on core 0 (GOMAXPROCS=1) is asked for the same probes at the
same rate by a driver on core 1. CPU is that of the one process that probes, by the kernel's count;
the exporter's includes that it answers for each probe over HTTP. "Logged": each probe is kept in
the evidence log, with an fsync every second. "By name": each target has a name of its own, with a
TTL of a minute, at a cheap resolver on core 1; otherwise targets are addresses. "All fail": every
answer is an error page of 4 kB, logged as well, as in an outage of all.
"""

import argparse
import asyncio
import ipaddress
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from probes_peer import exporter_settings, make_certificate

from downwind.evidence.log import EvidenceLog
from downwind.observe import Endpoint, Network
from downwind.observe.probes import HttpProbe
from downwind.terms import Evidence
from downwind.watch.agenda import Order, Target
from downwind.watch.probing import Probing
from downwind.watch.schedule import Schedule

EXPORTER = "prometheus-blackbox-exporter"
OURS, THEIRS = {0}, {1}


def _cores(mine: set[int]) -> None:
    try:
        os.sched_setaffinity(0, mine)
    except OSError:
        print("This machine has no second core: all share one.", file=sys.stderr)


class _Ears:
    """Hears every probe, and keeps it where there is a log."""

    def __init__(self, log: EvidenceLog | None) -> None:
        self._log = log
        self._held: list[Evidence] = []
        self.failed = 0
        self.reasons: Counter[str] = Counter()

    def hear(self, _: Order, evidence: Evidence) -> None:
        value = evidence.value
        if value is None or not value["ok"]:
            self.failed += 1
            step = value["steps"][0] if value else {"layer": "here", "reason": "not looked at"}
            self.reasons[f"{step['layer']}: {step['reason'][-40:]}"] += 1
        if self._log is not None:
            self._held.append(evidence)

    async def keep(self) -> None:
        """Acknowledge once a second what was heard."""
        while True:
            await asyncio.sleep(1.0)
            if self._log is not None and self._held:
                self._log.append_many(self._held)
                self._held.clear()
                await asyncio.to_thread(self._log.sync)


async def _probe(options: argparse.Namespace, log: EvidenceLog | None) -> dict[str, Any]:
    network = Network(
        resolvers=(Endpoint("127.0.0.1", options.resolver),),
        dial=None,
        trust=Path(options.trust).read_text(),
        allowed_private=(ipaddress.ip_network("127.0.0.0/8"),),
    )
    probing, ears = Probing([network]), _Ears(log)
    targets = [
        Target(
            f"t{n}/front",
            HttpProbe(options.probe.format(n)),
            options.interval,
            min(10.0, options.interval / 2),
        )
        for n in range(options.targets)
    ]
    schedule = Schedule(targets, network.clock, probing)
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.monotonic()
    running = asyncio.create_task(schedule.run(ears.hear))
    keeping = asyncio.create_task(ears.keep())
    worst: list[float] = []
    while time.monotonic() - began < options.seconds:
        await asyncio.sleep(min(10.0, options.seconds))
        worst.append(schedule.lag().worst)
    counts, lag = schedule.counts(), schedule.lag()
    after = resource.getrusage(resource.RUSAGE_SELF)
    for task in (running, keeping):
        task.cancel()
    await asyncio.gather(running, keeping, return_exceptions=True)
    await probing.close()
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return {
        "probes": counts.ended,
        "failed": ears.failed,
        "reasons": dict(ears.reasons.most_common(3)),
        "skipped": counts.skipped,
        "lag_median_ms": lag.median * 1000,
        "lag_p99_ms": lag.p99 * 1000,
        "lag_worst_ms": max(worst) * 1000,
        "cpu_us": (user + system) / counts.ended * 1e6,
        "system_us": system / counts.ended * 1e6,
        "core_share": (user + system) / (time.monotonic() - began),
        "memory_mb": after.ru_maxrss / 1024,
    }


def _probe_here(options: argparse.Namespace) -> None:
    _cores(OURS)
    if not options.log:
        print(json.dumps(asyncio.run(_probe(options, None))))
        return
    with tempfile.TemporaryDirectory() as folder, EvidenceLog(Path(folder)) as log:
        print(json.dumps(asyncio.run(_probe(options, log))))


def _ours(options: argparse.Namespace, url: str, root: Path, *more: object) -> dict[str, Any]:
    command = [sys.executable, __file__, "--probe", url, "--trust", str(root)]
    for name in ("seconds", "targets", "interval"):
        command += [f"--{name}", str(getattr(options, name))]
    command += map(str, more)
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return dict(json.loads(done.stdout))


@contextmanager
def _server(leaf: Path, seconds: float) -> Iterator[tuple[int, int, int, int]]:
    """The cheap server on its core; its ports of HTTP, HTTPS, HTTP that fails, and DNS."""
    here = Path(__file__).with_name("probes_peer.py")
    command = [sys.executable, str(here), "serve", str(leaf), str(seconds)]
    process = subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: _cores(THEIRS)
    )
    assert process.stdout is not None
    plain, secure, failing, names = json.loads(process.stdout.readline())
    try:
        yield plain, secure, failing, names
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _exporter(options: argparse.Namespace, url: str, root: Path, folder: Path) -> dict[str, Any]:
    """The exporter on our core, driven from the other."""
    port = _free_port()
    settings = exporter_settings(folder, root)
    command = [
        shutil.which(EXPORTER) or EXPORTER,
        f"--config.file={settings}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    process = subprocess.Popen(  # noqa: S603
        command,
        env={**os.environ, "GOMAXPROCS": "1"},
        preexec_fn=lambda: _cores(OURS),
    )
    try:
        _wait_for(port)
        drive = [sys.executable, str(Path(__file__).with_name("probes_peer.py")), "drive"]
        rate = options.targets / options.interval
        facts = (process.pid, port, url, rate, options.targets, options.peer_seconds)
        done = subprocess.run(  # noqa: S603
            [*drive, *map(str, facts)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: _cores(THEIRS),
        )
        return dict(json.loads(done.stdout))
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1.0).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{EXPORTER} did not start")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--peer-seconds", type=float, default=30.0)
    parser.add_argument("--targets", type=int, default=10_000)
    parser.add_argument("--interval", type=float, default=30.0)
    parser.add_argument("--json", action="store_true")
    for hidden in ("--probe", "--trust"):
        parser.add_argument(hidden, default="", help=argparse.SUPPRESS)
    parser.add_argument("--resolver", type=int, default=53, help=argparse.SUPPRESS)
    parser.add_argument("--log", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _tell(name: str, told: dict[str, Any]) -> None:
    words = [f"{told['probes']:,} probes", f"{told['failed']} failed"]
    if "skipped" in told:
        words += [
            f"{told['skipped']} skipped",
            f"lag median {told['lag_median_ms']:.1f} ms, p99 {told['lag_p99_ms']:.1f} ms,"
            f" worst {told['lag_worst_ms']:.0f} ms",
            f"{told['core_share']:.1%} of a core",
            *(f"{many} x {reason}" for reason, many in told["reasons"].items()),
        ]
    print(f"{name:32} {told['cpu_us']:7.0f} µs of CPU a probe; " + "; ".join(words))


def main() -> None:
    options = _options()
    if options.probe:
        _probe_here(options)
        return
    results: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root, leaf = make_certificate(folder)
        patience = 5 * (options.seconds + options.peer_seconds) + 120
        with _server(leaf, patience) as (plain, secure, failing, names):
            http, https = f"http://127.0.0.1:{plain}/", f"https://127.0.0.1:{secure}/"
            by_name = f"http://h{{}}.bench.test:{plain}/"
            results["HTTP, exporter"] = _exporter(options, http, root, folder)
            results["HTTP, downwind"] = _ours(options, http + "{}", root)
            results["HTTP, downwind, logged"] = _ours(options, http + "{}", root, "--log")
            results["HTTP, downwind, by name"] = _ours(options, by_name, root, "--resolver", names)
            error = f"http://127.0.0.1:{failing}/{{}}"
            results["HTTP, downwind, all fail"] = _ours(options, error, root, "--log")
            results["HTTPS, exporter"] = _exporter(options, https, root, folder)
            results["HTTPS, downwind"] = _ours(options, https + "{}", root)
    if options.json:
        print(json.dumps(results, indent=1))
        return
    for each, told in results.items():
        _tell(each, told)


if __name__ == "__main__":
    main()
