"""The arithmetic of detection, one target at a time, compiled; all of it lies in this file.

What was heard of a target from a vantage is a row of `PAIR` numbers: failures and answers as
decayed counts, once with a memory of a few rounds, once with a memory of days. A target has a row
of `TARGET` numbers, and the last `TURNS` times at which its published state changed.

Counts are kept, not likelihoods: both likelihoods are linear in the counts, so that a rate which
is learned later weighs what was heard before it too, and a quiet stretch of any length is one
closed form.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from downwind.solve.jit import jit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# Outcomes of one probe.
ANSWERED, FAILED, REFUSED = 0, 1, 2

# A pair's row.
FAILS, ANSWERS, HEARD, LONG_FAILS, LONG_ALL, LAST = range(6)
PAIR = 6

# A target's row. Times are seconds; CALM and ASKED_AT are NEVER where nothing is under way.
STATE, SINCE, CALM, ASKED_AT, ASKED, INTERVAL = range(6)
TARGET = 6
TURNS = 6
NEVER = -math.inf
WAITS = -1
"""ASKED of a target whose confirmation has to wait for those of others."""

# Published states.
UP, PARTLY, DOWN, UNKNOWN = 0, 1, 2, 3

# The rule: thresholds as numbers in one array, since compiled code is kept by types.
(
    MEMORY, LONG_MEMORY, ALPHA, ALPHA_MAX, ALPHA_TRUST, BETA, OWN, OPEN, CLOSE, CALM_ROUNDS,
    AGREE, STALE, PAUSE, QUORUM,
    DISSENT,
) = range(15)  # fmt: skip
RULE = 15

# What `judge` says of a target.
POSTERIOR, SEEING, DOWN_SEEN, UP_SEEN, LOUDEST = range(5)
VIEW = 5


@jit
def hear(
    pair: Floats, at: float, outcome: int, interval: float, learns: bool, rule: Floats
) -> None:
    """Count one probe; one that comes late counts as if it had come in order."""
    fade, late, long_fade, long_late = 1.0, 1.0, 1.0, 1.0
    if pair[HEARD] == NEVER:
        pair[HEARD] = at
    memory = rule[MEMORY] * interval
    gap = at - pair[HEARD]
    if gap >= 0:
        fade = math.exp2(-gap / memory)
        long_fade = math.exp2(-gap / rule[LONG_MEMORY])
        pair[HEARD] = at
        pair[LAST] = outcome
    else:
        late = math.exp2(gap / memory)
        long_late = math.exp2(gap / rule[LONG_MEMORY])
    failed = outcome == FAILED
    pair[FAILS] = pair[FAILS] * fade + (late if failed else 0.0)
    pair[ANSWERS] = pair[ANSWERS] * fade + (0.0 if failed else late)
    pair[LONG_FAILS] *= long_fade
    pair[LONG_ALL] *= long_fade
    if learns:
        pair[LONG_FAILS] += long_late if failed else 0.0
        pair[LONG_ALL] += long_late


@jit
def hear_answers(pair: Floats, last: float, every: float, many: int, rule: Floats) -> None:
    """Count `many` answers that came `every` seconds apart, the last at `last`, all at once."""
    if many <= 0:
        return
    gap = 0.0 if pair[HEARD] == NEVER else last - pair[HEARD]
    for short in (True, False):
        half = rule[MEMORY] * every if short else rule[LONG_MEMORY]
        step = math.exp2(-every / half)
        fade = math.exp2(-gap / half)
        summed = (1.0 - step**many) / (1.0 - step)
        if short:
            pair[FAILS] *= fade
            pair[ANSWERS] = pair[ANSWERS] * fade + summed
        else:
            pair[LONG_FAILS] *= fade
            pair[LONG_ALL] = pair[LONG_ALL] * fade + summed
    pair[HEARD] = last
    pair[LAST] = ANSWERED


@jit
def false_alarms(pair: Floats, rule: Floats) -> float:
    """How often a probe of this pair fails while the target is up, as learned; never below the
    rate that was assumed, since failures in a row are not independent."""
    trust = rule[ALPHA_TRUST]
    learned: float = (rule[ALPHA] * trust + pair[LONG_FAILS]) / (trust + pair[LONG_ALL])
    return float(min(max(learned, rule[ALPHA]), rule[ALPHA_MAX]))


@jit
def log_likelihoods(pair: Floats, now: float, interval: float, rule: Floats) -> tuple[float, float]:
    """log P(what was heard | up) and log P(what was heard | down), decayed to `now`."""
    if pair[HEARD] == NEVER:
        return 0.0, 0.0
    fade = math.exp2(-max(now - pair[HEARD], 0.0) / (rule[MEMORY] * interval))
    fails, answers = pair[FAILS] * fade, pair[ANSWERS] * fade
    alpha, beta = false_alarms(pair, rule), rule[BETA]
    up = fails * math.log(alpha) + answers * math.log(1.0 - alpha)
    down = fails * math.log(1.0 - beta) + answers * math.log(beta)
    return up, down


@jit
def judge(
    pairs: Floats,
    groups: Ints,
    mute: Flags,
    now: float,
    interval: float,
    rule: Floats,
    view: Floats,
) -> None:
    """What the vantages say of one target, each group of them as one voice: the mean of its own.

    A vantage is passed over that is mute or was not heard of late. One that was refused last sees,
    but has no vote, unless all that see were refused: then a refusal is the answer.
    """
    refused_only = True
    for v in range(len(groups)):
        if _fresh(pairs[v], mute[v], now, interval, rule) and pairs[v, LAST] != REFUSED:
            refused_only = False
    many = 0
    for v in range(len(groups)):
        many = max(many, groups[v] + 1)
    total, seeing, down_seen, up_seen, loudest = 0.0, 0, 0, 0, -math.inf
    for group in range(many):
        summed, voices, sees = 0.0, 0, False
        for v in range(len(groups)):
            if groups[v] != group or not _fresh(pairs[v], mute[v], now, interval, rule):
                continue
            sees = True
            if pairs[v, LAST] == REFUSED and not refused_only:
                continue
            up, down = log_likelihoods(pairs[v], now, interval, rule)
            summed += down - up
            voices += 1
        seeing += 1 if sees else 0
        if not voices:
            continue
        ratio = summed / voices
        total += ratio
        loudest = max(loudest, ratio)
        down_seen += 1 if ratio >= rule[AGREE] else 0
        up_seen += 1 if ratio < rule[DISSENT] else 0
    view[POSTERIOR] = _posterior(total, rule)
    view[SEEING], view[DOWN_SEEN], view[UP_SEEN] = seeing, down_seen, up_seen
    view[LOUDEST] = _posterior(loudest, rule)


@jit
def _fresh(pair: Floats, mute: bool, now: float, interval: float, rule: Floats) -> bool:
    return not mute and pair[HEARD] != NEVER and now - pair[HEARD] <= rule[STALE] * interval


@jit
def _posterior(ratio: float, rule: Floats) -> float:
    odds = ratio + math.log(rule[OWN] / (1.0 - rule[OWN]))
    return 1.0 / (1.0 + math.exp(-min(max(odds, -500.0), 500.0)))


@jit
def needed(seeing: float, rule: Floats) -> int:
    """So many groups must see it down: more than half of those that see, and at least QUORUM of
    them where there are as many."""
    return max(int(seeing) // 2 + 1, min(int(rule[QUORUM]), int(seeing)))


@jit
def publish(target: Floats, turns: Floats, view: Floats, now: float, rule: Floats) -> int:
    """Move the published state by hysteresis and return it; UNKNOWN while nobody sees, in which
    time the state below stays as it was."""
    if view[SEEING] == 0:
        target[CALM] = NEVER
        return UNKNOWN
    state = int(target[STATE])
    agreed = view[DOWN_SEEN] >= needed(view[SEEING], rule) and view[UP_SEEN] == 0
    if state != DOWN and view[POSTERIOR] >= rule[OPEN] and agreed:
        return _turn(target, turns, DOWN, now)
    if state == UP and view[LOUDEST] >= rule[OPEN]:
        return _turn(target, turns, PARTLY, now)
    if state == UP:
        return UP
    if view[POSTERIOR if state == DOWN else LOUDEST] >= rule[CLOSE]:
        target[CALM] = NEVER
        return state
    if target[CALM] == NEVER:
        target[CALM] = now
    if now - target[CALM] < rule[CALM_ROUNDS] * target[INTERVAL]:
        return state
    if state == DOWN and view[LOUDEST] >= rule[CLOSE]:
        return _turn(target, turns, PARTLY, now)
    return _turn(target, turns, UP, now)


@jit
def _turn(target: Floats, turns: Floats, state: int, now: float) -> int:
    if (target[STATE] == DOWN) != (state == DOWN):
        turns[:-1] = turns[1:].copy()
        turns[-1] = now
    target[STATE], target[SINCE], target[CALM] = state, now, NEVER
    return state


@jit
def suspect(target: Floats, pair: Floats, at: float, outcome: int, rule: Floats) -> bool:
    """Before a probe is counted: whether it is a first failure that must be confirmed at once. One
    that was reported late is no news."""
    if at < pair[HEARD]:
        return False
    if outcome != FAILED or target[STATE] == DOWN or pair[LAST] == FAILED:
        return False
    if at - target[ASKED_AT] < rule[PAUSE] * target[INTERVAL]:
        return False
    target[ASKED_AT], target[ASKED] = at, 0
    return True


@jit
def hear_many(
    pairs: Floats,
    targets: Floats,
    which: Ints,
    vantages: Ints,
    at: Floats,
    outcomes: Ints,
    confirms: bool,
    rule: Floats,
) -> None:
    """Count many probes, in their order."""
    for n in range(len(which)):
        target, pair = targets[which[n]], pairs[which[n], vantages[n]]
        if confirms:
            suspect(target, pair, at[n], outcomes[n], rule)
        learns = target[STATE] != DOWN
        hear(pair, at[n], outcomes[n], target[INTERVAL], learns, rule)


@jit
def judge_many(
    pairs: Floats,
    targets: Floats,
    turns: Floats,
    groups: Ints,
    mute: Flags,
    now: float,
    rule: Floats,
    views: Floats,
    states: Ints,
) -> None:
    """Judge and publish every target."""
    for t in range(len(targets)):
        judge(pairs[t], groups, mute, now, targets[t, INTERVAL], rule, views[t])
        states[t] = publish(targets[t], turns[t], views[t], now, rule)


@jit
def likelihoods_many(
    pairs: Floats, targets: Floats, now: float, rule: Floats, up: Floats, down: Floats
) -> None:
    """The log-likelihoods of every pair."""
    for t in range(pairs.shape[0]):
        for v in range(pairs.shape[1]):
            up[t, v], down[t, v] = log_likelihoods(pairs[t, v], now, targets[t, INTERVAL], rule)
