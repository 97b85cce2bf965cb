"""What is due when: the load is flat, nothing is late twice, and what was asked for goes first."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.terms import UsageError
from downwind.watch.agenda import Agenda, Order, Target


def _target(name: str, interval: float = 30.0, **how: object) -> Target:
    return Target(name, None, interval, min(10.0, interval / 2), **how)  # type: ignore[arg-type]


def _run(agenda: Agenda, until: float, every: float = 0.1) -> list[tuple[float, Order]]:
    """Each order with the moment of its start; every probe ends at once."""
    found = []
    for step in range(1, round(until / every) + 1):
        for order in agenda.take(step * every):
            found.append((step * every, order))
            agenda.done(order)
    return found


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), prefix=st.text(max_size=5), interval=st.sampled_from([20, 60]))
def test_the_load_is_flat_whatever_the_names(seed: int, prefix: str, interval: int) -> None:
    many = 2000
    targets = [_target(f"{prefix}{n}", interval) for n in range(many)]
    agenda = Agenda(targets, now=0.0, seed=seed)
    starts = [0] * interval
    for order in agenda.take(float(interval)):
        starts[int(order.due % interval)] += 1
    mean = many / interval
    assert sum(starts) == many
    assert max(starts) < mean + 6 * mean**0.5, "no second has much more than its share"


@given(seed=st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_times(seed: int) -> None:
    names = [_target(f"t{n}") for n in range(20)]
    one, two = (Agenda(order, now=5.0, seed=seed) for order in (names, names[::-1]))
    assert [(o.due, o.target.name) for o in one.take(40.0)] == [
        (o.due, o.target.name) for o in two.take(40.0)
    ]


def test_each_target_comes_at_its_interval_and_takes_turns() -> None:
    agenda = Agenda([_target("slow", 20.0), _target("fast", 5.0)], now=0.0)
    found = _run(agenda, 60.0)
    for name, interval in (("slow", 20.0), ("fast", 5.0)):
        mine = [order for _, order in found if order.target.name == name]
        assert len(mine) in (60 / interval, 60 / interval + 1)
        assert [order.turn for order in mine] == list(range(len(mine)))
        gaps = {round(b.due - a.due, 6) for a, b in itertools.pairwise(mine)}
        assert gaps == {interval}


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    interval=st.integers(2, 9),
    steps=st.lists(st.integers(1, 30), min_size=1, max_size=30),
)
def test_late_work_is_skipped_and_counted_as_a_plain_count_says(
    data: st.DataObject, interval: int, steps: list[int]
) -> None:
    """Beside it, a twin that counts due times one by one."""
    agenda = Agenda([_target("t", float(interval))], now=0.0)
    due = agenda.next_due()
    assert due is not None
    now, skipped, running = 0.0, 0, None
    for step in steps:
        now += step
        passed = []
        while due <= now:
            passed.append(due)
            due += interval
        orders = agenda.take(now)
        if passed:
            skipped += len(passed) - 1
            if running is None:
                assert [order.due for order in orders] == [pytest.approx(passed[-1])]
                running = orders[0]
            else:
                assert orders == []
                skipped += 1
        else:
            assert orders == []
        assert agenda.skipped == skipped
        if running is not None and data.draw(st.booleans()):
            agenda.done(running)
            running = None
    assert agenda.next_due() == pytest.approx(due)


def test_what_was_asked_for_goes_first_and_names_its_address() -> None:
    agenda = Agenda([_target(f"t{n}") for n in range(50)], ("a", "b"), now=0.0)
    assert agenda.ask("t7", "b", 30.0, "198.18.2.80")
    first, *others = agenda.take(30.0)
    assert (first.target.name, first.vantage, first.address) == ("t7", "b", "198.18.2.80")
    assert first.extra
    assert len(others) == 100
    assert not any(order.extra for order in others)


def test_an_extra_probe_starts_beside_a_regular_one_that_still_runs() -> None:
    agenda = Agenda([_target("t")], now=0.0)
    (regular,) = agenda.take(30.0)
    assert agenda.ask("t", "here", 31.0)
    assert agenda.ask("t", "here", 32.0)
    (extra,) = agenda.take(31.0)
    assert extra.extra
    assert agenda.take(32.0) == [], "one extra probe of a target at a time"
    assert agenda.skipped == 1
    agenda.done(extra)
    agenda.done(regular)
    assert agenda.ask("t", "here", 33.0)
    assert len(agenda.take(33.0)) == 1


def test_what_cannot_be_asked_for_is_refused() -> None:
    agenda = Agenda([_target("t")], now=0.0)
    assert not agenda.ask("other", "here", 1.0)
    assert not agenda.ask("t", "elsewhere", 1.0)
    assert agenda.ask("t", "here", 1.0)
    assert not agenda.ask("t", "here", 1.0), "the same waits already"
    assert agenda.ask("t", "here", 1.0, "198.18.2.80")
    taken = [agenda.ask("t", "here", 2.0 + n) for n in range(20)]
    assert taken.count(True) == 6, "eight wait at most"


def test_a_paused_target_rests_and_comes_back_in_its_rhythm() -> None:
    agenda = Agenda([_target("t", 10.0)], now=0.0)
    (before,) = agenda.take(10.0)
    agenda.done(before)
    assert agenda.pause("t")
    assert not agenda.pause("other")
    assert agenda.take(55.0) == []
    assert agenda.ask("t", "here", 56.0)
    assert len(agenda.take(56.0)) == 1, "what is asked for is done all the same"
    agenda.pause("t", False)
    (after,) = agenda.take(70.0)
    assert (after.due - before.due) % 10.0 == pytest.approx(0.0)
    assert agenda.skipped == 0, "a rest is no lateness"


def test_a_remap_keeps_the_rhythm_of_what_stays() -> None:
    agenda = Agenda([_target("stays"), _target("goes"), _target("hurries")], now=0.0)
    due = {order.target.name: order.due for order in agenda.take(30.0)}
    agenda.replace([_target("stays"), _target("hurries", 10.0), _target("new")], now=30.0)
    assert len(agenda) == 3
    agenda.release()
    found = [order for _, order in _run(agenda, 60.0)]
    times = {name: [o.due for o in found if o.target.name == name] for name in (*due, "new")}
    assert times["stays"] == [pytest.approx(due["stays"] + 30.0)]
    assert times["goes"] == []
    assert len(times["hurries"]) == 3
    assert 30.0 <= times["new"][0] <= 60.0


def test_a_probe_of_a_removed_target_may_still_end() -> None:
    agenda = Agenda([_target("t")], now=0.0)
    (order,) = agenda.take(30.0)
    agenda.replace([], now=31.0)
    agenda.done(order)
    assert agenda.take(100.0) == []
    assert agenda.next_due() is None


@pytest.mark.parametrize(
    ("interval", "timeout"),
    [(30.0, 30.0), (30.0, 31.0), (30.0, 0.0), (30.0, -1.0), (float("inf"), 1.0), (0.0, 0.0)],
)
def test_a_time_out_fits_the_interval(interval: float, timeout: float) -> None:
    with pytest.raises(UsageError):
        Target("t", None, interval, timeout)


def test_names_are_unique_and_vantages_known() -> None:
    with pytest.raises(UsageError, match="Two targets"):
        Agenda([_target("t"), _target("t")], now=0.0)
    with pytest.raises(UsageError, match="no vantage 'mars'"):
        Agenda([_target("t", vantages=("mars",))], now=0.0)
    agenda = Agenda([_target("t", vantages=("b",)), _target("u")], ("a", "b"), now=0.0)
    assert {(o.target.name, o.vantage) for o in agenda.take(30.0)} == {
        ("t", "b"),
        ("u", "a"),
        ("u", "b"),
    }


@pytest.mark.parametrize("stood", [12.0, 60.0, 3600.0])
def test_after_a_stand_what_is_due_does_not_start_at_once(stood: float) -> None:
    """A watcher that was suspended would otherwise send all its probes in one moment."""
    targets = [_target(f"t{n}") for n in range(3000)]
    agenda = Agenda(targets, now=0.0, too_late=2.0)
    for order in (order for at in range(61) for order in agenda.take(at)):
        agenda.done(order)
    began = 60.0 + stood
    at_once = agenda.take(began)
    for order in at_once:
        agenda.done(order)
    assert all(began - order.due <= 2.0 for order in at_once)
    assert len(at_once) < 300, "30 s hold 3000: those of the last 2 s"
    seconds = [len(agenda.take(began + second)) for second in range(1, 31)]
    assert sum(seconds) + len(at_once) >= 3000, "each has its turn within an interval"
    assert max(seconds) < 200
    assert agenda.skipped >= 3000 * (stood - 4.0) // 30


def test_a_machine_that_is_always_late_still_probes_every_target() -> None:
    targets = [_target(f"t{n}") for n in range(50)]
    agenda = Agenda(targets, now=0.0, too_late=2.0)
    started: set[str] = set()
    for at in range(0, 120, 15):
        for order in agenda.take(float(at)):
            started.add(order.target.name)
            agenda.done(order)
    assert len(started) == 50
