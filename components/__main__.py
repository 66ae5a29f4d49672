"""Starts the components as a plugin; Pulumi runs the folder (`python components ADDRESS`)."""

import sys
from pathlib import Path

# Python puts this folder first, where `mail` and others would hide modules of the same name.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from components.provider import serve  # noqa: E402

if __name__ == "__main__":
    serve(sys.argv[1:])
