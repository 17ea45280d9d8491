"""Numbers in the words that people read."""


def number(value: float, *, digits: int = 0) -> str:
    """Write a number with thousands separators, such as "12,345"."""
    return f"{value:,.{digits}f}"


def share_words(value: float | None, *, digits: int = 2) -> str:
    """Write a share between 0 and 1, such as "0.87"; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def percent_words(value: float | None) -> str:
    """Write a share in percent with the digits that it deserves, such as "3.4 %"."""
    if value is None:
        return "–"
    percent = 100 * value
    if 0 < abs(percent) < 0.1:
        return "under 0.1 %"
    return f"{percent:.0f} %" if abs(percent) >= 9.95 else f"{percent:.1f} %"


def duration_words(seconds: float) -> str:
    """Write a duration to expect, such as "some 8 s" or "about 2 min"."""
    if seconds < 1:
        return "under 1 s"
    if seconds < 59.5:
        return f"some {seconds:.0f} s" if seconds < 10 else f"some {5 * round(seconds / 5)} s"
    minutes = seconds / 60
    if minutes < 59.5:
        return f"about {minutes:.0f} min"
    hours = round(minutes / 60, 1)
    return f"about {hours:g} h"


def clock_words(seconds: float) -> str:
    """Write a duration that was measured, such as "8.2 s", "2 min 5 s" or "1 h 3 min"."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def bytes_words(size_bytes: int) -> str:
    """Write a size, such as "812 bytes", "74 kB" or "9.4 MB", in powers of 1,000."""
    if size_bytes < 1000:
        return "1 byte" if size_bytes == 1 else f"{size_bytes} bytes"
    value = float(size_bytes)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5:
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
    return f"{value:,.0f} GB"


def area_words(area_ha: float) -> str:
    """Write an area, such as "0.42 ha", "83 ha", "5,120 ha" or "12,400 km²"."""
    if area_ha < 9.95:
        return f"{area_ha:.2f} ha" if area_ha < 0.995 else f"{area_ha:.1f} ha"
    if area_ha < 99_999.5:
        return f"{area_ha:,.0f} ha"
    square_km = area_ha / 100
    return f"{round(square_km, -2):,.0f} km²" if square_km >= 9_950 else f"{square_km:,.0f} km²"


def count_words(count: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun, such as "1 scene" or "1,204 scenes"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
