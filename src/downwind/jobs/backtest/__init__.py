"""Histories of changes replayed, and held against what is known of real outages."""
