"""Sends results, log files and states of a simulation to Tallyhouse, and loses none of them.

One file for simulation workers: Python 3.9 or later, the standard library, and `pika` (1.2 or later) where it is
installed. Copy it beside your worker. It sends over RabbitMQ where RABBITMQ_URL and pika are there; else, or when the
broker does not take a message, over HTTP. What neither takes is kept in a spool folder, which the next call or
`python -m tallyhouse_worker flush` sends. Sending twice is harmless. The guide is docs/workers.md.
`python -m tallyhouse_worker run -- COMMAND` takes what users submitted from RabbitMQ and runs a command for each task.

    from tallyhouse_worker import Worker

    with Worker() as worker:  # SIMULATION_ID, UPDATE_KEY, TALLYHOUSE_URL, RABBITMQ_URL
        worker.task(1, task_state="RUNNING", simulated_primaries=500)
        worker.logfiles({"stdout": "Starting simulation...\\n"}, task_id=1)
        worker.results([{"name": "z_profile", "pages": pages}])
"""

import argparse
import contextlib
import datetime
import email.utils
import gzip
import hashlib
import http.client
import itertools
import json
import logging
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid
from pathlib import Path
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
    Union,
)

try:
    import fcntl
except ImportError:  # Windows: two flushes at once may send twice there, which is harmless
    fcntl = None  # type: ignore[assignment]

try:
    import pika
except ImportError:
    pika = None

__all__ = ["FlushReport", "NotSent", "Receipt", "Refused", "Worker", "WorkerError"]

MIB = 1024 * 1024
#: What one message may hold, inflated (the service's MAX_MESSAGE_BYTES).
MESSAGE_BYTES = 16 * MIB
#: Routing key -> path of the same body over HTTP.
PATHS = {
    "results.save": "/results",
    "logfiles.save": "/logfiles",
    "tasks.update": "/tasks",
    "tasks.update-bulk": "/tasks/bulk",
    "jobs.update": "/jobs",
}
SMALL_ROUTES = frozenset({"tasks.update", "jobs.update"})
SMALL_MESSAGE_BYTES = MIB
COMPRESS_ABOVE_BYTES = 4096
MAX_ESTIMATORS, MAX_PAGES, MAX_TASKS, MAX_FILES = 10_000, 100_000, 10_000, 10_000

LOG = logging.getLogger("tallyhouse_worker")


class WorkerError(Exception):
    """What this module raises, beside ValueError for what could never be sent."""


class Refused(WorkerError):
    """The service will never take this (wrong key, bad shape, too large). It was not spooled; `status` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"the server refused: {message} (HTTP {status})")
        self.status = status
        self.message = message


class NotSent(WorkerError):
    """Neither sent nor kept: nobody takes it now, and the spool folder is full or can't be written."""


class Receipt(NamedTuple):
    """What became of the messages of one call. `other`: kept at first, then sent by another process."""

    amqp: int = 0
    http: int = 0
    other: int = 0
    spooled: int = 0

    @property
    def complete(self) -> bool:
        """True where all of it was acknowledged, false where a part waits in the spool folder."""
        return self.spooled == 0

    def plus(self, fate: str) -> "Receipt":
        return self._replace(**{fate: getattr(self, fate) + 1})


class FlushReport(NamedTuple):
    """What a flush did: messages sent, messages that still wait, and those that were set aside, with the reason."""

    sent: int
    left: int
    refused: Tuple[str, ...]


# ---- Pure rules: texts, splitting, waiting ----


def json_text(value: Any) -> str:
    """JSON in ASCII; floats keep their repr, NaN and infinities are written as Python does (Tallyhouse takes them)."""
    return json.dumps(value, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):  # a naive one is local time in Python, UTC in the service
        return value.astimezone().isoformat()
    if hasattr(value, "tolist"):  # arrays and scalars of numpy
        return value.tolist()
    raise TypeError(f"{type(value).__name__} can't be written as JSON")


class Part(NamedTuple):
    """The text of a list of estimators, and which pages it holds: (estimator, page number)."""

    text: str
    pages: Tuple[Tuple[Any, Any], ...]


def split_estimators(
    estimators: Iterable[Mapping[str, Any]],
    room: int,
    max_pages: int = MAX_PAGES,
    max_estimators: int = MAX_ESTIMATORS,
) -> Iterator[Part]:
    """Cuts estimators into texts of at most `room` bytes, between pages, in order.

    The other members of an estimator (name, metadata) are repeated in each text that holds pages of it. A page that is
    larger than `room` makes a text of its own. At least one text comes. Raises ValueError where an estimator is no
    object with a list `pages`.
    """
    text: List[str] = []
    pages: List[Tuple[Any, Any]] = []
    size, count, open_index = 2, 0, -1

    def finish() -> Part:
        return Part("[" + "".join(text) + ("]}" if text else "") + "]", tuple(pages))

    for index, head, page_text, key in _pieces(estimators):
        is_same = index == open_index
        cost = len(page_text) + (1 if is_same else len(head) + 2 + (1 if text else 0))
        is_full = size + cost > room or len(pages) >= max_pages or (not is_same and count >= max_estimators)
        if text and is_full:
            yield finish()
            text, pages, is_same = [], [], False
            size, count, cost = 2, 0, len(page_text) + len(head) + 2
        if is_same:
            text += [",", page_text]
        else:
            text += ["]}," if text else "", head, page_text]
            count, open_index = count + 1, index
        size += cost
        if key is not None:
            pages.append(key)
    yield finish()


def _pieces(estimators: Iterable[Mapping[str, Any]]) -> Iterator[Tuple[int, str, str, Optional[Tuple[Any, Any]]]]:
    """(index of the estimator, its text up to its pages, a page's text, that page's key); no page: "" and None."""
    for index, estimator in enumerate(estimators):
        where = f"estimators[{index}]"
        if not isinstance(estimator, Mapping) or not isinstance(estimator.get("pages"), (list, tuple)):
            raise ValueError(f"{where}: must be an object with a name and a list of pages")
        others = json_text({name: value for name, value in estimator.items() if name != "pages"})
        head = others[:-1] + ("," if len(others) > 2 else "") + '"pages":['
        for at, page in enumerate(estimator["pages"]):
            yield index, head, json_text(page), (str(estimator.get("name")), _page_number(page, at))
        if not estimator["pages"]:
            yield index, head, "", None


def _page_number(page: Any, at: int) -> Any:
    """The page's number, in either shape; what has none is refused by the service, so anything does."""
    try:
        return int(page["page_number"] if "page_number" in page else page["metadata"]["page_number"])
    except (KeyError, TypeError, ValueError):
        return f"at {at}"


def split_map(items: Mapping[Any, str], room: int, max_items: int) -> Iterator[str]:
    """Cuts a map of JSON texts into objects of at most `room` bytes; a larger item makes an object of its own."""
    pairs = (f"{json_text(str(name))}:{text}" for name, text in items.items())
    return ("{" + ",".join(group) + "}" for group in _groups(pairs, room - 2, max_items))


def split_list(items: Iterable[str], room: int, max_items: int) -> Iterator[str]:
    """The same with a list."""
    return ("[" + ",".join(group) + "]" for group in _groups(items, room - 2, max_items))


def _groups(texts: Iterable[str], room: int, max_items: int) -> Iterator[List[str]]:
    group: List[str] = []
    size = 0
    for text in texts:
        if group and (size + len(text) + 1 > room or len(group) >= max_items):
            yield group
            group, size = [], 0
        size += len(text) + (1 if group else 0)
        group.append(text)
    yield group


FIRST_WAIT_S, LONGEST_WAIT_S, LONGEST_RETRY_AFTER_S = 0.5, 30.0, 600.0


def backoff(attempt: int, retry_after: Optional[float], draw: float) -> float:
    """Seconds to wait after failure number `attempt` (from 0): doubling from 0.5 to 30, each shortened by up to half.

    Never less than what the server asked for (`retry_after`), with up to a quarter more, so that a thousand workers do
    not come back in the same instant. `draw` is a random number from 0 to 1.
    """
    wait: float = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(attempt, 16)) * (1 - draw / 2)
    return wait if retry_after is None else max(wait, retry_after * (1 + draw / 4))


def parse_retry_after(text: Optional[str], now: float) -> Optional[float]:
    """Seconds that a header Retry-After asks for (RFC 9110, 10.2.3: seconds or a date), at most 600; None: no wish."""
    if text is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return min(float(text), LONGEST_RETRY_AFTER_S)
    try:
        at = email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return min(max(at - now, 0.0), LONGEST_RETRY_AFTER_S)


# ---- A message, as it is sent and as it is kept ----


class Message(NamedTuple):
    """A body with the key inside, ready to be sent through either door."""

    route: str
    simulation: str
    body: bytes
    encoding: str  # "gzip" or "identity"
    inflated_bytes: int
    message_id: str

    @staticmethod
    def of(route: str, simulation: str, text: str) -> "Message":
        plain = text.encode("ascii")
        is_large = len(plain) > COMPRESS_ABOVE_BYTES
        body = gzip.compress(plain, compresslevel=4, mtime=0) if is_large else plain
        encoding = "gzip" if is_large else "identity"
        return Message(route, simulation, body, encoding, len(plain), uuid.uuid4().hex)

    def to_bytes(self) -> bytes:
        """One line of JSON, then the body."""
        header = {
            "tallyhouse_spool": 1,
            **{name: getattr(self, name) for name in self._fields if name != "body"},
            "sha256": hashlib.sha256(self.body).hexdigest(),
        }
        return json_text(header).encode("ascii") + b"\n" + self.body

    @staticmethod
    def from_bytes(data: bytes) -> "Message":
        """Raises ValueError where the bytes are not what `to_bytes` wrote."""
        line, _, body = data.partition(b"\n")
        try:
            header = json.loads(line)
            if header["tallyhouse_spool"] != 1 or header["sha256"] != hashlib.sha256(body).hexdigest():
                raise ValueError
            fields = {name: header[name] for name in Message._fields if name != "body"}
            if fields["route"] not in PATHS:
                raise ValueError
        except (ValueError, KeyError, TypeError):
            raise ValueError("the file is damaged") from None
        return Message(body=body, **fields)


class _Away(Exception):
    """A door can't take a message now; it may later."""

    def __init__(self, reason: str, retry_after: Optional[float] = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class _NoDoor(_Away):
    """None of the doors that are configured takes a message of this size, however often it is tried."""


# ---- The doors ----


class HttpDoor:
    """POSTs bodies. Every wait has a limit: to connect, for 16 KiB to leave, for the answer."""

    name = "http"
    CHUNK_BYTES = 16 * 1024
    ANSWER_BYTES = 64 * 1024

    def __init__(self, url: str, connect_timeout: float, stall_timeout: float, answer_timeout: float) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("TALLYHOUSE_URL: must be like http://host:3000")
        self._is_tls, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._path = parts.path.rstrip("/")
        self._timeouts = (connect_timeout, stall_timeout, answer_timeout)
        self._resume_at = 0.0

    def takes(self, message: Message) -> bool:
        return True

    @property
    def is_resting(self) -> bool:
        return time.monotonic() < self._resume_at

    def send(self, message: Message) -> None:
        """Returns once the service answered 2xx. Raises Refused, or _Away where another try may help."""
        wait = self._resume_at - time.monotonic()
        if wait > 0:
            raise _Away("the server asked to wait", wait)
        status, text, retry_after = self._exchange(message)
        if 200 <= status < 300:
            return
        reason = _server_message(text)
        if status in (408, 425, 429) or status >= 500:
            if retry_after is not None:
                self._resume_at = time.monotonic() + retry_after
            raise _Away(f"HTTP {status}: {reason}", retry_after)
        raise Refused(status, reason)

    def close(self) -> None:
        """Nothing is kept open."""

    def _exchange(self, message: Message) -> Tuple[int, bytes, Optional[float]]:
        connect_timeout, stall_timeout, answer_timeout = self._timeouts
        kind = http.client.HTTPSConnection if self._is_tls else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=connect_timeout)
        try:
            connection.connect()
            connection.sock.settimeout(stall_timeout)
            try:
                self._request(connection, message)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the server may have answered before it read all of it
            with _shut_after(connection, answer_timeout):
                answer = connection.getresponse()
                text = b"" if answer.status < 300 else _read(answer, self.ANSWER_BYTES)
            return answer.status, text, parse_retry_after(answer.getheader("Retry-After"), time.time())
        except (OSError, http.client.HTTPException) as error:
            raise _Away(f"HTTP: {_reason(error)}") from None
        finally:
            connection.close()

    def _request(self, connection: http.client.HTTPConnection, message: Message) -> None:
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(message.body)),
            "User-Agent": "tallyhouse-worker/1",
            "Connection": "close",
        }
        if message.encoding != "identity":
            headers["Content-Encoding"] = message.encoding
        view = memoryview(message.body)
        # In small pieces, because the time-out of a socket is for a whole send: a slow line is no dead line.
        pieces = (view[at : at + self.CHUNK_BYTES] for at in range(0, len(view), self.CHUNK_BYTES))
        connection.request("POST", self._path + PATHS[message.route], pieces, headers)


@contextlib.contextmanager
def _shut_after(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """Limits all waits inside together: an answer that drips in never meets the time-out of a single read."""
    connection.sock.settimeout(seconds)
    timer = threading.Timer(seconds, _shut, [connection.sock])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut(sock: Any) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(2)


def _read(answer: http.client.HTTPResponse, limit: int) -> bytes:
    try:
        return answer.read(limit)
    except (OSError, http.client.HTTPException):
        return b""  # the status is known, which is what counts


def _server_message(text: bytes) -> str:
    try:
        message = json.loads(text)["message"]
    except (ValueError, KeyError, TypeError):
        return "no reason given"
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", str(message))[:500]  # control characters would reach a terminal


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300] if str(error) else type(error).__name__


class AmqpDoor:
    """Publishes to RabbitMQ, mandatory and persistent, and waits for the confirm of each message."""

    name = "amqp"
    IDLE_S = 20.0  # the broker closes a connection that misses heartbeats, and nobody answers them between calls
    FIRST_REST_S, LONGEST_REST_S = 5.0, 60.0

    def __init__(
        self, url: str, exchange: str, message_bytes: int, connect_timeout: float, confirm_timeout: float
    ) -> None:
        try:
            self._parameters = pika.URLParameters(url)
        except Exception:  # its text could quote the password
            raise ValueError("RABBITMQ_URL: must be like amqp://user:password@host:5672/vhost") from None
        self._parameters.connection_attempts = 1
        self._parameters.socket_timeout = connect_timeout
        self._parameters.stack_timeout = connect_timeout
        self._exchange, self._message_bytes = exchange, message_bytes
        self._timeouts = (connect_timeout, confirm_timeout)
        self._session: Optional["_AmqpSession"] = None
        self._used_at = self._resume_at = 0.0
        self._rest = self.FIRST_REST_S

    def takes(self, message: Message) -> bool:
        limit = min(self._message_bytes, SMALL_MESSAGE_BYTES) if message.route in SMALL_ROUTES else self._message_bytes
        return message.inflated_bytes <= limit

    @property
    def is_resting(self) -> bool:
        """True for a while after a failure: the other door is tried first then."""
        return time.monotonic() < self._resume_at

    def send(self, message: Message) -> None:
        """Returns once the broker confirmed it. Raises _Away for whatever else happens."""
        try:
            if self._session is not None and time.monotonic() - self._used_at > self.IDLE_S:
                self.close()
            if self._session is None or not self._publish_again(message):
                self._open().publish(self._exchange, message)
        except _Away:
            self.close()
            self._resume_at = time.monotonic() + self._rest
            self._rest = min(self._rest * 2, self.LONGEST_REST_S)
            raise
        self._used_at = time.monotonic()
        self._rest, self._resume_at = self.FIRST_REST_S, 0.0

    def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _publish_again(self, message: Message) -> bool:
        """Over the connection that is there; False where it turns out to be lost, which a new one mends."""
        assert self._session is not None
        try:
            self._session.publish(self._exchange, message)
            return True
        except _Away:
            if not self._session.is_lost:
                raise
            self.close()
            return False

    def _open(self) -> "_AmqpSession":
        self._session = _AmqpSession(self._parameters, *self._timeouts)
        self._session.open()
        return self._session


class _AmqpSession:
    """One connection with one channel, driven by pika's own loop for as long as a wait lasts and no longer.

    pika's BlockingConnection waits for a confirm without a limit, so its asynchronous sister is used.
    """

    CLOSE_S = 2.0

    def __init__(self, parameters: Any, connect_timeout: float, confirm_timeout: float) -> None:
        self._parameters, self._connect_timeout, self._confirm_timeout = parameters, connect_timeout, confirm_timeout
        self._connection: Any = None
        self._channel: Any = None
        self._is_ready = self._is_settled = self._is_closed = False
        self._failure: Optional[str] = None
        #: The connection went away, as against a message that was refused.
        self.is_lost = False

    def open(self) -> None:
        """Connects and selects confirms; raises _Away."""
        with _pika_errors():
            self._connection = pika.SelectConnection(
                self._parameters,
                on_open_callback=self._on_open,
                on_open_error_callback=lambda _connection, error: self._on_lost(error),
                on_close_callback=lambda _connection, error: self._on_lost(error),
            )
            self._run(lambda: self._is_ready, self._connect_timeout, "no broker answered")

    def publish(self, exchange: str, message: Message) -> None:
        """Raises _Away where the message is returned, refused or not confirmed in time."""
        self._is_settled = False
        properties = pika.BasicProperties(
            content_type="application/json",
            content_encoding=message.encoding,
            delivery_mode=2,
            timestamp=int(time.time()),
            message_id=message.message_id,
        )
        with _pika_errors(self):
            self._channel.basic_publish(exchange, message.route, message.body, properties, mandatory=True)
            self._run(lambda: self._is_settled, self._confirm_timeout, "the broker did not confirm")

    def close(self) -> None:
        """Says goodbye, for 2 s at most."""
        if self._connection is None:
            return
        with contextlib.suppress(Exception):
            if not (self._connection.is_closed or self._connection.is_closing):
                self._connection.close()
                self._failure = None
                self._run(lambda: self._is_closed, self.CLOSE_S, "")
        with contextlib.suppress(Exception):
            self._connection.ioloop.close()
        self._connection = self._channel = None

    def _run(self, is_done: Callable[[], bool], seconds: float, late: str) -> None:
        loop = self._connection.ioloop
        timer = loop.call_later(seconds, lambda: self._fail(f"{late} within {seconds:g} s"))
        while not is_done() and self._failure is None:
            loop.start()  # until a callback stops it
        loop.remove_timeout(timer)
        if self._failure is not None:
            raise _Away(f"AMQP: {self._failure}")

    def _fail(self, reason: str) -> None:
        self._failure = self._failure or reason
        self._connection.ioloop.stop()

    def _on_lost(self, error: Any) -> None:
        self.is_lost = self._is_closed = True
        self._fail(_amqp_reason(error))

    def _on_open(self, connection: Any) -> None:
        connection.add_on_connection_blocked_callback(
            lambda _connection, _frame: self._fail("the broker is out of memory or disk (connection blocked)")
        )
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Any) -> None:
        self._channel = channel
        channel.add_on_close_callback(lambda _channel, error: self._fail(_amqp_reason(error)))
        channel.add_on_return_callback(
            lambda _channel, method, _properties, _body: self._fail(
                f"returned: {method.reply_code} {method.reply_text}"
            )
        )
        channel.confirm_delivery(self._on_confirm, callback=self._on_ready)

    def _on_ready(self, _frame: Any) -> None:
        self._is_ready = True
        self._connection.ioloop.stop()

    def _on_confirm(self, frame: Any) -> None:
        if isinstance(frame.method, pika.spec.Basic.Nack):
            self._fail("refused (basic.nack): the queue is full, or the broker failed")
        self._is_settled = True
        self._connection.ioloop.stop()


@contextlib.contextmanager
def _pika_errors(session: Optional[_AmqpSession] = None) -> Iterator[None]:
    try:
        yield
    except _Away:
        raise
    except Exception as error:  # pika's own, sockets', TLS's: nothing that another door could not mend
        if session is not None:
            session.is_lost = True
        raise _Away(f"AMQP: {_amqp_reason(error)}") from None


def _amqp_reason(error: Any) -> str:
    """pika wraps what went wrong; its texts hold addresses and the broker's words, never the password."""
    causes = getattr(error, "exceptions", None)
    return _reason(causes[-1] if causes else error)


# ---- The spool ----


class SpoolError(WorkerError):
    """The spool folder is full or can't be written."""


class Spool:
    """A folder of messages that could not be sent; one folder a simulation inside, in which names give the order.

    A message is written under a temporary name, synced to disk, then renamed; it is removed only after it was
    acknowledged. So a crash at any moment loses nothing, and at worst sends twice. Only the owner may read: the bodies
    hold update keys. It holds at most `max_bytes`, what was refused included.
    """

    def __init__(self, root: Path, max_bytes: int) -> None:
        self.root, self.max_bytes = root, max_bytes

    def of(self, simulation: str) -> "SimulationSpool":
        return SimulationSpool(self, self.root / ("simulation-" + urllib.parse.quote(simulation, safe="")))

    def waiting(self) -> List["SimulationSpool"]:
        """Those of all simulations that have something to send, the one with the oldest first."""
        try:
            paths = [path for path in self.root.iterdir() if path.name.startswith("simulation-")]
        except FileNotFoundError:
            return []
        folders = [SimulationSpool(self, path) for path in paths]
        oldest = [(names[0], folder) for folder in folders for names in [folder.pending()] if names]
        return [folder for _, folder in sorted(oldest, key=lambda pair: (pair[0], str(pair[1].path)))]

    def size(self) -> int:
        """Bytes of all files."""
        total = 0
        for folder, _, names in os.walk(self.root):
            for name in names:
                with contextlib.suppress(OSError):
                    total += os.stat(os.path.join(folder, name)).st_size
        return total


class SimulationSpool:
    """What waits for one simulation."""

    WAITS, REFUSED, WHY, UNFINISHED = ".msg", ".refused", ".why", ".tmp"
    UNFINISHED_S = 24 * 3600.0

    def __init__(self, spool: Spool, path: Path) -> None:
        self._spool, self.path = spool, path

    def pending(self) -> List[str]:
        """Names of what waits, oldest first."""
        try:
            return sorted(name for name in os.listdir(self.path) if name.endswith(self.WAITS))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def put(self, message: Message) -> str:
        """Keeps a message, behind all others; returns its name. Raises SpoolError, and keeps nothing then."""
        data = message.to_bytes()
        if self._spool.size() + len(data) > self._spool.max_bytes:
            raise SpoolError(f"the spool folder {self._spool.root} is full ({self._spool.max_bytes} bytes)")
        unfinished = self.path / f"{uuid.uuid4().hex}{self.UNFINISHED}"
        try:
            self._make_folders()
            try:
                _write_synced(unfinished, data)
                name = f"{self._next_number():020d}-{message.message_id}{self.WAITS}"
                os.rename(unfinished, self.path / name)
            except OSError:
                with contextlib.suppress(OSError):
                    os.unlink(unfinished)
                raise
            _sync_folder(self.path)
            return name
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> SpoolError:
        return SpoolError(f"the spool folder {self._spool.root} can't be written: {_reason(error)}")

    def load(self, name: str) -> Optional[Message]:
        """None where another process sent it meanwhile; raises ValueError where the file is damaged."""
        try:
            return Message.from_bytes((self.path / name).read_bytes())
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path / name)

    def has(self, name: str) -> bool:
        return (self.path / name).exists()

    def set_aside(self, name: str, status: int, message: str) -> None:
        """Out of the way of the others, with the reason beside it; nothing is thrown away."""
        with contextlib.suppress(FileNotFoundError):
            why = json_text({"status": status, "message": message}).encode("ascii")
            _write_synced(self.path / (name + self.WHY), why)
            os.rename(self.path / name, self.path / (name + self.REFUSED))

    def take_refusal(self, name: str) -> Optional[Refused]:
        """Why a message was set aside, which is then forgotten; None where it was not."""
        if not self.has(name + self.REFUSED):
            return None
        why = json.loads((self.path / (name + self.WHY)).read_bytes())
        for ending in (self.REFUSED, self.WHY):
            self.remove(name + ending)
        return Refused(why["status"], why["message"])

    @contextlib.contextmanager
    def locked(self, deadline: float, is_over: Callable[[], bool]) -> Iterator[bool]:
        """Gives True once no other process sends these, False where that takes until the deadline or `is_over`.

        The lock ends with its process, however that ends. Where the file system has no locks there is none, and two
        processes may send the same, which is harmless. Raises SpoolError where the folder can't be written.
        """
        try:
            self._make_folders()
            handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._unwritable(error) from None
        try:
            yield self._lock(handle, deadline, is_over)
        finally:
            os.close(handle)

    def sweep(self) -> None:
        """Removes what writers left unfinished that were killed; it was never said to be kept."""
        for path in self.path.glob(f"*{self.UNFINISHED}"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > self.UNFINISHED_S:
                    path.unlink()

    @staticmethod
    def _lock(handle: int, deadline: float, is_over: Callable[[], bool]) -> bool:
        if fcntl is None:
            return True
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                if is_over() or time.monotonic() >= deadline:
                    return False
                time.sleep(0.05)
            except OSError:
                return True

    def _next_number(self) -> int:
        """Nanoseconds of the epoch, but above all that wait even where the clock was put back."""
        names = self.pending()
        last = int(names[-1].split("-", 1)[0]) if names else 0
        return max(time.time_ns(), last + 1)

    def _make_folders(self) -> None:
        if self.path.is_dir():
            return
        os.makedirs(self._spool.root, mode=0o700, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(self.path, 0o700)
        _sync_folder(self._spool.root)


def _write_synced(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# ---- Delivering ----


class Settings(NamedTuple):
    """Where to send and for how long to try. `from_environment` fills in what is None."""

    http_url: Optional[str] = None
    amqp_url: Optional[str] = None
    exchange: str = "ingest"
    spool_dir: str = ""
    spool_bytes: int = 4096 * MIB
    message_bytes: int = MESSAGE_BYTES
    patience: float = 60.0
    connect_timeout: float = 10.0
    stall_timeout: float = 30.0
    answer_timeout: float = 120.0
    confirm_timeout: float = 30.0

    @staticmethod
    def from_environment(given: Mapping[str, Any]) -> "Settings":
        """Raises ValueError with the name of a variable that is no number."""
        env = os.environ
        home = Path(env.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
        found: Dict[str, Any] = {
            "http_url": env.get("TALLYHOUSE_URL"),
            "amqp_url": env.get("RABBITMQ_URL"),
            "exchange": env.get("EXCHANGE") or None,
            "spool_dir": env.get("TALLYHOUSE_SPOOL") or str(home / "tallyhouse-spool"),
            "spool_bytes": _number("TALLYHOUSE_SPOOL_BYTES", int),
            "message_bytes": _number("TALLYHOUSE_MESSAGE_BYTES", int),
            "patience": _number("TALLYHOUSE_PATIENCE", float),
        }
        found.update((name, value) for name, value in given.items() if value is not None)
        return Settings(**{name: value for name, value in found.items() if value is not None})


def _number(name: str, kind: Callable[[str], Any]) -> Any:
    text = os.environ.get(name)
    try:
        return kind(text) if text else None
    except ValueError:
        raise ValueError(f"{name}: must be a number") from None


class Courier:
    """Brings messages through the first door that takes them, or into the spool; one call at a time."""

    def __init__(self, settings: Settings) -> None:
        self._patience = settings.patience
        self.spool = Spool(Path(settings.spool_dir), settings.spool_bytes)
        self._doors: List[Union[AmqpDoor, HttpDoor]] = []
        timeouts = (settings.connect_timeout, settings.stall_timeout, settings.answer_timeout)
        if settings.amqp_url and pika is not None:
            limits = (settings.message_bytes, settings.connect_timeout, settings.confirm_timeout)
            self._doors.append(AmqpDoor(settings.amqp_url, settings.exchange, *limits))
        if settings.http_url:
            self._doors.append(HttpDoor(settings.http_url, *timeouts))
        if not self._doors:
            missing = "pika is not installed, so TALLYHOUSE_URL is needed" if settings.amqp_url else ""
            raise ValueError(missing or "where to send: set TALLYHOUSE_URL, RABBITMQ_URL or both")
        self._is_away = False
        self._lock = threading.RLock()

    def send(self, message: Message, only_keep: bool = False) -> str:
        """Tells what became of it: "amqp", "http", "other" or "spooled". Raises Refused or NotSent.

        What waits for the same simulation goes first, so that an old version of a page never comes after a new one.
        """
        if not any(door.takes(message) for door in self._doors):
            raise ValueError(f"{message.inflated_bytes} bytes are too large for a message: set TALLYHOUSE_URL as well")
        with self._lock:
            folder = self.spool.of(message.simulation)
            failure: Optional[_Away] = None
            if not only_keep and not folder.pending():
                try:
                    return self._try_doors(message)
                except _Away as away:
                    failure = away
            try:
                name = folder.put(message)
            except SpoolError as error:
                return self._insist(message, folder, failure, error)
            return "spooled" if only_keep else self._settle(folder, name, failure)

    def flush(self, patience: Optional[float] = None) -> FlushReport:
        """Sends what waits, of all simulations, the oldest first."""
        with self._lock:
            self._is_away = False
            sent = 0
            refused: List[str] = []
            for folder in self.spool.waiting():
                outcome = self._flush(folder, self._patience if patience is None else patience)
                _tell_refused(outcome)
                sent += len(outcome.sent)
                refused += outcome.refused.values()
                if self._is_away:  # for those of other simulations as well
                    break
            left = sum(len(folder.pending()) for folder in self.spool.waiting())
            return FlushReport(sent, left, tuple(refused))

    def close(self) -> None:
        with self._lock:
            for door in self._doors:
                door.close()

    def _settle(self, folder: SimulationSpool, name: str, failure: Optional[_Away]) -> str:
        """Goes on trying for a message that is safe in the spool by now."""
        # Who waited in vain once does not wait at every call: one try, until something works again.
        patience = 0.0 if self._is_away else self._patience
        outcome = self._flush(folder, patience, failure, lambda: not folder.has(name))
        _tell_refused(outcome, name)
        if name in outcome.sent:
            return outcome.sent[name]
        refusal = folder.take_refusal(name)
        if refusal is not None:
            raise refusal
        if not folder.has(name):
            return "other"
        LOG.warning("kept in the spool folder, since it can't be sent now: %s", outcome.failure)
        return "spooled"

    def _insist(self, message: Message, folder: SimulationSpool, failure: Optional[_Away], error: SpoolError) -> str:
        """Goes on trying for a message that can't be kept."""
        patience = 0.0 if self._is_away else self._patience
        try:
            if folder.pending():
                _tell_refused(self._flush(folder, patience))
                if folder.pending():
                    raise _Away("older messages can't be sent now")
            return self._deliver(message, patience, failure)
        except (_Away, SpoolError) as away:
            raise NotSent(f"{away}, and {error}") from None

    def _flush(
        self,
        folder: SimulationSpool,
        patience: float,
        failure: Optional[_Away] = None,
        is_over: Callable[[], bool] = lambda: False,
    ) -> "_Outcome":
        outcome = _Outcome({}, {}, "another process is sending")
        with folder.locked(time.monotonic() + patience, is_over) as is_mine:
            names = folder.pending() if is_mine else []
            if names:
                folder.sweep()
            while names:
                for name in names:
                    try:
                        self._flush_one(folder, name, patience, failure, outcome)
                    except _Away as away:
                        return outcome._replace(failure=str(away))
                    failure = None
                names = folder.pending()  # what others put there meanwhile
        return outcome

    def _flush_one(
        self, folder: SimulationSpool, name: str, patience: float, failure: Optional[_Away], outcome: "_Outcome"
    ) -> None:
        try:
            message = folder.load(name)
            if message is not None:
                outcome.sent[name] = self._deliver(message, patience, failure)
                folder.remove(name)
        except (Refused, ValueError) as error:
            status, text = (error.status, error.message) if isinstance(error, Refused) else (0, str(error))
            outcome.refused[name] = str(error)
            folder.set_aside(name, status, text)

    def _deliver(self, message: Message, patience: float, failure: Optional[_Away] = None) -> str:
        """Tries until the patience is at an end; raises the last _Away then. `failure` is that of a try just before."""
        deadline = time.monotonic() + patience
        for attempt in itertools.count():
            if failure is not None:
                wait = backoff(attempt, failure.retry_after, random.random())
                if time.monotonic() + wait > deadline:
                    self._is_away = True
                    raise failure
                LOG.info("again in %.1f s: %s", wait, failure)
                time.sleep(wait)
            try:
                return self._try_doors(message)
            except _NoDoor:
                raise
            except _Away as away:
                failure = away
        raise AssertionError  # itertools.count() never ends

    def _try_doors(self, message: Message) -> str:
        """One try at each door; raises _Away with the reasons of all."""
        failures: List[_Away] = []
        if not any(door.takes(message) for door in self._doors):
            raise _NoDoor(f"{message.inflated_bytes} bytes are too large for a message: set TALLYHOUSE_URL as well")
        for door in sorted(self._doors, key=lambda one: one.is_resting):
            if not door.takes(message):
                continue
            try:
                door.send(message)
                self._is_away = False
                return door.name
            except _Away as away:
                LOG.info("%s is not sent: %s", message.route, away)
                failures.append(away)
        asked = [away.retry_after for away in failures if away.retry_after is not None]
        raise _Away("; ".join(map(str, failures)), min(asked) if len(asked) == len(failures) else None)


class _Outcome(NamedTuple):
    """By the name in the spool: through which door it went, or why it was set aside; and what ended the flush."""

    sent: Dict[str, str]
    refused: Dict[str, str]
    failure: str


def _tell_refused(outcome: _Outcome, own: str = "") -> None:
    """Of the caller's own message the caller is told by an exception."""
    for name, error in outcome.refused.items():
        if name != own:
            LOG.error("set aside in the spool folder as %s%s: %s", name, SimulationSpool.REFUSED, error)


# ---- What workers call ----


class Worker:
    """A simulation's way to Tallyhouse. What is left out comes from the environment.

    :param simulation_id: the `job_id` of `POST /simulations` (SIMULATION_ID or JOB_ID), or its `sim_id` as an int
    :param update_key: the `update_key` of the same answer (UPDATE_KEY); it is never printed or logged
    :param http_url: TALLYHOUSE_URL, like `http://host:3000`; "" for none
    :param amqp_url: RABBITMQ_URL; "" for none; without effect where pika is not installed
    :param exchange: EXCHANGE, else `ingest`; with the service's AMQP_PREFIX before it
    :param spool_dir: TALLYHOUSE_SPOOL, else `tallyhouse-spool` in XDG_STATE_HOME or ~/.local/state
    :param spool_bytes: what that folder may hold at most (TALLYHOUSE_SPOOL_BYTES), 4 GiB if left out
    :param message_bytes: limit of a message, inflated (TALLYHOUSE_MESSAGE_BYTES), 16 MiB if left out
    :param patience: for so many seconds a message is tried before it is left in the spool (TALLYHOUSE_PATIENCE), 60;
        after that once a call, until something works again
    :param timeouts: `connect_timeout` (10 s), `stall_timeout` (30 s without progress while sending), `answer_timeout`
        (120 s for HTTP's answer), `confirm_timeout` (30 s for the broker's)

    The methods return a `Receipt`. They raise `Refused` where the service will never take it, `NotSent` where it could
    neither be sent nor kept, ValueError or TypeError for what can't be written as a message. An instance may be used by
    several threads; a call waits for the others.
    """

    def __init__(
        self,
        simulation_id: Union[str, int, None] = None,
        update_key: Optional[str] = None,
        *,
        http_url: Optional[str] = None,
        amqp_url: Optional[str] = None,
        exchange: Optional[str] = None,
        spool_dir: Union[str, "os.PathLike[str]", None] = None,
        spool_bytes: Optional[int] = None,
        message_bytes: Optional[int] = None,
        patience: Optional[float] = None,
        **timeouts: float,
    ) -> None:
        if simulation_id is None:
            simulation_id = os.environ.get("SIMULATION_ID") or os.environ.get("JOB_ID")
        update_key = update_key or os.environ.get("UPDATE_KEY")
        if simulation_id is None or simulation_id == "":
            raise ValueError("simulation_id: set it, or SIMULATION_ID")
        if not update_key:
            raise ValueError("update_key: set it, or UPDATE_KEY")
        given = {
            "http_url": http_url,
            "amqp_url": amqp_url,
            "exchange": exchange,
            "spool_dir": None if spool_dir is None else os.fspath(spool_dir),
            "spool_bytes": spool_bytes,
            "message_bytes": message_bytes,
            "patience": patience,
            **timeouts,
        }
        settings = Settings.from_environment(given)
        self._simulation = str(simulation_id)
        self._message_bytes = settings.message_bytes
        # The key comes before the content, so that the service may read the content while it comes in.
        self._start = json_text({"simulation_id": simulation_id, "update_key": update_key})[:-1]
        self._partial_pages: Set[Tuple[Any, Any]] = set()
        self._courier = Courier(settings)

    def results(
        self,
        estimators: Iterable[Mapping[str, Any]],
        partial: bool = False,
        revision: Optional[int] = None,
        pages_total: Optional[int] = None,
    ) -> Receipt:
        """Sends estimators with their pages, in either shape of a page (docs/asyncapi.yaml).

        With `partial` they are stored without ending the simulation; give improving partial results a growing
        `revision`. What is larger than a message goes as several partial ones and a final one. That, and a final one
        after partial ones of this instance, carries `pages_total`, the number of distinct pages that this instance
        sent: the service ends the simulation only once so many are stored. Where other instances or processes send
        pages of the same simulation, give the number of all of them.
        """
        options: Dict[str, Any] = {} if revision is None else {"revision": revision}
        # The longest that may stand before the estimators.
        before = self._text({**options, "partial": True, "pages_total": pages_total or 2**31}, "estimators", "")
        parts = split_estimators(estimators, self._message_bytes - len(before))
        first, second = next(parts), next(parts, None)
        receipt = Receipt()
        if second is None and not partial:
            return self._final(first, options, pages_total, receipt)
        parts_left = [first] if second is None else itertools.chain([first, second], parts)
        for part in parts_left:
            text = self._text({**options, "partial": True}, "estimators", part.text)
            receipt = self._send("results.save", text, receipt)
            self._partial_pages.update(part.pages)
        return receipt if partial else self._final(Part("[]", ()), options, pages_total, receipt)

    def logfiles(self, files: Mapping[str, Union[str, bytes]], task_id: Optional[int] = None) -> Receipt:
        """Sends texts by name; with `task_id` they are read back as `task_<id>/name`. Bytes are read as UTF-8.

        The same name again replaces the text. More than a message holds is split between files; a single file that is
        larger goes by HTTP (64 MiB at most).
        """
        options = {} if task_id is None else {"task_id": task_id}
        room = self._message_bytes - len(self._text(options, "logfiles", ""))
        texts = {name: json_text(_as_text(content)) for name, content in files.items()}
        receipt = Receipt()
        for part in split_map(texts, room, MAX_FILES):
            receipt = self._send("logfiles.save", self._text(options, "logfiles", part), receipt)
        return receipt

    def task(self, task_id: int, **update: Any) -> Receipt:
        """Reports a task: task_state (or state), simulated_primaries, requested_primaries, estimated_time, start_time,
        end_time. Times are ISO 8601 texts (UTC where they name no zone) or datetimes."""
        return self._send("tasks.update", self._text({"task_id": task_id}, "update_dict", json_text(_update(update))))

    def tasks(self, updates: Iterable[Mapping[str, Any]]) -> Receipt:
        """Reports many tasks: `{"task_id": 1, "update_dict": {...}}` each, or without update_dict, its members instead.

        One transaction, as long as they fit into one message (and are at most 10,000)."""
        texts = [json_text(_listed(update)) for update in updates]
        receipt = Receipt()
        if not texts:
            return receipt
        room = self._message_bytes - len(self._text({}, "tasks", ""))
        for part in split_list(texts, room, MAX_TASKS):
            receipt = self._send("tasks.update-bulk", self._text({}, "tasks", part), receipt)
        return receipt

    def job(self, state: str, log: Optional[Mapping[str, Union[str, bytes]]] = None, **more: Any) -> Receipt:
        """Reports a state of the whole simulation: RUNNING, MERGING_QUEUED, MERGING_RUNNING, FAILED or CANCELED.

        `log` is texts by name, stored as log files; `end_time` like that of a task. Logs that are larger than such a
        message may be (1 MiB) are sent as log files first."""
        members = {"job_state": state, **more}
        if not log:
            return self._send("jobs.update", self._text(members))
        texts = {name: _as_text(content) for name, content in log.items()}
        text = self._text(members, "log", json_text(texts))
        if len(text) <= min(SMALL_MESSAGE_BYTES, self._message_bytes):
            return self._send("jobs.update", text)
        return self._send("jobs.update", self._text(members), self.logfiles(texts))

    def flush(self) -> FlushReport:
        """Sends what waits in the spool folder, of all simulations. What is refused there is set aside and reported."""
        return self._courier.flush()

    def close(self) -> None:
        """Closes the connection to the broker. What waits in the spool folder stays there."""
        self._courier.close()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _final(self, part: Part, options: Dict[str, Any], pages_total: Optional[int], receipt: Receipt) -> Receipt:
        if pages_total is None and self._partial_pages:
            pages_total = len(self._partial_pages.union(part.pages))
        if pages_total is not None:
            options = {**options, "pages_total": pages_total}
        return self._send("results.save", self._text(options, "estimators", part.text), receipt)

    def _text(self, members: Mapping[str, Any], name: str = "", content: str = "") -> str:
        """The body: who sends, small members, then the content, which is JSON already."""
        small = "".join(f",{json_text(key)}:{json_text(value)}" for key, value in members.items())
        return f"{self._start}{small}" + (f',"{name}":{content}' if name else "") + "}"

    def _send(self, route: str, text: str, receipt: Receipt = Receipt()) -> Receipt:
        """Once a message of a call was left in the spool, the others of that call follow it there without a try."""
        fate = self._courier.send(Message.of(route, self._simulation, text), only_keep=not receipt.complete)
        return receipt.plus(fate)


def _as_text(content: Union[str, bytes]) -> str:
    return content.decode("utf-8", "replace") if isinstance(content, (bytes, bytearray)) else content


def _update(members: Mapping[str, Any]) -> Dict[str, Any]:
    update = dict(members)
    if "state" in update:
        update["task_state"] = update.pop("state")
    return update


def _listed(update: Mapping[str, Any]) -> Dict[str, Any]:
    if "task_id" not in update:
        raise ValueError("tasks: each needs a task_id")
    members = update.get("update_dict", {name: value for name, value in update.items() if name != "task_id"})
    return {"task_id": update["task_id"], "update_dict": _update(members)}


# ---- Running what was submitted ----

TASK_QUEUE, CANCELED_QUEUE = "simulations.tasks", "simulations.canceled"
#: What the runner itself is configured with is none of the command's business.
RUNNERS_OWN = ("RABBITMQ_URL", "UPDATE_KEY", "SIMULATION_ID", "JOB_ID")
PROGRESS = ("simulated_primaries", "requested_primaries", "estimated_time")
PROGRESS_LINE_BYTES, LOG_BYTES = 4096, 16 * MIB
TICK_S = 0.2


class Task(NamedTuple):
    """A message of the queue `simulations.tasks` (docs/amqp.md)."""

    job_id: str
    sim_id: int
    task_id: int
    ntasks: int
    update_key: str
    input_type: str
    message: Mapping[str, Any]

    @staticmethod
    def of(body: bytes) -> "Task":
        """Raises ValueError where it is none."""
        try:
            message = json.loads(body)
            kinds = {"job_id": str, "sim_id": int, "task_id": int, "ntasks": int, "update_key": str, "input_type": str}
            members = {name: message[name] for name in kinds}
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"no task: {_reason(error)}") from None
        for name, kind in kinds.items():
            if not isinstance(members[name], kind) or not isinstance(message.get("input"), dict):
                raise ValueError(f"no task: {name} or input is of another type")
        return Task(message=message, **members)

    @property
    def name(self) -> str:
        return f"{self.job_id}/{self.task_id}"

    @property
    def seed(self) -> int:
        """The same for the same task, however often it is run; another one for any other. From 1 to 2^31 - 1."""
        return int.from_bytes(hashlib.sha256(self.name.encode("utf-8")).digest()[:4], "big") % (2**31 - 1) + 1


def write_input(task: Task, folder: Path) -> None:
    """Writes `input.json`, or the input files by name. One that could leave the folder: ValueError."""
    if task.input_type != "files":
        (folder / "input.json").write_text(json.dumps(task.message["input"]), encoding="utf-8")
        return
    for name, text in task.message["input"].items():
        is_plain = name not in ("", ".", "..") and not re.search(r'[/\\:\x00-\x1f]', name)
        if not is_plain or not isinstance(text, str):
            raise ValueError(f"the input file {json.dumps(name)[:80]} can't be written: its name is no plain file name")
        with open(folder / name, "x", encoding="utf-8", newline="", errors="surrogatepass") as file:
            file.write(text)


def read_estimators(folder: Path) -> List[Dict[str, Any]]:
    """The estimators of all `*.json` in a folder, by name of the file: lists, `{"estimators": [...]}`, or one each."""
    estimators: List[Dict[str, Any]] = []
    for path in sorted(folder.glob("*.json")):
        text = path.read_bytes()
        content = json.loads(text, parse_float=_finite, parse_int=_integer)
        is_one = isinstance(content, dict) and "pages" in content
        try:
            found = [content] if is_one else parse_results(text)
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}") from None
        if not all(_is_estimator(one) for one in found):
            raise ValueError(f"{path.name}: an estimator needs a name, and pages with data and values")
        estimators += found
    return estimators


def _is_estimator(one: Any) -> bool:
    pages = one.get("pages") if isinstance(one, dict) else None
    if not isinstance(pages, list) or not isinstance(one.get("name"), str):
        return False
    datas = [page.get("data") if isinstance(page, dict) else None for page in pages]
    return all(isinstance(data, dict) and isinstance(data.get("values"), list) for data in datas)


def merge_estimators(parts: Sequence[Tuple[Sequence[Mapping[str, Any]], float]], rule: str) -> List[Dict[str, Any]]:
    """One result of those of several tasks: each value the average, weighted by primaries, or the sum.

    Averages are right for what is counted per primary, sums for what is not. Lists beside the values (of errors, say)
    are left out, since neither rule holds for them. A page of which the tasks have different bins is a ValueError; one
    that a task lacks counts among those that have it.

    :param parts: of each task its estimators and its primaries
    :param rule: "average" or "sum"
    """
    if len(parts) == 1:
        return [dict(estimator) for estimator in parts[0][0]]
    merged: Dict[Any, Dict[str, Any]] = {}
    pages: Dict[Tuple[Any, Any], Tuple[Dict[str, Any], List[Tuple[Mapping[str, Any], float]]]] = {}
    for estimators, primaries in parts:
        for estimator in estimators:
            kept = merged.setdefault(estimator["name"], {**estimator, "pages": []})
            for at, page in enumerate(estimator["pages"]):
                key = (estimator["name"], _page_number(page, at))
                if key not in pages:
                    pages[key] = ({**page}, [])
                    kept["pages"].append(pages[key][0])
                pages[key][1].append((page, primaries))
    for (name, number), (page, sources) in pages.items():
        page["data"] = _merged_data([(source["data"], primaries) for source, primaries in sources], rule, name, number)
    return list(merged.values())


def _merged_data(sources: List[Tuple[Any, float]], rule: str, name: Any, number: Any) -> Dict[str, Any]:
    first = sources[0][0]
    lists = [data["values"] for data, _ in sources]
    if any(len(values) != len(lists[0]) for values in lists):
        raise ValueError(f"estimator {name}, page {number}: the tasks have different bins, so they can't be merged")
    weights = [1.0] * len(sources) if rule == "sum" else [primaries for _, primaries in sources]
    total = 1.0 if rule == "sum" else sum(weights)
    if total <= 0:
        weights, total = [1.0] * len(sources), float(len(sources))
    merged = [
        None if None in bins else sum(weight * value for weight, value in zip(weights, bins)) / total
        for bins in zip(*lists)
    ]
    others = {key: value for key, value in first.items() if not isinstance(value, list) or key == "dimensions"}
    return {**others, "values": merged}


class JobFolder:
    """What the tasks of one job left on this machine, until its results are final.

    Every runner that works on a job must see the same folder: the last of its tasks to end merges the results of all.
    Files appear whole or not at all; whoever merges holds a lock. What is over leaves an empty file, so that a task
    that comes again is recognised.
    """

    KEPT_S = 30 * 24 * 3600.0

    def __init__(self, root: Path, job_id: str) -> None:
        self.path = root / ("job-" + urllib.parse.quote(job_id, safe=""))
        self._over = self.path.with_name(self.path.name + ".over")

    @property
    def is_over(self) -> bool:
        return self._over.exists()

    def has_ended(self, task_id: int) -> bool:
        return self.is_over or (self.path / f"{task_id}.ended").exists()

    def fresh_folder(self, task_id: int) -> Path:
        """An empty folder for one run of a task, for its owner alone."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = self.path / f"{task_id}-{uuid.uuid4().hex[:12]}"
        folder.mkdir(mode=0o700)
        return folder

    def keep(self, task_id: int, estimators: Optional[List[Any]], primaries: float) -> None:
        """Remembers that a task ended: with its results, or None where it failed."""
        text = json_text({"estimators": estimators, "primaries": primaries})
        unfinished = self.path / f"{uuid.uuid4().hex}.tmp"
        _write_synced(unfinished, text.encode("ascii"))
        os.replace(unfinished, self.path / f"{task_id}.ended")

    def ended(self) -> List[Tuple[Optional[List[Any]], float]]:
        """Of each task that ended, by number, what was kept."""
        paths = sorted(self.path.glob("*.ended"), key=lambda path: int(path.stem))
        kept = [json.loads(path.read_bytes()) for path in paths]
        return [(one["estimators"], one["primaries"]) for one in kept]

    def call_off(self) -> None:
        """Nobody wants this job; tasks of it that still run end by themselves, so their folders stay for now."""
        with contextlib.suppress(OSError):
            self._over.touch(mode=0o600)

    def close(self) -> None:
        """All of this job is sent."""
        self.call_off()
        shutil.rmtree(self.path, ignore_errors=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """For one runner at a time, where the file system has locks."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if fcntl is not None:
                with contextlib.suppress(OSError):
                    fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    @staticmethod
    def sweep(root: Path) -> None:
        """Removes what nobody has touched for a month."""
        for path in root.glob("job-*"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > JobFolder.KEPT_S:
                    path.unlink() if path.is_file() else shutil.rmtree(path)


class RunOptions(NamedTuple):
    """How tasks are run."""

    command: Tuple[str, ...]
    folder: Path
    log_files: Tuple[str, ...] = ()
    merge: str = "average"
    progress_seconds: float = 2.0
    grace_seconds: float = 10.0
    keep_folders: bool = False
    where: Mapping[str, Any] = {}


class TaskRun:
    """One task, from its message to its reported end, in a thread of its own."""

    def __init__(self, task: Task, options: RunOptions) -> None:
        self.task, self._options = task, options
        self._job = JobFolder(options.folder, task.job_id)
        self._process: Optional["subprocess.Popen[bytes]"] = None
        self._ending: Optional[str] = None  # "canceled" or "given back"
        self._lock = threading.Lock()
        self._progress: Dict[str, float] = {}
        self._thread = threading.Thread(target=self._run, name=f"task {task.name}", daemon=True)
        #: Reported and kept: the message may be acknowledged. False where the task goes back.
        self.is_done = False

    def start(self) -> "TaskRun":
        self._thread.start()
        return self

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def cancel(self) -> None:
        """Ends the command; the task is reported as CANCELED."""
        self._end("canceled")

    def give_back(self) -> None:
        """Ends the command; nothing is reported, and somebody else runs the task."""
        self._end("given back")

    def join(self) -> None:
        self._thread.join()

    def _end(self, why: str) -> None:
        with self._lock:
            if self._ending is not None:
                return
            self._ending = why
            if self._process is not None:
                self._signal(signal.SIGTERM)
                timer = threading.Timer(self._options.grace_seconds, self._signal, [_KILL])
                timer.daemon = True
                timer.start()

    def _signal(self, number: int) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.killpg(process.pid, number)  # with whatever the command started
            else:
                process.send_signal(number)

    @staticmethod
    def _kill_group(group: int) -> None:
        if os.name == "posix":
            with contextlib.suppress(OSError):
                os.killpg(group, _KILL)

    def _run(self) -> None:
        try:
            with Worker(self.task.job_id, self.task.update_key, **self._options.where) as worker:
                self.is_done = self._run_with(worker)
        except Refused as error:
            LOG.warning("task %s is dropped: %s", self.task.name, error)  # deleted, say: nobody wants it
            self.is_done = True
        except Exception:
            LOG.exception("task %s goes back", self.task.name)
            time.sleep(1.0)  # or it would come again at once, and again
        finally:
            self._signal(_KILL)

    def _run_with(self, worker: Worker) -> bool:
        task = self.task
        if self._job.is_over:
            return True
        if self._job.has_ended(task.task_id):
            self._settle_job(worker)
            return True
        run = self._job.fresh_folder(task.task_id)
        try:
            worker.task(task.task_id, task_state="RUNNING", start_time=_time("now"))
            code, complaint = self._execute(worker, run)
            if self._ending == "given back":
                return False
            estimators: List[Dict[str, Any]] = []
            if code == 0 and self._ending is None:
                try:
                    estimators = read_estimators(run / "results")
                except (ValueError, OSError) as error:
                    code, complaint = -1, f"the results can't be read: {error}"
            self._send_logs(worker, run, complaint)
            state = "CANCELED" if self._ending == "canceled" else "COMPLETED" if code == 0 else "FAILED"
            # Before it counts as ended, so that nobody takes a job for over of which a task was not reported.
            worker.task(task.task_id, task_state=state, end_time=_time("now"), **self._told())
            LOG.info("task %s: %s%s", task.name, state, f" ({complaint})" if complaint else "")
            if state == "CANCELED":
                self._job.call_off()
            else:
                self._job.keep(task.task_id, estimators if code == 0 else None, self._primaries())
                self._settle_job(worker)
            return True
        finally:
            if not self._options.keep_folders:
                shutil.rmtree(run, ignore_errors=True)

    def _execute(self, worker: Worker, run: Path) -> Tuple[int, str]:
        """Runs the command to its end; returns its exit code and what is to be said about that."""
        for name in ("files", "results"):
            (run / name).mkdir(mode=0o700)
        try:
            write_input(self.task, run / "files")
            with open(run / "stdout", "wb") as stdout, open(run / "stderr", "wb") as stderr:
                with self._lock:
                    if self._ending is not None:
                        return -1, f"{self._ending} before it was started"
                    self._process = subprocess.Popen(
                        self._options.command,
                        cwd=run / "files",
                        env=self._environment(run),
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.PIPE,
                        stderr=stderr,
                        start_new_session=os.name == "posix",
                    )
                reader = threading.Thread(target=self._read_output, args=[self._process.stdout, stdout], daemon=True)
                reader.start()
                self._watch(worker, self._process)
                reader.join(self._options.grace_seconds)
                if self._ending is not None or reader.is_alive():
                    self._kill_group(self._process.pid)  # what the command left behind
                    reader.join(1.0)
        except (OSError, ValueError) as error:
            return -1, str(error)
        code = self._process.returncode
        if self._ending is not None:
            return code, self._ending
        return code, "" if code == 0 else f"the command ended with exit code {code}"

    def _environment(self, run: Path) -> Dict[str, str]:
        task = self.task
        own = {
            "JOB_ID": task.job_id,
            "SIM_ID": str(task.sim_id),
            "TASK_ID": str(task.task_id),
            "NTASKS": str(task.ntasks),
            "SIM_TYPE": str(task.message.get("sim_type", "")),
            "INPUT_TYPE": task.input_type,
            "BATCH_OPTIONS": json_text(task.message.get("batch_options") or {}),
            "SEED": str(task.seed),
            "TASK_FOLDER": str(run / "files"),
            "RESULTS_FOLDER": str(run / "results"),
        }
        return {**{name: value for name, value in os.environ.items() if name not in RUNNERS_OWN}, **own}

    def _read_output(self, output: Any, log: Any) -> None:
        """Takes progress from lines that are a JSON object with a member of PROGRESS; anything else is the log."""
        for line in iter(lambda: output.readline(PROGRESS_LINE_BYTES), b""):
            progress = parse_progress(line)
            if progress:
                self._progress = {**self._progress, **progress}
            else:
                log.write(line)
                log.flush()

    def _watch(self, worker: Worker, process: "subprocess.Popen[bytes]") -> None:
        """Reports progress, now and then, until the command has ended."""
        reported: Dict[str, float] = {}
        next_at = 0.0
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(TICK_S)
                return
            progress = self._progress
            if progress == reported or time.monotonic() < next_at or self._ending is not None:
                continue
            receipt = worker.task(self.task.task_id, task_state="RUNNING", **progress)
            reported = progress
            # While nobody takes them, each would be kept in the spool folder.
            next_at = time.monotonic() + self._options.progress_seconds * (1 if receipt.complete else 15)

    def _told(self) -> Dict[str, float]:
        return {name: value for name, value in self._progress.items() if name != "estimated_time"}

    def _primaries(self) -> float:
        told = self._progress
        return float(told.get("simulated_primaries", told.get("requested_primaries", 1)))

    def _send_logs(self, worker: Worker, run: Path, complaint: str) -> None:
        logs = {name: _tail(run / name) for name in ("stdout", "stderr") if (run / name).exists()}
        if complaint:
            logs["stderr"] = logs.get("stderr", b"") + f"[runner] {complaint}\n".encode("utf-8", "replace")
        for pattern in self._options.log_files:
            for path in sorted((run / "files").glob(pattern)):
                if path.is_file() and not path.is_symlink():
                    logs[path.name] = _tail(path)
        worker.logfiles({name: text for name, text in logs.items() if text or name == "stdout"}, self.task.task_id)

    def _settle_job(self, worker: Worker) -> None:
        """Sends what all tasks that completed so far amount to: as final results once all have ended."""
        with self._job.locked():
            if self._job.is_over:
                return
            ended = self._job.ended()
            completed = [(estimators, primaries) for estimators, primaries in ended if estimators]
            is_last = len(ended) >= self.task.ntasks
            try:
                if completed:
                    merged = merge_estimators(completed, self._options.merge)
                    worker.results(merged, partial=not is_last, revision=len(ended))
            except (ValueError, TypeError) as error:
                LOG.error("the results of job %s can't be merged: %s", self.task.job_id, error)
                worker.job("FAILED", {"merge": f"{error}\n"})
            if is_last:
                self._job.close()


_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def parse_progress(line: bytes) -> Dict[str, float]:
    """The progress that a line of output tells; empty where it is an ordinary line."""
    if not line.lstrip().startswith(b"{"):
        return {}
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    numbers = {name: told.get(name) for name in PROGRESS} if isinstance(told, dict) else {}
    return {
        name: value
        for name, value in numbers.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 2**53
    }


def _tail(path: Path) -> bytes:
    """The last 16 MiB of a file, and a note where that is not all of it."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        if size <= LOG_BYTES:
            return file.read()
        file.seek(size - LOG_BYTES)
        return f"[runner] the first {size - LOG_BYTES} bytes are left out\n".encode("ascii") + file.read()


class Runner:
    """Takes tasks from RabbitMQ, one at a time, and runs each until its end is reported; then it acknowledges.

    A connection that is lost ends no command: the task is taken up when the broker hands it out once more, to this
    runner or, in the worst case, to another one as well, which is harmless.
    """

    RECONNECT_S, FLUSH_S = 2.0, 30.0

    def __init__(self, url: str, prefix: str, options: RunOptions) -> None:
        try:
            self._parameters = pika.URLParameters(url)
        except Exception:  # its text could quote the password
            raise ValueError("RABBITMQ_URL: must be like amqp://user:password@host:5672/vhost") from None
        self._prefix, self._options = prefix, options
        self._run: Optional[TaskRun] = None
        #: Delivery tag of the task that is being run, None while the broker may hand it out once more.
        self._tag: Optional[int] = None
        self._waiting: Optional[Tuple[int, Task]] = None
        self._canceled: Set[str] = set()
        self._offset: Union[str, int] = "first"
        self._channel: Any = None
        self._is_stopping = self._is_lost = False

    def stop(self) -> None:
        """Ends soon; what is being run goes back."""
        self._is_stopping = True

    def run(self) -> None:
        """Runs tasks until it is stopped."""
        JobFolder.sweep(self._options.folder)
        threading.Thread(target=self._flush_now_and_then, name="flush", daemon=True).start()
        while not self._is_stopping:
            try:
                self._serve()
            except pika.exceptions.AMQPError as error:
                LOG.warning("no connection to RabbitMQ: %s", _amqp_reason(error))
            except OSError as error:
                LOG.warning("no connection to RabbitMQ: %s", _reason(error))
            self._tag = self._waiting = self._channel = None
            self._pause()
        if self._run is not None:
            self._run.give_back()
            self._run.join()

    def _flush_now_and_then(self) -> None:
        """Sends what could not be sent at the time."""
        courier = Courier(Settings.from_environment(self._options.where))
        while not self._is_stopping:
            with contextlib.suppress(WorkerError, OSError):
                if courier.spool.waiting():
                    courier.flush(0.0)
            for _ in range(int(self.FLUSH_S / TICK_S)):
                if not self._is_stopping:
                    time.sleep(TICK_S)
        courier.close()

    def _pause(self) -> None:
        until = time.monotonic() + self.RECONNECT_S
        while not self._is_stopping and time.monotonic() < until:
            time.sleep(TICK_S)

    def _serve(self) -> None:
        connection = pika.BlockingConnection(self._parameters)
        self._is_lost = False
        try:
            stream = connection.channel()
            stream.add_on_cancel_callback(self._on_lost)
            stream.basic_qos(prefetch_count=100)
            stream.basic_consume(
                self._prefix + CANCELED_QUEUE, self._on_canceled, arguments={"x-stream-offset": self._offset}
            )
            self._channel = connection.channel()
            self._channel.add_on_cancel_callback(self._on_lost)
            self._channel.basic_qos(prefetch_count=1)
            self._channel.basic_consume(self._prefix + TASK_QUEUE, self._on_task)
            LOG.info("waiting for tasks")
            while not self._is_stopping:
                connection.process_data_events(TICK_S)
                if self._is_lost:
                    return
                self._settle()
            self._leave()
        finally:
            with contextlib.suppress(Exception):
                connection.close()

    def _on_lost(self, _frame: Any) -> None:
        """The broker took the queue away, or gives the task to somebody else (RabbitMQ 4.3, after its timeout)."""
        LOG.warning("the broker ended the subscription")
        self._is_lost = True

    def _on_canceled(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        channel.basic_ack(method.delivery_tag)
        offset = (properties.headers or {}).get("x-stream-offset")
        if isinstance(offset, int):
            self._offset = offset + 1
        with contextlib.suppress(ValueError, KeyError, TypeError):
            job_id = json.loads(body)["job_id"]
            self._canceled.add(job_id)
            if self._run is not None and self._run.task.job_id == job_id:
                self._run.cancel()

    def _on_task(self, channel: Any, method: Any, _properties: Any, body: bytes) -> None:
        try:
            task = Task.of(body)
        except ValueError as error:
            LOG.error("a message of %s is dropped: %s", self._prefix + TASK_QUEUE, error)
            channel.basic_reject(method.delivery_tag, requeue=False)
            return
        if self._run is not None and self._run.task.name == task.name:
            self._tag = method.delivery_tag  # it came again after the connection was lost
        else:
            self._waiting = (method.delivery_tag, task)
        self._settle()

    def _settle(self) -> None:
        """Acknowledges what is over, and starts what waits."""
        if self._run is not None and self._run.is_over:
            run, tag, self._run, self._tag = self._run, self._tag, None, None
            if tag is not None:
                self._channel.basic_ack(tag) if run.is_done else self._channel.basic_nack(tag)
        if self._run is None and self._waiting is not None:
            (self._tag, task), self._waiting = self._waiting, None
            LOG.info("task %s of %d", task.name, task.ntasks)
            run = TaskRun(task, self._options)
            if task.job_id in self._canceled:
                run.cancel()
            self._run = run.start()

    def _leave(self) -> None:
        if self._run is not None:
            self._run.give_back()
            while not self._run.is_over:
                self._channel.connection.process_data_events(TICK_S)
            self._settle()
            self._run = None
        if self._waiting is not None:
            self._channel.basic_nack(self._waiting[0])
            self._waiting = None


# ---- The command line ----

EXIT_SENT, EXIT_USAGE, EXIT_SPOOLED, EXIT_REFUSED, EXIT_LOST = 0, 2, 3, 4, 5

EPILOG = """environment:
  SIMULATION_ID (or JOB_ID), UPDATE_KEY  of POST /simulations; the key comes from nowhere else
  TALLYHOUSE_URL                         like http://host:3000
  RABBITMQ_URL                           used where pika is installed; EXCHANGE where it is not "ingest"
  AMQP_PREFIX                            of the service; run: before the names of queues and exchange
  TALLYHOUSE_SPOOL                       folder for what can't be sent now (~/.local/state/tallyhouse-spool)
  TALLYHOUSE_SPOOL_BYTES                 what it may hold at most (4294967296)
  TALLYHOUSE_MESSAGE_BYTES               limit of a message, inflated (16777216)
  TALLYHOUSE_PATIENCE                    seconds to try before something is left in the spool (60)

exit codes:
  0  acknowledged by the service or confirmed by the broker; flush: nothing waits any more
  2  wrong usage, or an input that can't be read or sent; nothing was sent
  3  kept in the spool folder, or still waiting there: run "flush" later
  4  refused by the service; flush: some were set aside in the spool folder, with the reason
  5  neither sent nor kept

run ends by SIGTERM or Ctrl-C, with 0; the task that it runs goes back to RabbitMQ.
"""


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Runs a command and returns its exit code."""
    options = _parser().parse_args(arguments)
    level = logging.INFO if options.verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # what it says, we say
    try:
        return int(options.run(options))
    except Refused as error:
        return _complain(error, EXIT_REFUSED)
    except NotSent as error:
        return _complain(error, EXIT_LOST)
    except (WorkerError, ValueError, TypeError, OSError, RecursionError) as error:
        return _complain(error, EXIT_USAGE)


def _complain(error: Exception, code: int) -> int:
    print(f"tallyhouse_worker: {error}", file=sys.stderr)
    return code


FOLDER_HELP = (
    "where tasks run and leave their results until all of a job have ended (~/.local/state/tallyhouse-runs); runners "
    "that share the tasks of a job must share this folder"
)
MERGE_HELP = "what becomes of the values of several tasks: the average, weighted by primaries (default), or the sum"
LOG_FILE_HELP = "files of the task to send as logs, beside stdout and stderr; may be repeated"
GRACE_HELP = "time between SIGTERM and SIGKILL for a task that is cancelled or given back (10)"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tallyhouse_worker",
        description="Sends results, log files and states of a simulation to Tallyhouse.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    results = _command(commands, "results", "send estimators with their pages", _run_results)
    results.add_argument("file", help='JSON: {"estimators": [...]} or the list alone; - is standard input')
    results.add_argument("--partial", action="store_true", help="more will come: don't end the simulation")
    results.add_argument("--revision", type=int, help="orders versions of a page; an older one replaces nothing")
    results.add_argument("--pages-total", type=int, help="the simulation ends once so many pages are stored")

    logs = _command(commands, "logs", "send log files", _run_logs)
    logs.add_argument("files", nargs="+", metavar="FILE", help="a path, stored by its last part; or NAME=PATH")
    logs.add_argument("--task", type=int, help="whose they are: read back as task_<id>/NAME")

    task = _command(commands, "task", "report the state of a task", _run_task)
    task.add_argument("task_id", type=int, metavar="ID")
    task.add_argument("--state", help="PENDING, RUNNING, CANCELED, FAILED or COMPLETED")
    for name in ("simulated-primaries", "requested-primaries"):
        task.add_argument(f"--{name}", type=int, metavar="N")
    task.add_argument("--estimated-time", type=float, metavar="SECONDS", help="until the end")
    for name in ("start-time", "end-time"):
        task.add_argument(f"--{name}", metavar="TIME", help='ISO 8601, or "now"')

    job = _command(commands, "job", "report a state of the whole simulation", _run_job)
    job.add_argument("state", metavar="STATE", help="RUNNING, MERGING_QUEUED, MERGING_RUNNING, FAILED or CANCELED")
    job.add_argument("--log", action="append", default=[], metavar="FILE", help="a path, or NAME=PATH; may be repeated")
    job.add_argument("--end-time", metavar="TIME", help='ISO 8601, or "now"')

    run = _command(commands, "run", "take what was submitted from RabbitMQ and run a command for each task", _run_tasks)
    run.add_argument("--folder", metavar="FOLDER", help=FOLDER_HELP)
    run.add_argument("--prefix", metavar="TEXT", help="the service's AMQP_PREFIX, instead of AMQP_PREFIX")
    run.add_argument("--merge", choices=("average", "sum"), default="average", help=MERGE_HELP)
    run.add_argument("--log-file", action="append", default=[], metavar="PATTERN", help=LOG_FILE_HELP)
    run.add_argument("--progress-seconds", type=float, default=2.0, metavar="S", help="report progress so often (2)")
    run.add_argument("--grace-seconds", type=float, default=10.0, metavar="S", help=GRACE_HELP)
    run.add_argument("--keep-folders", action="store_true", help="leave the folders of tasks behind, to look into them")
    run.add_argument("program", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="runs one task (docs/workers.md)")

    _command(commands, "flush", "send what waits in the spool folder, of all simulations", _run_flush)
    return parser


def _command(commands: Any, name: str, text: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.set_defaults(run=run)
    where = command.add_argument_group("where to", "instead of the environment")
    where.add_argument("--url", metavar="URL", help="instead of TALLYHOUSE_URL")
    where.add_argument("--exchange", help="instead of EXCHANGE")
    where.add_argument("--spool", metavar="FOLDER", help="instead of TALLYHOUSE_SPOOL")
    where.add_argument("--patience", type=float, metavar="SECONDS", help="instead of TALLYHOUSE_PATIENCE")
    if name not in ("flush", "run"):
        where.add_argument("--simulation", metavar="ID", help="the job_id, instead of SIMULATION_ID")
    command.add_argument("--verbose", action="store_true", help="tell of every try on standard error")
    return command


def _where(options: argparse.Namespace) -> Dict[str, Any]:
    return {
        "http_url": options.url,
        "exchange": options.exchange,
        "spool_dir": options.spool,
        "patience": options.patience,
    }


def _report(options: argparse.Namespace, call: Callable[[Worker], Receipt]) -> int:
    with Worker(options.simulation, **_where(options)) as worker:
        receipt = call(worker)
    sent = receipt.amqp + receipt.http + receipt.other
    print(f"sent {sent} ({receipt.amqp} by RabbitMQ, {receipt.http} by HTTP), kept {receipt.spooled} for later")
    return EXIT_SENT if receipt.complete else EXIT_SPOOLED


def _run_results(options: argparse.Namespace) -> int:
    content = parse_results(_read_input(options.file))
    return _report(
        options, lambda worker: worker.results(content, options.partial, options.revision, options.pages_total)
    )


def _run_logs(options: argparse.Namespace) -> int:
    files = _read_files(options.files)
    return _report(options, lambda worker: worker.logfiles(files, options.task))


def _run_task(options: argparse.Namespace) -> int:
    update = {
        "task_state": options.state,
        "simulated_primaries": options.simulated_primaries,
        "requested_primaries": options.requested_primaries,
        "estimated_time": options.estimated_time,
        "start_time": _time(options.start_time),
        "end_time": _time(options.end_time),
    }
    given = {name: value for name, value in update.items() if value is not None}
    return _report(options, lambda worker: worker.task(options.task_id, **given))


def _run_job(options: argparse.Namespace) -> int:
    more = {} if options.end_time is None else {"end_time": _time(options.end_time)}
    files = _read_files(options.log)
    return _report(options, lambda worker: worker.job(options.state, files, **more))


def _run_tasks(options: argparse.Namespace) -> int:
    program = options.program[1:] if options.program[:1] == ["--"] else options.program
    url = os.environ.get("RABBITMQ_URL")
    if pika is None:
        raise ValueError("pika is not installed, and tasks come from RabbitMQ: pip install pika")
    if not url:
        raise ValueError("RABBITMQ_URL: set it, tasks come from there")
    if not program:
        raise ValueError("the command that runs a task is missing: run [options] -- COMMAND ...")
    prefix = options.prefix if options.prefix is not None else os.environ.get("AMQP_PREFIX", "")
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    exchange = options.exchange or os.environ.get("EXCHANGE") or f"{prefix}ingest"
    runner = Runner(
        url,
        prefix,
        RunOptions(
            command=tuple(program),
            folder=Path(options.folder or home / "tallyhouse-runs").absolute(),
            log_files=tuple(options.log_file),
            merge=options.merge,
            progress_seconds=options.progress_seconds,
            grace_seconds=options.grace_seconds,
            keep_folders=options.keep_folders,
            where={**_where(options), "amqp_url": url, "exchange": exchange},
        ),
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: runner.stop())
    LOG.setLevel(logging.INFO)
    runner.run()
    return EXIT_SENT


def _run_flush(options: argparse.Namespace) -> int:
    courier = Courier(Settings.from_environment(_where(options)))
    try:
        report = courier.flush()
    finally:
        courier.close()
    print(f"sent {report.sent}, set aside {len(report.refused)}, still waiting {report.left}")
    if report.left:
        return EXIT_SPOOLED
    return EXIT_REFUSED if report.refused else EXIT_SENT


def parse_results(text: Union[str, bytes]) -> List[Any]:
    """The estimators of a JSON text, every number as the double that it names. Raises ValueError."""
    content = json.loads(text, parse_float=_finite, parse_int=_integer)
    estimators = content.get("estimators") if isinstance(content, dict) else content
    if not isinstance(estimators, list):
        raise ValueError('the results must be {"estimators": [...]} or a list of estimators')
    return estimators


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:40]} is outside the range of a double")
    return value


def _integer(text: str) -> Union[int, float]:
    return -0.0 if text == "-0" else int(text)  # an int has no sign to lose, a double has


def _time(text: Optional[str]) -> Optional[str]:
    return datetime.datetime.now(datetime.timezone.utc).isoformat() if text == "now" else text


def _read_input(path: str) -> bytes:
    return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()


def _read_files(arguments: Sequence[str]) -> Dict[str, bytes]:
    files: Dict[str, bytes] = {}
    for argument in arguments:
        name, is_named, path = argument.partition("=")
        if not is_named:
            name, path = os.path.basename(argument), argument
        if name in files:
            raise ValueError(f"two files would be stored as {name}: give one another name with NAME=PATH")
        files[name] = _read_input(path)
    return files


if __name__ == "__main__":
    sys.exit(main())
