"""Reducers: many values become few, over rows of a table or over stacks of pixels."""
