"""`python -m cardinal.audiences`: write what follows from the declared audiences."""

from __future__ import annotations

import sys

from cardinal.audiences.compilation import write
from cardinal.audiences.declaration import AudienceError
from cardinal.settings import PROJECT_DIR

if __name__ == "__main__":
    try:
        write(PROJECT_DIR)
    except AudienceError as error:
        sys.exit(str(error))
