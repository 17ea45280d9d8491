"""A Keras network written as an Earth Engine expression, layer by layer."""
