"""A plot of seconds and memory against persons, as SVG: straight lines mean linear growth."""

from __future__ import annotations

from collections.abc import Sequence

SECONDS, MEMORY = "#0072B2", "#D55E00"
"""Blue and vermilion of Okabe and Ito's palette, which are told apart with any kind of colour vision."""
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 380, 70, 70, 50, 60


def draw(points: Sequence[tuple[int, float, float]]) -> str:
    """Return a plot of points of persons, seconds and bytes; each line has its axis, both from 0."""
    most = max(persons for persons, _, _ in points)
    slowest = max(seconds for _, seconds, _ in points) * 1.15
    largest = max(size for _, _, size in points) * 1.6
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t">',
        '<g font-family="sans-serif" font-size="13">',
        '<title id="t">Seconds and memory of an allocation against the number of persons</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-size="15" fill="#222">Allocation: 10 options, 10 rows, 2 cores</text>',
        f'<path d="M{LEFT} {TOP}V{bottom}H{right}V{TOP}" fill="none" stroke="#888"/>',
    ]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = LEFT + share * (right - LEFT), bottom - share * (bottom - TOP)
        parts += [
            f'<path d="M{LEFT} {y:.1f}H{right}" stroke="#ddd"/>' if share else "",
            _text(x, bottom + 20, f"{share * most / 1e6:.2f}", "middle", "#222"),
            _text(LEFT - 8, y + 4, f"{share * slowest:.1f}", "end", SECONDS),
            _text(right + 8, y + 4, f"{share * largest / 1e9:.1f}", "start", MEMORY),
        ]
    parts += [
        _text((LEFT + right) / 2, HEIGHT - 14, "million persons", "middle", "#222"),
        _text(LEFT - 8, TOP - 8, "seconds", "middle", SECONDS),
        _text(right + 8, TOP - 8, "GB", "middle", MEMORY),
    ]
    seconds = [(persons / most, taken / slowest) for persons, taken, _ in points]
    memory = [(persons / most, size / largest) for persons, _, size in points]
    parts += _line(seconds, SECONDS, "processor seconds", "circle") + _line(memory, MEMORY, "memory", "square")
    return "\n".join(part for part in parts if part) + "\n</g>\n</svg>\n"


def _line(points: Sequence[tuple[float, float]], colour: str, name: str, marker: str) -> list[str]:
    places = [
        (LEFT + x * (WIDTH - RIGHT - LEFT), HEIGHT - BOTTOM - y * (HEIGHT - BOTTOM - TOP)) for x, y in points
    ]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    drawn = [f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>']
    for x, y in places:
        drawn.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
            if marker == "circle"
            else f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{colour}"/>'
        )
    x, y = places[-2]
    return [*drawn, _text(x - 10, y - 10, name, "end", colour)]


def _text(x: float, y: float, words: str, anchor: str, colour: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'
