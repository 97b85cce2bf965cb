"""Fifty deals of the founding outage: do prediction, observation and attribution follow?

    .venv/bin/python benchmarks/shuffles.py [HOW_MANY] [FIRST_SEED]

Bound: a deal counts as right when every capability was observed as predicted with declarations and
the provider and product that were really hit are blamed. Prints a line a deal and the sums.
"""

import json
import statistics
import subprocess
import sys

SCENARIO = "cloudflare-2025-11-18"


def _deal(seed: int) -> dict[str, object]:
    command = [sys.executable, "-m", "downwind", "replay", SCENARIO, "--json", "--shorten", "10m"]
    run = subprocess.run(  # noqa: S603  # our own command
        [*command, "--shuffle", str(seed)], capture_output=True, text=True, timeout=120, check=False
    )
    if run.returncode not in (0, 1):
        return {"seed": seed, "error": run.stderr.strip().splitlines()[-1:]}
    form = json.loads(run.stdout)
    blamed, hit = form["attribution"], form["fault"]
    outside = form["agreement"]["predicted_from_outside"]
    return {
        "seed": seed,
        "fault": f"{hit['provider']}/{hit['product']}",
        "predicted": all(c["predicted"] == c["observed"] for c in form["capabilities"]),
        "provider": blamed["provider"] == hit["provider"],
        "product": blamed["product"] == hit["product"],
        "seconds": blamed["seconds"],
        "outside_precision": outside["precision"],
        "outside_recall": outside["recall"],
    }


def main() -> None:
    """Run the deals one after the other."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    deals = []
    for seed in range(first, first + many):
        deals.append(_deal(seed))
        print(json.dumps(deals[-1]), flush=True)
    right = [d for d in deals if "error" not in d]
    print(f"{len(right)} of {many} deals ran to their end")
    for key in ("predicted", "provider", "product"):
        print(f"{key}: {sum(bool(d[key]) for d in right)} of {len(right)}")
    for key in ("seconds", "outside_precision", "outside_recall"):
        values = [float(str(d[key])) for d in right if d[key] is not None]
        print(f"{key}: median {statistics.median(values):g}, worst {min(values)}..{max(values)}")


if __name__ == "__main__":
    main()
