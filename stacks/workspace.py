"""What a workspace keeps, shows and joins: keys of `chat`, and of its accounts."""

from typing import Annotated

from pydantic import Field, model_validator

from stacks.fields import Days, Form, HostName, Part

RoleName = Annotated[str, Form(r"[^\s,]+", "the name of a role, without spaces and commas")]


class Retention(Part):
    """How long messages are kept before the server deletes them for good, by the kind of room. Kept when left out."""

    channels_days: Days | None = None
    """In public channels."""
    groups_days: Days | None = None
    """In private channels and teams."""
    direct_days: Days | None = None
    """In direct messages."""
    files_only: bool = False
    """Delete the files alone, and leave the messages."""
    keep_pinned: bool = True
    """Leave pinned messages."""
    keep_threads: bool = True
    """Leave threads."""
    keep_discussions: bool = True
    """Leave discussions."""

    @model_validator(mode="after")
    def _somewhere(self) -> "Retention":
        if self.channels_days is self.groups_days is self.direct_days is None:
            raise ValueError(
                "it is not said where messages are deleted: add channelsDays, groupsDays or directDays, or leave "
                "retention out"
            )
        return self


class Legal(Part):
    """Texts (HTML) behind the links below the login form; the product's own placeholders when left out."""

    terms: str | None = Field(default=None, min_length=1)
    """Terms of service: the text itself, in HTML."""
    privacy: str | None = Field(default=None, min_length=1)
    """Privacy policy, likewise."""
    notice: str | None = Field(default=None, min_length=1)
    """Legal notice, likewise."""


class Federation(Part):
    """Rooms shared with other workspaces and Matrix servers. Needs a licence, and release 8.3."""

    domain: HostName
    """Domain of the workspace's users: `@ann:chat.example.com`. Best the chat's own host; for another one, its
    `/.well-known/matrix/server` must name the chat."""
    allow: list[HostName] = []
    """Domains that may join; all when left out."""


class Conferences(Part):
    """Video conferences by an app that an administrator installs; its own settings are in the app.

    Where they may begin, and ringing, need a licence.
    """

    provider: Annotated[str, Form(r"[a-z0-9][a-z0-9 ._-]{0,59}", "the name of a provider, in small letters")]
    """The app's provider by its name in small letters: `jitsi`, `bigbluebutton`, `pexip`, or another app's."""
    channels: bool | None = None
    """They may begin in public channels."""
    groups: bool | None = None
    """They may begin in private channels."""
    teams: bool | None = None
    """They may begin in teams."""
    direct: bool | None = None
    """They may begin in direct messages."""
    ringing: bool | None = None
    """Phones ring."""

    @property
    def licensed(self) -> bool:
        """Whether anything is said that needs a licence."""
        return any(value is not None for name, value in self if name != "provider")


class Passwords(Part):
    """What passwords of the chat's own must be like. A key that is left out keeps the product's default."""

    min_length: int | None = Field(default=None, ge=8, le=128)
    """Characters; 14 when left out."""
    max_length: int | None = Field(default=None, ge=16, le=1024)
    """Characters; any number when left out."""
    forbid_repeating: int | None = Field(default=None, ge=0, le=20)
    """How often one character may follow itself; 3 when left out, 0 for any number."""
    lowercase: bool | None = None
    """A small letter is needed."""
    uppercase: bool | None = None
    """A capital letter is needed."""
    number: bool | None = None
    """A digit is needed."""
    special_character: bool | None = None
    """Something else than a letter or a digit is needed."""
    history: int | None = Field(default=None, ge=0, le=50)
    """How many earlier passwords cannot be taken again; none when left out."""

    @model_validator(mode="after")
    def _possible(self) -> "Passwords":
        least = 14 if self.min_length is None else self.min_length
        if self.max_length is not None and self.max_length < least:
            raise ValueError(f"no password has at least {least} characters and at most {self.max_length}")
        return self
