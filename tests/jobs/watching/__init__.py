"""The live loop, with all of its parts."""
