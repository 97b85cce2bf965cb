"""Facts about the observe room, on a tiny real internet on loopback."""
