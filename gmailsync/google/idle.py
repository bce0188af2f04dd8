"""Many IMAP connections in IDLE, watched by one thread: new mail wakes it, and so does a connection that died.

A dead connection says nothing. So each IDLE is ended and begun again every `KEEP_ALIVE`, and who does not answer
within the read time-out counts as lost: it is noticed after at most 3 minutes and a half. Time is the clock's alone,
which goes on while a machine is suspended: what became due meanwhile is asked within `TICK` of its waking up.
"""

from __future__ import annotations

import selectors
import ssl
import time
from collections.abc import Iterable, Set
from datetime import datetime, timedelta
from typing import Self

from gmailsync.errors import ConnectionLost
from gmailsync.google.idle_talk import IdleTalk, Stage
from gmailsync.google.network import TIMEOUTS, Network, Timeouts
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret
from gmailsync.ports import Clock, WakeUp, Why

KEEP_ALIVE = timedelta(minutes=3)
"""How long an IDLE goes on in silence. RFC 2177 wants less than 29 minutes and Gmail less than 10 (google.md 3.4), but
what lies between forgets a silent connection sooner: Azure's address translation after 4 minutes, Amazon's after 350
seconds, home routers in about as many. One small packet each way in three minutes costs next to nothing."""

TICK = timedelta(seconds=1)
"""How soon a jump of the clock is seen: a system's own waiting stands still while the machine is suspended."""

FAREWELL = timedelta(seconds=2)
"""How long the end of all conversations is waited for; a server that says nothing then has nothing to lose."""

_READ = 65_536


class IdleWatch:
    """The connections of one thread, which alone calls the methods (see `gmailsync.ports.MailWatch`).

    `open` connects and shakes hands before it returns, for at most `timeouts.connect` seconds; all else that is said
    waits for nobody.
    """

    def __init__(
        self, network: Network, clock: Clock, timeouts: Timeouts = TIMEOUTS, farewell: timedelta = FAREWELL
    ) -> None:
        self._network = network
        self._clock = clock
        self._timeouts = timeouts
        self._farewell = farewell
        self._tls: ssl.SSLContext | None = None
        self._selector = selectors.DefaultSelector()
        self._watched: dict[str, _Connection] = {}
        self._all: set[_Connection] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def watched(self) -> Set[str]:
        """The addresses whose connection stands or is being set up."""
        return self._watched.keys()

    def open(self, endpoint: Endpoint, address: str, token: Secret, folder: str) -> None:
        """Connect, and begin to sign in and to watch a folder; an earlier connection of the address is given up.

        Raises `NetworkError`. Whatever goes wrong later is told by a wake-up.
        """
        self.drop(address)
        # One context for all: the authorities in it take more memory than everything else of a connection.
        self._tls = self._tls or self._network.ssl_context()
        socket = self._network.connect_tls(endpoint, self._timeouts.connect, self._tls)
        socket.setblocking(False)
        connection = _Connection(endpoint, address, socket, IdleTalk(address, token, folder), self._clock.now())
        self._watched[address] = connection
        self._all.add(connection)
        self._selector.register(socket, selectors.EVENT_READ, connection)

    def wait(self, until: datetime) -> list[WakeUp]:
        """Return what the connections tell, as soon as one does; nothing when it is `until` by the clock.

        Where the clock stands still, as a simulation's may, real time has to do.
        """
        end = time.monotonic() + max(0.0, (until - self._clock.now()).total_seconds())
        wake_ups = self._turn(0.0)  # the clock may have jumped since the last time
        while not wake_ups:
            left = min(end - time.monotonic(), (until - self._clock.now()).total_seconds())
            if left <= 0:
                break
            wake_ups = self._turn(left)
        return wake_ups

    def drop(self, address: str) -> None:
        """Log out, if the address is watched, and hear no more of it; `wait` sees to the rest."""
        connection = self._watched.pop(address, None)
        if connection is not None:
            connection.talk.leave()
            self._attend(connection)

    def close(self) -> None:
        """Log out everywhere; whoever has not answered after a moment is left alone."""
        for address in list(self._watched):
            self.drop(address)
        end = time.monotonic() + self._farewell.total_seconds()
        while self._all and (left := end - time.monotonic()) > 0:
            self._turn(left)
        for connection in list(self._all):
            self._forget(connection)
        self._selector.close()

    # --- one turn ---

    def _turn(self, seconds: float) -> list[WakeUp]:
        """Wait for at most so long, or a `TICK`, and deal with what has arrived and what has become due."""
        wake_ups: list[WakeUp] = []
        for key, _ in self._ready(min(seconds, TICK.total_seconds())):
            wake_ups += self._told(key.data, key.data.read())
        # Silence is judged only after reading: an answer may have come while we were busy elsewhere.
        now = self._clock.now()
        for connection in list(self._all):
            wake_ups += self._told(connection, connection.on_time(now, self._timeouts.read))
            wake_ups += self._attend(connection)
        return wake_ups

    def _ready(self, seconds: float) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for a socket that has something; not every system's selector waits when there is none at all."""
        if self._all:
            return self._selector.select(seconds)
        time.sleep(seconds)
        return []

    def _attend(self, connection: _Connection) -> list[WakeUp]:
        """Send what is to be said, and let the connection go when nothing more is."""
        wake_ups = self._told(connection, connection.write())
        if connection.talk.stage is Stage.OVER:
            self._forget(connection)
        else:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.wants_to_write else 0)
            self._selector.modify(connection.socket, events, connection)
        return wake_ups

    def _told(self, connection: _Connection, whys: Iterable[Why]) -> list[WakeUp]:
        """Return wake-ups, unless the connection is one that nobody wants to hear of any more."""
        address = connection.address
        if self._watched.get(address) is not connection:
            return []
        wake_ups = [WakeUp(address, why, connection.talk.error if why is Why.LOST else None) for why in whys]
        if connection.talk.stage in (Stage.LEAVING, Stage.OVER):
            del self._watched[address]
        return wake_ups

    def _forget(self, connection: _Connection) -> None:
        self._all.discard(connection)
        if self._watched.get(connection.address) is connection:
            del self._watched[connection.address]
        self._selector.unregister(connection.socket)
        connection.socket.close()


class _Connection:
    """A talk over a socket that never waits, and since when it has been at its stage."""

    def __init__(self, endpoint: Endpoint, address: str, socket: ssl.SSLSocket, talk: IdleTalk, now: datetime) -> None:
        self.address = address
        self.socket = socket
        self.talk = talk
        self._endpoint = endpoint
        self._stage = talk.stage
        self._since = now
        self._is_held_up = False

    @property
    def wants_to_write(self) -> bool:
        """Whether the socket could not take all that is to be sent; TLS may want to write in the middle of reading."""
        return bool(self.talk.to_send) or self._is_held_up

    def read(self) -> list[Why]:
        """Take all that has arrived.

        TLS is asked until it has nothing left: bytes that it has decrypted already do not make the socket readable.
        """
        told: list[Why] = []
        self._is_held_up = False
        try:
            while self.talk.stage is not Stage.OVER:
                data = self.socket.recv(_READ)
                if not data:
                    return told + self._broken_off()
                told += self.talk.receive(data)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLWantWriteError:
            self._is_held_up = True
        except OSError:
            told += self._broken_off()
        return told

    def write(self) -> list[Why]:
        """Send what the socket takes."""
        try:
            while self.talk.to_send:
                del self.talk.to_send[: self.socket.send(self.talk.to_send)]
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError:
            return self._broken_off()
        return []

    def on_time(self, now: datetime, patience: float) -> list[Why]:
        """Renew an IDLE whose time has come, and give up a server that is silent for too long.

        A clock that was put back proves nothing about the time that has passed: then all is due.
        """
        if self.talk.stage is not self._stage:
            self._stage, self._since = self.talk.stage, now
        idles = self._stage is Stage.IDLING
        if now < self._since or now - self._since >= (KEEP_ALIVE if idles else timedelta(seconds=patience)):
            if not idles:
                return self.talk.break_off(ConnectionLost(f"{self._endpoint} fell silent"))
            self.talk.renew()
            self._stage, self._since = self.talk.stage, now
        return []

    def _broken_off(self) -> list[Why]:
        return self.talk.break_off(ConnectionLost(f"the connection to {self._endpoint} broke off"))
