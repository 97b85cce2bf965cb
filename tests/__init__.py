"""Facts about Downwind, room by room."""
