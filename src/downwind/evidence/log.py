"""The evidence log: a folder of checksummed segments, one writer, any number of readers."""

from __future__ import annotations

from downwind.evidence.reader import pause, read
from downwind.evidence.writer import SEGMENT_BYTES, EvidenceLog, Trimmed

__all__ = ["SEGMENT_BYTES", "EvidenceLog", "Trimmed", "pause", "read"]
