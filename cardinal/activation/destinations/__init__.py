"""Adapters: one file a destination, each with the payload, the hashing and the errors of its protocol."""
