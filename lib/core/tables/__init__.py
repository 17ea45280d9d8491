"""Finished sample tables: read from files of others, written for others."""
