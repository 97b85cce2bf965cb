"""An edge's firewall rules, and the kill switch that leaves one of them without a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ATTACKS = ("${jndi:", "<script>alert(", "' or '1'='1", "../../../../etc/passwd")
"""What the managed rules block, wherever it stands in a request."""

_TEST_RULE = "internal test"


class RuleError(Exception):
    """The engine reached for a result that was not there; the request cannot be answered."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: it blocks by itself, or executes further rules."""

    name: str
    pattern: str = ""
    executes: tuple[Rule, ...] = ()


_RULES = (
    *(Rule(f"managed {n}", pattern) for n, pattern in enumerate(ATTACKS, start=1)),
    Rule(_TEST_RULE, executes=(Rule("probe", "x-internal-test"),)),
)


class Firewall:
    """The managed rules of one software variant.

    Modelled on the public report of 2025-12-05: a rule that is switched off is skipped, and what
    came after it asked for the result of its `execute` action all the same.
    """

    def __init__(self) -> None:
        self._off: frozenset[str] = frozenset()

    def switch_off(self, names: Sequence[str]) -> None:
        """The kill switch: these rules are skipped; none switches all on again."""
        self._off = frozenset(names)

    def kill_test_rule(self, *, killed: bool) -> None:
        """What was done on the day: the internal test rule was switched off."""
        self.switch_off([_TEST_RULE] if killed else [])

    def blocks(self, text: str) -> str | None:
        """The name of the rule that blocks a request, or None; raises RuleError."""
        results: dict[str, str | None] = {}
        for rule in _RULES:
            if rule.name in self._off:
                continue
            if rule.executes:
                inner = (each.name for each in rule.executes if each.pattern in text)
                results[rule.name] = next(inner, None)
            elif rule.pattern in text:
                return rule.name
        for rule in _RULES:
            if rule.executes and rule.name not in results:
                raise RuleError(f"attempt to index the result of {rule.name!r}, which is nil")
        return next((found for found in results.values() if found), None)
