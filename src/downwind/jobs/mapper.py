"""The mapper's own process: names and a handout come in, evidence goes out, nothing else is read.

It is told everything on its standard input as one JSON object and answers in JSON lines:
{"walls": [...]} first, then {"evidence": {...}} each, and {"done": true}.
"""

import asyncio
import importlib
import json
import pkgutil
import sys
from collections.abc import Mapping
from typing import Any

from downwind.evidence.records import from_json, to_json
from downwind.jobs.confine import confine
from downwind.observe import Network, map_names
from downwind.terms import Evidence, NotConfined

# What the libraries would import only when they meet it, when it may be too late to read.
_LAZY = ("dns.rdtypes.ANY", "dns.rdtypes.IN", "encodings", "email", "html", "http")
_LAZY_ALONE = ("_strptime", "calendar", "stringprep", "quopri", "idna.uts46data", "traceback")


def main() -> None:
    """Wall this process off, map, and end."""
    order = json.loads(sys.stdin.readline())
    network = Network.from_handout(order["handout"])
    _import_ahead()
    try:
        walls = confine() if order.get("confine", True) else ()
    except NotConfined as error:
        sys.exit(str(error))
    _say({"walls": list(walls)})
    if probe := order.get("try_to_read"):
        _say({"tried": _try_to_read(probe)})
    asyncio.run(
        map_names(
            order["names"],
            network,
            budget=float(order["budget"]),
            on_evidence=lambda record: _say({"evidence": to_json(record)}),
        )
    )
    _say({"done": True})


def _say(line: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _import_ahead() -> None:
    for name in _LAZY_ALONE:
        importlib.import_module(name)
    for package in _LAZY:
        module = importlib.import_module(package)
        for found in pkgutil.iter_modules(module.__path__):
            if found.name not in ("mbcs", "oem", "cp65001"):
                importlib.import_module(f"{package}.{found.name}")


def _try_to_read(paths: list[str]) -> dict[str, str]:
    """What happens to one who tries to look at these files: the proof of the walls."""
    outcome = {}
    for path in paths:
        try:
            with open(path, "rb") as file:
                outcome[path] = f"read {len(file.read(64))} bytes"
        except OSError as error:
            outcome[path] = type(error).__name__
    return outcome


def evidence_lines(line: str) -> Evidence | None:
    """The evidence in a line of the mapper, if there is any."""
    record = json.loads(line).get("evidence")
    return from_json(record) if record else None


if __name__ == "__main__":
    main()
