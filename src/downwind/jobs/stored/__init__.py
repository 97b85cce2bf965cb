"""Stored probes heard again by the watch's own detection, attribution and incidents."""
