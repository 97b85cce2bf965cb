"""Durations as people write them: 90, 90s, 5m, 4h, 1d, 1h30m."""

import math
import re
from typing import Annotated

from pydantic import BeforeValidator

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")


def parse_duration(text: str | int | float) -> float:
    """Seconds of a duration such as 90, "90s" or "1h30m"; raises ValueError where it is none."""
    if isinstance(text, bool):
        raise ValueError(f"{text!r} is not a duration. Write 90s, 5m, 4h or 1h30m.")
    if isinstance(text, int | float) or re.fullmatch(r"\d+(\.\d+)?", text.strip()):
        seconds = float(text)
    elif text.strip() and not _PART.sub("", text.strip().replace(" ", "")):
        seconds = sum(float(n) * _UNITS[unit] for n, unit in _PART.findall(text))
    else:
        raise ValueError(f"{text!r} is not a duration. Write 90s, 5m, 4h or 1h30m.")
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError(f"{text!r} is not a duration: it must be finite and not negative.")
    return seconds


def say_duration(seconds: float) -> str:
    """A duration for a reader: 45 s, 12 min, 3 h 10 min, 2 d 4 h."""
    if math.isinf(seconds):
        return "for ever"
    total = round(seconds)
    if total < 120:
        return f"{total} s"
    minutes = round(total / 60)
    hours = minutes // 60
    days = hours // 24
    if minutes < 120:
        return f"{minutes} min"
    if days < 2:
        rest = minutes - hours * 60
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    rest = hours - days * 24
    return f"{days} d {rest} h" if rest else f"{days} d"


Duration = Annotated[float, BeforeValidator(parse_duration)]
