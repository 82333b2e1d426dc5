"""How Data Docs pages are drawn: Great Expectations' content in pages of our own.

The pages it ships load scripts, styles and a picture from other hosts, with the installation's id
in the address: without the network they are blank, with it they tell others who looks at them.
"""

import html
from pathlib import Path
from typing import Any

from great_expectations.render.view import DefaultJinjaIndexPageView, DefaultJinjaPageView
from jinja2 import ChoiceLoader, FileSystemLoader, pass_context

_OWN = FileSystemLoader(Path(__file__).with_name("templates"))


def _escaped(content: Any) -> Any:
    if isinstance(content, str) or (
        isinstance(content, dict) and "content_block_type" not in content
    ):
        return html.escape(str(content))
    return [_escaped(part) for part in content] if isinstance(content, list) else content


class PageView(DefaultJinjaPageView):  # type: ignore[misc]
    """A suite or the result of one."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.env.loader = ChoiceLoader([_OWN, self.env.loader])

    @pass_context
    def render_content_block(self, context: Any, content_block: Any, *args: Any, **kw: Any) -> Any:
        """Text that is not a block is data, such as a value from a file: never markup."""
        return super().render_content_block(context, _escaped(content_block), *args, **kw)


class IndexView(PageView, DefaultJinjaIndexPageView):  # type: ignore[misc]
    """The first page."""
