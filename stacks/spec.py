"""The language of stack files: all parts together, every field described.

Only what a single part can say of itself is checked here; what several parts must agree on is in rules.py.
Field names are snake_case here and camelCase in the file.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator

from stacks.aws_account import AwsAccount
from stacks.charts import Charts
from stacks.container import Container
from stacks.fields import Part
from stacks.images import Images
from stacks.kinds import registry
from stacks.kinds.edge.direct import DirectEdge
from stacks.kinds.media.gridfs import GridFsMedia
from stacks.kinds.push.none import NoPush
from stacks.parts import Accounts, Appearance, Backup, Bot, Chat, Cost, Monitoring, Setting

if TYPE_CHECKING:
    from stacks.kinds.database import DatabaseKind as Database
    from stacks.kinds.dns import DnsKind as Dns
    from stacks.kinds.edge import EdgeKind as Edge
    from stacks.kinds.login import LoginKind as Login
    from stacks.kinds.mail import MailKind as Mail
    from stacks.kinds.media import MediaKind as Media
    from stacks.kinds.push import PushKind as Push
    from stacks.kinds.runtime import RuntimeKind as Runtime
else:
    Runtime = registry.union("runtime")
    Database = registry.union("database")
    Media = registry.union("media")
    Dns = registry.union("dns")
    Edge = registry.union("edge")
    Mail = registry.union("mail")
    Login = registry.union("login")
    Push = registry.union("push")


class Parts(Part):
    """All parts of a stack file: the keys of the namespace `rocketchat:` that are not secret."""

    chat: Chat
    """What chat is wanted."""
    runtime: Runtime
    """Where the containers run."""
    database: Database
    """Where the data is."""
    media: Media = GridFsMedia()
    """Where uploads go."""
    dns: Dns | None = None
    """Who serves the DNS zone."""
    edge: Edge = DirectEdge()
    """What stands before the app."""
    mail: Mail | None = None
    """How mail is sent; none when left out."""
    login: Annotated[
        list[Login],
        BeforeValidator(
            lambda given: [given] if isinstance(given, dict) else given,
            json_schema_input_type=Login | list[Login],
        ),
    ] = []
    """Single sign-on: one way, or a list of them."""
    accounts: Accounts = Accounts()
    """What users may do with their own accounts."""
    push: Push = NoPush()
    """How phones are told of messages."""
    backup: Backup = Backup()
    """How long the database's backups are kept."""
    bot: Bot | None = None
    """A chat bot beside the chat; none when left out."""
    monitoring: Monitoring = Monitoring()
    """Who is told when something fails, and what is measured."""
    cost: Cost = Cost()
    """What the stack is priced with."""
    appearance: Appearance = Appearance()
    """How the workspace looks."""
    images: Images = Images()
    """Where container images are pulled from."""
    charts: Charts | None = None
    """Where Helm charts are fetched from; their makers' repositories when left out."""
    container: Container = Container()
    """What surrounds the server's process: further variables, a proxy, its heap."""
    aws: AwsAccount = AwsAccount()
    """Which account of AWS is meant, and by which role."""
    settings: Mapping[str, Setting] = {}
    """Any of the product's settings, by id; `{value: …, lock: true}` makes one read-only in the chat itself."""

    @property
    def dumped(self) -> bool:
        """Whether the stack dumps the database every night: as the file says, else as is usual for it."""
        if any(part is None for part in (self.backup, self.database, self.chat)):
            return False  # a part that is wrong is left out, and told of by itself
        wanted = self.backup.dumps
        return self.database.dumped(self.chat.profile) if wanted is None else wanted
