"""Cloud Storage by REST: a folder goes up, and goes away again.

https://cloud.google.com/storage/docs/json_api/v1 and /docs/performing-resumable-uploads.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from lib.core.errors import NotFoundError, PlanError, UnreachableError
from lib.deploy.cloud import Cloud

STORAGE_API = "https://storage.googleapis.com"

_SMALL_BYTES = 8 * 2**20  # larger files go up in pieces that can be sent again
_PIECE_BYTES = 8 * 2**20  # a multiple of 256 KiB
_ATTEMPTS = 5
# https://cloud.google.com/storage/docs/buckets#naming
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")

OnProgress = Callable[[float, str], None]


def check_bucket_name(name: str) -> str:
    """Return a bucket's name without "gs://" and spaces.

    Raises:
        PlanError: It is empty or none.
    """
    bare = name.strip().removeprefix("gs://").rstrip("/")
    if not bare:
        raise PlanError(
            "No Cloud Storage bucket is given.",
            hint="Name a bucket of your project; create one with gcloud storage buckets create "
            "gs://NAME.",
            field="bucket",
        )
    if not _BUCKET.fullmatch(bare):
        raise PlanError(
            f"“{name}” is no bucket's name.",
            hint="A name has 3 to 63 lower-case letters, digits, dots and hyphens, and no folder.",
            field="bucket",
        )
    return bare


@dataclass(frozen=True)
class Bucket:
    """A bucket of Cloud Storage.

    Attributes:
        cloud: Sends its requests.
        name: Without "gs://".
        api: Base address of Cloud Storage.
    """

    cloud: Cloud
    name: str
    api: str = STORAGE_API

    def check(self) -> None:
        """Ask whether it is there.

        Raises:
            NotFoundError: It is not.
            ServiceError: It cannot be asked for.
        """
        if not self.cloud.exists(self._url("storage/v1")):
            raise NotFoundError(
                f"There is no bucket “{self.name}”, or this account may not see it.",
                hint=f"Create it (gcloud storage buckets create gs://{self.name} "
                "--location=REGION; for an endpoint, in its region), or name another.",
                field="bucket",
            )

    def upload_folder(
        self,
        folder: Path,
        prefix: str,
        *,
        on_progress: OnProgress | None = None,
        leave_out: Collection[str] = (),
    ) -> tuple[str, ...]:
        """Put all files of a folder below a prefix.

        Args:
            folder: What goes up, subfolders included.
            prefix: Such as "loam/net-1"; without a slash at the end.
            on_progress: Called with the share of bytes that are up, and a few words.
            leave_out: Names of files that stay.

        Returns:
            Names of the objects.
        """
        found = (path for path in folder.rglob("*") if path.is_file())
        files = sorted(path for path in found if path.name not in leave_out)
        whole = max(sum(path.stat().st_size for path in files), 1)
        done, names = 0, []
        for path in files:
            names.append(f"{prefix}/{path.relative_to(folder).as_posix()}")
            for sent in self._upload(path, names[-1]):
                done += sent
                if on_progress:
                    on_progress(done / whole, f"Uploading {path.name}")
        return tuple(names)

    def upload_file(self, path: Path, name: str, *, on_progress: OnProgress | None = None) -> str:
        """Put one file under a name; returns its address, "gs://bucket/name".

        Args:
            path: The file.
            name: Of the object, folders included.
            on_progress: Called with the share of bytes that are up, and a few words.
        """
        done, whole = 0, max(path.stat().st_size, 1)
        for sent in self._upload(path, name):
            done += sent
            if on_progress:
                on_progress(done / whole, f"Uploading {path.name}")
        return f"gs://{self.name}/{name}"

    def download(self, name: str, path: Path) -> None:
        """Fetch an object into a file, whole or not at all.

        Args:
            name: Of the object.
            path: Of the file.

        Raises:
            NotFoundError: It is not there.
            ServiceError: It cannot be fetched.
        """
        url = f"{self._url('storage/v1')}/o/{quote(name, safe='')}"
        unfinished = path.with_name(f".{path.name}")
        unfinished.write_bytes(self.cloud.send("GET", url, params={"alt": "media"}).content)
        unfinished.replace(path)

    def names(self, prefix: str) -> tuple[str, ...]:
        """Names of the objects that begin with a prefix."""
        entries = self.cloud.pages(
            self._url("storage/v1") + "/o", "items", params={"prefix": prefix, "fields": _FIELDS}
        )
        return tuple(str(entry["name"]) for entry in entries)

    def delete(self, name: str) -> None:
        """Remove an object.

        Raises:
            NotFoundError: It is not there.
            ServiceError: It cannot be removed.
        """
        self.cloud.send("DELETE", f"{self._url('storage/v1')}/o/{quote(name, safe='')}")

    def _url(self, service: str) -> str:
        return f"{self.api.rstrip('/')}/{service}/b/{self.name}"

    def _upload(self, path: Path, name: str) -> Iterator[int]:
        """Send one file; gives the bytes that went up, piece by piece."""
        size = path.stat().st_size
        url = self._url("upload/storage/v1") + "/o"
        if size <= _SMALL_BYTES:
            headers = {"content-type": "application/octet-stream"}
            params = {"uploadType": "media", "name": name}
            self.cloud.send("POST", url, data=path.read_bytes(), headers=headers, params=params)
            yield size
            return
        begun = self.cloud.send(
            "POST",
            url,
            data=b"{}",
            headers={"content-type": "application/json", "x-upload-content-length": str(size)},
            params={"uploadType": "resumable", "name": name},
        )
        yield from self._upload_pieces(path, size, begun.headers["location"])

    def _upload_pieces(self, path: Path, size: int, session: str) -> Iterator[int]:
        """Send pieces; after a broken one, go on where the service says that it is."""
        at, failed = 0, 0
        with path.open("rb") as file:
            while at < size:
                file.seek(at)
                piece = file.read(_PIECE_BYTES)
                reached = self._put_or_ask(session, piece, at, size)
                failed = 0 if reached > at else failed + 1
                if failed >= _ATTEMPTS:
                    raise UnreachableError(
                        f"Cloud Storage does not take {path.name}: nothing of it arrives.",
                        hint="Try again in a minute.",
                    )
                if reached > at:
                    yield reached - at
                at = reached

    def _put_or_ask(self, session: str, piece: bytes, at: int, size: int) -> int:
        """Send a piece; where that fails, ask how many bytes the service has."""
        try:
            return self._put(session, piece, f"bytes {at}-{at + len(piece) - 1}/{size}", size)
        except UnreachableError:
            return self._put(session, b"", f"bytes */{size}", size)

    def _put(self, session: str, piece: bytes, span: str, size: int) -> int:
        """Send a piece, or ask with an empty one; gives how many bytes the service has."""
        answer = self.cloud.send("PUT", session, data=piece, headers={"content-range": span})
        if answer.status_code != 308:
            return size
        reached = re.fullmatch(r"bytes=0-(\d+)", answer.headers.get("range", ""))
        return int(reached[1]) + 1 if reached else 0


_FIELDS = "items(name),nextPageToken"
