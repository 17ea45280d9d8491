"""What a full disk means, in a sentence."""

import errno
import shutil
from pathlib import Path

from lib.core.errors import DeploymentError
from lib.core.formats import bytes_words

_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


def full_disk(path: Path, error: OSError, *, needed: int = 0) -> DeploymentError:
    """Say why a file could not be written.

    Args:
        path: The file.
        error: What came.
        needed: Bytes that the whole needs; 0 where that is not known.
    """
    if error.errno not in _FULL:
        return DeploymentError(f"{path.name} cannot be written: {error.strerror or error}.")
    need = f" The map needs {bytes_words(needed)} while it is made." if needed else ""
    return DeploymentError(
        f"The disk is full, or files may not grow so large: {path.name} could not be written to "
        f"the end.{need}",
        hint="Free some space or choose a smaller area, and start again: finished blocks are kept.",
    )


def require_space(folder: Path, needed: int) -> None:
    """Refuse to begin what the disk has no room for.

    Raises:
        DeploymentError: It says how much is needed and how much there is.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DeploymentError(
            f"The map needs {bytes_words(needed)} on the disk while it is made, and "
            f"{bytes_words(free)} are free.",
            hint="Free some space, choose a smaller area, or leave the probabilities out.",
        )
