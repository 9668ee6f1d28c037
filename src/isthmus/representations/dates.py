"""Dates as people write them: what a text says, in which pattern, and back to text, in English wherever it runs.

A pattern is one of ``strptime``, but for ``%-d`` (no leading zero) and its last letters: an offset such as ``+02:00`` is
the one to write in; any offset is read, and turned into it.
"""

import functools
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

COMPACT = "%Y%m%d"
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y", "%d/%m/%y",
         "%m/%d/%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y")  # fmt: skip
_TIMES = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_SHORT = tuple(month[:3] for month in _MONTHS)
_CODE = re.compile("%-?[A-Za-z]")
_ZONE = re.compile(r"(?P<zone>Z|[+-]\d\d:?\d\d)$")
_READ = {
    "%Y": r"(?P<year>[1-9]\d{3})", "%y": r"(?P<short>\d\d)", "%m": r"(?P<month>\d\d?)", "%d": r"(?P<day>\d\d?)",
    "%b": f"(?P<name>{'|'.join(_SHORT)})", "%B": f"(?P<name>{'|'.join(_MONTHS)})", "%H": r"(?P<hour>\d\d?)",
    "%M": r"(?P<minute>\d\d?)", "%S": r"(?P<second>\d\d?)", "%f": r"(?P<fraction>\d{1,6})",
}  # fmt: skip
_WRITE = {
    "%Y": "{0.year:04d}", "%y": "{short:02d}", "%m": "{0.month:02d}", "%d": "{0.day:02d}", "%b": "{abbreviation}",
    "%B": "{name}", "%H": "{0.hour:02d}", "%M": "{0.minute:02d}", "%S": "{0.second:02d}", "%f": "{0.microsecond:06d}",
    "%-m": "{0.month}", "%-d": "{0.day}", "%-H": "{0.hour}",
}  # fmt: skip
_FIRST = {"day": 1, "hour": 0, "minute": 0, "second": 0}  # where a pattern does not say
_SAID = {"%Y": "YYYY", "%y": "YY", "%m": "MM", "%d": "DD", "%b": "Jan", "%B": "January", "%H": "HH", "%M": "MM",
         "%S": "SS", "%f": "ffffff"}  # fmt: skip


def patterns(texts: Sequence[str]) -> list[str]:
    """Return the patterns in which ``texts`` may be written, with the offset that the first of them has."""
    match = _ZONE.search(texts[0].strip()) if texts else None
    zone = match["zone"] if match else ""
    return [COMPACT, *_DAYS, "%Y-%m", *(f"{day}{gap}{time}{zone}" for day in _DAYS for gap in " T" for time in _TIMES)]


def date_in(text: str, pattern: str) -> datetime | None:
    """Return the date that ``text`` writes in a pattern, or None; two digits of a year are those of 1969 to 2068.

    >>> str(date_in("5.12.2024", "%d.%m.%Y")), date_in("31.02.2024", "%d.%m.%Y")
    ('2024-12-05 00:00:00', None)
    >>> str(date_in("2020-07-17T00:00Z", "%Y-%m-%dT%H:%M+02:00"))
    '2020-07-17 02:00:00'
    """
    match = _regex(pattern).fullmatch(text.strip())
    if match is None:
        return None
    found = match.groupdict()
    year = int(found["year"]) if "year" in found else (int(found["short"]) + 31) % 100 + 1969
    month = (_SHORT.index(found["name"][:3]) + 1) if "name" in found else int(found["month"])
    day, hour, minute, second = (int(found.get(field, first)) for field, first in _FIRST.items())
    try:
        date = datetime(year, month, day, hour, minute, second, int(found.get("fraction", "0").ljust(6, "0")))
        return date + offset(pattern) - offset(text) if "zone" in found else date
    except (ValueError, OverflowError):
        return None


def date_text(date: datetime, pattern: str) -> str:
    """Return ``date`` as text in a pattern.

    >>> date_text(datetime(987, 7, 4), "%B %-d, %Y"), date_text(datetime(2024, 7, 4), "%d/%m/%y")
    ('July 4, 0987', '04/07/24')
    """
    month = date.month - 1
    return _template(pattern).format(date, short=date.year % 100, name=_MONTHS[month], abbreviation=_SHORT[month])


def as_written(pattern: str, texts: Sequence[str]) -> str:
    """Return ``pattern``, or that without leading zeros if it alone writes all ``texts`` as they stand."""
    bare = re.sub("%([dmH])", r"%-\1", pattern)

    def writes(pattern: str, text: str) -> bool:
        date = date_in(text, pattern)
        return date is not None and date_text(date, pattern) == text.strip()

    return next((form for form in (pattern, bare) if all(writes(form, text) for text in texts)), pattern)


def described(pattern: str) -> str:
    """Return a pattern in words.

    >>> described("%Y-%m-%d"), described("%-d %B %Y")
    ('YYYY-MM-DD', 'DD January YYYY')
    """
    return _CODE.sub(lambda code: _SAID[code[0].replace("-", "")], pattern)


def offset(text: str) -> timedelta:
    """Return the offset from UTC at the end of a text or pattern; none is zero."""
    match = _ZONE.search(text.strip())
    if match is None or match["zone"] == "Z":
        return timedelta(0)
    sign, hours, minutes = match["zone"][0], match["zone"][1:3], match["zone"][-2:]
    return timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)


def has_zone(pattern: str) -> bool:
    """Tell whether a pattern ends in an offset from UTC."""
    return _ZONE.search(pattern) is not None


@functools.cache
def _template(pattern: str) -> str:
    """Return ``pattern`` for `str.format`: `datetime.strftime` would write months in the language of the machine."""
    return _CODE.sub(lambda code: _WRITE[code[0]], pattern)


@functools.cache
def _regex(pattern: str) -> re.Pattern[str]:
    """Return ``pattern`` as an expression: `datetime.strptime` is ten times slower and asks the locale at each call."""
    if pattern == COMPACT:  # eight digits are a date only in the years that data come from
        return re.compile(r"(?P<year>(?:1[89]|2[01])\d\d)(?P<month>\d\d)(?P<day>\d\d)", re.ASCII)
    zone = _ZONE.search(pattern)
    body = pattern[: zone.start()] if zone else pattern
    pieces = re.split(f"({_CODE.pattern})", body)
    read = "".join(_READ.get(piece.replace("%-", "%"), re.escape(piece)) for piece in pieces)
    return re.compile(read + (_ZONE.pattern if zone else ""), re.ASCII)
