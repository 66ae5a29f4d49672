"""The commands of the command line, by subject. `automation/cli.py` puts them together."""
