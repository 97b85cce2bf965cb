"""Facts about the room graph."""
