"""What a browser finds in a page of plots, and what Vega draws of one."""

import json
import re
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import vl_convert

SVG = "{http://www.w3.org/2000/svg}"


def marks(plot: dict, *layer: int) -> list[ElementTree.Element]:
    """What Vega draws in a layer of a plot."""
    name = "".join(f"layer_{number}_" for number in layer) + "marks"
    tree = ElementTree.fromstring(vl_convert.vegalite_to_svg(plot))
    return [
        mark
        for group in tree.iter(f"{SVG}g")
        if group.get("class", "").endswith(f"role-mark {name}")
        for mark in group
    ]


def told(mark: ElementTree.Element) -> dict[str, str]:
    """What a mark is said to show, by name."""
    return dict(fact.split(": ", 1) for fact in mark.get("aria-label", "").split("; "))


def words(plot: dict) -> set[str]:
    tree = ElementTree.fromstring(vl_convert.vegalite_to_svg(plot))
    return {text.text or "" for text in tree.iter(f"{SVG}text")}


def across(mark: ElementTree.Element) -> float:
    return float(re.findall(r"translate\(([^,]+),", mark.get("transform", ""))[0])


class Page(HTMLParser):
    """What a browser finds in a page: attributes and texts, by tag."""

    def __init__(self, text: str):
        super().__init__()
        self.attributes: dict[str, list[dict[str, str]]] = defaultdict(list)
        self.texts: dict[str, list[str]] = defaultdict(list)
        self.last: str | None = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.last = tag
        self.attributes[tag].append({name: value or "" for name, value in attributes})
        self.texts[tag].append("")

    def handle_endtag(self, tag):
        self.last = None

    def handle_data(self, data):
        if self.last:
            self.texts[self.last][-1] += data


def read_plots(page: Path) -> list[dict]:
    """The specifications of a page's plots."""
    return json.loads(Page(page.read_text("utf-8")).texts["script"][0])
