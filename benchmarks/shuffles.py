"""Fifty deals of each outage: do prediction, observation and attribution follow?

    .venv/bin/python benchmarks/shuffles.py [HOW_MANY] [FIRST_SEED] [SCENARIO...]

Bound: a deal counts as right when every capability was observed as predicted with declarations and
the provider and product that were really hit are blamed. Every deal plays all scenarios in one
world, on timelines shortened to gaps of ten minutes. Prints a line for each replay, and the sums.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

Deal = dict[str, Any]


def _play(seed: int, scenarios: Sequence[str]) -> list[Deal]:
    command = [sys.executable, "-m", "downwind", "replay", *(scenarios or ["--all"]), "--json"]
    run = subprocess.run(  # noqa: S603  # our own command
        [*command, "--shorten", "10m", "--shuffle", str(seed)],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    if not run.stdout:
        return [{"seed": seed, "error": run.stderr.strip().splitlines()[-1:]}]
    forms = json.loads(run.stdout)
    return [_judged(seed, form) for form in (forms if isinstance(forms, list) else [forms])]


def _judged(seed: int, form: Any) -> Deal:
    blamed, hit = form["attribution"], form["fault"]
    outside = form["agreement"]["predicted_from_outside"]
    cells = form["capabilities"]
    return {
        "seed": seed,
        "scenario": form["scenario"],
        "fault": "/".join(part for part in (hit["provider"], hit["product"]) if part),
        "fell": sum(c["observed"] not in ("up", None) for c in cells),
        "predicted": all(c["predicted"] == c["observed"] for c in cells),
        "provider": blamed["provider"] == hit["provider"],
        "product": blamed["product"] == hit["product"],
        "seconds": blamed["seconds"],
        "outside_precision": outside["precision"],
        "outside_recall": outside["recall"],
        "wrong": [
            f"{c['service']}/{c['capability']}: {c['predicted']}, observed {c['observed']}"
            for c in cells
            if c["predicted"] != c["observed"]
        ],
    }


def _sums(deals: Sequence[Deal]) -> None:
    for scenario in dict.fromkeys(deal["scenario"] for deal in deals):
        here = [deal for deal in deals if deal["scenario"] == scenario]
        right = {k: sum(d[k] for d in here) for k in ("predicted", "provider", "product")}
        all_right = sum(d["predicted"] and d["provider"] and d["product"] for d in here)
        print(f"{scenario}: {all_right} of {len(here)} right in all; {right}")
        for key in ("seconds", "outside_precision", "outside_recall"):
            values = [float(d[key]) for d in here if d[key] is not None]
            if values:
                median = statistics.median(values)
                print(f"  {key}: median {median:g}, from {min(values):g} to {max(values):g}")


def main() -> None:
    """Run the deals one after the other."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    deals: list[Deal] = []
    for seed in range(first, first + many):
        for deal in _play(seed, sys.argv[3:]):
            deals.append(deal)
            print(json.dumps(deal), flush=True)
    ended = [deal for deal in deals if "error" not in deal]
    print(f"{len(ended)} replays ended, {len(deals) - len(ended)} did not")
    _sums(ended)


if __name__ == "__main__":
    main()
