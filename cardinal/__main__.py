"""`python -m cardinal` is the same as `cardinal`."""

from cardinal.cli.main import run

if __name__ == "__main__":
    run()
