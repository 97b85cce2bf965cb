"""Feeds a parser millions of inputs, led by what code they reach: no crash, hang or growth.

    python -m pip install atheris
    .venv/bin/python benchmarks/fuzz.py TARGET [--runs N] [--corpus FOLDER]

TARGET is one of those in tests/fuzz/targets.py, or `all`. What reaches new code is kept in FOLDER
(by default a temporary one, begun with tests/fuzz/corpus). A run ends at the first input that
raises what it should not, takes more than 5 s, or leaves the process with more than 1 GB. Prints
inputs a second, and the memory after a tenth of the runs and at the end.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

RUNS = {"dns": 10_000_000}
OTHERS = 1_000_000
HANG, MOST_MB = 5, 1024


def main() -> None:
    """Fuzz one target here, or all in turn, each in a process of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("target")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--inner", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inner:
        _fuzz(asked.target, asked.runs, asked.corpus)
        return
    kept = sorted(folder.name for folder in (ROOT / "tests" / "fuzz" / "corpus").iterdir())
    targets = kept if asked.target == "all" else [asked.target]
    for target in targets:
        with tempfile.TemporaryDirectory() as empty:
            folder = asked.corpus or Path(empty) / target
            shutil.copytree(ROOT / "tests/fuzz/corpus" / target, folder, dirs_exist_ok=True)
            _tell(target, asked.runs or RUNS.get(target, OTHERS), folder)


def _tell(target: str, runs: int, corpus: Path) -> None:
    began = time.perf_counter()
    command = [sys.executable, __file__, target, "--inner", "--runs", str(runs)]
    run = subprocess.run(  # noqa: S603  # our own command
        [*command, "--corpus", str(corpus)], capture_output=True, text=True, check=False, cwd=corpus
    )
    seconds = time.perf_counter() - began
    memory = [
        (int(done), int(mb)) for done, mb in re.findall(r"#(\d+)\s.*rss: (\d+)Mb", run.stderr)
    ]
    early = next((mb for done, mb in memory if done >= runs // 10), 0)
    print(
        f"{target}: {runs:,} inputs in {seconds:,.0f} s, {runs / seconds:,.0f} a second,"
        f" {early} MB after a tenth and {memory[-1][1] if memory else 0} MB at the end,"
        f" {len(list(corpus.iterdir()))} kept: {'FAILED' if run.returncode else 'nothing found'}"
    )
    if run.returncode:
        print(run.stderr[-4000:])
        raise SystemExit(1)


def _fuzz(target: str, runs: int, corpus: Path) -> None:
    import atheris

    # Modules are instrumented as they are imported.
    with atheris.instrument_imports(include=["downwind", "tests.fuzz"]):
        from tests.fuzz.targets import TARGETS
    limits = [f"-runs={runs}", f"-timeout={HANG}", f"-rss_limit_mb={MOST_MB}", "-max_len=4096"]
    atheris.Setup([sys.argv[0], *limits, "-print_final_stats=1", str(corpus)], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
