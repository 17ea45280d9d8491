"""Samples as files that a person takes home, written only when they are asked for."""

import json

from lib.core.samples import SampleSet
from lib.core.tables import writing
from lib.core.tables.snippets import snippet
from lib.workflow.workspace import Workspace


def formats(form: str) -> tuple[writing.Format, ...]:
    """Kinds of file that can hold samples of a form."""
    return tuple(kind for kind in writing.FORMATS if form != "patch" or kind.patches)


def stem(workspace: Workspace, *, simulated: bool) -> str:
    """What files are called before their ending; those of the simulated planet say so."""
    return f"{workspace.file_stem}-samples{'-simulated' if simulated else ''}"


def content(samples: SampleSet, kind: str, *, simulated: bool) -> bytes:
    """Write samples in a format; those of the simulated planet say so inside.

    Raises:
        SampleError: The format cannot hold them.
    """
    return next(iter(writing.files_of(samples, kind, simulated=simulated).values()))


def features(samples: SampleSet, *, simulated: bool) -> bytes:
    """Describe the features of the TFRecord as JSON."""
    described = writing.feature_description(samples, simulated=simulated)
    return json.dumps(described, indent=2, ensure_ascii=False).encode()


def code(samples: SampleSet, kind: str, name: str) -> str:
    """Python that reads a file of the samples.

    Raises:
        SampleError: The format cannot hold them.
    """
    return snippet(samples, kind, stem=name)
