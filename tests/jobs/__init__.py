"""Facts about the room jobs."""
