"""AWS, a module for each service."""
