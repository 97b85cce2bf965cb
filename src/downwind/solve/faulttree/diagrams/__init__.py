"""Fault trees solved exactly by decision diagrams."""
