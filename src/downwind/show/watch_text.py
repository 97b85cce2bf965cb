"""Words of verdicts that page, terminal and replay share."""

from __future__ import annotations


def sure(confidence: float) -> str:
    """How sure a verdict is; nothing seen from outside is certain.

    >>> sure(0.937), sure(0.9999)
    ('94%', 'over 99%')
    """
    return "over 99%" if confidence >= 0.995 else f"{confidence:.0%}"


def without_asides(text: str) -> str:
    """The text without what stands in parentheses, one within another or not."""
    kept, depth = [], 0
    for each in text:
        depth += each == "("
        if not depth:
            kept.append(each)
        depth -= each == ")" and depth > 0
    return "".join(kept).replace(" ;", ";").strip()
