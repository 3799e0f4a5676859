"""The page of plots: one file, which loads nothing and runs no script but its own."""

import base64
import hashlib
import json
import mimetypes
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

import vl_convert
from markdown_it import MarkdownIt

FOLDER = Path(__file__).parent

# Data from a branch can then neither run nor load anything, whatever Vega makes of it.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src '{}'"


class Picture(NamedTuple):
    """An image file, and what it shows of which revision."""

    name: str
    label: str
    path: str


def page(title: str, sections: Iterable[tuple[str, str]], plots: Sequence[dict[str, Any]]) -> str:
    """The HTML of titled sections, where `figures` has left places for the plots.

    A plot is a Vega-Lite specification with its data.
    """
    script = vl_convert.javascript_bundle((FOLDER / "page.js").read_text("utf-8"))
    script = script.replace("</script", r"<\/script")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return Template((FOLDER / "page.html").read_text("utf-8")).substitute(
        policy=escape(POLICY.format(f"sha256-{digest}")),
        title=escape(title),
        style=(FOLDER / "page.css").read_text("utf-8"),
        content="\n".join(
            f"<section><h2>{escape(name)}</h2>\n{content}\n</section>" for name, content in sections
        ),
        plots=json.dumps(list(map(fitted, plots))).replace("<", r"\u003c"),
        script=script,
    )


def fitted(plot: dict[str, Any]) -> dict[str, Any]:
    """The plot as wide as its place; the wheel and a finger scroll the page and not the plot."""
    if not {"layer", "mark"} & plot.keys():
        return plot  # of several views, which have a width each
    # What Vega-Lite it was written for counts no more: another would say that it is another.
    plot = {name: value for name, value in plot.items() if name != "$schema"}
    return without_zoom(plot) | {
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
    }


def without_zoom(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {name: without_zoom(inner) for name, inner in tree.items() if name != "params"}
    return [without_zoom(inner) for inner in tree] if isinstance(tree, list) else tree


def figures(plots: Sequence[dict[str, Any]]) -> str:
    """The places of the plots, in their order."""
    return '<div class="plots">\n{}\n</div>'.format(
        "\n".join(
            f'<figure><div class="plot" id="plot-{number}" role="img" '
            f'aria-label="{escape(title_of(plot))}"></div></figure>'
            for number, plot in enumerate(plots)
        )
    )


def title_of(plot: dict[str, Any]) -> str:
    title = plot.get("title", "")
    return str(title.get("text", "") if isinstance(title, dict) else title)


def images(pictures: Iterable[Picture]) -> str:
    """The pictures, each with its name and its revision."""
    return '<div class="pictures">\n{}\n</div>'.format("\n".join(map(image, pictures)))


def image(picture: Picture) -> str:
    kind = mimetypes.guess_type(picture.path)[0] or "application/octet-stream"
    data = base64.b64encode(Path(picture.path).read_bytes()).decode()
    caption = escape(f"{picture.name}, {picture.label}")
    return (
        f'<figure><img src="data:{kind};base64,{data}" alt="{caption}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column has names and whose others have numbers."""
    lines = [
        "<thead>" + line("th", header) + "</thead>",
        "<tbody>",
        *(line("td", row) for row in rows),
        "</tbody>",
    ]
    return '<div class="scroll"><table>\n{}\n</table></div>'.format("\n".join(lines))


def line(tag: str, cells: Sequence[str]) -> str:
    first, *others = map(escape, cells)
    numbers = "".join(f'<{tag} class="number">{cell}</{tag}>' for cell in others)
    return f"<tr><{tag}>{first}</{tag}>{numbers}</tr>"


def from_markdown(text: str) -> str:
    """Markdown with its tables as HTML; HTML in it is text."""
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return html.replace("<table>", '<div class="scroll"><table>').replace(
        "</table>", "</table></div>"
    )
