"""The values everything else talks about: frozen, typed, without I/O.

They are frozen dataclasses, but for the larger ones of which one is made for each message: those are named tuples,
which are made in a quarter of the time.
"""
