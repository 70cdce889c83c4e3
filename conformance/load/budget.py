"""The workloads, what the gateway may cost on each beside nginx, and the tables that show it.

Owns: the figures and how they are read: medians of the ratios of one round, since the machine's speed drifts.
Never knows: how they were got.
"""
import dataclasses
import statistics
from typing import Optional


@dataclasses.dataclass
class Workload:
    name: str
    tls: bool
    arguments: list
    cpu_at_most: Optional[float] = None        # times nginx, CPU for each operation
    speed_at_least: Optional[float] = None     # times nginx, operations a second
    faster_than_direct: bool = False


LARGE = ["--connections", "8", "--filter-template", "(departmentNumber=3)", "--expect-entries", "1000"]
WORKLOADS = [
    Workload("bind", False, ["--workload", "bind"], 1.5, 0.9),
    Workload("search-p1", False, ["--workload", "search"], 1.3, 0.9),
    Workload("search-p16", False, ["--workload", "search", "--pipeline", "16"], 1.2, 0.95),
    Workload("connect", False, ["--workload", "connect"], 1.0, 1.2),
    Workload("large1000", False, ["--workload", "search"] + LARGE, 1.3, 0.9),
    Workload("tls-search-p1", True, ["--workload", "search"], 1.3, 0.9),
    Workload("tls-search-p16", True, ["--workload", "search", "--pipeline", "16"]),
    Workload("tls-connect", True, ["--workload", "connect"], 1.0, 1.2, True),
]


class Figures:
    """The runs of one workload: one JSON object of ldapload for each (target, round)."""

    def __init__(self, runs):
        self.runs = {(run["target"], run["round"]): run for run in runs}
        self.names = list(dict.fromkeys(run["target"] for run in runs))
        self.rounds = sorted({run["round"] for run in runs})

    def of(self, name):
        return [self.runs[name, number] for number in self.rounds if (name, number) in self.runs]

    def ratios(self, name, other, value):
        """`value` of `name` over that of `other`, round by round, where both have one."""
        pairs = [(self.runs.get((name, number)), self.runs.get((other, number))) for number in self.rounds]
        both = [(value(a), value(b)) for a, b in pairs if a and b]
        return [a / b for a, b in both if a is not None and b]


def speed(run):
    return run["ops_s"]


def proxy_cpu(run):
    return run["cpu"].get("proxy", {}).get("cpu_s_per_10k") if run["ops"] else None


def slapd_cpu(run):
    return run["cpu"].get("slapd", {}).get("cpu_s_per_10k") if run["ops"] else None


def print_figures(workload, figures):
    print(f"\n### {workload.name} ({len(figures.rounds)} rounds)\n")
    beside = next((run["beside"] for run in figures.runs.values()), "nginx")
    print(f"| target | ops/s | / direct | / {beside} (min..max) | p50 us | p99 us | proxy CPU s/10k | / {beside} | directory CPU s/10k | generator CPU s/10k | errors |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for name in figures.names:
        runs = figures.of(name)
        ratios = figures.ratios(name, beside, speed)
        between = f" ({min(ratios):.2f}..{max(ratios):.2f})" if ratios else ""
        errors = {}
        for run in runs:
            for what, times in run["errors"].items():
                errors[what] = errors.get(what, 0) + times
        print("| " + " | ".join([
            name, shown(median(map(speed, runs)), 0), shown(median(figures.ratios(name, "direct", speed))),
            shown(median(ratios)) + between, shown(median(run["p50_us"] for run in runs), 0),
            shown(median(run["p99_us"] for run in runs), 0), shown(median(map(proxy_cpu, runs)), 3),
            shown(median(figures.ratios(name, beside, proxy_cpu))), shown(median(map(slapd_cpu, runs)), 3),
            shown(median(run["own_cpu_s_per_10k"] for run in runs), 3),
            "; ".join(f"{what} {times}" for what, times in errors.items()) or "0"]) + " |")


# In front of another directory than slapd: times that directory itself.
SPEED_BEHIND = 0.9


def print_budget(name, measured, behind=None):
    """One gateway against its budget. `measured`: (workload, figures). Gives how many lines miss it."""
    misses = 0
    lines = []

    def judge(workload, what, value, holds, wanted):
        nonlocal misses
        verdict = "not measured" if value is None else "pass" if holds(value) else "MISS"
        misses += verdict != "pass"
        lines.append(f"| {workload.name} | {what} | {shown(value)} | {wanted} | {verdict} |")

    for workload, figures in measured:
        if name not in figures.names:
            continue   # it has no such port
        if behind:
            value = median(figures.ratios(name, "direct", speed))
            judge(workload, f"throughput / {behind} itself", value, lambda v: v >= SPEED_BEHIND, f">= {SPEED_BEHIND}")
            continue
        if workload.cpu_at_most is not None:
            limit = workload.cpu_at_most
            judge(workload, "CPU / nginx", median(figures.ratios(name, "nginx", proxy_cpu)), lambda v: v <= limit, f"<= {limit}")
        if workload.speed_at_least is not None:
            least = workload.speed_at_least
            judge(workload, "throughput / nginx", median(figures.ratios(name, "nginx", speed)), lambda v: v >= least, f">= {least}")
        if workload.faster_than_direct:
            judge(workload, "throughput / direct", median(figures.ratios(name, "direct", speed)), lambda v: v > 1, "> 1")
    if lines:
        print(f"\n### {name} against its budget\n\n| workload | what | measured | budget | |\n|---|---|---|---|---|")
        print("\n".join(lines))
    return misses


def print_beside(targets, measured):
    """What each way in costs beside the plain one of the same process: medians of ratios, with the least and the most."""
    print("\n### Ways in beside the plain one\n\n| way in | workload | CPU (min..max) | throughput (min..max) |\n|---|---|---|---|")
    for target in targets:
        for workload, figures in measured:
            if target.name == target.beside or target.name not in figures.names:
                continue
            cells = []
            for value in (proxy_cpu, speed):
                ratios = figures.ratios(target.name, target.beside, value)
                cells.append(f"{median(ratios):.2f} × ({min(ratios):.2f}..{max(ratios):.2f})" if ratios else "-")
            print("| " + " | ".join([target.name, workload.name, *cells]) + " |")


def write_peers(readme, names, measured):
    """Puts the comparison with the peers between its two marks in the project's README."""
    columns = [name for name in names if name not in ("direct", "nginx")]
    lines = ["| CPU, throughput, against nginx | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for workload, figures in measured:
        cells = []
        for name in columns:
            cpu, fast = (median(figures.ratios(name, "nginx", value)) for value in (proxy_cpu, speed))
            cells.append(f"{cpu:.2f} ×, {fast:.2f} ×" if cpu is not None and fast is not None else "-")
        lines.append("| " + " | ".join([f"`{workload.name}`", *cells]) + " |")
    text = readme.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    readme.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after, encoding="utf-8")


BEGIN, END = "<!-- peers -->", "<!-- /peers -->"


def median(values):
    found = [value for value in values if value is not None]
    return statistics.median(found) if found else None


def shown(value, places=2):
    return "-" if value is None else f"{value:.{places}f}"
