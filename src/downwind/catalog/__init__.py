"""Who is who: providers, products and regions, how they are recognised, what their errors say."""

from downwind.catalog.lookup import Catalog
from downwind.catalog.roles import ROLES
from downwind.catalog.schema import json_schema
from downwind.catalog.types import (
    Acquisition,
    Carrier,
    Match,
    Product,
    Provider,
    Signed,
    StatusFeed,
)

__all__ = [
    "ROLES",
    "Acquisition",
    "Carrier",
    "Catalog",
    "Match",
    "Product",
    "Provider",
    "Signed",
    "StatusFeed",
    "json_schema",
]
