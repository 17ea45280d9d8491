"""The round trip by TFRecord: patches out of Earth Engine, classes back in the same order."""
