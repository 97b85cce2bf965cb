"""What is remembered of so many names, in bounded memory."""
