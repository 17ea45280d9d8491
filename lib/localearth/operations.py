"""Operations: exports and ingestions that run in the background, their states on disk.

An operation is a folder `<home>/earth/operations/NAME`: `request.json`, `status.json` (replaced as
a whole), `progress.json` (written by the process that works), `CANCEL`, and `lock`, which the
process holds that has taken it on. Where nobody holds it any more, the next who looks takes it on.
"""

import contextlib
import datetime
import hashlib
import itertools
import json
import queue
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lib.localearth.access import Access
from lib.localearth.answers import Performer
from lib.localearth.errors import EarthError, NotFound, TooManyRequests
from lib.localearth.listing import cut_page
from lib.localearth.store import FileLock, write_atomically

MAX_QUEUE = 3000  # guides/usage
MAX_ATTEMPTS = 5
_NAME = re.compile(r"[0-9a-f]{32}")
_WAITING = ("PENDING", "RUNNING", "CANCELLING")
_TYPE = "type.googleapis.com/google.earthengine.v1.OperationMetadata"
Record = dict[str, Any]


class Operations:
    """Takes on operations and tells how they fare.

    Args:
        home: Folder of all state.
        performer: Gives what they are performed by.
    """

    def __init__(self, home: Path, performer: Callable[[], Performer]) -> None:
        """Start nothing yet."""
        self._folder = home / "earth" / "operations"
        self._performer = performer
        self._queue: queue.PriorityQueue[tuple[int, int, str]] = queue.PriorityQueue()
        self._count = itertools.count()
        self._locks: dict[str, FileLock] = {}
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None

    def submit(self, project: str, kind: str, request: Record, access: Access) -> Record:
        """Take on an operation; a request that was sent before gives the same one.

        Args:
            project: Whose operation it is.
            kind: Such as "EXPORT_IMAGE".
            request: As it was sent.
            access: What it may read and write.

        Raises:
            TooManyRequests: Too many wait already.
        """
        label = self._label(project, request.get("requestId"))
        if label is not None and label.is_file():
            return self.get(project, label.read_text())
        if self._queue.qsize() >= MAX_QUEUE:
            raise TooManyRequests("Too many tasks already in the queue.")
        name = secrets.token_hex(16)
        record = {"project": project, "type": kind, "request": request, **access.task()}
        write_atomically(self._folder / name / "request.json", json.dumps(record).encode())
        self._write(name, {"state": "PENDING", "createTime": _now(), "attempt": 0})
        if label is not None:
            write_atomically(label, name.encode())
        self._take_on(name)
        return self.get(project, name)

    def get(self, project: str, name: str) -> Record:
        """Tell of an operation.

        Raises:
            NotFound: The project has none of that name.
        """
        record = self._record(name)
        if record is None or record["project"] != project:
            raise NotFound(f"Operation 'projects/{project}/operations/{name}' was not found.")
        status = self._status(name)
        if status["state"] in _WAITING:
            self._take_on(name)
        return _resource(name, record, status)

    def list(self, project: str, query: Mapping[str, str]) -> Record:
        """Tell of all operations of a project, the latest first, in pages."""
        names = [part.name for part in self._folder.iterdir()] if self._folder.is_dir() else []
        found = []
        for name in names:
            with contextlib.suppress(NotFound):
                found.append(self.get(project, name))
        found.sort(key=lambda operation: operation["metadata"]["createTime"], reverse=True)
        page, token = cut_page(found, query.get("pageSize"), query.get("pageToken"))
        return {"operations": page} | ({"nextPageToken": token} if token else {})

    def cancel(self, project: str, name: str) -> None:
        """Ask an operation to stop; one that is done stays as it is."""
        operation = self.get(project, name)
        if not operation["done"]:
            write_atomically(self._folder / name / "CANCEL", b"")

    def _label(self, project: str, request_id: Any) -> Path | None:
        if not request_id:
            return None
        digest = hashlib.sha256(f"{project}\n{request_id}".encode()).hexdigest()
        return self._folder / ".requests" / digest

    def _record(self, name: str) -> Record | None:
        path = self._folder / name / "request.json"
        if not _NAME.fullmatch(name) or not path.is_file():
            return None
        record: Record = json.loads(path.read_bytes())
        return record

    def _status(self, name: str) -> Record:
        folder = self._folder / name
        status: Record = json.loads((folder / "status.json").read_bytes())
        with contextlib.suppress(OSError, ValueError):
            status |= json.loads((folder / "progress.json").read_bytes())
        if status["state"] in _WAITING and (folder / "CANCEL").exists():
            status["state"] = "CANCELLING"
        return status

    def _write(self, name: str, status: Record) -> None:
        stamped = json.dumps(status | {"updateTime": _now()}).encode()
        write_atomically(self._folder / name / "status.json", stamped)

    def _take_on(self, name: str) -> None:
        """Put an operation into this process's queue, unless a process has taken it on."""
        with self._lock:
            if name in self._locks:
                return
            lock = FileLock(self._folder / name / "lock")
            if not lock.acquire():
                return
            if self._status(name)["state"] not in _WAITING:
                lock.release()
                return
            self._locks[name] = lock
            record = self._record(name) or {}
            self._queue.put((-_priority(record.get("request", {})), next(self._count), name))
            if self._worker is None or not self._worker.is_alive():
                self._worker = threading.Thread(target=self._work, daemon=True)
                self._worker.start()

    def _work(self) -> None:
        while True:
            _, _, name = self._queue.get()
            try:
                self._run(name)
            finally:
                with self._lock:
                    self._locks.pop(name).release()

    def _run(self, name: str) -> None:
        record, status = self._record(name), self._status(name)
        if record is None:
            return None
        running = {
            "createTime": status["createTime"],
            "startTime": status.get("startTime") or _now(),
            "attempt": status["attempt"] + 1,
        }
        if status["state"] == "CANCELLING":
            return self._write(name, running | _cancelled())
        if running["attempt"] > MAX_ATTEMPTS:
            return self._write(name, running | _failed("The task was interrupted too often."))
        self._write(name, running | {"state": "RUNNING"})
        return self._write(name, running | self._outcome(name, record))

    def _outcome(self, name: str, record: Record) -> Record:
        task = {"do": "operation", "name": name}
        task |= {"projects": record["projects"]} if "projects" in record else {}
        try:
            done = json.loads(self._performer().perform(task).body)
        except EarthError as error:
            cancelled = (self._folder / name / "CANCEL").exists()
            return _cancelled() if cancelled else _failed(error.message)
        except MemoryError:
            return _failed("User memory limit exceeded.")
        except Exception:  # the thread must live on; what failed is told to the client
            return _failed("An internal error has occurred.")
        return {"state": "SUCCEEDED", "endTime": _now(), "progress": 1, **done}


def _priority(request: Record) -> int:
    wrapped = request.get("priority")
    value = wrapped.get("value") if isinstance(wrapped, Mapping) else wrapped
    return value if isinstance(value, int) else 100


def _cancelled() -> Record:
    return {"state": "CANCELLED", "endTime": _now(), "error": {"code": 1, "message": "Cancelled."}}


def _failed(message: str) -> Record:
    error = {"code": 3, "message": f"{message} (Error code: 3)"}
    return {"state": "FAILED", "endTime": _now(), "error": error}


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")[:26] + "Z"


def _ingested(request: Record) -> str:
    """What Earth Engine calls the task of an ingestion, which has no description of its own."""
    for kind in ("image", "table"):
        manifest = request.get(f"{kind}Manifest")
        if isinstance(manifest, Mapping):
            return f'Ingest {kind}: "{manifest.get("name")}"'
    return ""


def _resource(name: str, record: Record, status: Record) -> Record:
    request, done = record["request"], status["state"] not in _WAITING
    kept = ("state", "createTime", "updateTime", "startTime", "endTime", "attempt", "progress")
    metadata = {key: status[key] for key in kept if key in status}
    metadata |= {"@type": _TYPE, "type": record["type"], "priority": _priority(request)}
    metadata["description"] = str(request.get("description") or "") or _ingested(request)
    if "destinationUris" in status:
        metadata["destinationUris"] = status["destinationUris"]
    answer: Record = {
        "name": f"projects/{record['project']}/operations/{name}",
        "metadata": metadata,
    }
    answer["done"] = done
    if "error" in status:
        answer["error"] = status["error"]
    elif done:
        answer["response"] = {"@type": "type.googleapis.com/google.protobuf.Empty"}
    return answer
