"""A resolver's query log: which public names were looked up, how often, and by how many."""

from downwind.evidence.inside.dnslog.formats import FORMATS
from downwind.evidence.inside.dnslog.read import read_dnslog

__all__ = ["FORMATS", "read_dnslog"]
