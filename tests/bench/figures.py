"""The lines of the table, from the rounds of one run or of several."""

import statistics
import sys

NOT_WORSE = 1.05  # highest ratio of processor time to another build's


class Table:
    """
    Lines of a figure, the peer's, their ratio and the target; `judged` is False for a run whose figures have no meaning.
    `shown` prints each line also when it is added, to standard error. `missed` is True when a figure has missed its target.
    """

    def __init__(self, judged=True, shown=False):
        self.judged, self.shown = judged, shown
        self.missed = False
        self.lines = []

    def add(self, name, ours, peer="", ratio="", wanted=""):
        self.lines.append((name, number(ours), number(peer), ratio, wanted))
        if self.shown:
            print(" | ".join(cell for cell in self.lines[-1] if cell), file=sys.stderr, flush=True)

    def single(self, name, ours, peer="", wanted=None, least=False):
        """Adds a figure that is measured once."""
        self.add(name, ours, peer, wanted=self.verdict(ours, wanted, least))

    def ratio(self, name, ours, peer, ratio, wanted=None, least=False):
        """Adds figures with a ratio that is measured once, and its target."""
        self.add(name, ours, peer, f"{ratio:.3f}", self.verdict(ratio, wanted, least))

    def spread(self, name, figures, wanted=None, least=False):
        """Adds the median of figures of rounds, with the smallest and the largest."""
        middle = statistics.median(figures)
        self.add(name, f"{number(middle)} ({number(min(figures))} to {number(max(figures))})",
                 wanted=self.verdict(middle, wanted, least))

    def pairs(self, name, *pairs, wanted=None, least=False):
        """
        Adds figures of rounds, each a pair of ours and the peers' in all rounds: medians, and the medians of the rounds'
        ratios with the smallest and the largest ratio. The target is that of the first pair.
        """
        ratios = [[own / peer for own, peer in zip(*pair)] for pair in pairs]
        middles = [statistics.median(each) for each in ratios]
        spread = f" ({min(map(min, ratios)):.2f} to {max(map(max, ratios)):.2f})" if len(ratios[0]) > 1 else ""
        ours, peers = (", ".join(number(statistics.median(pair[side])) for pair in pairs) for side in (0, 1))
        self.add(name, ours, peers, ", ".join(f"{middle:.2f}" for middle in middles) + spread,
                 self.verdict(middles[0], wanted, least))

    def verdict(self, figure, wanted, least):
        if wanted is None:
            return ""
        verdict = f"{'≥' if least else '≤'} {wanted:,g}"
        if self.judged:
            met = figure >= wanted if least else figure <= wanted
            self.missed |= not met
            verdict += ": met" if met else ": MISSED"
        return verdict

    def print(self, peer):
        head = ("", "portrait", peer, "ratio", "wanted")
        widths = [max(len(line[column]) for line in [head, *self.lines]) for column in range(5)]
        for line in [head, tuple("-" * width for width in widths), *self.lines]:
            print("| " + " | ".join(cell.ljust(width) if column in (0, 4) else cell.rjust(width)
                                    for column, (cell, width) in enumerate(zip(line, widths))) + " |")


def number(cell):
    if isinstance(cell, str):
        return cell
    return f"{cell:,.2f}" if cell < 100 else f"{cell:,.0f}"


def tabulate(table, rows, rounds, beside=False):
    """Adds the lines of all rows that were measured in each of the rounds."""
    for row in rows:
        goes = [measured[row.name] for measured in rounds if row.name in measured]
        if goes:
            processor_time(table, row, goes, beside)
            throughput(table, row, goes, beside)
            latency(table, row, goes)
            if row.beside_loop and not beside:
                bare_loop(table, row, goes)
    disks = [measured["disk"] for measured in rounds if "disk" in measured]
    for name in disks[0] if disks else ():
        table.add(f"the disk by itself (fio): {name}, per second", "", statistics.median(disk[name] for disk in disks))


def processor_time(table, row, goes, beside):
    name = f"{row.name}: processor time per request, µs"
    table.pairs(f"{name}, at its highest rate", both(goes, "full", "processor_us"),
                wanted=NOT_WORSE if beside else row.processor_wanted)
    rates = fixed_rates(goes)
    if rates:
        table.pairs(f"{name}, {of(rates)}", *(both(goes, rate, "processor_us") for rate in rates))


def throughput(table, row, goes, beside):
    table.pairs(f"{row.name}: per second", both(goes, "full", "rate"), wanted=None if beside else row.rate_wanted, least=True)
    table.pairs(f"{row.name}: p99 at this rate, ms", both(goes, "full", "p99_ms"))


def latency(table, row, goes):
    rates = fixed_rates(goes)
    for figure, name in (("p50_ms", "p50"), ("p99_ms", "p99"), ("p999_ms", "p99.9")) if rates else ():
        table.pairs(f"{row.name}: {name} {of(rates)}, ms", *(both(goes, rate, figure) for rate in rates))


def bare_loop(table, row, goes):
    loops = [go["loop"] for go in goes]
    name = f"{row.name} and a bare loop of {statistics.median(loop['batch'] for loop in loops):.0f} per commit"
    ours = [go["portrait"]["full"] for go in goes]
    table.pairs(f"{name}: per second", ([own["rate"] for own in ours], [loop["rate"] for loop in loops]), wanted=0.9, least=True)
    if all("p99_ms" in loop for loop in loops):
        table.pairs(f"{name}: p99, ms", ([own["p99_ms"] for own in ours], [loop["p99_ms"] for loop in loops]),
                    wanted=1.5 if row.connections == 64 else None)


def fixed_rates(goes):
    return [load for load in goes[0]["portrait"] if all(load in go["portrait"] for go in goes) and load != "full"]


def of(rates):
    return f"at {', '.join(f'{float(rate) * 100:.0f}' for rate in rates)} % of nginx's"


def of_goes(name, *sides):
    """Returns a figure of each side's goes, as `Table.pairs` takes them."""
    return tuple([go[name] for go in goes] for goes in sides)


def both(goes, load, figure):
    return tuple([go[side][load][figure] for go in goes] for side in ("portrait", "peer"))
