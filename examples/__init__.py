"""Tools of other people that build on this project."""
