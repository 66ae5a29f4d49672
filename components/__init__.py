"""Reusable components: a chat's network, database, runtime, media, mail, edge and alarms."""

from components import sdk

sdk.install()
