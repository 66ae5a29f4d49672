"""The pack's door for the engine, which runs this folder as a program, with the folder alone on `sys.path`.

All modules are imported as `policy.…`, so the folder above comes first: one name for each module, whoever asks. People
judge stacks by `rocketchat policy`.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from policy.pack import serve

    serve()
