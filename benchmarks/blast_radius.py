"""How long does every provider's blast radius take, against networkx and rustworkx?

    .venv/bin/python benchmarks/blast_radius.py SITES [FOLDER] [--peers-up-to N] [--whole] [--pairs]
    .venv/bin/python benchmarks/blast_radius.py --scale [--largest]

Writes the synthetic internet of benchmarks/internet.py where FOLDER has none. Kernels are warmed
up first; each figure is the median of `--repeats` runs. The peers do 100 providers, drawn evenly
by how many needs they are an alternative of, and are extrapolated to all of them.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import internet
import numpy as np

from downwind.graph.tables import Table, read_table
from downwind.solve.arrays import Shorts
from downwind.solve.blast.blast import blast, blast_curve, site_count, site_weight
from downwind.solve.blast.core import reach
from downwind.solve.blast.ground import core_of
from downwind.solve.blast.pairs import worst_pairs
from downwind.solve.blast.sites import count_sites

UNTIMED = 1e12  # longer than every sum of graces
FOUR_HOURS = 4 * 3600.0
CURVE = np.geomspace(60.0, 30 * 86400.0, 32)
DRAWN = 100
SCALE = (10_000, 100_000, 1_000_000)
LARGEST = 20_000_000

# ru_maxrss of a child starts at what its parent held; VmHWM is the child's own.
TELL_PEAK = """
import atexit, pathlib, re, runpy, sys
status = pathlib.Path("/proc/self/status")
peak = lambda: re.search(r"VmHWM:\\s+(\\d+)", status.read_text()).group(1)
atexit.register(lambda: print(peak(), file=sys.stderr))
runpy.run_module("downwind", run_name="__main__", alter_sys=True)
"""


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sites", type=int, nargs="?", default=100_000)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peer-repeats", type=int, default=5)
    parser.add_argument("--peers-up-to", type=int, default=100_000, metavar="SITES")
    parser.add_argument("--whole", action="store_true", help="time `downwind rank` as a process")
    parser.add_argument("--pairs", action="store_true", help="time the worst pairs as well")
    parser.add_argument("--scale", action="store_true", help="10,000 to a million sites, no peers")
    parser.add_argument("--largest", action="store_true", help="with --scale: 20 million sites too")
    asked = parser.parse_args()
    if asked.scale:
        _scale([*SCALE, *([LARGEST] if asked.largest else [])], asked.repeats)
        return
    folder = _graph(asked.sites, asked.folder)
    print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    table, causes, untimed = _ours(folder, asked.repeats)
    if asked.pairs:
        _pairs(table, causes, asked.repeats)
    if asked.whole:
        _whole(folder, asked.repeats)
    if asked.sites <= asked.peers_up_to:
        _peers(table, causes, untimed, asked.peer_repeats)


def _graph(sites: int, folder: Path | None) -> Path:
    folder = folder or Path(tempfile.gettempdir()) / f"downwind-internet-{sites}"
    if not (folder / "nodes.parquet").exists():
        print(f"writing {sites:,} sites to {folder}")
        internet.write(sites, folder)
    return folder


def _ours(folder: Path, repeats: int) -> tuple[Table, Shorts, float]:
    """Print our figures; returns the table, the providers and the seconds of the untimed solve."""
    began = time.perf_counter()
    table = _read(folder)
    causes = _providers(table)
    blast(table, causes[:2], FOUR_HOURS)
    blast_curve(table, causes[:2], CURVE)
    print(f"first run, kernels compiled or loaded: {time.perf_counter() - began:.2f} s")
    fallen = blast(table, causes, UNTIMED)
    read = _median(lambda: _read(folder), repeats)
    untimed = _median(lambda: blast(table, causes, UNTIMED), repeats)
    timed = _median(lambda: blast(table, causes, FOUR_HOURS), repeats)
    curve = _median(lambda: blast_curve(table, causes, CURVE), repeats)
    print(f"{table.sites.size:,} sites, {table.core.size:,} core nodes, {len(causes):,} providers")
    print(f"{int(fallen.down.sum()):,} pairs of a provider and a site that falls with it, untimed")
    print(f"read: {read:.3f} s")
    print(f"every provider, untimed: {untimed:.3f} s")
    print(f"every provider, 4 hours: {timed:.3f} s, {timed / untimed:.2f} times the untimed")
    print(f"every provider, 32 durations: {curve:.3f} s, {curve / untimed:.2f} times the untimed")
    print(f"peak memory: {_peak():,.0f} MB")
    return table, causes, untimed


def _read(folder: Path) -> Table:
    return read_table(folder / "edges.parquet", folder / "nodes.parquet", names=False)


def _providers(table: Table) -> Shorts:
    assert table.kind is not None
    kind = table.kinds.index("provider")
    return np.flatnonzero(table.kind[: table.core.size] == kind).astype(np.int32)


def _median(run: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _pairs(table: Table, causes: Shorts, repeats: int) -> None:
    worst_pairs(table, causes[:2], FOUR_HOURS)
    for name, duration in (("untimed", UNTIMED), ("4 hours", FOUR_HOURS)):
        found = worst_pairs(table, causes, duration)
        seconds = _median(lambda d=duration: worst_pairs(table, causes, d), repeats)
        print(f"worst pairs of 128 providers, {name}: {seconds:.2f} s, {len(found.a):,} with extra")
        print(f"  most extra weight {found.extra_weight[:1]}, others at most {found.bound:,.0f}")
    print(f"peak memory: {_peak():,.0f} MB")


def _whole(folder: Path, repeats: int) -> None:
    """From process start to the answer, once without being timed so that kernels are there."""
    asked = ["rank", "--kind", "provider", "--json"]
    asked += ["--graph", str(folder / "edges.parquet"), "--nodes", str(folder / "nodes.parquet")]
    told = _run([sys.executable, "-c", TELL_PEAK, *asked])
    seconds = _median(lambda: _run([sys.executable, "-m", "downwind", *asked]), repeats)
    print(f"downwind rank, whole process: {seconds:.2f} s")
    print(f"peak memory: {int(told.split()[-1]) / 1024:,.0f} MB")


def _run(command: list[str]) -> str:
    """What it says on the side. Its answer is left unread."""
    return subprocess.run(  # noqa: S603
        command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ).stderr


def _peers(table: Table, causes: Shorts, untimed: float, repeats: int) -> None:
    import worklists

    drawn = _drawn(table, causes)
    expected = _ungrounded(table, drawn)
    rings = int((blast(table, drawn, UNTIMED).down != expected).sum())
    print(f"peers on {len(drawn)} providers; rings, which they do not know, change {rings}")
    edges = worklists.edges_of(table)
    for name, build in (
        ("rustworkx", worklists.by_rustworkx),
        ("networkx", worklists.by_networkx),
    ):
        before, began = _resident(), time.perf_counter()
        count = build(edges)
        built, held = time.perf_counter() - began, _resident() - before
        counts = [count(cause) for cause in drawn.tolist()]
        assert counts == expected.tolist(), f"{name} and we disagree"
        seconds = _median(lambda c=count: [c(cause) for cause in drawn.tolist()], repeats)
        every = seconds * len(causes) / len(drawn)
        print(
            f"{name}: built in {built:.1f} s, {held:,.0f} MB; {seconds:.2f} s,"
            f" so {every:,.1f} s for every provider, {every / untimed:,.0f} times ours"
        )
        del count
        gc.collect()


def _drawn(table: Table, causes: Shorts) -> Shorts:
    """Evenly by popularity rank: the middle one of each hundredth."""
    used = np.bincount(table.core.alt, minlength=table.core.size)
    used += np.bincount(table.sites.alt, minlength=table.core.size)
    ranked = causes[np.argsort(-used[causes], kind="stable")]
    many = min(DRAWN, len(ranked))
    return ranked[((np.arange(many) + 0.5) * len(ranked) / many).astype(np.int64)]


def _ungrounded(table: Table, causes: Shorts) -> np.ndarray:
    """Our own answer where no ring falls: what the peers can be held to."""
    core = core_of(table.core)
    found = reach(core._replace(circle=np.full_like(core.circle, -1)), causes, UNTIMED)
    return count_sites(table.sites, site_count(table), site_weight(table), found, UNTIMED)[0]


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def _scale(sizes: list[int], repeats: int) -> None:
    """Smallest first, so that the peak memory of each is its own."""
    for sites in sizes:
        folder = _graph(sites, None)
        _, _, untimed = _ours(folder, repeats)
        print(f"{untimed / sites * 1e6:.3f} µs a site, untimed\n")


if __name__ == "__main__":
    main()
