"""What is learned from the marts, and what it says of people."""
