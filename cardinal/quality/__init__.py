"""Quality gates: what lands in the lake, and what is published, is held against what came before."""
