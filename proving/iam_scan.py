"""Asks parliament and cloudsplaining about IAM documents; runs in their environment, not in this project's.

Reads from standard input a list of `{"stack", "name", "kind", "text"}`, and writes a list of `[stack, finding, name]`.
cloudsplaining is asked about what identities may (`kind` is `identity`), and not about what resources grant.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import parliament  # type: ignore[import-not-found]
from cloudsplaining.scan.policy_document import PolicyDocument  # type: ignore[import-not-found]

_ASKED = (
    *("allows_privilege_escalation", "allows_data_exfiltration_actions", "credentials_exposure"),
    *("permissions_management_without_constraints", "service_wildcard", "write_actions_without_constraints"),
    *("contains_statement_using_not_action",),
)


def findings(document: dict[str, Any]) -> Iterator[str]:
    """Give what the two say about a document, without repeats."""
    seen = {found.issue for found in parliament.analyze_policy_string(document["text"]).findings}
    yield from sorted(seen)
    if document["kind"] == "identity":
        read = PolicyDocument(json.loads(document["text"]))
        yield from (asked for asked in _ASKED if getattr(read, asked))


if __name__ == "__main__":
    told = [
        (document["stack"], finding, document["name"])
        for document in json.load(sys.stdin)
        for finding in findings(document)
    ]
    json.dump(told, sys.stdout)
