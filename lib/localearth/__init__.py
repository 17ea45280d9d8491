"""Local Earth: a server that answers Earth Engine's REST API on one's own machine.

It stands alone: it imports nothing of Loam and never the `ee` client. The unmodified clients talk
to it through three doors: in-process (`transport`), mounted pictures and a port (`server`).
"""
