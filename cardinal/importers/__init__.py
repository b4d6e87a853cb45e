"""Importers: they map a bank's own export onto the source contracts and put the result into the inbox."""
