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
    print("| target | ops/s | / direct | / nginx (min..max) | p50 us | p99 us | proxy CPU s/10k | / nginx | slapd CPU s/10k | generator CPU s/10k | errors |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for name in figures.names:
        runs = figures.of(name)
        beside = figures.ratios(name, "nginx", speed)
        between = f" ({min(beside):.2f}..{max(beside):.2f})" if beside else ""
        errors = {}
        for run in runs:
            for what, times in run["errors"].items():
                errors[what] = errors.get(what, 0) + times
        print("| " + " | ".join([
            name, shown(median(map(speed, runs)), 0), shown(median(figures.ratios(name, "direct", speed))),
            shown(median(beside)) + between, shown(median(run["p50_us"] for run in runs), 0),
            shown(median(run["p99_us"] for run in runs), 0), shown(median(map(proxy_cpu, runs)), 3),
            shown(median(figures.ratios(name, "nginx", proxy_cpu))), shown(median(map(slapd_cpu, runs)), 3),
            shown(median(run["own_cpu_s_per_10k"] for run in runs), 3),
            "; ".join(f"{what} {times}" for what, times in errors.items()) or "0"]) + " |")


def print_budget(name, measured):
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


def median(values):
    found = [value for value in values if value is not None]
    return statistics.median(found) if found else None


def shown(value, places=2):
    return "-" if value is None else f"{value:.{places}f}"
