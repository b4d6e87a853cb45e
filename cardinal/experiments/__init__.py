"""Experiments: how they are declared, who is in which arm, and what came of it."""
