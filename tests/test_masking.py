"""Secrets never stand in what is printed, in whatever form the engine, the providers and we write them."""

import base64
import html
import json
import shlex
import urllib.parse

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stacks.masking import SECRET_MARK, mask, maskable, stands_in

AWKWARD = 'p"a/ss+w&rd<ü>\\\u2028x'
URI = "mongodb+srv://chat:c0rrect%2Fh0rse@db.example.net/rocketchat?retryWrites=true&w=majority"
PEM = (
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nqs7Zk2\nAB==\n-----END PRIVATE KEY-----\n"
)
ACCOUNT = json.dumps({"type": "service_account", "private_key": PEM, "client_email": "chat@example.com"})


def go_json(text: str) -> str:
    """A text as Go's encoding/json writes it."""
    made = json.dumps(text, ensure_ascii=False)
    for one in "&<>\u2028\u2029":
        made = made.replace(one, f"\\u{ord(one):04x}")
    return made


@pytest.mark.parametrize("secret", [AWKWARD, URI, PEM, ACCOUNT, "ümläut's", 'a"b\tc\nd', "${HOME}:#@x"])
@pytest.mark.parametrize(
    "write",
    [
        str,
        json.dumps,
        lambda text: json.dumps(text, ensure_ascii=False),
        go_json,
        lambda text: json.dumps(json.dumps(text)),
        lambda text: go_json(go_json(text)),
        lambda text: json.dumps({"a": json.dumps({"b": text})}),
        repr,
        lambda text: yaml.safe_dump(text, allow_unicode=True, width=10_000),
        lambda text: yaml.safe_dump(text, default_style='"', width=10_000),
        lambda text: urllib.parse.quote(text, safe=""),
        urllib.parse.quote_plus,
        lambda text: urllib.parse.quote(text, safe="").replace("%2F", "%2f"),
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
        lambda text: repr(text.encode()),
        lambda text: "".join(chr(byte) if byte < 128 else f"\\{byte:03o}" for byte in text.encode()),
        lambda text: "".join(one if one.isascii() else f"\\u{{{ord(one):x}}}" for one in text),
        lambda text: "".join(one if one.isalnum() and one.isascii() else f"&#{ord(one)};" for one in text),
        lambda text: "".join(one if one.isalnum() and one.isascii() else f"&#x{ord(one):X};" for one in text),
        html.escape,
        shlex.quote,
        lambda text: "'" + text.replace("'", r"'\''") + "'",
        lambda text: text.replace('"', '""'),
        lambda text: text.replace("$", "$$"),
        lambda text: yaml.safe_dump(text, allow_unicode=True, width=8),
        lambda text: yaml.safe_dump({"a": {"b": text}}, width=8, default_style='"'),
        lambda text: json.dumps(yaml.safe_dump({"a": {"b": text}}, width=8, default_style="'")),
        lambda text: base64.encodebytes(b"chat:" + text.encode() * 2 + b"x" * 100).decode(),
        lambda text: json.dumps(
            "  ".join(base64.encodebytes(b"x" * 50 + text.encode()).decode().splitlines(True))
        ),
        lambda text: "Basic " + base64.b64encode(b"chat:" + text.encode()).decode(),
        lambda text: "Basic " + base64.b64encode(b"users:" + text.encode() + b"tail").decode(),
    ],
)
def test_a_secret_is_masked_however_it_is_written(secret: str, write: object) -> None:
    assert callable(write)
    text = write(secret)
    masked = mask(f"before {text} after", [secret])
    assert SECRET_MARK in masked
    assert masked.startswith("before ")
    for piece in secret.split():
        if len(piece) >= 8 and not piece.startswith("-----"):
            assert piece not in masked


def test_short_lines_of_a_long_secret_are_masked_after_the_line_before_them() -> None:
    for text in (PEM, PEM.replace("\n", "\n    "), json.dumps(PEM), PEM.replace("\n", "\r\n")):
        masked = mask(f"the key is\n{text}", [PEM])
        assert "AB==" not in masked
        assert "qs7Zk2" not in masked


def test_the_password_of_a_uri_is_masked_by_itself() -> None:
    for text in ("c0rrect%2Fh0rse", "c0rrect/h0rse"):
        assert mask(f"authentication of chat with {text} failed", [URI]).count(SECRET_MARK) == 1
    assert "service_account" in mask("service_account", [ACCOUNT])
    assert "MIIEvQ" not in mask(PEM, [ACCOUNT])


def test_secrets_that_overlap_leave_nothing() -> None:
    assert mask("xx abcdefghij yy", ["abcdefgh", "efghij"]) == "xx [secret] yy"
    assert mask("xx abcdefghij yy", ["efghij", "abcdefgh"]) == "xx [secret] yy"
    assert mask("abcabcabc", ["abcabc"]) == SECRET_MARK


@pytest.mark.parametrize("secret", ["rocketchat", "Rocketchat", "password", "abc12", ""])
def test_words_of_every_message_are_not_masked(secret: str) -> None:
    assert not maskable(secret)
    assert not stands_in(secret, secret)
    text = f"unknown key rocketchat:chat, and {secret} too"
    assert mask(text, [secret]) == text


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=6, max_size=40), st.text(max_size=20))
def test_no_text_breaks_the_masking(secret: str, around: str) -> None:
    if not maskable(secret) or secret in SECRET_MARK:
        return
    masked = mask(around + secret + around, [secret])
    assert secret not in masked.replace(SECRET_MARK, "")


def test_the_script_around_a_secret_is_not_the_secret() -> None:
    """User data holds an activation's code; its other lines stand in files that hide nothing."""
    script = (
        "#!/bin/bash\nset -euo pipefail\nimport json\namazon-ssm-eu-central-1\ncode=Zm9vYmFyMTIzNDU2Nzg5\n"
    )
    assert not stands_in(script, "set -euo pipefail\nimport json\namazon-ssm-eu-central-1\n")
    assert stands_in(script, f"the user data is {script!r}")
    kubeconfig = (
        "apiVersion: v1\nusers:\n- name: admin\n  user:\n    token: 0123456789abcdef0123456789abcdef\n"
    )
    assert stands_in(kubeconfig, "401 for token 0123456789abcdef0123456789abcdef")
    assert not stands_in(kubeconfig, "apiVersion: v1\nusers:\n")


def test_a_user_s_name_beside_a_secret_may_stand_in_a_state_but_is_masked_in_a_message() -> None:
    document = json.dumps(
        {"SMTP_Username": "AKIAIOSFODNN7EXAMPLE", "SMTP_Password": "p4ssw0rd-of-the-server"}
    )
    assert not stands_in(document, "AKIAIOSFODNN7EXAMPLE")
    assert stands_in(document, f"the secret is {document}")
    assert "AKIA" not in mask("AKIAIOSFODNN7EXAMPLE is unknown", [document])
    assert stands_in(ACCOUNT, PEM)


def test_a_name_beside_a_key_in_a_document_is_no_secret() -> None:
    line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
    key = f"-----BEGIN PRIVATE KEY-----\n{line}\n-----END PRIVATE KEY-----\n"
    document = json.dumps({"user": "AKIA2E0A8F3B244C9986", "key": key})
    assert not stands_in(document, '"id": "AKIA2E0A8F3B244C9986"')
    assert stands_in(document, line)
