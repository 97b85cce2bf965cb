"""Facts about the room show."""
