"""Pages of HTML that need nothing but a browser: fills their templates."""

from __future__ import annotations

from functools import cache
from typing import Any

from caffe_multilabel._base.extras import import_extra
from caffe_multilabel._base.text import listed
from caffe_multilabel.views.charts.palette import FAINT, PALETTE
from caffe_multilabel.views.charts.scale import number_text

__all__ = ["render"]


def render(template: str, **values: object) -> str:
    """Fill one of the templates beside this file.

    Args:
        template: its name.
        values: what it shows; text is escaped.

    Raises:
        Error: Jinja is not installed.
    """
    return str(_environment().get_template(template).render(values))


@cache
def _environment() -> Any:
    jinja2, markup = import_extra("jinja2"), import_extra("markupsafe")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("caffe_multilabel.views", "templates"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"palette": PALETTE, "faint": FAINT}
    environment.filters |= {
        "number": number_text,
        "count": lambda number: f"{number:,}",
        "percent": _percent,
        "listed": listed,
        "breakable": lambda text: markup.Markup("_<wbr>").join(text.split("_")),
    }
    return environment


def _percent(share: float) -> str:
    """Write a share so that a small one is told from none."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    return f"{100 * share:.1f} %"
