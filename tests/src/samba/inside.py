"""Runs Samba in this network namespace and lets the outside in.

Standard input and standard output are two sockets that listen outside, for LDAP and for LDAPS: a socket stays in the
namespace it was made in, so what arrives there is taken here and passed on to Samba's ports, which are fixed. Ends when
Samba does.

    inside.py COMMAND...
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys
import threading
import time

SIOCSIFFLAGS = 0x8914
IFF_UP_RUNNING = 0x41
PORTS = {0: 389, 1: 636}


def main():
    bring_loopback_up()
    with open(os.devnull, "rb") as nothing:
        server = subprocess.Popen(sys.argv[1:], stdin=nothing, stdout=2)
    for descriptor, port in PORTS.items():
        threading.Thread(target=take, args=(descriptor, port), daemon=True).start()
    os._exit(server.wait() % 256)


def bring_loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP_RUNNING))


def take(descriptor, port):
    outside = socket.socket(fileno=os.dup(descriptor))
    until_it_listens(port)
    while True:
        client, _ = outside.accept()
        try:
            server = socket.create_connection(("127.0.0.1", port))
        except OSError:
            client.close()
            continue
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        both = Pair(client, server)
        threading.Thread(target=both.pass_on, args=(client, server), daemon=True).start()
        threading.Thread(target=both.pass_on, args=(server, client), daemon=True).start()


def until_it_listens(port):
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.02)


class Pair:
    """Two connections that are one to those outside: closed when both directions have ended."""

    def __init__(self, *ends):
        self.ends = ends
        self.open = 2
        self.lock = threading.Lock()

    def pass_on(self, source, target):
        try:
            while octets := source.recv(65536):
                target.sendall(octets)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            for end in self.ends:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        with self.lock:
            self.open -= 1
            if self.open == 0:
                for end in self.ends:
                    end.close()


main()
