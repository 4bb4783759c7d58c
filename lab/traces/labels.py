"""What to call a span where its name alone says little."""

from urllib.parse import urlsplit

from lab.traces.spans import Span, Trace

# Attribute names of OpenTelemetry's semantic conventions, the stable one first.
DATABASE = ("db.system.name", "db.system")
ADDRESS = ("server.address", "net.peer.name")
URL = ("url.full", "http.url")


def label(span: Span) -> str:
    """The span's name; a client's one-word name (`POST`, `GET`) with what it speaks to."""
    if span.kind != "client" or " " in span.name or "." in span.name:
        return printable(span.name)
    address = _text(span, ADDRESS) or urlsplit(_text(span, URL)).hostname
    target = _text(span, DATABASE) or address
    return printable(f"{span.name} {target}" if target else span.name)


def place(trace: Trace, span: Span) -> str:
    """The label with the nearest span above that isn't a request: `POST providers in generate`."""
    above = trace.by_id.get(span.parent_id or "")
    while above is not None and above.kind != "internal":
        above = trace.by_id.get(above.parent_id or "")
    return f"{label(span)} in {label(above)}" if above is not None else label(span)


def printable(text: str) -> str:
    """The text without what could steer a terminal: a span's name may come from anywhere."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _text(span: Span, keys: tuple[str, ...]) -> str:
    return next((str(span.attributes[key]) for key in keys if key in span.attributes), "")
