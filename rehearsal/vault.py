"""A stand-in for HashiCorp Vault's transit engine: the secrets provider of rehearsals.

With a passphrase each start of the CLI derives its key anew, in a million rounds: 0.2 s of a processor.
"""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PROVIDER = "hashivault://rocketchat"
"""Pulumi's address of the key that this stand-in has."""
_KEY = b"rehearsal"
"""It protects stand-in values only; the same in every process, for rehearsals that are kept between two commands."""
_PREFIX = "vault:v1:"
_NONCE = 32
"""Bytes of chance before what is encrypted, so that a ciphertext tells nothing."""


class _Handler(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        """Encrypt or decrypt, as Vault's HTTP API does (developer.hashicorp.com/vault/api-docs/secret/transit)."""
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "/transit/encrypt/" in self.path:
            nonce = secrets.token_bytes(_NONCE)
            sealed = nonce + _sealed(nonce, base64.b64decode(told["plaintext"]))
            self._answer(200, {"data": {"ciphertext": _PREFIX + base64.b64encode(sealed).decode()}})
        elif "/transit/decrypt/" in self.path and told["ciphertext"].startswith(_PREFIX):
            sealed = base64.b64decode(told["ciphertext"].removeprefix(_PREFIX))
            opened = _sealed(sealed[:_NONCE], sealed[_NONCE:])
            self._answer(200, {"data": {"plaintext": base64.b64encode(opened).decode()}})
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


def _sealed(nonce: bytes, content: bytes) -> bytes:
    """Return the content encrypted, or decrypted: it is the same."""
    stream = hashlib.shake_256(_KEY + nonce).digest(len(content))
    return bytes(one ^ other for one, other in zip(content, stream, strict=True))


@contextmanager
def vault() -> Iterator[dict[str, str]]:
    """Serve on a free loopback port; yield the environment with which the engine reaches it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        yield {"VAULT_ADDR": address, "VAULT_TOKEN": "rehearsal"}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
