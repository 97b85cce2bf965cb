"""Facts about the room catalog."""
