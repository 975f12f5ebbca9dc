"""A network of our own: a server's host, a router and a client's host, each in a network namespace.

Nothing of the machine's own network is touched. The router drops what it should forward, without a word to anybody,
when it is told to: that is what a device on the path does that has forgotten a connection. A namespace is held by an
open file and is gone with it. Linux, as root, with iproute2.
"""

import ctypes
import functools
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from programs.debian import MissingProgramError, command, unpacked

T = TypeVar("T")
_NEW_NETWORK = 0x40000000  # CLONE_NEWNET
SERVER_ADDRESS = "10.77.1.2"


def missing() -> str:
    """Return why there can be no such network here, empty if there can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "network namespaces need root"
    try:
        _ip()
    except MissingProgramError as reason:
        return str(reason)
    try:
        os.close(_namespace())
    except OSError as refusal:
        return f"the kernel gives no network namespace: {refusal}"
    return ""


@dataclass(frozen=True)
class Host:
    """A network namespace, by its open file."""

    file: int

    def call(self, function: Callable[[], T]) -> T:
        """Return what the function gives inside, in a thread of its own; processes that it starts stay inside."""
        given: list[T] = []
        raised: list[BaseException] = []

        def enter() -> None:
            try:
                _libc("setns", self.file, _NEW_NETWORK)
                given.append(function())
            except BaseException as refusal:  # for the caller
                raised.append(refusal)

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        if raised:
            raise raised[0]
        return given[0]

    def set(self, name: str, value: object) -> None:
        """Set a kernel key of this namespace, ``net.ipv4.…``."""
        path = Path("/proc/sys", *name.split("."))
        self.call(lambda: path.write_text(f"{value}\n", "ascii"))

    def ip(self, *arguments: str) -> None:
        """Run ``ip`` inside."""
        self.call(lambda: subprocess.run([*_ip(), *arguments], check=True, capture_output=True, timeout=20))


@dataclass(frozen=True)
class Network:
    """The three hosts; the server's address is ``SERVER_ADDRESS``."""

    server: Host
    router: Host
    client: Host

    def cut(self) -> None:
        """Let the router drop everything, silently."""
        self.router.set("net.ipv4.ip_forward", 0)


@contextmanager
def network(retries2: int = 15) -> Iterator[Network]:
    """Yield a network in which both hosts send data again so many times."""
    with ExitStack() as stack:
        hosts = []
        for _ in range(3):
            file = _namespace()
            stack.callback(os.close, file)
            hosts.append(Host(file))
        made = Network(*hosts)
        for number, host in enumerate((made.server, made.client), 1):
            other = f"/proc/{os.getpid()}/fd/{host.file}"
            made.router.ip("link", "add", f"r{number}", "type", "veth", "peer", "name", "host", "netns", other)
            made.router.ip("addr", "add", f"10.77.{number}.1/24", "dev", f"r{number}")
            made.router.ip("link", "set", f"r{number}", "up")
            host.ip("addr", "add", f"10.77.{number}.2/24", "dev", "host")
            host.ip("link", "set", "host", "up")
            host.ip("route", "add", "default", "via", f"10.77.{number}.1")
            host.set("net.ipv4.tcp_retries2", retries2)
        made.router.set("net.ipv4.ip_forward", 1)
        yield made


@functools.cache
def _ip() -> Sequence[str]:
    """Return how to run iproute2's ip: the machine's own, else Debian's."""
    found = shutil.which("ip")
    return [found] if found else command(unpacked("iproute2"), "bin/ip")


def _namespace() -> int:
    """Return an open file that holds a new network namespace."""
    opened: list[int] = []
    refused: list[OSError] = []

    def make() -> None:
        try:
            _libc("unshare", _NEW_NETWORK)
            opened.append(os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY | os.O_CLOEXEC))
        except OSError as refusal:
            refused.append(refusal)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if refused:
        raise refused[0]
    return opened[0]


def _libc(name: str, *arguments: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
