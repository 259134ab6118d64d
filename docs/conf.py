"""Configuration of the documentation's site; docs/build makes it."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tools"))

from site_gallery import CONFIGURATION

project = "Oneiros"
author = "the Oneiros authors"
extensions = [
    "myst_parser",
    "site_diagrams",
    "site_gallery",
    "site_sources",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
sphinx_gallery_conf = CONFIGURATION
root_doc = "docs/index"
include_patterns = [
    "docs/**",
    "examples/plugins/README.md",
    "examples/plugins/*/README.md",
    "kernel/README.md",
    "plugins/*/README.md",
    "tests/README.md",
    "tests/hostile/README.md",
    "tests/hostile/corpus/README.md",
    "*.md",
]
exclude_patterns = ["README.md", "docs/gallery/**"]
html_static_path = ["static"]
html_css_files = ["site.css"]
html_search_scorer = str(Path(__file__).with_name("static") / "scorer.js")
nitpicky = True
html_theme = "pydata_sphinx_theme"
html_title = "Oneiros"
html_theme_options = {
    "header_links_before_dropdown": 6,
    "navbar_align": "left",
    "navbar_persistent": ["search-field"],
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
}
toc_object_entries = False
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {"docs/index": []}
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
