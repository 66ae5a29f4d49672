"""A MongoDB that somebody else runs, given by its URI."""

import pulumi

from components.database.uri import uri_problem
from components.values import DatabaseAccess


def existing(uri: pulumi.Input[str]) -> DatabaseAccess:
    """Return access to a MongoDB by its URI, which becomes a secret output.

    A URI that cannot work raises ValueError once its value is known; the error does not repeat the value.
    """
    return DatabaseAccess(uri=pulumi.Output.secret(uri).apply(_check))


def _check(uri: str) -> str:
    problem = uri_problem(uri)
    if problem is not None:
        raise ValueError(problem)
    return uri
