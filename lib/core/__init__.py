"""Values and arithmetic that need no service, model or page."""
