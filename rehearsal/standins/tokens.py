"""Credentials that a cloud gives out for some days, and that nobody takes afterwards."""

import datetime as dt
import hashlib
import itertools
import threading
import time

from clouds.ask import Token, Tokens

WEEK = 7 * 24 * 3600.0
"""How long a DOKS cluster's credentials hold (DigitalOcean API, "Retrieve Credentials for a Kubernetes Cluster")."""


class LivingTokens(Tokens):
    """Those of a cloud in which time passes: each call gets a new one."""

    def __init__(self) -> None:
        self.seconds = WEEK
        """How long those that are given out from now on hold."""
        self._until: dict[str, float] = {}
        self._count = itertools.count(1)
        self._lock = threading.Lock()

    def issue(self, seed: str) -> Token:
        """Give out a new token."""
        with self._lock:
            text = f"dop_v1_{hashlib.sha256(f'{seed}/{next(self._count)}'.encode()).hexdigest()}"
            until = self._until[text] = time.time() + self.seconds
        return Token(text, dt.datetime.fromtimestamp(until, dt.UTC).isoformat(timespec="seconds"))

    def over(self, text: str) -> bool:
        """Whether a token was given out here and holds no longer."""
        until = self._until.get(text)
        return until is not None and until <= time.time()

    def texts(self) -> dict[str, str]:
        """Return every token that was given out, by a label."""
        return {f"token {at} of a cluster": text for at, text in enumerate(tuple(self._until), start=1)}
