"""Set Persona Studio up on this machine, and start it.

    python3 packaging/run.py              open the studio (without a display: make a demonstration set)
    python3 packaging/run.py -- ARGS      run persona ARGS
    python3 packaging/run.py test         run the whole check ritual; what follows -- goes to pytest
    python3 packaging/run.py setup        set up only
    python3 packaging/run.py freeze       write packaging/constraints.txt from the environment in .venv

The first start makes .venv beside this folder and installs everything into it; later starts go straight to
the program. Options, before the command: --verbose shows what pip and apt-get say, --help shows this page.
"""

# This file stays readable for old Pythons, so that they can say so kindly; the files beside it do the work.

import os
import sys

if sys.version_info < (3, 11):
    sys.exit(
        "Persona Studio needs Python 3.11 or newer, and this is Python %d.%d (%s). "
        "Start it with a newer one, for example: python3.11 packaging/run.py"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from start import main, take_older_python

if __name__ == "__main__":
    take_older_python(os.path.abspath(__file__), sys.argv[1:])
    sys.exit(main(sys.argv[1:], __doc__ or ""))
