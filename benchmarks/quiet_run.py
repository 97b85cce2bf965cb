"""Runs the detector's own kernels over days of noise, target by target, and simpler rules beside.

Every vantage probes every target once a round, at a phase of its own. Rounds in which nothing
fails, and nothing is left of what failed before, are passed over by the closed form, which is
exact. The rules read the routine probes alone; the detector also gets the confirmations it asks
for.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt
from quiet_world import Layout, World

from downwind.watch.detection import Settings, kernels
from downwind.watch.detection.kernels import (
    ANSWERED,
    ASKED,
    ASKED_AT,
    DOWN,
    FAILED,
    INTERVAL,
    NEVER,
    PAIR,
    REFUSED,
    STATE,
    TARGET,
    TURNS,
    UP,
    VIEW,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RULES = (
    "detector",
    "3 failures in a row, one vantage",
    "2 of 3 in a row, one vantage",
    "most voices fail in one round",
    "3 in a row from most voices",
)
OVER = len(RULES)  # in place of a rule: the detector took its alarm back
GRACE = 15.0
"""Seconds after a real fault's end in which it may still be told."""
IDLE = 1
"""Rounds without a failure after which rounds are passed over: who was not called down by then is
not called down by answers."""
CONFIRM_TAKES = 1.0  # second from asking to the answer


# A target's spells are rows of these numbers, by their starts.
START, END, MASK, FAILS, REAL = range(5)


@numba.njit
def _state_at(spells, lo, at, v):
    """Probability that a probe fails at this time, and whether it is refused."""
    chance = 0.0
    refused = False
    n = lo
    while n < len(spells) and spells[n, START] <= at:
        if spells[n, END] > at and (int(spells[n, MASK]) >> v) & 1:
            if spells[n, FAILS] < 0:
                refused = True
            else:
                chance = 1.0 - (1.0 - chance) * (1.0 - spells[n, FAILS])
        n += 1
    return chance, refused


@numba.njit
def _probe(spells, lo, at, v, lone):
    chance, refused = _state_at(spells, lo, at, v)
    if np.random.random() < 1.0 - (1.0 - chance) * (1.0 - lone):
        return FAILED
    return REFUSED if refused else ANSWERED


@numba.njit
def _note(spells, t, at, rule, log, many):
    """Record that a rule called the target down: whether it was, and how late."""
    found, delays = log
    truth = 0
    for n in range(len(spells)):
        real = int(spells[n, REAL])
        if real and spells[n, START] <= at <= spells[n, END] + GRACE:
            truth = 1
            if rule < OVER and real >= 2 and np.isnan(delays[rule, real - 2]):
                delays[rule, real - 2] = at - spells[n, START]
    if many >= len(found):
        raise ValueError("more alarms than there is room for")
    found[many, 0], found[many, 1], found[many, 2], found[many, 3] = at, t, rule, truth
    return many + 1


@numba.njit
def _votes(row, groups, least):
    """Whether more than half of the groups have a vantage-wise count of at least `least`."""
    groups_all = groups.max() + 1
    votes = 0
    for g in range(groups_all):
        agree = True
        for v in range(len(groups)):
            if groups[v] == g and row[v] < least:
                agree = False
        votes += 1 if agree else 0
    return 2 * votes > groups_all


@numba.njit
def _rules(spells, t, at, outcome, v, peers, groups, log, many):
    """The simpler rules; each is over after three answers in a row."""
    row, bits, calm, opened = peers
    row[v] = row[v] + 1 if outcome == FAILED else 0
    if v == 0:
        bits[0] = ((bits[0] << 1) | (1 if outcome == FAILED else 0)) & 7
        recent = (bits[0] & 1) + ((bits[0] >> 1) & 1) + (bits[0] >> 2)
    else:
        recent = -1
    for rule in range(1, 5):
        if rule == 1:
            if v:
                continue
            met = row[0] >= 3
        elif rule == 2:
            if v:
                continue
            met = recent >= 2
        else:
            met = row.any() and _votes(row, groups, 1 if rule == 3 else 3)
        calm[rule] = 0 if met else calm[rule] + 1
        if met and not opened[rule]:
            opened[rule] = True
            many = _note(spells, t, at, rule, log, many)
        elif opened[rule] and calm[rule] >= 3 * (1 if rule < 3 else len(groups)):
            opened[rule] = False
    return many


@numba.njit
def _judge(spells, t, heard, setting, at, log, many):
    """Judge and publish; a target that is newly down is an alarm, and so is noted when it is up."""
    pairs, target, turns, view, mute = heard
    groups, interval, rule, _ = setting
    was = target[STATE]
    kernels.judge(pairs, groups, mute, at, interval, rule, view)
    state = kernels.publish(target, turns, view, at, rule)
    if (state == DOWN) != (was == DOWN):
        return _note(spells, t, at, 0 if state == DOWN else OVER, log, many)
    return many


@numba.njit
def _hear(heard, setting, v, at, outcome):
    pairs, target = heard[0], heard[1]
    kernels.suspect(target, pairs[v], at, outcome, setting[2])
    kernels.hear(pairs[v], at, outcome, setting[1], target[STATE] != DOWN, setting[2])


@numba.njit
def _confirm(spells, lone, t, lo, heard, setting, until, log, many, counts):
    """The confirmations due by `until`, from every vantage."""
    target, confirm = heard[1], setting[3]
    while target[ASKED] < len(confirm):
        due = target[ASKED_AT] + confirm[int(target[ASKED])] + CONFIRM_TAKES
        if due > until:
            break
        target[ASKED] += 1
        for v in range(len(lone)):
            _hear(heard, setting, v, due, _probe(spells, lo, due, v, lone[v]))
            counts[1] += 1
        many = _judge(spells, t, heard, setting, due, log, many)
    return many


@numba.njit
def _ahead(spells, lo, k, rounds, interval, any_lone):
    """How many rounds are surely quiet from k on, and whether in the one after them some probe is
    lost by chance: the number of rounds until then is geometric. Refusals are quiet."""
    upcoming = rounds
    for n in range(lo, len(spells)):
        if spells[n, FAILS] < 0:
            continue
        if spells[n, START] >= (k + 1) * interval:
            upcoming = int(spells[n, START] // interval)
            break
        if spells[n, END] > k * interval:
            return 0, False
    chance = int(np.log(1.0 - np.random.random()) / np.log(1.0 - any_lone))
    skip = min(chance, min(upcoming, rounds) - k)
    return skip, chance == skip and k + skip < min(upcoming, rounds)


@numba.njit
def _outcomes(spells, lone, lo, begin, phases, forced, outcomes):
    """One round's routine probes; where one is known to be lost, given that."""
    while True:
        some = False
        for v in range(len(phases)):
            outcomes[v] = _probe(spells, lo, begin + phases[v], v, lone[v])
            some = some or outcomes[v] == FAILED
        if some or not forced:
            return some


@numba.njit
def _fresh(vantages, interval):
    pairs = np.zeros((vantages, PAIR))
    pairs[:, kernels.HEARD] = NEVER
    target = np.zeros(TARGET)
    target[kernels.SINCE] = target[kernels.CALM] = target[ASKED_AT] = NEVER
    target[ASKED], target[INTERVAL] = np.inf, interval
    return pairs, target, np.full(TURNS, NEVER), np.zeros(VIEW), np.zeros(vantages, np.bool_)


@numba.njit
def _keep(kept, k, t, heard, setting, at):
    """At the end of a round: what each vantage says of a target that is not well, in nats."""
    rows, used = kept
    pairs, target = heard[0], heard[1]
    if not len(rows) or target[STATE] == UP:
        return
    if used[0] >= len(rows):
        raise ValueError("more rounds are kept than there is room for")
    row = rows[used[0]]
    row[0], row[1], row[2] = k, t, target[STATE]
    for v in range(len(pairs)):
        up, down = kernels.log_likelihoods(pairs[v], at, setting[1], setting[2])
        row[3 + v] = down - up
    used[0] += 1


@numba.njit
def _one(spells, lone, t, phases, setting, rounds, log, many, counts, kept):
    """All rounds of one target."""
    groups, interval, rule, confirm = setting
    vantages = len(phases)
    heard = _fresh(vantages, interval)
    pairs, target = heard[0], heard[1]
    bits, opened = np.zeros(1, np.int64), np.zeros(len(RULES), np.bool_)
    peers = (np.zeros(vantages, np.int64), bits, np.zeros(len(RULES), np.int64), opened)
    outcomes = np.zeros(vantages, np.int64)
    order = np.argsort(phases)
    any_lone = 1.0 - np.prod(1.0 - lone)
    lo, k, idle = 0, 0, IDLE
    while k < rounds:
        forced = False
        while lo < len(spells) and spells[lo, END] <= k * interval:
            lo += 1
        settled = target[STATE] == UP and target[ASKED] >= len(confirm) and not opened.any()
        if idle >= IDLE and settled:
            skip, forced = _ahead(spells, lo, k, rounds, interval, any_lone)
            for v in range(vantages):
                last = (k + skip - 1) * interval + phases[v]
                kernels.hear_answers(pairs[v], last, interval, skip, rule)
                if skip > 0 and _state_at(spells, lo, last, v)[1]:
                    pairs[v, kernels.LAST] = REFUSED
            counts[0] += skip * vantages
            bits[0] = (bits[0] << min(skip, 3)) & 7
            k += skip
            if k >= rounds:
                break
        begin = k * interval
        some = _outcomes(spells, lone, lo, begin, phases, forced, outcomes)
        idle = 0 if some else idle + 1
        for v in order:
            at = begin + phases[v]
            many = _confirm(spells, lone, t, lo, heard, setting, at, log, many, counts)
            counts[0] += 1
            counts[2] += 1 if outcomes[v] == FAILED else 0
            many = _rules(spells, t, at, outcomes[v], v, peers, groups, log, many)
            _hear(heard, setting, v, at, outcomes[v])
            if outcomes[v] == FAILED and target[STATE] != DOWN:  # else at the round's end
                many = _judge(spells, t, heard, setting, at, log, many)
        ended = begin + interval
        many = _confirm(spells, lone, t, lo, heard, setting, ended, log, many, counts)
        many = _judge(spells, t, heard, setting, ended, log, many)
        _keep(kept, k, t, heard, setting, ended)
        k += 1
    return many


@numba.njit
def _all(first, spells, lone, phases, setting, rounds, log, counts, seed, kept):
    np.random.seed(seed)
    many = 0
    for t in range(len(lone)):
        mine = spells[first[t] : first[t + 1]]
        many = _one(mine, lone[t], t, phases[t], setting, rounds, log, many, counts, kept)
    return many


def run(
    world: World, layout: Layout, settings: Settings, *, days: float, outages: int, seed: int,
    kept: int = 0,
) -> tuple[Floats, Floats, Ints, Floats]:  # fmt: skip
    """Alarms (time, target, rule, whether it was really down) by time; per rule and inserted
    outage the seconds until it was called, NaN where it never was; routine probes, confirmations,
    failures among the routine probes; up to `kept` rows of rounds in which a target was not well:
    round, target, state, and per vantage log P(its probes | down) - log P(its probes | up)."""
    interval = 30.0
    rng = np.random.default_rng(seed + 10_000)
    phases = rng.uniform(0, interval, (len(world.first) - 1, len(layout.groups)))
    found = np.zeros((6_000_000, 4))
    delays = np.full((len(RULES), outages), np.nan)
    counts = np.zeros(3, np.int64)
    spells = np.column_stack((world.start, world.end, world.mask, world.fails, world.real))
    setting = (
        np.array(layout.groups, np.int64),
        interval,
        settings.rule(),
        np.array(settings.confirm_after),
    )
    rounds = int(days * 86_400 / interval)
    rows = (np.zeros((kept, 3 + len(layout.groups))), np.zeros(1, np.int64))
    many = _all(
        world.first,
        spells,
        world.lone,
        phases,
        setting,
        rounds,
        (found, delays),
        counts,
        seed,
        rows,
    )
    alarms = found[:many]
    unwell = rows[0][: rows[1][0]]
    in_time = alarms[np.argsort(alarms[:, 0], kind="stable")]
    return in_time, delays, counts, unwell[np.argsort(unwell[:, 0], kind="stable")]
