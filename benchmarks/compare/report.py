"""Medians, ratios and spread of the runs of compare.py; its table."""
import datetime
import os
import statistics
import subprocess


def version(*command):
    try:
        out = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return None
    return (out.stdout or out.stderr).strip().splitlines()[0] if out.returncode == 0 else None


def processor():
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return "unknown"


def machine(begun):
    found = {"processor": processor(), "processors": os.cpu_count(), "load_before": round(begun[0], 1),
             "load_after": round(os.getloadavg()[0], 1)}
    for name, command in {"weir": ("git", "describe", "--always", "--dirty"), "openssl": ("openssl", "version"),
                          "go": ("go", "version"), "rust": ("rustc", "--version"), "node": ("node", "--version"),
                          "python": ("python3", "--version"), "compiler": ("c++", "--version")}.items():
        found[name] = version(*command)
    return found


def case(load, variant, results, quick):
    rows = {}
    for (name, v, client), runs in results.items():
        if name != load.name or v != variant:
            continue
        costs = [r["us"] for r in runs]
        median = statistics.median(costs)
        rows[client] = {"us": median, "spread": (max(costs) - min(costs)) / median, "runs": len(runs),
                        "kb_each": statistics.median(r["kb_each"] for r in runs),
                        "peak_kb": statistics.median(r["peak_kb"] for r in runs), "all_us": costs,
                        "seconds": statistics.median(r["seconds"] for r in runs)}
        # Tokens that the machine was late with come together, and cost less.
        if load.interval and rows[client]["seconds"] > 1.3 * load.seconds(quick) + 2:
            rows[client]["late"] = True
    for row in rows.values():
        for base in ("floor", "reqwest"):
            if base in rows:
                row["to_" + base] = row["us"] / rows[base]["us"]
    return rows


def summarise(results, skipped, loads, options, begun):
    cases = []
    for load in loads:
        for variant in load.variants:
            rows = case(load, variant, results, options.quick)
            if rows:
                cases.append({"load": load.name, "about": load.about, "variant": variant, "unit": load.unit,
                              "by_stream": load.kind == "stream" and load.arguments(variant, options.quick)[1] >= 100,
                              "clients": rows})
    return {"date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"), "quick": options.quick,
            "rounds": options.rounds, "machine": machine(begun), "cases": cases,
            "skipped": {k if isinstance(k, str) else " ".join(k): why for k, why in skipped.items()}}


def table(summary):
    m = summary["machine"]
    lines = [f"{summary['date'][:10]}, {m['processors']} × {m['processor']}, load {m['load_before']} before and "
             f"{m['load_after']} after, weir {m['weir']}, medians of {summary['rounds']}"
             + (", QUICK: not to be quoted" if summary["quick"] else "")]
    for c in summary["cases"]:
        lines += ["", f"{c['load']}, {c['variant']}: {c['about']}",
                  f"  {'':16} {'us/' + c['unit']:>10} {'spread':>7} {'/reqwest':>9} {'/floor':>8} "
                  f"{'kB a stream' if c['by_stream'] else 'peak MB':>12}"]
        for name, row in c["clients"].items():
            ratios = [f"{row[k]:.2f}" if k in row else "–" for k in ("to_reqwest", "to_floor")]
            memory = row["kb_each"] if c["by_stream"] else row["peak_kb"] / 1024
            lines.append(f"  {name:16} {row['us']:10.2f} {row['spread'] * 100:6.0f}% {ratios[0]:>9} {ratios[1]:>8} "
                         f"{memory:12.1f}{'  LATE' if row.get('late') else ''}")
        if any(row.get("late") for row in c["clients"].values()):
            lines.append("  LATE: the machine was too busy for this load, whose tokens then come together and cost less")
    if summary["skipped"]:
        lines += ["", "skipped:"] + [f"  {name}: {why}" for name, why in summary["skipped"].items()]
    return "\n".join(lines)
