"""Facts about Globalping, against a server that behaves as its API is documented."""
