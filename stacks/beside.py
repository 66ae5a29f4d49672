"""Files beside the stack files, which these name: fonts, pictures, certificates."""

from stacks.files import FOLDER

MOST_BYTES = 10_000_000
"""Fonts, pictures and certificates have closer bounds of their own."""


def read(name: str, what: str) -> bytes:
    """Return the content of a file in the folder of the stack files; `what` says of which sort it is.

    Raises ValueError for one that is elsewhere, or cannot be read.
    """
    file = f"the {what} file {name}"
    try:
        path = (FOLDER / name).resolve()
        if not path.is_relative_to(FOLDER.resolve()):
            raise ValueError(f"{file} is outside the folder of the stack files")
        if path.exists() and not path.is_file():
            raise ValueError(f"{file} is no file")
        if path.exists() and path.stat().st_size > MOST_BYTES:
            raise ValueError(f"{file} is larger than {MOST_BYTES:,} bytes")
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from error
    except RuntimeError as error:
        # Python raises it up to 3.12, and OSError later.
        raise ValueError(f"{file} cannot be read: it is a link that leads to itself") from error
