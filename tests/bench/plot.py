"""Draws the processor time per request and the latency at fixed rates, by gnuplot, as SVG."""

import statistics
import subprocess

SIDES = {"portrait": "#1f6feb", "peer": "#9aa4af"}
READS = {"GET 64 KiB, hot": "hot GET", "GET 64 KiB, uncached": "uncached GET", "GET 64 KiB, 304": "304",
         "GET 64 KiB, logged, hot": "hot GET,\\nlogged", "GET 64 KiB, logged, uncached": "uncached GET,\\nlogged",
         "GET 64 KiB, logged, 304": "304,\\nlogged"}
WRITES = {"PUT 64 KiB": "PUT"}
LATENCIES = {"GET 64 KiB, hot": "Hot GET", "GET 64 KiB, uncached": "Uncached GET", "GET 64 KiB, 304": "304", "PUT 64 KiB": "PUT"}

HEAD = """
set terminal svg size 960,680 font "sans-serif,13" background "white"
set output "{path}"
set multiplot
set style fill solid border rgb "#444444"
set grid ytics lc rgb "#dddddd"
set border 3
set tics nomirror
"""

BARS = """
set size {width},0.5
set origin {left},0.5
set title "{title}"
set key {key}
set style data histogram
set style histogram errorbars gap 1 lw 1
set yrange [0:*]
plot ${name} using 2:3:4:xtic(1) title "portrait" lc rgb "{portrait}", \\
     "" using 5:6:7 title "nginx" lc rgb "{peer}"
"""

LATENCY = """
set size 0.27,0.5
set origin {left},0
set title "{title}"
set key {key}
set style data linespoints
set logscale y
set yrange [0.03:100]
set xrange [20:90]
set xtics (30, 60, 80)
set xlabel "% of nginx's highest rate"
set ylabel "{label}"
plot ${name} using 1:3 title "portrait p99" lc rgb "{portrait}" lw 2 pt 7 ps 0.7, \\
     "" using 1:5 title "nginx p99" lc rgb "{peer}" lw 2 pt 7 ps 0.7, \\
     "" using 1:2 title "portrait p50" lc rgb "{portrait}" dt 2 pt 6 ps 0.7, \\
     "" using 1:4 title "nginx p50" lc rgb "{peer}" dt 2 pt 6 ps 0.7
"""


def draw(path, rounds):
    """Writes the plot of rounds that have all of its rows."""
    rounds = [measured for measured in rounds if {*READS, *WRITES} <= measured.keys()]
    script = HEAD.format(path=path)
    script += bars("reads", READS, rounds, title="Processor time of the server per request, µs; lines: smallest and largest",
                   left=0, width=0.78, key="top left")
    script += bars("writes", WRITES, rounds, title=" ", left=0.78, width=0.22, key="off")
    for number, (name, title) in enumerate(LATENCIES.items()):
        shares = [share for share in rounds[0][name]["portrait"] if share != "full"]
        script += data(f"lines{number}", (line(name, share, rounds) for share in shares))
        script += LATENCY.format(name=f"lines{number}", title=title, left=number * 0.243, **SIDES,
                                 key="off" if number else "top left samplen 2",
                                 label="" if number else "ms since the planned moment")
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def bars(name, rows, rounds, **options):
    lines = []
    for row, label in rows.items():
        cells = [f'"{label}"']
        for side in SIDES:
            times = [measured[row][side]["full"]["processor_us"] for measured in rounds]
            cells += [statistics.median(times), min(times), max(times)]
        lines.append(cells)
    return data(name, lines) + BARS.format(name=name, **options, **SIDES)


def line(name, share, rounds):
    return [float(share) * 100, *(statistics.median(measured[name][side][share][percentile] for measured in rounds)
                                  for side in SIDES for percentile in ("p50_ms", "p99_ms"))]


def data(name, lines):
    return f"${name} << END\n" + "".join(" ".join(map(str, cells)) + "\n" for cells in lines) + "END\n"
