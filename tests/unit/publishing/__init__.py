"""Publishing a build that passed."""
