"""Fault trees: minimal cut sets, probabilities, importance. Arrays in, arrays out."""
