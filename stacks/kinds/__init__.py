"""The kinds of each part: one file or folder each, listed in `registry.py`."""
