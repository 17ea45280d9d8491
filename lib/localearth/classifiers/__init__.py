"""Classifiers: what `Classifier.*` makes, trains and applies to pixels and features."""
