"""The rehearsal's one error."""


class RehearsalError(Exception):
    """The program, or what it asks of a cloud, is wrong. The message is for people, without a traceback."""
