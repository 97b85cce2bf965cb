"""Whether a scenario fits its world: what its fault, orders and reports name must be there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from downwind.terms import Scope, UsageError
from downwind.world.form.check import Complaint, say_complaints
from downwind.world.form.modes import (
    ANNOUNCED,
    BOTS,
    FIREWALL,
    WORDS,
    check_words,
    modes_of,
    unknown_mode,
)
from downwind.world.form.places import inside, place_complaint, there_is
from downwind.world.form.scenario import FaultSpec, ReportSpec, Scenario
from downwind.world.form.schema import WorldFile

_OF_THE_FAULT = ("scope", "mode", "do")
_OF_VARIANTS = {
    "feature-file": (BOTS, "a bot filter, which comes with a variant"),
    "killswitch": (FIREWALL, "the firewall's rules, which come with a variant"),
}


def check_scenario(scenario: Scenario, world: WorldFile) -> None:
    """Raise ModelError where the scenario cannot be played in this world."""
    spec = scenario.spec
    wrong = [
        *_fault_complaints(world, spec.fault),
        *_order_complaints(scenario),
        *_word_complaints(scenario),
        *_announcement_complaints(world, scenario),
        *_report_complaints(world, spec.reported),
    ]
    if wrong:
        head = f"the scenario does not fit the world {world.world!r}"
        raise say_complaints(wrong, head, str(scenario.file), "docs/scenario-file.md")


def _fault_complaints(world: WorldFile, fault: FaultSpec) -> Iterator[Complaint]:
    scope = Scope.parse(fault.scope)
    wrong = place_complaint(world, scope)
    if wrong:
        yield "fault.scope", wrong
        return
    products = inside(world, scope)
    systems: set[str] = {product.system for product in products}
    if any(product.leases_in for product in products):
        systems.add("controlplane")
    if not any(fault.mode in modes_of(system, scope.variant) for system in systems):
        yield "fault.mode", f"{scope} {unknown_mode(systems, scope.variant, fault.mode)}"
    elif fault.mode in _OF_VARIANTS:
        variant, broken = _OF_VARIANTS[fault.mode]
        there = {each for product in products for each in product.variants}
        if variant not in (scope.variants or there):
            lacks = "does not name" if scope.variants else "has none called"
            yield "fault.mode", f"{fault.mode} breaks {broken}, and {scope} {lacks} {variant!r}"


def _order_complaints(scenario: Scenario) -> Iterator[Complaint]:
    """The orders are one break, then any number of set, then one mend."""
    orders = [
        (event.at, event.order["do"])
        for event in scenario.events
        if event.order and event.order["do"] != "announce"
    ]
    for do in ("break", "mend"):
        count = sum(word == do for _, word in orders)
        if count != 1:
            when = "onset" if do == "break" else "until"
            found = "there is none" if count == 0 else f"there are {count}"
            yield "timeline", f"one event has `do: {do}`, at the fault's {when}; {found}"
            return
    at = {do: moment for moment, do in orders}
    if at["break"] > scenario.onset:
        yield "timeline", "`do: break` comes after the fault's onset"
    if at["mend"] != scenario.until:
        yield "timeline", "`do: mend` is not at the fault's until"
    if orders[0][1] != "break" or orders[-1][1] != "mend":
        yield "timeline", "`do: set` comes after `do: break` and before `do: mend`"


def _word_complaints(scenario: Scenario) -> Iterator[Complaint]:
    for i, event in enumerate(scenario.spec.timeline):
        path = f"timeline.{i}.with"
        if event.do == "announce":
            continue
        if event.with_ and event.do is None:
            yield path, "there is no order that these are words of; add `do`"
        yield from ((f"{path}.{word}", _unknown(word)) for word in event.with_ if word not in WORDS)
        wrong = _wrong_value(event.with_)
        if wrong:
            yield path, wrong


def _announcement_complaints(world: WorldFile, scenario: Scenario) -> Iterator[Complaint]:
    for i, event in enumerate(scenario.spec.timeline):
        if event.do != "announce":
            continue
        path = f"timeline.{i}.with"
        for word, known in ANNOUNCED.items():
            value = event.with_.get(word)
            if known and value not in known:
                yield f"{path}.{word}", f"it is one of {', '.join(known)}"
            elif not known and not isinstance(value, str):
                yield f"{path}.{word}", "an announcement has it, as a text"
        others = [word for word in event.with_ if word not in (*ANNOUNCED, "provider")]
        yield from ((f"{path}.{word}", "an announcement has no such word") for word in others)
        whose = event.with_.get("provider")
        if whose is not None and world.provider(whose) is None:
            there = there_is(provider.id for provider in world.providers)
            yield f"{path}.provider", f"there is no provider {whose!r}; {there}"


def _unknown(word: str) -> str:
    if word in _OF_THE_FAULT:
        return "the timeline orders the scenario's one fault; take it out"
    return f"nobody knows this word; there are {', '.join(WORDS)}"


def _wrong_value(words: dict[str, Any]) -> str | None:
    try:
        check_words(words)
    except UsageError as error:
        return str(error).removesuffix(".")
    return None


def _report_complaints(world: WorldFile, reports: Sequence[ReportSpec]) -> Iterator[Complaint]:
    services = {service.name: service for service in world.services}
    for i, report in enumerate(reports):
        service = services.get(report.service)
        if service is None:
            yield f"reported.{i}.service", f"there is no {report.service!r}; {there_is(services)}"
            continue
        known = [capability.id for capability in service.capabilities]
        if report.capability not in known:
            what = f"{service.name} has no capability {report.capability!r}; {there_is(known)}"
            yield f"reported.{i}.capability", what
