"""Publishing: the marts of a build that passed become a snapshot that readers read, whole or not at all."""
