"""What each cause would add to the likelihood, column by column; compiled."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from downwind.solve.arrays import Floats, Ints
from downwind.solve.jit import jit

_LARGE, _SMALL = 1e150, 1e-150


@jit
def gains(
    start: Ints, node: Ints, hit: Floats, here: Floats, service: Ints, rate: Floats, own: Floats,
    log_rest: Floats, log_own: Floats, severities: Floats,
) -> NDArray[np.float64]:  # fmt: skip
    """float[columns, severities]: the log-likelihood that each column would add at each severity.

    Column c takes the nodes node[start[c] : start[c + 1]], service by service, and their probes
    are hit[...] times as likely under its fault as if they were up. Per node: `here` is the
    likelihood so far, `rate` and `own` how often it fails by itself and what its probes are worth
    then. Per service `log_rest` and `log_own` are how likely it is that no fault of the service as
    a whole is behind them, and that one is; they sum to 1 before the logarithm.
    """
    columns, grades = len(start) - 1, len(severities)
    found = np.zeros((columns, grades))
    product = np.ones(grades)
    logs = np.zeros(grades)
    for column in range(columns):
        begins, ends = start[column], start[column + 1]
        for entry in range(begins, ends):
            n = node[entry]
            before = (1.0 - rate[n]) * here[n] + rate[n] * own[n]
            for grade in range(grades):
                severity = severities[grade]
                then = (1.0 - severity) * here[n] + severity * hit[entry]
                product[grade] *= ((1.0 - rate[n]) * then + rate[n] * own[n]) / before
                if not _SMALL < product[grade] < _LARGE:
                    logs[grade] += math.log(product[grade])
                    product[grade] = 1.0
            if entry + 1 == ends or service[node[entry + 1]] != service[n]:
                rest, by_itself = log_rest[service[n]], log_own[service[n]]
                for grade in range(grades):
                    a = rest + logs[grade] + math.log(product[grade])
                    top, low = max(a, by_itself), min(a, by_itself)
                    found[column, grade] += top + math.log1p(math.exp(low - top))
                    product[grade], logs[grade] = 1.0, 0.0
    return found


@jit
def strays(
    start: Ints, node: Ints, cause: Ints, failing: Ints, here: Floats, service: Ints, rate: Floats,
    own: Floats, down: Floats, profile: Ints, fit: NDArray[np.float64], log_rest: Floats,
    log_own: Floats, unknown: Floats,
) -> Floats:  # fmt: skip
    """float[columns]: the log-likelihood that each column would add by failing nodes outside it.

    A node may stand on a cause without anybody knowing; column c does so to share unknown[c] of
    all nodes. `failing` are the failing nodes, which rise; else as in `gains`.
    """
    found = np.zeros(len(start) - 1)
    for column in range(len(start) - 1):
        at, ends, share = start[column], start[column + 1], unknown[column]
        if share == 0.0:
            continue
        product, logs = 1.0, 0.0
        for place in range(len(failing)):
            n = failing[place]
            while at < ends and node[at] < n:
                at += 1
            hit = down[n] * fit[profile[n], cause[column]]
            if hit > here[n] and (at == ends or node[at] != n):
                product *= 1.0 + (1.0 - rate[n]) * share * (hit - here[n]) / (
                    (1.0 - rate[n]) * here[n] + rate[n] * own[n]
                )
                if product > _LARGE:
                    logs += math.log(product)
                    product = 1.0
            last = place + 1 == len(failing) or service[failing[place + 1]] != service[n]
            if last and (product > 1.0 or logs > 0.0):
                a, by_itself = log_rest[service[n]] + logs + math.log(product), log_own[service[n]]
                top, low = max(a, by_itself), min(a, by_itself)
                found[column] += top + math.log1p(math.exp(low - top))
                product, logs = 1.0, 0.0
    return found
