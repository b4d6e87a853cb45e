"""Collect: files of the inbox become typed, partitioned Parquet in the lake, and rejects with their reasons."""
