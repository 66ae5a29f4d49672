"""A chat on one Linux host: what its user data, its files, its scripts and its containers are. Pure, no cloud.

Two steps, kept apart. **User data** (`bootstrap.py`) is the same text for every release, setting and secret,
because both Lightsail and DigitalOcean make a new host when it changes. It mounts the data volume, installs
Docker, enrols the host, and starts a timer. Everything else is the **document** (`document.py`), one private
object that the timer fetches every five minutes and applies when it changed: Compose file, proxy, backup and
firewall; it names the version of the secret that goes with it. So another release or another password
replaces containers, not the host.

**How the host may read them without a secret in its user data.** Neither kind of host has a role of its own.
The user data carries a hybrid activation of AWS Systems Manager: an enrolment that is good for one
registration and for 24 hours. The host makes a key pair that never leaves it, registers with it, and from
then on gets credentials of a role for one hour at a time, renewed by the agent; the used activation opens
nothing any more, and an activation that somebody else used first leaves a host that cannot start, not one
that is shared. The role reads this one object and this one secret, and adds to the backups; it may neither
delete nor overwrite them for good (the bucket keeps versions). Containers cannot reach the provider's
metadata service, where user data is served.

Weighed against it: an access key in user data (readable for ever, in the console and in the state, and by
whoever makes the chat fetch a page); a pre-signed address (dead within a week, so a rebuilt host stays
empty); bucket access by source address (the chat's own link preview comes from that address); pushing over
SSH (a port open to the deployer, and secrets in its hands); age (needs a first key on the host all the same).
"""
