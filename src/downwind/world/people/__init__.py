"""Who uses the services of a world: a crowd, and the phones that seal its messages."""
