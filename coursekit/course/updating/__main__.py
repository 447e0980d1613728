"""`python -m coursekit.course.updating ROOT [SOURCE]`: start.py runs it, where the newest code stands."""

import sys

from coursekit.course.updating.update import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
