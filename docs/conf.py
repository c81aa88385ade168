"""Both languages of the documentation, see `nox -s docs`; `-D language=zh_CN` for Chinese."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "caffe-multilabel"
copyright = "caffe-multilabel's contributors"  # noqa: A001  (Sphinx's word)
release = metadata.version("caffe-multilabel")
language = "en"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "commands",
    "exit_codes",
    "lint_rules",
    "prototxt",
    "public_names",
    "task_file",
]
myst_heading_anchors = 2
default_role = "literal"  # Docstrings write code in single backticks, as Markdown does.

autodoc_typehints = "signature"
autodoc_class_signature = "mixed"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 88
napoleon_google_docstring = True
napoleon_numpy_docstring = False
# Types of other packages are named, not linked: a build asks nothing of the network. Of our own,
# aliases and what is not public have no entry to link to.
nitpick_ignore_regex = [(r"py:.*", r"(?!caffe_multilabel\.\w+$).*")]

html_theme = "furo"
html_title = f"caffe-multilabel {release}"
html_show_sphinx = False
