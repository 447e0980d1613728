"""The cell at the top of each lesson that fetches the course in Google Colab, where a notebook comes alone.

It cannot ask coursekit for help, as there is none yet. Written from Colab's documentation.
"""

NAME = "colab"  # of the cell
METADATA = {"cellView": "form", "jupyter": {"source_hidden": True}}  # folded, in Colab and in JupyterLab

SOURCE = """\
# @title Only in Google Colab: run this cell first. Elsewhere it does nothing.
COURSE = ""  # the address of the course's repository; where it is empty, you are asked for the course as a zip file

import sys

if "google.colab" in sys.modules:
    from pathlib import Path

    from google.colab import files, output

    output.enable_custom_widget_manager()  # the sliders and pictures that move
    if COURSE:
        !git clone --quiet --depth 1 {COURSE} /content/course
    else:
        (zipped,) = files.upload()
        !unzip -q -o "{zipped}" -d /content/course
    root = next(Path("/content/course").rglob("start.py")).parent
    %pip install --quiet -e {root}
    sys.path.insert(0, str(root))  # this Python was running before it was installed
    %cd -q {root}/notebooks"""
