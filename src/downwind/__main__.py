"""`python -m downwind` is the command line, for those who have not installed it."""

from downwind.show.cli.main import main

if __name__ == "__main__":
    main()
