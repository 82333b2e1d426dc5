"""How Data Docs pages are drawn: Great Expectations' content in pages of our own.

The pages it ships load scripts, styles and a picture from other hosts, with the installation's id
in the address: without the network they are blank, with it they tell others who looks at them.
"""

from pathlib import Path
from typing import Any

from great_expectations.render.view import DefaultJinjaIndexPageView, DefaultJinjaPageView
from jinja2 import ChoiceLoader, FileSystemLoader

_OWN = FileSystemLoader(Path(__file__).with_name("templates"))


class PageView(DefaultJinjaPageView):  # type: ignore[misc]
    """A suite or the result of one."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.env.loader = ChoiceLoader([_OWN, self.env.loader])


class IndexView(DefaultJinjaIndexPageView):  # type: ignore[misc]
    """The first page."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.env.loader = ChoiceLoader([_OWN, self.env.loader])
