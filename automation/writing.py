"""Files that are written whole or not at all."""

import os
import shutil
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Put a text in the place of a file's at once, so that a full disk or a kill leaves the earlier one.

    Its folder is made where it is missing. What is no file, such as /dev/stdout, is written to. Raises OSError, which
    names the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # /dev/stdout leads to a file where the shell sent it to one, which the shell goes on to write.
        if path.is_relative_to("/dev") or (path.exists() and not path.is_file()):
            path.write_text(text, encoding="utf-8")
            return
        # A link stays one.
        _replace(path.resolve(), text)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name[:200]}.{os.getpid()}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        if path.exists():
            shutil.copymode(path, fresh)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
