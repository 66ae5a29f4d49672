"""MongoDB on the chat's own host: its passwords, and how the chat reaches it."""

from typing import NotRequired, TypedDict

import pulumi

from components.base import Component
from components.credentials import Credentials
from components.database.uri import check_database_name
from components.runtime.host.document import DATABASE_USER, REPLICA_SET
from components.values import DatabaseAccess


class OnHostDatabaseArgs(TypedDict):
    database: str
    """Name of the chat's database."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to make what MongoDB reads once only anew. Default false."""


class OnHostDatabase(Component):
    """The users of a MongoDB that runs beside the chat, in a container of the same host.

    Produces: `Credentials` with three random values: the passwords of the chat's user and of the user `root`,
    and the key of the replica set.
    """

    root_password: pulumi.Output[str]
    """Password of the user `root` (secret)."""
    password: pulumi.Output[str]
    """Password of the chat's user (secret)."""
    keyfile: pulumi.Output[str]
    """Key of the replica set (secret)."""
    uri: pulumi.Output[str]
    """Connection URI of the chat, by a name that only containers of the host know (secret)."""

    def __init__(
        self, name: str, args: OnHostDatabaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        self._database = check_database_name(args["database"])
        super().__init__("OnHostDatabase", name, args, opts)
        made = Credentials(
            f"{name}-credentials",
            {
                "names": ["root", "chat", "keyfile"],
                "protect": ["root", "keyfile"] if args.get("protect", False) else [],
            },
            self.child(),
        )
        self.root_password = made.value("root")
        self.password = made.value("chat")
        self.keyfile = made.value("keyfile")
        self.uri = self._uri(self._database)
        # The state needs no second copy of the password.
        self.register(but_not=("uri",))

    @property
    def access(self) -> DatabaseAccess:
        """How the chat reaches it: by a name that only containers of the host know."""
        return DatabaseAccess(uri=self.uri)

    def _uri(self, database: str) -> pulumi.Output[str]:
        # Letters and digits only, so nothing has to be percent-encoded.
        return pulumi.Output.secret(
            pulumi.Output.concat(
                f"mongodb://{DATABASE_USER}:",
                self.password,
                f"@mongodb:27017/{database}?replicaSet={REPLICA_SET}&authSource=admin&retryWrites=true&w=majority",
            )
        )
