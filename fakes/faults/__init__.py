"""Faults as data: what goes wrong in the simulated Google, where, when and how often.

`effects` are what can happen, `fault` is one rule, `register` keeps a world's rules and decides whose turn it is,
`conversation` is how a session asks, `spoiling` what becomes of a reply.
"""

from fakes.faults.conversation import Conversation
from fakes.faults.effects import InvalidFault
from fakes.faults.fault import Fault, Where
from fakes.faults.register import Faults

__all__ = ["Conversation", "Fault", "Faults", "InvalidFault", "Where"]
