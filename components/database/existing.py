"""A MongoDB that somebody else runs, given by its URI."""

import pulumi

from components.database.uri import uri_problem
from components.values import DatabaseAccess


def existing(uri: pulumi.Input[str], oplog_uri: pulumi.Input[str] | None = None) -> DatabaseAccess:
    """Return access to a MongoDB by its URI; both URIs become secret outputs.

    A URI that cannot work raises ValueError once its value is known; the error does not repeat the value.
    """
    return DatabaseAccess(
        uri=_checked(uri),
        oplog_uri=None if oplog_uri is None else _checked(oplog_uri),
    )


def _checked(uri: pulumi.Input[str]) -> pulumi.Output[str]:
    return pulumi.Output.secret(uri).apply(_check)


def _check(uri: str) -> str:
    problem = uri_problem(uri)
    if problem is not None:
        raise ValueError(problem)
    return uri
