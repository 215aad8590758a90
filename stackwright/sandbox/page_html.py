"""The little HTML that the sandbox's page is made of. Everything is escaped here, once."""

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
:root { color: #14213d; background: #f5f7fb; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem }
h1 { margin: 0 } h2 { font-size: 1.05rem; margin: 1.75rem 0 .5rem }
table { background: #fff; border: 1px solid #dfe4ee; border-collapse: collapse; width: 100% }
th, td { border-top: 1px solid #dfe4ee; padding: .35rem .7rem; text-align: left;
  vertical-align: top }
th { border: 0; color: #5b6780; font-size: .8rem; font-weight: 600 }
td { overflow-wrap: anywhere }
a { color: #2a5bd7 } code, pre { font: .85rem/1.5 ui-monospace, monospace }
pre { background: #fff; border: 1px solid #dfe4ee; overflow: auto; padding: 1rem }
.empty { color: #5b6780 } form { display: inline }
"""


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(value: object) -> Html:
    """A value as HTML text; Html stays as it is."""
    return value if isinstance(value, Html) else Html(escape(str(value)))


def link(address: str, words: object | None = None) -> Html:
    """A link."""
    return Html(f'<a href="{escape(address)}">{text(address if words is None else words)}</a>')


def button(address: str, words: str) -> Html:
    """A button that sends a POST."""
    form = f'<form method="post" action="{escape(address)}">'
    return Html(f"{form}<button>{text(words)}</button></form>")


def lines(values: Iterable[object]) -> Html:
    """Values below each other."""
    return Html("<br>".join(text(value) for value in values))


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Html:
    """A table, or a word when there is nothing in it."""
    body = "".join("<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) for row in rows)
    if not body:
        return Html('<p class="empty">none yet</p>')
    head = "".join(f"<th>{text(word)}</th>" for word in heads)
    return Html(f"<table><tr>{head}{body}</table>")


def section(name: str, title: str, content: Html) -> Html:
    """A part of the page with its own address."""
    return Html(f'<section id="{escape(name)}"><h2>{text(title)}</h2>{content}</section>')


def pre(content: str) -> Html:
    """Text as it is."""
    return Html(f"<pre>{text(content)}</pre>")


def document(title: str, content: Html) -> str:
    """A whole page."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<title>{text(title)}</title><link rel="icon" href="data:,"><style>{_STYLE}</style>'
        f"<h1>{link('/', 'Stackwright sandbox')}</h1>{content}</html>"
    )
