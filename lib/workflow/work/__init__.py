"""The long part of each step, as it runs in a worker or behind the command line."""
