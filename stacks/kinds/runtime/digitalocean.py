"""What both runtimes at DigitalOcean have in common."""

from stacks.questions import Ask

TOKEN = {"digitalocean:token": "DIGITALOCEAN_TOKEN"}
BLOCKED_PORTS = frozenset({25, 465, 587})
"""SMTP ports that droplets cannot reach (docs.digitalocean.com, "SMTP is blocked on Droplets")."""
REGION = Ask("`doctl compute region list` lists them.", "fra1")
