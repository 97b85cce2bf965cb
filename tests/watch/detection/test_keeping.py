"""A watcher that starts again goes on where it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from downwind.terms import CannotMeasure
from downwind.watch.detection import Detector, Outcome, resume, save

Probe = tuple[str, str, Outcome, float]

heard = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from("xy"),
        st.sampled_from(list(Outcome)),
        st.floats(0, 9),
    ),
    max_size=60,
)


def _new() -> Detector:
    return Detector.new("ab", "xy", groups=(0, 1))


def _hear(detector: Detector, probes: list[Probe], first: int) -> list[str]:
    told = []
    for n, (target, vantage, outcome, seconds) in enumerate(probes, first):
        at = n * 7.0
        detector.hear(target, vantage, at, outcome, seconds)
        told.append(repr([*detector.judge(at), *detector.wanted(at), detector.next_due()]))
    return told


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(probes=heard, where=st.integers(0, 60))
def test_a_restart_is_as_no_restart(tmp_path: Path, probes: list[Probe], where: int) -> None:
    file = tmp_path / "detection.npz"
    steady, before, after = _new(), _new(), _new()
    whole = _hear(steady, probes, 0)

    told = _hear(before, probes[:where], 0)
    save(before, file)
    resume(after, file)
    told += _hear(after, probes[where:], where)

    assert told == whole
    np.testing.assert_array_equal(after.histories, steady.histories)


def test_targets_and_vantages_are_known_by_name(tmp_path: Path) -> None:
    old = Detector.new(["gone", "stays"], ["x", "y"], intervals=30.0)
    for n in range(100):
        for vantage in "xy":
            old.hear(
                "stays", vantage, n * 30.0, Outcome.FAILED if n > 90 else Outcome.ANSWERED, 0.5
            )
        old.judge(n * 30.0)
    save(old, tmp_path / "kept")
    new = Detector.new(["new", "stays"], ["y", "z"], intervals=60.0)

    known = resume(new, tmp_path / "kept")

    now = new.likelihoods(99 * 30.0)
    assert known == (1, 1)
    assert now.down[1, 0] > now.up[1, 0]
    assert now.up[0, 0] == now.up[1, 1] == 0
    standing = new.judge(99 * 30.0).standing(1)
    assert standing.condition == "down"
    assert new.histories[1, 0].sum() == 91
    assert list(new.fault.targets[:, 5]) == [60.0, 60.0]


@pytest.mark.parametrize(
    "damage", ["empty", "short", "text", "form", "shape", "nan", "pickle", "gone"]
)
def test_a_damaged_file_is_told_and_changes_nothing(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "kept"
    detector = _new()
    save(detector, file)
    with np.load(file) as found:
        parts = dict(found)
    whole = file.read_bytes()
    if damage == "empty":
        file.write_bytes(b"")
    elif damage == "short":
        file.write_bytes(whole[: len(whole) // 2])
    elif damage == "text":
        file.write_text("targets: none")
    elif damage == "gone":
        file.unlink()
    else:
        if damage == "form":
            parts["form"] = np.array(99)
        elif damage == "shape":
            parts["slow.turns"] = parts["slow.turns"][:, 1:]
        elif damage == "nan":
            parts["fault.pairs"][0, 0, 0] = np.nan
        else:
            parts["targets"] = np.array([object(), object()])
        with file.open("wb") as out:
            np.savez(out, **parts)

    with pytest.raises(CannotMeasure) as told:
        resume(detector, file)

    assert str(file) in str(told.value)
    assert not np.isfinite(detector.fault.pairs[0, 0, 2])


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    save(_new(), file)
    save(_new(), file)

    assert [each.name for each in tmp_path.iterdir()] == ["kept"]
    with pytest.raises(OSError):
        save(_new(), tmp_path / "no such folder" / "kept")
