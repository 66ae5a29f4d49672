"""The Pulumi program: load, deploy, export."""

from stacks.deploy import run

run()
