"""The values everything else talks about: frozen, typed, without I/O."""
