"""The language of stack files, and the program that deploys what they say."""

PROJECT = "rocketchat"
"""The project's name, as `Pulumi.yaml` has it."""
