"""The five steps, the project they share, and the worker that does the long parts."""
