"""Numbers as people write them, ``$1,234.50`` or ``51,1 %``: what a text says, in which style, and back to text."""

import functools
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

_BEFORE, _AFTER = "$€£¥₹", "$€£¥₹%"
# Decimal mark and what parts thousands; French and Swiss writers part them by spaces, narrow ones too, and apostrophes.
_MARKS = ((".", ""), (",", ""), (".", ","), (",", "."), (".", "'"), (".", "’"), (",", " "), (",", "\xa0"), (",", "\u202f"))
_AFFIXES = re.compile(rf"[+-]?(?P<before>[{_BEFORE}]\s?)?[^{_AFTER}]*?(?P<after>\s?[{_AFTER}])?")


class Style(NamedTuple):
    """How a column writes its numbers; ``before`` holds ± where the sign stands."""

    mark: str = "."
    thousands: str = ""
    before: str = "±"
    after: str = ""


PLAIN = Style()


def styles(texts: Sequence[str]) -> list[Style]:
    """Return the styles in which ``texts`` may be written: all marks, with the sign before and after that most have.

    >>> [style for style in styles(["$5", "$7"]) if style.mark == "." and not style.thousands]
    [Style(mark='.', thousands='', before='±$', after=''), Style(mark='.', thousands='', before='$±', after='')]
    """
    found = Counter(match.groups("") for text in texts if (match := _AFFIXES.fullmatch(text.strip())))
    (before, after), _ = found.most_common(1)[0] if found else (("", ""), 0)
    places = ("±" + before, before + "±") if before else ("±",)
    return [Style(mark, thousands, place, after) for place in places for mark, thousands in _MARKS]


def amount_in(text: str, style: Style) -> float | None:
    """Return the number that ``text`` writes in a style, or None.

    >>> amount_in("3,5", Style(",")), amount_in("3.5", Style(",")), amount_in("12 %", PLAIN)
    (3.5, None, None)
    >>> amount_in("-$1,234.50", Style(thousands=",", before="±$")), amount_in("12 %", Style(after=" %"))
    (-1234.5, 12.0)
    """
    match = _regex(style).fullmatch(text.strip())
    if match is None:
        return None
    digits = match["digits"].replace(style.thousands, "") if style.thousands else match["digits"]
    return float(match["sign"] + digits.replace(style.mark, "."))


def amount_text(number: float, style: Style, places: int | None = None, most: int | None = None) -> str:
    """Return ``number`` as text in a style, with ``places`` digits after the mark.

    Without them it has as many as it takes, ``most`` at most, or seven in all.

    >>> amount_text(-1234.5, Style(thousands=",", before="±$"), 2), amount_text(0.1, Style(after="%"))
    ('-$1,234.50', '0.1%')
    """
    if places is not None or most is not None:
        digits = f"{abs(number):,.{most if places is None else places}f}"
        digits = digits.rstrip("0").rstrip(".") if places is None and most else digits
    else:
        digits = f"{abs(number):.7g}"
    digits = digits.translate({ord(","): style.thousands, ord("."): style.mark})
    return style.before.replace("±", "-" if number < 0 else "") + digits + style.after


def places_in(text: str, style: Style) -> int | None:
    """Return how many digits a number has after its mark, or None where it has a power of ten."""
    match = _regex(style).fullmatch(text.strip())
    digits = match["digits"] if match else ""
    return None if "e" in digits.lower() else len(digits.partition(style.mark)[2])


@functools.cache
def _regex(style: Style) -> re.Pattern[str]:
    # Leading zeros mark codes (007, 01234), not amounts.
    mark, parted = re.escape(style.mark), re.escape(style.thousands)
    whole = rf"0|[1-9]\d{{0,2}}(?:{parted}\d{{3}})*" if parted else r"0|[1-9]\d*"
    number = rf"(?:(?:{whole})(?:{mark}\d*)?|{mark}\d+)(?:e[+-]?\d+)?|inf(?:inity)?"
    before = re.escape(style.before).replace("±", "(?P<sign>[+-]?)")
    return re.compile(rf"{before}(?P<digits>{number}){re.escape(style.after)}", re.ASCII | re.IGNORECASE)
