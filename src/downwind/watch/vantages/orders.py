"""What a vantage is told to probe: the orders, as JSON and back, strictly.

    {"at": 1763463600.0, "vantage": "paris", "version": "9f2c...",
     "orders": [{"target": "x.test/feed", "kind": "http", "interval_s": 30, "timeout_s": 10,
                 "probe": {"url": "https://x.test/feed"}}]}

What `probe` holds is between whoever gives the orders and the probe that carries them out.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from downwind.terms import CannotMeasure

KINDS = ("http", "dns", "tls", "tcp", "journey")
MOST_ORDERS = 100_000
SHORTEST_INTERVAL = 1.0
"""Seconds."""
LONGEST_NAME = 512
LARGEST_PROBE = 64 * 1024
"""Bytes of one order's `probe` as JSON."""


@dataclass(frozen=True, slots=True)
class Order:
    """One target, and how to probe it. Times are seconds; the time-out is below the interval."""

    target: str
    """The subject of the evidence: service/capability, a node's id, or name:HOST."""
    kind: str
    interval: float
    timeout: float
    probe: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Orders:
    """All that one vantage is to probe."""

    vantage: str
    orders: tuple[Order, ...]
    at: float = 0.0
    """The hub's clock when it answered, in seconds since 1970-01-01 UTC."""

    @property
    def version(self) -> str:
        """Changes when the orders do."""
        text = json.dumps([_order_json(order) for order in self.orders], sort_keys=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def orders_to_json(orders: Orders) -> dict[str, Any]:
    """The JSON form."""
    return {
        "at": orders.at,
        "vantage": orders.vantage,
        "version": orders.version,
        "orders": [_order_json(order) for order in orders.orders],
    }


def orders_from_json(data: object, vantage: str) -> Orders:
    """The orders in this JSON; raises CannotMeasure where it holds none for this vantage."""
    try:
        if not isinstance(data, Mapping):
            raise ValueError("it is not a mapping")
        if data.get("vantage") != vantage:
            raise ValueError(f"it is for the vantage {data.get('vantage')!a:.80}")
        rows = data.get("orders")
        if not isinstance(rows, list) or len(rows) > MOST_ORDERS:
            raise ValueError(f"orders is no list of at most {MOST_ORDERS}")
        orders = tuple(_order(row, f"orders[{n}]") for n, row in enumerate(rows))
        if len({order.target for order in orders}) < len(orders):
            raise ValueError("two orders are for one target")
        return Orders(vantage, orders, _number(data.get("at"), "at"))
    except ValueError as error:
        raise CannotMeasure(
            f"The hub's orders cannot be read: {error}.",
            where="/api/v1/orders",
            todo="The hub and this vantage may be of versions that do not fit.",
        ) from error


def _order_json(order: Order) -> dict[str, Any]:
    return {
        "target": order.target,
        "kind": order.kind,
        "interval_s": order.interval,
        "timeout_s": order.timeout,
        "probe": dict(order.probe),
    }


def _order(row: object, where: str) -> Order:
    if not isinstance(row, Mapping):
        raise ValueError(f"{where} is not a mapping")
    target, kind, probe = row.get("target"), row.get("kind"), row.get("probe", {})
    if not isinstance(target, str) or not 0 < len(target) <= LONGEST_NAME:
        raise ValueError(f"{where}.target is no text of 1 to {LONGEST_NAME} characters")
    if kind not in KINDS:
        raise ValueError(f"{where}.kind is {kind!a:.40}, not one of {', '.join(KINDS)}")
    if not isinstance(probe, Mapping) or len(json.dumps(probe)) > LARGEST_PROBE:
        raise ValueError(f"{where}.probe is no mapping of at most {LARGEST_PROBE} bytes")
    interval = _number(row.get("interval_s"), f"{where}.interval_s")
    timeout = _number(row.get("timeout_s"), f"{where}.timeout_s")
    if interval < SHORTEST_INTERVAL:
        raise ValueError(f"{where}.interval_s is below {SHORTEST_INTERVAL:g}")
    if not 0 < timeout < interval:
        raise ValueError(f"{where}.timeout_s is not between 0 and the interval")
    return Order(target, str(kind), interval, timeout, dict(probe))


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{where} is {value!a:.40}, not a number")
    return float(value)
