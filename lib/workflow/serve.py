"""A trained network behind HTTP: `python -m lib serve` answers as a prediction container does."""

from pathlib import Path

from lib.models.serving import serve


def serve_model(directory: Path, *, port: int, name: str = "") -> None:
    """Serve a SavedModel on 127.0.0.1 until interrupted.

    Args:
        directory: Of the SavedModel.
        port: To listen on; 0 for a free one, which is printed.
        name: Of the model in addresses; empty for that of its folder.

    Raises:
        ModelError: There is no SavedModel, or it cannot be served.
    """
    serve(directory, port=port, name=name)
