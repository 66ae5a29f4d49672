"""The commands of the command line, by subject. `command/cli.py` puts them together."""
