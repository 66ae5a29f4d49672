"""Self-check of a deployed chat, from outside: what `rocketchat verify` does.

| module | holds |
|---|---|
| `expected` | what a stack's file and outputs say that the chat is |
| `client` | calls of the product's API: time-outs, sizes, and what is said of a bad answer |
| `checks` | the checks, in their order |
| `run` | runs them within a limit, and gives a `Report` |

Only the command imports them: the HTTP library costs as much as the rest of the command line.
"""

LIMIT_SECONDS = 120.0
"""For the whole, unless told otherwise."""
