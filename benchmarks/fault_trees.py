"""How long do fault trees take to solve, against Debian's scram in the same run?

    .venv/bin/python benchmarks/fault_trees.py [GENERATED]

Trees of /usr/share/scram/input, and so many generated ones (default 40). Ours is the median of
five, in process and compiled: simplify, diagrams, minimal cut sets counted, probability. Theirs is
what scram itself reports for its products and its probability, with decision diagrams. It lists
what we count, so where there are many cut sets it is given a limit on their order. Both are CPU
time: of what scram reports, from 0.1 s on, the share of a core that its process had.
Exits 1 where an answer differs.
"""

import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from downwind.model.openpsa.read import read_open_psa
from downwind.solve.arrays import Floats
from downwind.solve.faulttree.budget import Budget
from downwind.solve.faulttree.exact import solve
from downwind.solve.faulttree.of_formulas import probabilities, tree_of_formulas
from downwind.solve.faulttree.types import Cuts, FaultTree

INPUT = Path("/usr/share/scram/input")
LISTED = 100_000
"""Cut sets that scram is let list."""
PATIENCE = 30.0
OUR_PATIENCE = 120.0
MEMORY = 4 * 2**30


@dataclass(frozen=True)
class Tree:
    """A fault tree, and the files that scram reads it from."""

    name: str
    files: tuple[Path, ...]
    tree: FaultTree
    tops: dict[str, int]
    p: Floats


@dataclass(frozen=True)
class Answer:
    """By scram's own account."""

    seconds: float
    by_order: tuple[int, ...]
    probability: float


def literature() -> list[Tree]:
    """The fault trees that come with scram; each name's basic events may be a file beside it."""
    trees = []
    for file in sorted(INPUT.glob("*/*.xml")):
        text = file.read_text()
        if "<define-gate" not in text or re.search("event-tree|CCF|substitution|import", text):
            continue
        beside = file.with_name(f"{file.stem}-basic-events.xml")
        files = (file, beside) if beside.exists() else (file,)
        trees.append(_read(file.stem, files))
    return trees


def generated(many: int, folder: Path) -> list[Tree]:
    """Random graphs of gates with shared ones, hubs and k-of-n, of 40 to 600 events."""
    trees = []
    for seed in range(many):
        rng = np.random.default_rng(seed)
        file = folder / f"generated-{seed}.xml"
        file.write_text(_random_tree(rng, int(40 * 15 ** rng.random())))
        trees.append(_read(file.stem, (file,)))
    return trees


def _read(name: str, files: tuple[Path, ...]) -> Tree:
    model = read_open_psa(files)
    tree, gates, _ = tree_of_formulas(model)
    return Tree(name, files, tree, {top: gates[top] for top in model.tops}, probabilities(model))


def _random_tree(rng: np.random.Generator, events: int) -> str:
    """Gates from the top down; an input is a new gate, a shared one further down, or an event."""
    gates = int(events * rng.uniform(0.5, 1.0))
    shared, fresh = rng.uniform(0.05, 0.25), 1
    hubs = rng.choice(events, max(2, events // 15), replace=False)
    lines = []
    for gate in range(gates):
        inputs: list[str] = []
        for _ in range(min(2 + int(rng.geometric(0.4)) - 1, 20)):
            if fresh < gates and rng.random() < 0.6:
                inputs.append(f'<gate name="g{fresh}"/>')
                fresh += 1
            elif rng.random() < shared and gate + 1 < fresh:
                inputs.append(f'<gate name="g{rng.integers(gate + 1, fresh)}"/>')
            else:
                event = rng.choice(hubs) if rng.random() < shared else rng.integers(events)
                inputs.append(f'<basic-event name="e{event}"/>')
        if fresh == gate + 1 < gates:
            inputs.append(f'<gate name="g{fresh}"/>')
            fresh += 1
        lines.append(_gate(rng, gate, list(dict.fromkeys(inputs))))
    chances = 10 ** rng.uniform(-4, -0.5, events)
    lines.append("</define-fault-tree><model-data>")
    for event, chance in enumerate(chances):
        lines.append(
            f'<define-basic-event name="e{event}"><float value="{chance:.17g}"/>'
            "</define-basic-event>"
        )
    return "\n".join(["<opsa-mef><define-fault-tree name='t'>", *lines, "</model-data></opsa-mef>"])


def _gate(rng: np.random.Generator, gate: int, inputs: list[str]) -> str:
    kind, inner = rng.random(), "".join(inputs)
    if len(inputs) == 1:
        formula = inner
    elif kind < 0.1 and len(inputs) > 2:
        formula = f'<atleast min="{rng.integers(2, len(inputs))}">{inner}</atleast>'
    else:
        formula = f"<or>{inner}</or>" if kind < 0.6 else f"<and>{inner}</and>"
    return f'<define-gate name="g{gate}">{formula}</define-gate>'


def ours(tree: Tree, top: str, times: int) -> tuple[float, Cuts, float] | None:
    """Seconds, cut sets, and the probability or nan; None where the cut sets do not fit."""
    seconds, answer = [], None
    for _ in range(times):
        began = time.process_time()
        solved = solve(tree.tree, tree.tops[top], budget=Budget(OUR_PATIENCE))
        cuts, chance = solved.cuts, solved.chance(tree.p)
        if cuts is None:
            return None
        answer = cuts, np.nan if chance is None else chance
        seconds.append(time.process_time() - began)
    return (median(seconds), *answer) if answer else None


def theirs(tree: Tree, top: str, order: int, folder: Path) -> Answer | None:
    """What scram reports; None where it does not finish."""
    report = folder / "report.xml"
    with_p = "0" if np.isnan(tree.p).any() else "1"
    command = ["scram", "--bdd", "--probability", with_p, "--limit-order", str(order)]
    command += [*map(str, tree.files), "--output-path", str(report)]
    limited = ["prlimit", f"--as={MEMORY}", *command]
    began, cpu = time.perf_counter(), _children()
    try:
        done = subprocess.run(limited, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return None
    if done.returncode != 0:
        return None
    share = min(1.0, (_children() - cpu) / (time.perf_counter() - began))
    text = report.read_text(errors="replace")
    spent = re.search(f'<calculation-time name="{top}">(.*?)</calculation-time>', text, re.DOTALL)
    found = re.search(f'<sum-of-products name="{top}"([^>]*)>', text)
    if spent is None or found is None:
        return None
    fields = dict(re.findall(r'([\w-]+)="([^"]*)"', found[1]))
    seconds = sum(map(float, re.findall(r">([\d.e+-]+)<", spent[1])))
    return Answer(
        seconds * share if seconds >= 0.1 else seconds,
        tuple(map(int, fields.get("distribution", "").split())),
        float(fields.get("probability", "nan")),
    )


def _children() -> float:
    """CPU seconds of the processes that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def compared(tree: Tree, top: str, folder: Path) -> tuple[float | None, bool]:
    """Print a line; how many times faster ours is, if both finish, and whether they agree."""
    began = time.perf_counter()
    mine = ours(tree, top, 1)
    if mine is not None and time.perf_counter() - began < 1:
        mine = ours(tree, top, 5)
    order = 20 if mine is None else _order(mine[1])
    other = theirs(tree, top, order, folder)
    name = f"{tree.name}/{top}"[:28]
    what = f"{name:28} {tree.tree.events:6} {tree.tree.gates:6}"
    if mine is None or other is None:
        print(what, "ours", _ms(mine[0] if mine else None), end=" ")
        print("scram", _ms(other.seconds if other else None), flush=True)
        return None, True
    seconds, cuts, chance = mine
    same = _trimmed(cuts.by_order[1 : order + 1]) == _trimmed(other.by_order)
    # scram prints six digits.
    near = (
        np.isnan(other.probability)
        or np.isnan(chance)
        or np.isclose(chance, other.probability, rtol=1e-5)
    )
    agree = bool(same and near)
    print(
        f"{what} {cuts.total:20} {chance:11.5g} {_ms(seconds)} {_ms(other.seconds)}",
        f"{other.seconds / seconds:8.1f}x" if other.seconds else "",
        "" if agree else f"DIFFERS: {other.by_order} {other.probability}",
        flush=True,
    )
    return other.seconds / seconds, agree


def _order(cuts: Cuts) -> int:
    """The highest order up to which scram may list."""
    so_far, order = 0, 1
    for at, many in enumerate(cuts.by_order):
        so_far += many
        if so_far <= LISTED:
            order = max(at, 1)
    return order


def _trimmed(counts: tuple[int, ...]) -> list[int]:
    most = max((i + 1 for i, many in enumerate(counts) if many), default=0)
    return list(counts[:most])


def _ms(seconds: float | None) -> str:
    return "        none" if seconds is None else f"{seconds * 1e3:9.3f} ms"


def main() -> None:
    """Print a line for each tree, then the median."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    print("tree, events, gates, minimal cut sets, probability, ours, scram's, times faster")
    with tempfile.TemporaryDirectory() as name:
        ours(literature()[0], "LossOfBrakingCommands", 1)  # compiles
        folder = Path(name)
        results = [
            compared(tree, top, folder)
            for tree in [*literature(), *generated(many, folder)]
            for top in tree.tops
        ]
    ratios = [ratio for ratio, _ in results if ratio is not None]
    wrong = sum(not agree for _, agree in results)
    print(f"{len(ratios)} solved by both; median {median(ratios):.1f} times faster; {wrong} differ")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
