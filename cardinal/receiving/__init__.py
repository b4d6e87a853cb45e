"""What comes back from those who were written to: taken over HTTP, kept before it is answered, put into the inbox."""
