"""Vantages: agents that probe from elsewhere, and the hub's inbox for them."""

from downwind.watch.vantages.agent import VantageOptions, run_vantage
from downwind.watch.vantages.batch import (
    BatchRefused,
    BatchTooLarge,
    Head,
    Receipt,
    WrongVantage,
)
from downwind.watch.vantages.inbox import Bounds, Delivery, Heard, Inbox
from downwind.watch.vantages.link import HubAddress
from downwind.watch.vantages.orders import Order, Orders, orders_to_json
from downwind.watch.vantages.rounds import Prober
from downwind.watch.vantages.spec import (
    VANTAGE_KIND,
    VantageSpec,
    check_vantage,
    merged,
    vantage_node,
    vantage_nodes,
    vantages_of,
)

__all__ = [
    "VANTAGE_KIND",
    "BatchRefused",
    "BatchTooLarge",
    "Bounds",
    "Delivery",
    "Head",
    "Heard",
    "HubAddress",
    "Inbox",
    "Order",
    "Orders",
    "Prober",
    "Receipt",
    "VantageOptions",
    "VantageSpec",
    "WrongVantage",
    "check_vantage",
    "merged",
    "orders_to_json",
    "run_vantage",
    "vantage_node",
    "vantage_nodes",
    "vantages_of",
]
