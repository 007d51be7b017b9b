"""Draws the processor time per request and the latency at fixed rates, by gnuplot, as SVG."""

import statistics
import subprocess

SIDES = {"portrait": "#1f6feb", "peer": "#9aa4af"}
LATENCY_ROWS = "GET 64 KiB, hot", "GET 64 KiB, uncached", "GET 64 KiB, 304", "PUT 64 KiB"

HEAD = """
set terminal svg size 960,720 font "sans-serif,13" background "white"
set output "{path}"
set multiplot
set style fill solid border rgb "#444444"
set grid ytics lc rgb "#dddddd"
set border 3
set tics nomirror
"""

BARS = """
set size 1,0.5
set origin 0,0.5
set title "Processor time of the server per request at its highest rate, µs (bars: medians, lines: smallest and largest)"
set key top left
set style data histogram
set style histogram errorbars gap 1 lw 1
set yrange [0:*]
plot $bars using 2:3:4:xtic(1) title "portrait" lc rgb "{portrait}", \\
     "" using 5:6:7 title "nginx (no sync)" lc rgb "{peer}"
"""

LATENCY = """
set size 0.25,0.5
set origin {left},0
set title "{title}"
set key {key}
set style data linespoints
set logscale y
set yrange [0.05:*]
set xrange [20:90]
set xtics ("30 %" 30, "60 %" 60, "80 %" 80)
set ylabel "{label}"
plot $lines{number} using 1:2 title "portrait p50" lc rgb "{portrait}" dt 2 pt 6, \\
     "" using 1:3 title "portrait p99" lc rgb "{portrait}" lw 2 pt 7, \\
     "" using 1:4 title "nginx p50" lc rgb "{peer}" dt 2 pt 6, \\
     "" using 1:5 title "nginx p99" lc rgb "{peer}" lw 2 pt 7
"""


def draw(path, rows, rounds):
    """Writes the plot of the rows that have fixed rates."""
    rows = [row.name for row in rows if row.shares and all(row.name in measured for measured in rounds)]
    script = HEAD.format(path=path) + data("bars", (bar(name, rounds) for name in rows)) + BARS.format(**SIDES)
    for number, name in enumerate(name for name in LATENCY_ROWS if name in rows):
        shares = [share for share in rounds[0][name]["portrait"] if share != "full"]
        script += data(f"lines{number}", (line(name, share, rounds) for share in shares))
        script += LATENCY.format(left=number / 4, number=number, title=name.replace(" 64 KiB", ""), **SIDES,
                                 key="off" if number else "top left", label="" if number else "ms at a part of nginx's highest rate")
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def bar(name, rounds):
    cells = [f'"{name.replace("64 KiB", "").replace(" ,", ",").replace(", ", chr(92) + "n")}"']
    for side in SIDES:
        times = [measured[name][side]["full"]["processor_us"] for measured in rounds]
        cells += [statistics.median(times), min(times), max(times)]
    return cells


def line(name, share, rounds):
    return [float(share) * 100, *(statistics.median(measured[name][side][share][percentile] for measured in rounds)
                                  for side in SIDES for percentile in ("p50_ms", "p99_ms"))]


def data(name, lines):
    return f"${name} << END\n" + "".join(" ".join(map(str, cells)) + "\n" for cells in lines) + "END\n"
