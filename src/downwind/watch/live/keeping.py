"""What of the live state a snapshot holds, besides the detector's arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from downwind.questions.attribution.prior import OwnRates
from downwind.questions.hidden import decision_from_json, decision_to_json
from downwind.watch.feeds import Heard
from downwind.watch.live.domains import Domains
from downwind.watch.live.endings import ToldEndings
from downwind.watch.live.state import Live
from downwind.watch.picture import ChangeSeen

PART = "live"
"""Its name among the parts of a snapshot."""
VERSION = 3


def keep(live: Live) -> bytes:
    """Changes, decisions, what feeds and registries said, what was told of ends, what was learned,
    and since when what fails has failed."""
    told = {
        "version": VERSION,
        "feeds": live.board.heard.to_json(),
        "domains": live.domains.to_json(),
        "endings": live.told.to_json(),
        "changes": [asdict(each) for each in live.changes],
        "decisions": [decision_to_json(each) for each in live.decisions],
        "rates": {"failed": dict(live.rates.failed), "rounds": live.rates.rounds},
        "failing": {
            name: [each.failing_since, each.layer, each.reason, each.answered]
            for name, each in live.latest.items()
            if each.failing_since is not None
        },
    }
    return json.dumps(told, separators=(",", ":")).encode("utf-8", "surrogatepass")


def recall(live: Live, parts: Mapping[str, bytes]) -> None:
    """Fill a new live state from a snapshot's parts.

    Raises ValueError where they hold none of this version; then it is as new as before.
    """
    try:
        told: dict[str, Any] = json.loads(parts[PART].decode("utf-8", "surrogatepass"))
        if told["version"] != VERSION:
            raise ValueError(f"its version is {told['version']!r:.20}, not {VERSION}")
        heard = Heard.of_json(live.board.watched(), told["feeds"])
        domains = Domains.of_json(live.domains.own, told["domains"])
        endings = ToldEndings.of_json(told["endings"])
        changes = [ChangeSeen(**each) for each in told["changes"]]
        decisions = tuple(decision_from_json(each) for each in told["decisions"])
        rates = _rates(told["rates"])
        failing = {str(name): _failing(*row) for name, row in told["failing"].items()}
    except (KeyError, TypeError, AttributeError, UnicodeError, ValueError) as error:
        raise ValueError(f"the live state is not understood: {error}") from error
    live.board.heard, live.domains, live.told = heard, domains, endings
    live.changes, live.decisions, live.rates = changes, decisions, rates
    for name, row in failing.items():
        latest = live.latest.get(name)
        if latest is not None:
            latest.failing_since, latest.layer, latest.reason, latest.answered = row


def _rates(told: Mapping[str, Any]) -> OwnRates:
    failed = {str(name): float(times) for name, times in told["failed"].items()}
    return OwnRates(failed, float(told["rounds"]))


def _failing(since: Any, layer: Any, reason: Any, answered: Any) -> tuple[float, str, str, bool]:
    return float(since), str(layer), str(reason), bool(answered)
