"""From one release to another, a step at a time: what `rocketchat upgrade` and `rollback` do.

| module | holds |
|---|---|
| `edit` | changes of single keys of a stack file, which leave its comments and its form alone |
| `way` | the steps, what each writes into the stack file, and what to know of it |
| `record` | what was begun, and from where, on this machine |
| `run` | takes the steps, and goes on where it was interrupted |
| `back` | the way back, or why there is none |
"""
