"""The one place where text from outside is made safe for an HTML document."""

from __future__ import annotations

#: Besides the five characters of HTML, the four that matter inside a JavaScript template
#: literal: Folium puts some strings between backticks, where ``${…}`` would be executed.
_ENTITIES = str.maketrans(
    {character: f"&#{ord(character)};" for character in "&<>\"'`${\\"}
    | {"\0": "\N{REPLACEMENT CHARACTER}"}
)


def escape(text: str) -> str:
    r"""Text that an HTML element or quoted attribute shows exactly as it was written.

    Numeric references stand for ``& < > " ' ` $ { \\``, so the result stays inert in markup, in
    a quoted attribute, in a JavaScript string that is assigned to ``innerHTML``, and in a
    template literal.

    Parameters
    ----------
    text
        Any text; lone surrogates and NUL, which no document can hold, become U+FFFD.

    Returns
    -------
    str
        The escaped text.
    """
    clean = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return clean.translate(_ENTITIES)
