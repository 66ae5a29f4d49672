"""Files beside the stack files, which these name: fonts, pictures, certificates."""

from stacks.files import FOLDER


def read(name: str, what: str) -> bytes:
    """Return the content of a file in the folder of the stack files; `what` says of which sort it is.

    Raises ValueError for one that is elsewhere, or cannot be read.
    """
    path = (FOLDER / name).resolve()
    if not path.is_relative_to(FOLDER.resolve()):
        raise ValueError(f"the {what} file {name} is outside the folder of the stack files")
    try:
        if path.exists() and not path.is_file():
            raise ValueError(f"the {what} file {name} is no file")
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"the {what} file {name} cannot be read: {error.strerror}") from error
