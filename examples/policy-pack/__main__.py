"""The policy pack of rocketchat-pulumi for a program of one's own, with the configuration beside this file."""

from pathlib import Path

from policy.pack import serve

serve(Path(__file__).with_name("config.yaml"))
