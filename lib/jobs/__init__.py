"""Worker processes and their status files; knows nothing of what a job does."""
