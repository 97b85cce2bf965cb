"""What was seen: its JSON form, what is taken out before it is kept, and the log."""
