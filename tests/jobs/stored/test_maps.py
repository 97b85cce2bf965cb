"""A replay knows at each moment what was known then, and nothing of later days."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from downwind.catalog import Catalog
from downwind.evidence.log import EvidenceLog
from downwind.jobs.backtest.run import replay_store
from downwind.jobs.stored.maps import Maps
from downwind.model import Model
from downwind.terms import Evidence, Seen

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC).timestamp()
SHOPS = [f"shop{n}.test" for n in range(16)]


def _model(known_since: str) -> Model:
    return Model.model_validate(
        {
            "services": [
                {
                    "name": name,
                    "capabilities": [
                        {
                            "id": "page",
                            "declares": [
                                {
                                    "need": "edge",
                                    "any_of": ["cloudflare" if n < 5 else "fastly"],
                                    "known_since": known_since,
                                }
                            ],
                        }
                    ],
                }
                for n, name in enumerate(SHOPS)
            ]
        }
    )


def _probe(shop: str, at: float, *, ok: bool) -> Evidence:
    step = {"ok": ok, "layer": None if ok else "http", "status": 200 if ok else 503}
    value = {"ok": ok, "state": "up" if ok else "down", "steps": [step]}
    return Evidence(f"{shop}/page", "probe.http", Seen(value), at, "here")


def test_a_need_that_became_known_at_midnight_names_nobody_on_the_evening_before(
    tmp_path: Path,
) -> None:
    with EvidenceLog(tmp_path / "log") as log:
        for tick in range(-240, 240):
            for n, shop in enumerate(SHOPS):
                down = n < 5 and (-140 <= tick < -120 or 100 <= tick < 120)
                log.append(_probe(shop, MIDNIGHT + 30 * tick + n, ok=not down))
    evening, morning = replay_store(
        tmp_path / "log", Catalog.load([]), _model("2026-03-02")
    ).troubles
    assert (evening.finding.kind, evening.finding.named) == ("unknown", "")
    assert (morning.finding.kind, morning.finding.named) == ("provider", "cloudflare")
    assert evening.explains == ()
    assert morning.first - MIDNIGHT > 3000


def test_the_graph_of_a_moment_holds_what_was_mapped_by_then() -> None:
    mapped = [
        (name, Evidence(name, "dns.a", Seen({"addresses": [address]}), at, "here"))
        for name, address, at in (("a.test", "192.0.2.1", 100.0), ("b.test", "192.0.2.2", 200.0))
    ]
    maps = Maps(mapped, Catalog.load([]), Model())
    known = [
        {n for n in ("a.test", "b.test") if any(n in id for id in maps.at(at).nodes)}
        for at in (50.0, 150.0, 250.0)
    ]
    assert known == [set(), {"a.test"}, {"a.test", "b.test"}]


def test_what_comes_later_changes_no_earlier_verdict(tmp_path: Path) -> None:
    told = [
        _probe(shop, MIDNIGHT + 30 * tick + n, ok=not (n < 5 and tick >= 40))
        for tick in range(80)
        for n, shop in enumerate(SHOPS)
    ]
    until = MIDNIGHT + 30 * 44
    for name, records in (("whole", told), ("then", [r for r in told if r.at <= until])):
        with EvidenceLog(tmp_path / name) as log:
            log.append_many(records)
    whole, then = (
        replay_store(tmp_path / name, Catalog.load([]), _model("2026-03-01"), until=until)
        for name in ("whole", "then")
    )
    assert (whole.troubles, whole.probes, whole.last) == (then.troubles, then.probes, then.last)
    assert [t.finding.named for t in whole.troubles] == ["cloudflare"]
    assert whole.ends <= until
