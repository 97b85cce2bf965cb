"""The policy of MTA-STS (RFC 8461): which exchangers may take mail, and for how long it holds."""

from dataclasses import dataclass

from downwind.evidence.domains import covers_name

_LONGEST_AGE = 31_557_600
"""A year, the longest that RFC 8461, 3.2 allows."""
_MOST_LINES = 1_000


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """What a policy file says."""

    mode: str
    """enforce, testing or none."""
    max_age: int
    """Seconds."""
    mx: tuple[str, ...]

    def allows(self, host: str) -> bool:
        """True where a sender that enforces would hand its mail to this exchanger."""
        return any(covers_name(pattern, host) for pattern in self.mx)


def read_sts_policy(text: str) -> StsPolicy:
    """Read the file at /.well-known/mta-sts.txt; raises ValueError that says what is wrong."""
    fields: dict[str, str] = {}
    mx: list[str] = []
    for line in text.splitlines()[:_MOST_LINES]:
        name, colon, value = line.partition(":")
        if not colon:
            continue
        name, value = name.strip().lower(), value.strip()
        if name == "mx":
            mx.append(value.lower().rstrip("."))
        else:
            fields.setdefault(name, value)
    if fields.get("version") != "STSv1":
        raise ValueError("it is no policy of version STSv1")
    mode = fields.get("mode", "")
    if mode not in ("enforce", "testing", "none"):
        raise ValueError(f"its mode is {mode[:40]!r}; it must be enforce, testing or none")
    age = fields.get("max_age", "")
    if not (age.isdecimal() and len(age) <= 10):
        raise ValueError(f"its max_age is {age[:40]!r}, which is no number of seconds")
    if mode != "none" and not mx:
        raise ValueError("it names no mx")
    return StsPolicy(mode, min(int(age), _LONGEST_AGE), tuple(dict.fromkeys(mx)))
