"""A store looked through once: who was probed, from where, how often, in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.catalog import Catalog
from downwind.evidence.log import EvidenceLog
from downwind.jobs.stored.rounds import replay_rounds
from downwind.jobs.stored.setting import set_up
from downwind.jobs.stored.survey import Store, look_into
from downwind.model import Model
from downwind.terms import Evidence, Seen, Unanswered

BEGAN = 1_800_000_000.0


def probe(target: str, at: float, *, vantage: str = "here", ok: bool = True) -> Evidence:
    step = {"ok": ok, "layer": None if ok else "http", "status": 200 if ok else 503}
    value = {"ok": ok, "state": "up" if ok else "down", "steps": [step]}
    return Evidence(target, "probe.http", Seen(value), BEGAN + at, vantage)


def stored(folder: Path, records: Sequence[Evidence]) -> Store:
    with EvidenceLog(folder) as log:
        log.append_many(records)
    return look_into(folder)


names = st.text(st.characters(exclude_categories=()), min_size=1, max_size=12)
records = st.lists(
    st.one_of(
        st.builds(
            lambda t, v, at: probe(t, at, vantage=v), names, names, st.floats(0, 1e6, width=32)
        ),
        st.builds(lambda t: Evidence(t, "probe.dns", Unanswered("no route"), BEGAN, "here"), names),
        st.builds(lambda t: Evidence(t, "dns.a", Seen({"kind": t}), BEGAN, "here"), names),
        st.builds(lambda t: Evidence(t, "watch.alert", Seen({"probe.x": t}), BEGAN, "h"), names),
    ),
    max_size=20,
)


@settings(max_examples=25, deadline=None)
@given(records)
def test_a_look_at_the_ends_of_records_finds_what_reading_all_of_them_whole_finds(
    told: list[Evidence],
) -> None:
    with TemporaryDirectory() as name:
        found = stored(Path(name) / "log", told)
        whole = Store(found.directory, found.logs)
        for number, record in enumerate(told):
            whole.take(str(number), record)
        assert {t: set(p.vantages) for t, p in found.probed.items()} == {
            t: set(p.vantages) for t, p in whole.probed.items()
        }
        seen = [r for r in told if r.kind.startswith("probe.") and isinstance(r.finding, Seen)]
        assert found.begins == min((r.at for r in seen), default=float("inf"))
        assert {r.subject for _, r in found.mapped} == {r.subject for _, r in whole.mapped}


def test_the_interval_is_that_between_most_probes_and_repeats_do_not_count(tmp_path: Path) -> None:
    times = [0.0, 30.0, 30.1, 60.0, 65.0, 90.0, 120.0, 150.0]
    found = stored(tmp_path / "log", [probe("a/b", at) for at in times])
    assert found.probed["a/b"].interval() == pytest.approx(30.0, abs=0.1)
    assert stored(tmp_path / "one", [probe("a/b", 0.0)]).probed["a/b"].interval() is None


def test_a_record_that_was_written_twice_is_heard_once(tmp_path: Path) -> None:
    told = [probe("a/b", 30.0 * n) for n in range(5)]
    assert len(list(stored(tmp_path / "log", [*told, *told]).records())) == 5


def test_what_came_late_is_heard_when_it_came_and_a_log_out_of_order_is_sorted(
    tmp_path: Path,
) -> None:
    late = [probe("a/b", 0.0), probe("a/b", 60.0), probe("c/d", 20.0, vantage="far")]
    assert list(stored(tmp_path / "late", late).records()) == late
    blocks = [probe(t, 30.0 * n) for t in ("a/b", "c/d") for n in range(20)]
    heard = list(stored(tmp_path / "blocks", blocks).records())
    assert heard != blocks
    assert heard == sorted(blocks, key=lambda record: record.at)


def test_blocks_of_one_target_after_the_other_give_the_verdicts_of_the_times_themselves(
    tmp_path: Path,
) -> None:
    shops = [f"shop{n}.test/page" for n in range(12)]
    told = [
        probe(t, 30.0 * n + k, ok=not (k < 4 and n >= 30))
        for n in range(60)
        for k, t in enumerate(shops)
    ]
    blocks = sorted(told, key=lambda record: record.subject)
    troubles = []
    for name, each in (("live", told), ("blocks", blocks)):
        store = stored(tmp_path / name, each)
        live, maps = set_up(store, Model(), Catalog.load([]))
        troubles.append(replay_rounds(store.records(), live, maps).troubles)
    assert troubles[0] == troubles[1]
    assert [t.finding.kind for t in troubles[0]] == ["unknown"]
