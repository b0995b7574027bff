"""Medians, the Markdown table, and the goals."""

from statistics import median

# The greatest ratio to nginx that is allowed, by case.
GOALS = {"200 B": 1.0, "32 KiB": 0.8, "1 MiB": 0.8, "burst": 1.0, "streams": 1.0}
LARGEST_RSS_MB = 20.0
LONGEST_START_MS = 100.0

ROWS = [
    ("200 B", "CPU µs per request, 200 B body"),
    ("32 KiB", "CPU µs per request, 32 KiB body"),
    ("1 MiB", "CPU µs per request, 1 MiB body"),
    ("burst", "CPU µs per request, burst of 64 events"),
    ("streams", "CPU µs per event, 500 streams with an event each 10 ms"),
]


def unit_cost(result):
    """CPU microseconds per request, or per event of open streams."""
    count = result["events"] if result["mode"] == "streams" else result["requests"]
    return result["cpu"] * 1e6 / max(1, count)


class Results:
    """All measurements of a run: `rounds[case][candidate]` is a list with one entry per round."""

    def __init__(self, candidates):
        self.candidates = candidates
        self.rounds = {}
        self.start_ms = {}
        self.rss_mb = {}
        self.pss_kb = {}
        self.held = {}
        self.errors = []
        self.foreign = []

    def add(self, case, candidate, result):
        self.rounds.setdefault(case, {}).setdefault(candidate, []).append(result)
        self.foreign.append(result["foreign"])
        if result["errors"]:
            self.errors.append(f"{candidate}, {case}: {result['errors']} errors")

    def costs(self, case, candidate):
        return [unit_cost(result) for result in self.rounds.get(case, {}).get(candidate, [])]

    def cost(self, case, candidate):
        costs = self.costs(case, candidate)
        return median(costs) if costs else None

    def ratio(self, case, candidate):
        """The median of the ratios within each round, so that a noisy moment hits both sides."""
        pairs = zip(self.costs(case, candidate), self.costs(case, "nginx"))
        ratios = [ours / theirs for ours, theirs in pairs if theirs]
        return median(ratios) if ratios else None

    def latency(self, candidate, which):
        values = [result[which] for result in self.rounds.get("latency", {}).get(candidate, [])]
        return median(values) if values else None

    def added(self, candidate, which):
        through, direct = self.latency(candidate, which), self.latency("direct", which)
        return None if through is None or direct is None else through - direct

    def event_delay(self, candidate, which):
        values = [result[which] for result in self.rounds.get("streams", {}).get(candidate, [])]
        return median(values) if values else None


def number(value, digits=1):
    return "–" if value is None else f"{value:.{digits}f}"


def table(results):
    """The Markdown table."""
    names = results.candidates
    compared = [name for name in names if name not in ("nginx", "nginx-mem", "direct")]
    if "nginx" not in names:
        compared = []
    lines = [
        "| | " + " | ".join(names) + "".join(f" | {name} / nginx" for name in compared) + " |",
        "|---" * (1 + len(names) + len(compared)) + "|",
    ]

    def row(title, values, ratios=None):
        cells = [title] + values + (ratios or ["" for _ in compared])
        lines.append("| " + " | ".join(cells) + " |")

    for case, title in ROWS:
        if case in results.rounds:
            row(title, [number(results.cost(case, name)) for name in names],
                [number(results.ratio(case, name), 2) for name in compared])
    for which in ("p50", "p99") if "latency" in results.rounds else ():
        added = [number(results.added(name, which)) for name in names]
        direct = number(results.latency("direct", which))
        row(f"added latency {which} µs, 1 connection (direct: {direct})", added)
    for which in ("p50", "p99") if "streams" in results.rounds else ():
        row(f"delay of a streamed event {which} µs, 500 streams",
            [number(results.event_delay(name, which), 0) for name in names])
    for title, values, digits in (
            ("resident memory idle, MB", results.rss_mb, 1),
            ("cold start to the first routed answer, ms", results.start_ms, 1),
            ("proportional memory per open stream, KiB", results.pss_kb, 1),
            ("streams held open", results.held, 0)):
        if values:
            row(title, [number(values.get(name), digits) for name in names])
    return "\n".join(lines) + noise(results)


def noise(results):
    """How quiet the machine was."""
    if not results.foreign:
        return ""
    average = sum(results.foreign) / len(results.foreign) * 100
    verdict = "" if average < 5 else " The machine was busy: measure again when it is not."
    return (f"\n\nOther work took {average:.1f} % of the candidate's core on average, "
            f"{max(results.foreign) * 100:.0f} % at worst.{verdict}")


def missed(results, candidate):
    """One sentence for each goal that is missed."""
    problems = list(results.errors)
    for case, most in GOALS.items():
        ratio = results.ratio(case, candidate)
        if ratio is not None and ratio > most:
            problems.append(f"{case}: {ratio:.2f} × nginx, allowed {most}")
    rss, start = results.rss_mb.get(candidate), results.start_ms.get(candidate)
    if rss is not None and rss > LARGEST_RSS_MB:
        problems.append(f"resident memory: {rss:.1f} MB, allowed {LARGEST_RSS_MB}")
    if start is not None and start > LONGEST_START_MS:
        problems.append(f"cold start: {start:.1f} ms, allowed {LONGEST_START_MS}")
    return problems
