"""Activation: what the destinations should hold against what they have accepted, and the difference sent, once."""
