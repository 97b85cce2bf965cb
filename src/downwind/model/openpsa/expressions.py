"""Works out the constants that probabilities are written as; what is no constant stays unknown."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from downwind.model.openpsa.circles import in_order
from downwind.model.openpsa.elements import Element, below
from downwind.model.openpsa.names import Definition, Names
from downwind.terms import ModelError


@dataclass(frozen=True, slots=True)
class Unknown:
    """No number, and why."""

    reason: str


Value = float | Unknown


def _exponential(rate: float, time: float) -> float:
    return -math.expm1(-rate * time)


def _glm(gamma: float, rate: float, repair: float, time: float) -> float:
    both = rate + repair
    return (rate - (rate - gamma * both) * math.exp(-both * time)) / both


def _weibull(scale: float, shape: float, delay: float, time: float) -> float:
    return -math.expm1(-(((time - delay) / scale) ** shape)) if time > delay else 0.0


def _lognormal(mean: float, sigma: float, level: float | None = None) -> float:
    """With a level, it is given by its mean and error factor; without, by mu and sigma."""
    return mean if level is not None else math.exp(mean + sigma * sigma / 2)


# MEF 2.0d, chapter V: what each takes, at least and at most, and what it comes to.
_ANY = 1_000_000
OPERATIONS: dict[str, tuple[int, int, Callable[..., float]]] = {
    "neg": (1, 1, lambda x: -x),
    "add": (1, _ANY, lambda *xs: math.fsum(xs)),
    "sub": (1, _ANY, lambda x, *xs: x - math.fsum(xs)),
    "mul": (1, _ANY, lambda *xs: math.prod(xs)),
    "div": (1, _ANY, lambda x, *xs: x / math.prod(xs)),
    "pi": (0, 0, lambda: math.pi),
    "abs": (1, 1, abs),
    "exp": (1, 1, math.exp),
    "log": (1, 1, math.log),
    "log10": (1, 1, math.log10),
    "sqrt": (1, 1, math.sqrt),
    "pow": (2, 2, math.pow),
    "min": (1, _ANY, lambda *xs: min(xs)),
    "max": (1, _ANY, lambda *xs: max(xs)),
    "mean": (1, _ANY, lambda *xs: math.fsum(xs) / len(xs)),
    "exponential": (2, 2, _exponential),
    "GLM": (4, 4, _glm),
    "Weibull": (4, 4, _weibull),
}
# A distribution stands for its mean.
MEANS: dict[str, tuple[int, int, Callable[..., float]]] = {
    "uniform-deviate": (2, 2, lambda low, high: (low + high) / 2),
    "normal-deviate": (2, 2, lambda mean, sigma: mean),
    "lognormal-deviate": (2, 3, _lognormal),
    "gamma-deviate": (2, 2, lambda shape, scale: shape * scale),
    "beta-deviate": (2, 2, lambda alpha, beta: alpha / (alpha + beta)),
}
NOT_EVALUATED = frozenset(
    word
    for line in (
        "acos asin atan cos cosh sin sinh tan tanh mod ceil floor",
        "not and or eq df lt gt leq geq ite switch",
        "periodic-test extern-function histogram test-initiating-event test-functional-event",
    )
    for word in line.split()
)


@dataclass(slots=True)
class Values:
    """The values of the parameters of a model, and of expressions over them."""

    parameters: Names
    mission_time: float | None = None
    """In the model's own unit of time."""
    means: Counter[str] = field(default_factory=Counter)
    """How many distributions of each kind were taken as their mean."""
    _known: dict[str, Value] = field(default_factory=dict)

    def settle(self) -> None:
        """Work out all parameters; raises ModelError where one is undefined or goes in a circle."""
        defined = self.parameters.by_name
        order = in_order({name: self._refers_to(item) for name, item in defined.items()})
        if order.circle:
            raise ModelError(
                f"parameters go in a circle: {' -> '.join(order.circle)}.",
                where=defined[order.circle[0]].where,
                todo="Give one of them a value of its own.",
            )
        for name in order.names:
            item = defined[name]
            if item.body:
                self._known[name] = self.of(item.body, item.scope)

    def of(self, element: Element, scope: str) -> Value:
        """The value of an expression in a container; raises ModelError."""
        steps: list[tuple[Element, int]] = []
        todo = [element]
        while todo:
            here = todo.pop()
            inside = [] if here.tag in NOT_EVALUATED else here.children
            steps.append((here, len(inside)))
            todo.extend(reversed(inside))
        values: list[Value] = []
        for here, size in reversed(steps):
            taken = [values.pop() for _ in range(size)]
            values.append(self._one(here, taken, scope))
        return values.pop()

    def _refers_to(self, item: Definition) -> Iterable[str]:
        parts = below(item.body) if item.body else ()
        found = [self._parameter(part, item.scope) for part in parts if part.tag == "parameter"]
        return [other.name for other in found]

    def _parameter(self, element: Element, scope: str) -> Definition:
        reference = element.attribute("name")
        found = self.parameters.find(reference, scope)
        if found is None:
            raise ModelError(
                f"parameter {reference!r} is not defined.",
                where=element.where,
                todo="Define it, or give the file that does.",
            )
        return found

    def _one(self, element: Element, taken: Sequence[Value], scope: str) -> Value:
        tag = element.tag
        if tag in ("float", "int"):
            return element.number("value")
        if tag == "bool":
            return float(element.flag("value"))
        if tag == "parameter":
            return self._known[self._parameter(element, scope).name]
        if tag == "system-mission-time":
            return self._mission_time()
        if tag in NOT_EVALUATED:
            return Unknown(f"<{tag}> is not evaluated")
        if tag not in OPERATIONS and tag not in MEANS:
            raise ModelError(
                f"<{tag}> is no expression.",
                where=element.where,
                todo="The expressions that are read are in docs/open-psa.md.",
            )
        return self._operation(element, taken)

    def _mission_time(self) -> Value:
        if self.mission_time is None:
            return Unknown("it depends on the mission time, which was not given")
        return self.mission_time

    def _operation(self, element: Element, taken: Sequence[Value]) -> Value:
        least, most, compute = OPERATIONS.get(element.tag) or MEANS[element.tag]
        if not least <= len(taken) <= most:
            raise ModelError(
                f"<{element.tag}> takes {least if least == most else f'{least} or more'} "
                f"expressions, and has {len(taken)}.",
                where=element.where,
            )
        numbers = []
        for value in taken:
            if isinstance(value, Unknown):
                return value
            numbers.append(value)
        try:
            result = compute(*numbers)
        except (ArithmeticError, ValueError) as error:
            raise ModelError(
                f"<{element.tag}> of {', '.join(map(str, numbers))} has no value: {error}.",
                where=element.where,
            ) from error
        self.means[element.tag] += element.tag in MEANS
        return result
