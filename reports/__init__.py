"""What is shown of stacks to people who do not run commands: plots, pictures, one page, what a branch changes."""

MISSING = "pages and pictures need more packages: pip install 'rocketchat-pulumi[report]'"
