"""The command line: each command reads its words, calls a job and renders its result."""
