"""Models behind endpoints: what is sent to them, tile by tile, and what comes back."""
