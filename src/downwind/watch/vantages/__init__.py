"""Vantages: agents that probe from elsewhere, the hub's inbox for them, and their quorum."""

from downwind.watch.vantages.agent import VantageOptions, run_vantage
from downwind.watch.vantages.batch import (
    BatchRefused,
    BatchTooLarge,
    Head,
    Receipt,
    WrongVantage,
    receipt_to_json,
)
from downwind.watch.vantages.inbox import Bounds, Delivery, Heard, Inbox
from downwind.watch.vantages.link import HubAddress
from downwind.watch.vantages.orders import Order, Orders, orders_to_json
from downwind.watch.vantages.quorum import Quorum, Voice, Vote, independent, quorum
from downwind.watch.vantages.rounds import Prober
from downwind.watch.vantages.spec import (
    VANTAGE_KIND,
    VantageSpec,
    check_vantage,
    merged,
    vantage_node,
    vantage_nodes,
    with_vantages,
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
    "Quorum",
    "Receipt",
    "VantageOptions",
    "VantageSpec",
    "Voice",
    "Vote",
    "WrongVantage",
    "check_vantage",
    "independent",
    "merged",
    "orders_to_json",
    "quorum",
    "receipt_to_json",
    "run_vantage",
    "vantage_node",
    "vantage_nodes",
    "with_vantages",
]
