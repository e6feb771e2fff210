"""Plots as SVG: lines over two logarithmic axes."""

import math

WIDTH, HEIGHT = 800, 436
LEFT, RIGHT, TOP, BOTTOM = 80, 220, 36, 60
COLOURS = ["#1f6feb", "#d1242f"]


def decades(values):
    """The exponents of the powers of ten around all values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def log_log(x_title, y_title, lines):
    """A plot of `{name: [(x, y), …]}`, with a mark at each power of ten."""
    points = [point for line in lines.values() for point in line]
    left, right = decades([x for x, _ in points])
    low, high = decades([y for _, y in points])

    def at_x(value):
        return LEFT + (math.log10(value) - left) / (right - left) * (WIDTH - LEFT - RIGHT)

    def at_y(value):
        return HEIGHT - BOTTOM - (math.log10(value) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    base, edge = HEIGHT - BOTTOM, WIDTH - RIGHT
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
        f' font-size="13" role="img" aria-label="{y_title} by {x_title}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for mark in (10.0**power for power in range(left, right + 1)):
        svg.append(f'<path d="M{at_x(mark):.1f} {TOP}V{base}" stroke="#d0d7de"/>')
        svg.append(f'<text x="{at_x(mark):.1f}" y="{base + 20}" text-anchor="middle">{mark:.0f}</text>')
    for mark in (10.0**power for power in range(low, high + 1)):
        svg.append(f'<path d="M{LEFT} {at_y(mark):.1f}H{edge}" stroke="#d0d7de"/>')
        svg.append(f'<text x="{LEFT - 8}" y="{at_y(mark) + 4:.1f}" text-anchor="end">{mark:g}</text>')
    svg.append(f'<text x="{(LEFT + edge) / 2}" y="{HEIGHT - 16}" text-anchor="middle">{x_title}</text>')
    svg.append(f'<text x="16" y="18">{y_title}</text>')
    for number, (name, line) in enumerate(lines.items()):
        # Lines differ without colours, too: every second one is dashed.
        dash = ' stroke-dasharray="6 4"' if number % 2 else ""
        style = f'fill="none" stroke="{COLOURS[number // 2 % 2]}" stroke-width="2"{dash}'
        key = TOP + 12 + 22 * number
        path = " ".join(f"{at_x(x):.1f},{at_y(y):.1f}" for x, y in line)
        svg.append(f'<polyline points="{path}" {style}/>')
        svg.append(f'<path d="M{edge + 12} {key}h24" {style}/><text x="{edge + 42}" y="{key + 4}">{name}</text>')
    return "\n".join([*svg, "</svg>", ""])
