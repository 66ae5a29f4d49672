"""Forms in which hosts are told who may log in."""

PUBLIC_KEY = r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp[0-9]+) [A-Za-z0-9+/]{60,}={0,2}( [A-Za-z0-9_.@-]+)?"
"""A line of OpenSSH's `authorized_keys`, without options."""
FINGERPRINT = r"([0-9a-f]{2}:){15}[0-9a-f]{2}"
"""MD5 fingerprint, by which DigitalOcean knows the keys of an account (API reference, SSH Keys)."""
