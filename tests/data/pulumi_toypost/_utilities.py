"""What each generated SDK has: its reading of the machine's environment."""

from pulumi_random._utilities import get_env, get_env_bool

__all__ = ["get_env", "get_env_bool"]
