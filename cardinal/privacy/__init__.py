"""Rights: what is held about a person, and that it can be gone."""
