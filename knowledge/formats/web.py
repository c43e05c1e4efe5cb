"""HTML: headings and the blocks of text between them; scripts, navigation and what is not shown are left out."""

import re
from typing import Final

from bs4 import BeautifulSoup, Comment, Tag

from knowledge.formats.block import Block, Extracted, Hidden, Label

_BLOCKS: Final = ("h1", "h2", "h3", "h4", "h5", "h6", "p", "li", "td", "th", "dt", "dd", "blockquote", "pre", "caption")
_HEADING: Final = re.compile(r"h[1-6]")
_NOT_SHOWN: Final = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|opacity:0(?:\.0+)?(?:;|$)|font-size:(?:0|1px|0\.\d+(?:px|em|pt))"
    r"|(?:text-indent|left|top|margin-left):-\d{3,}|clip:rect\(0|(?:max-)?(?:height|width):0(?:px)?(?:;|$)"
)
_COLOUR: Final = re.compile(r"(?:^|;)color:([^;!]+)")
_GROUND: Final = re.compile(r"background(?:-color)?:([^;!]+)")
_WHITE: Final = frozenset({"white", "#fff", "#ffffff", "rgb(255,255,255)", "rgba(255,255,255,1)", "transparent"})
_NOTED: Final = 200
"""Characters of hidden text that are shown to whoever decides about the document."""


def extract(content: str) -> Extracted:
    """Take it apart."""
    page = BeautifulSoup(f"\n {content}", "html.parser")  # the blanks: it warns of a text that looks like an address
    for unwanted in page(["script", "style", "nav", "template", "noscript"]):
        unwanted.decompose()
    hidden = _taken_out(page)
    blocks: list[Block] = []
    if page.find("h1") is None and page.title and page.title.get_text(strip=True):
        blocks.append(Block(1, " ".join(page.title.get_text(" ").split()), page.title.sourceline or 1))
    for tag in page.find_all(_BLOCKS):
        heading = _HEADING.fullmatch(tag.name)
        if not heading and tag.find(_BLOCKS):
            continue
        if text := " ".join(tag.get_text(" ").split()):
            level = int(tag.name[1]) if heading else 0
            blocks.append(Block(level, re.sub(r" ([.,;:!?])", r"\1", text), tag.sourceline or 1, _label(tag)))
    return Extracted(tuple(blocks), hidden)


def _label(tag: Tag) -> Label:
    kinds = tag.get_attribute_list("class")
    return "spoken" if "spoken" in kinds else "asked" if "asked" in kinds else ""


def _taken_out(page: BeautifulSoup) -> tuple[Hidden, ...]:
    """Take out comments and elements that a browser does not show, and tell of them."""
    hidden: list[Hidden] = []
    for comment in page.find_all(string=lambda text: isinstance(text, Comment)):
        if comment.strip():
            line = comment.parent.sourceline if comment.parent else None
            hidden.append(Hidden(line or 1, "a comment", " ".join(comment.split())[:_NOTED]))
        comment.extract()
    for tag in [tag for tag in page.find_all(True) if _why_unseen(tag)]:
        if tag.decomposed:
            continue
        text = " ".join(tag.get_text(" ").split())
        if text:
            hidden.append(Hidden(tag.sourceline or 1, _why_unseen(tag), text[:_NOTED]))
        tag.decompose()
    return tuple(hidden)


def _why_unseen(tag: Tag) -> str:
    if tag.decomposed:
        return ""
    if tag.has_attr("hidden"):
        return "an element with 'hidden'"
    style = re.sub(r"\s+", "", str(tag.get("style", ""))).lower()
    if _NOT_SHOWN.search(style):
        return "an element that its style does not show"
    colour, ground = _COLOUR.search(style), _GROUND.search(style)
    if colour and colour[1] in (_WHITE if ground is None or ground[1] in _WHITE else {ground[1]}):
        return "text in the colour of its ground"
    return ""
