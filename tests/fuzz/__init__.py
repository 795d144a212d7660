"""Inputs that nobody meant to write, by the thousand: `make fuzz`."""
