"""A desk at which a portal orders chats: a small web service on top of `automation`."""
