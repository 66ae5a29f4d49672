"""The running chat, as its administrator: settings, accounts, what runs.

| module | holds |
|---|---|
| `session` | an administrator's session, with the second factor of its password |
| `settings` | what the stack's variables say, what the chat has, and how the one becomes the other |
| `configure` | what no variable can set: accounts, roles, the webhook of notices |
| `status` | what runs: release, instances, licence, database |
"""
