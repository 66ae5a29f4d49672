"""What a deployment will need and may not get, asked beforehand: what `rocketchat doctor` does. It changes nothing.

| module | holds |
|---|---|
| `needs` | what a plan has, what of it is deployed already, and how much of a limit it takes |
| `credentials` | the user's own credentials, from where the deployment finds them |
| `amazon` | calls of AWS |
| `quotas`, `offers` | what AWS limits, offers and has already |
| `atlas`, `cloudflare`, `digitalocean`, `records`, `images` | what others limit, offer and have already |
| `here` | this machine: Pulumi, secrets, clock |
| `run` | which questions a stack asks, in their order |

A question returns what is well, raises `Failed` for what will not do, and `NotChecked` where it is not known.
"""
