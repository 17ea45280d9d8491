"""What pages are made of: the frame, maps, charts, controls, progress and messages."""
