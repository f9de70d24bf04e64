"""The running program: a web process, and a worker process beside it that starts, restarts and ends with it.

Work that burns processor time (folding boards, indexing) must not slow answers down, and Python's threads share
one interpreter lock; so the worker is a process of its own. Its standard input is a pipe from the web process:
when that one dies, however it dies, the pipe ends and the worker stops.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

import structlog
import uvicorn

from bandmate.app import SUBSCRIPTIONS, create_app
from bandmate.kernel.clock import system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import Conflict
from bandmate.kernel.events.subscriptions import Runner
from bandmate.kernel.identity.personas import Persona
from bandmate.kernel.notify.worker import run_sender
from bandmate.kernel.tasks import run_worker
from bandmate.kernel.telemetry.metrics import serve_metrics
from bandmate.kernel.telemetry.tracing import tracing
from bandmate.kernel.webhooks import run_webhooks
from bandmate.postings.indexing import run_indexer

log = structlog.get_logger(__name__)

GRACE_SECONDS = 10
RESTART_SECONDS = 2.0
BACKLOG = 512
GARBAGE_OBJECTS = 20_000


def listen(host: str, port: int, *, avoid_busy: bool = False) -> socket.socket:
    """Bind the web process's socket.

    Args:
        host: the address to listen on.
        port: the port; 0 lets the system choose.
        avoid_busy: try the next hundred ports when this one is taken.

    Raises:
        Conflict: when no port could be had; the message says how to choose another.
    """
    for candidate in range(port, port + (100 if avoid_busy else 1)):
        # The protocol is named because asyncio turns Nagle's algorithm off only where it is; with it on, every
        # answer in two packets would wait 40 ms for the reader's delayed acknowledgement.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
        except OSError as error:
            listener.close()
            reason = error.strerror
        else:
            listener.listen(BACKLOG)
            return listener
    raise Conflict(f"Cannot listen on {host} port {port}: {reason}. Choose another with --port.")


def serve(
    database: Database,
    settings: Settings,
    listener: socket.socket,
    *,
    worker: bool,
    on_ready: Callable[[str], None],
    personas: Sequence[Persona] = (),
) -> None:
    """Answer requests until SIGINT or SIGTERM; ``on_ready`` is called with the address once it answers."""
    app = create_app(settings, database, personas=personas)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    host, port = listener.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    threading.Thread(target=_announce, args=(server, address, on_ready), daemon=True).start()
    # What was made while starting stays for good: the garbage collector need not look at it again and again. One
    # answer makes thousands of objects that reference counting frees; looking for cycles after every 700 is waste.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS)
    with _worker_beside(settings, wanted=worker), tracing(settings.otlp_endpoint, "web", database.engine):
        server.run(sockets=[listener])


def _announce(server: uvicorn.Server, address: str, on_ready: Callable[[str], None]) -> None:
    ticks = threading.Event()
    while not server.started and not server.should_exit:
        ticks.wait(0.02)
    if server.started:
        on_ready(address)


class _Stopped(Exception):
    """Somebody asked the program to end."""


def _stop(_: int, __: FrameType | None) -> NoReturn:
    raise _Stopped


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """End the block, and no more than it, on SIGINT or SIGTERM, so that what it opened is closed on the way out.

    uvicorn handles the signals while it serves and raises them again afterwards; they then end up here.
    """
    before = {name: signal.signal(name, _stop) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        with suppress(_Stopped):
            yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


@contextmanager
def _worker_beside(settings: Settings, *, wanted: bool) -> Iterator[None]:
    """Keep a worker process running for as long as the block lasts."""
    if not wanted:
        yield
        return
    stop = threading.Event()
    keeper = threading.Thread(target=_keep_worker, args=(settings, stop), name="worker-keeper")
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()


def _keep_worker(settings: Settings, stop: threading.Event) -> None:
    environment = os.environ | {"BANDMATE_HOME": str(settings.home)}
    command = [sys.executable, "-m", "bandmate", "worker", "--attached"]
    while not stop.is_set():
        with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as process:  # noqa: S603 - our own program
            while process.poll() is None and not stop.wait(0.2):
                pass
            if stop.is_set():
                _end(process)
                return
        log.error("the worker ended and is started again", exit_code=process.returncode)
        stop.wait(RESTART_SECONDS)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def work(database: Database, settings: Settings, *, attached: bool) -> None:
    """Hear events, run tasks, send messages and index until SIGINT, SIGTERM or, attached, the end of stdin."""
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    if attached:
        threading.Thread(target=_await_end_of_stdin, args=(stop,), daemon=True).start()
    duties: dict[str, Callable[[], None]] = {
        "subscriptions": lambda: Runner(database, SUBSCRIPTIONS, system_clock).run(stop),
        "tasks": lambda: run_worker(database, stop),
        "indexer": lambda: run_indexer(database, settings, stop),
        "webhooks": lambda: run_webhooks(database, settings, stop),
        "messages": lambda: run_sender(database, settings, stop),
    }
    close_metrics = serve_metrics(settings.worker_metrics_port) if settings.worker_metrics_port else None
    threads = [threading.Thread(target=_do, args=(name, duty, stop), name=name) for name, duty in duties.items()]
    with tracing(settings.otlp_endpoint, "worker", database.engine):
        for thread in threads:
            thread.start()
        stop.wait()
        for thread in threads:
            thread.join(GRACE_SECONDS)
    if close_metrics is not None:
        close_metrics()


def _do(name: str, duty: Callable[[], None], stop: threading.Event) -> None:
    """Do one duty; if it breaks, the whole worker ends so that it is started again whole."""
    try:
        duty()
    except Exception:
        log.exception("a duty of the worker broke", duty=name)
        stop.set()


def _await_end_of_stdin(stop: threading.Event) -> None:
    # Not through sys.stdin: its lock would be held by this thread when the interpreter ends.
    while os.read(0, 1):
        pass
    stop.set()
