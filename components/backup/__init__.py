"""Backups where no host is: the host's own scripts, run by a job of two containers."""
