"""`python -m cardinal.audiences`: write what follows from the declared audiences and programmes."""

from __future__ import annotations

import sys

from cardinal.audiences.compilation import write
from cardinal.errors import CardinalError
from cardinal.settings import PROJECT_DIR

if __name__ == "__main__":
    try:
        write(PROJECT_DIR)
    except CardinalError as error:
        sys.exit(str(error))
