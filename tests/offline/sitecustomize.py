"""Lets no Python program of the tests out of this machine, and writes down who tried.

Python imports a module of this name when it starts, if its folder is on PYTHONPATH: that is how
kernels, servers and every other child come under the guard. A refusal that the program swallows
still stands in the file `$ADLAB_REFUSED`, which turns the run of the tests red.

An audit hook sees every connection of Python's sockets, however they were imported. What does not
go through them (a browser) meets a proxy that refuses; see `conftest.py` beside this project.
"""

import errno
import ipaddress
import os
import socket
import sys

WATCHED = {"socket.connect", "socket.sendto", "socket.sendmsg"}
LOOKED_UP = {"socket.getaddrinfo", "socket.gethostbyname"}
HERE = {"", "localhost", "localhost.localdomain", socket.gethostname()}


def is_here(host):
    """Is it this machine? A name that would have to be asked for elsewhere is not."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name is None or name in HERE:
        return True
    try:
        address = ipaddress.ip_address(str(name).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def target(event, arguments):
    """The host that an event is about; the empty name if it concerns no network."""
    if event in LOOKED_UP:
        return arguments[0]
    if event in WATCHED:
        sock, address = arguments
        if sock.family in (socket.AF_INET, socket.AF_INET6) and address is not None:
            return address[0]
    return ""


def refuse(event, arguments):
    if event not in WATCHED and event not in LOOKED_UP:
        return
    host = target(event, arguments)
    if is_here(host):
        return
    told = f"{event} {host!r} by {' '.join(sys.orig_argv)[:200]}"
    if os.environ.get("ADLAB_REFUSED"):
        with open(os.environ["ADLAB_REFUSED"], "a", encoding="utf-8") as file:
            file.write(told.replace("\n", " ") + "\n")
    raise ConnectionRefusedError(errno.ECONNREFUSED, f"the tests let nobody out: {told}")


sys.addaudithook(refuse)
