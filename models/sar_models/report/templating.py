"""Templates of the package, and the environment that renders them."""

from __future__ import annotations

from importlib.resources import files

import jinja2


def environment() -> jinja2.Environment:
    """Return an environment that escapes everything and refuses what is undefined."""
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(template_text),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def template_text(name: str) -> str:
    """Return the text of a template, style sheet or script of the package."""
    return files("sar_models.report").joinpath("templates", name).read_text(encoding="utf-8")
