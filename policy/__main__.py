"""The pack, and the command line.

The engine runs this folder as a program, with the folder alone on `sys.path`; people run the package, as
`python -m policy`. All modules are imported as `policy.…` either way, so the engine's way first puts the checkout
on the path: one name for each module, whoever asks.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    if __package__:
        from policy.cli import main

        sys.exit(main())
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from policy.pack import serve

    serve()
