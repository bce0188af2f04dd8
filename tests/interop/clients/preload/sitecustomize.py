"""The network map for Python programs: with this folder on PYTHONPATH and GMAILSYNC_NETWORK naming a network file.

Google's names lead where the file says and no other name leads anywhere, so that programs may be set up as for Google
itself. Whom to trust, SSL_CERT_FILE tells them.
"""

import json
import os
import socket
from pathlib import Path

hosts = json.loads(Path(os.environ["GMAILSYNC_NETWORK"]).read_text(encoding="utf-8"))["hosts"]
resolve = socket.getaddrinfo


def getaddrinfo(host, port, *arguments, **options):
    """Resolve a name by the map; port and address are both of what answers for it."""
    target = hosts.get(f"{host}:{port}")
    if target is not None:
        host, _, port = target.rpartition(":")
    elif host not in ("127.0.0.1", "::1", "localhost"):
        raise socket.gaierror(socket.EAI_NONAME, f"nothing of the simulated Google listens on {host}:{port}")
    return resolve(host, port, *arguments, **options)


socket.getaddrinfo = getaddrinfo
