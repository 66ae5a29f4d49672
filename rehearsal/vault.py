"""A stand-in for HashiCorp Vault's transit engine, so that a stack can move to another secrets provider.

What it encrypts it keeps by a random word, so that a ciphertext tells nothing.
"""

import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PROVIDER = "hashivault://rocketchat"
"""Pulumi's address of the key that this stand-in has."""
_PREFIX = "vault:v1:"


class _Handler(BaseHTTPRequestHandler):
    kept: dict[str, str]

    def do_PUT(self) -> None:
        """Encrypt or decrypt, as Vault's HTTP API does (developer.hashicorp.com/vault/api-docs/secret/transit)."""
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "/transit/encrypt/" in self.path:
            word = _PREFIX + secrets.token_hex(16)
            self.kept[word] = told["plaintext"]
            self._answer(200, {"data": {"ciphertext": word}})
        elif "/transit/decrypt/" in self.path and told["ciphertext"] in self.kept:
            self._answer(200, {"data": {"plaintext": self.kept[told["ciphertext"]]}})
        else:
            self._answer(400, {"errors": ["cipher: message authentication failed"]})

    def _answer(self, status: int, value: Mapping[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""


@contextmanager
def vault() -> Iterator[dict[str, str]]:
    """Serve on a free loopback port; yield the environment with which the engine reaches it."""
    handler = type("Handler", (_Handler,), {"kept": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        yield {"VAULT_ADDR": address, "VAULT_TOKEN": "rehearsal"}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
