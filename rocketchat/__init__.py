"""What Rocket.Chat is: its releases, settings, processes and sizes. Knows no cloud and imports no Pulumi."""

__version__ = "0.1.0"
