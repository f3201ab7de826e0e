"""The results of compare.py as a picture: a panel for each load, a bar for each client."""
from html import escape

WIDTH, LABELS, BAR, GAP, HEAD = 760, 130, 14, 4, 34
COLOURS = {"weir": "#0b6e99", "weir-h2": "#3f9dc4", "floor": "#8a8a8a"}


def panel(case, y):
    """The SVG of a panel that begins at `y`, and its height. Bars end at five times reqwest, or the slowest of few."""
    rows = sorted(case["clients"].items(), key=lambda row: row[1]["us"])
    base = case["clients"].get("reqwest") or case["clients"].get("weir") or rows[0][1]
    limit = min(max(row["us"] for _, row in rows), 5 * base["us"])
    out = [f'<text x="8" y="{y + 20}" font-weight="bold">{escape(case["load"])}, {escape(case["variant"])}: '
           f'{escape(case["about"])}</text>']
    at = y + HEAD
    for name, row in rows:
        length = (WIDTH - LABELS - 150) * min(row["us"], limit) / limit
        more = " →" if row["us"] > limit else ""
        memory = f', {row["kb_each"]:.0f} kB' if case["by_stream"] else ""
        out.append(f'<text x="{LABELS - 6}" y="{at + 11}" text-anchor="end">{escape(name)}</text>'
                   f'<rect x="{LABELS}" y="{at}" width="{length:.1f}" height="{BAR}" '
                   f'fill="{COLOURS.get(name, "#c9a227")}"/>'
                   f'<text x="{LABELS + length + 5:.1f}" y="{at + 11}">{row["us"]:.2f} µs{memory}{more}</text>')
        at += BAR + GAP
    return "\n".join(out), at - y + 8


def svg(summary):
    y, panels = 30, []
    for case in summary["cases"]:
        text, height = panel(case, y)
        panels.append(text)
        y += height
    m = summary["machine"]
    title = (f"CPU of the client for a token or a call, {summary['date'][:10]}, {m['processors']} × {m['processor']}, "
             f"medians of {summary['rounds']}" + (" (quick)" if summary["quick"] else ""))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 10}" font-family="sans-serif" '
            f'font-size="11"><rect width="100%" height="100%" fill="white"/><text x="8" y="18">{escape(title)}</text>\n'
            + "\n".join(panels) + "\n</svg>\n")
