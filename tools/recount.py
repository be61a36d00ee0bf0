#!/usr/bin/env python3
"""Counts figures of a public report again, from facts that were kept one by one, and compares them with the report.

recount.py DATABASE REPORT: a SQLite file of a server with --trust-keep-facts, and a report or an edition as JSON. It
shares no code with the server. It prints a line a figure, and exits with 1 if one differs.
"""

import json
import math
import sqlite3
import sys
from collections import Counter
from datetime import date

DAY_MS = 24 * 60 * 60 * 1_000
# The standard deviations on each side of an interval.
Z = 1.96
# Values have six decimals.
TOLERANCE = 1e-6


def wilson(hits, trials):
    """Both bounds of a share, by the formula of Wilson (1927)."""
    share, square = hits / trials, Z * Z
    centre = share + square / (2 * trials)
    spread = Z * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    return (centre - spread) / (1 + square / trials), (centre + spread) / (1 + square / trials)


def day_of(text):
    """A day in days since 1970-01-01."""
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


def facts_of(database, first, last):
    """The kept events of a period."""
    for (line,) in database.execute("SELECT line FROM trust_fact"):
        fact = json.loads(line)
        if first <= fact["at_ms"] // DAY_MS <= last:
            yield fact


def recount(database, first, last):
    """The figures that kept facts and records give, by id: a value, or a value with its bounds."""
    answers, sessions = Counter(), 0
    for fact in facts_of(database, first, last):
        if fact["type"] == "survey.answered" and fact["question"] == "after_sales":
            answers[fact["answer"]] += 1
        elif fact["type"] == "live.ended" and fact["product_shown"]:
            sessions += fact["sessions_10s"]
    figures = {}
    answered = answers["yes"] + answers["no"]
    if answered:
        figures["satisfaction"] = (answers["yes"] / answered, *wilson(answers["yes"], answered))
        asked = answered + answers["none"]
        figures["satisfaction.answered"] = (answered / asked, *wilson(answered, asked))

    # A viewer and a session count on the day of the first report.
    days = {}
    reports = database.execute(
        "SELECT reporter, room, session, day FROM trust_report JOIN trust_bucket ON trust_bucket.id = bucket"
    )
    for reporter, room, session, day in reports:
        pair = (reporter, room, session)
        days[pair] = min(day, days.get(pair, day))
    if sessions:
        pairs = sum(first <= day <= last for day in days.values())
        figures["report_rate"] = (10_000 * pairs / sessions,)

    measures = list(database.execute("SELECT kind, party, measure, act, reason, from_ms FROM trust_measure"))
    measures = [one for one in measures if first <= one[5] // DAY_MS <= last]
    bans = [one for one in measures if one[2] == "ban" and one[3] is None]
    figures["banned"] = (len(bans),)
    figures["banned.parties"] = (len({(kind, party) for kind, party, *_ in bans}),)
    figures["banned.measures"] = (len(measures),)
    figures["banned.overturned"] = (sum(one[4] == "overturned" for one in measures),)

    arms = {"with": [0, 0], "without": [0, 0]}
    for arm, day, shown, orders in database.execute("SELECT arm, day, n, k FROM trust_badge"):
        if first <= day <= last:
            arms[arm][0] += shown
            arms[arm][1] += orders
    (with_n, with_k), (without_n, without_k) = arms["with"], arms["without"]
    if with_n and without_n and without_k:
        (low, high), (base_low, base_high) = wilson(with_k, with_n), wilson(without_k, without_n)
        value = (with_k / with_n) / (without_k / without_n) - 1
        figures["willingness"] = (value, low / base_high - 1, high / base_low - 1)
    return figures


def main():
    """Compares, and says what differs."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
    with open(sys.argv[2], encoding="utf-8") as file:
        report = json.load(file)
    told = {figure["id"]: figure for figure in report["figures"]}
    counted = recount(database, day_of(report["from"]), day_of(report["to"]))
    differ = 0
    for name, own in counted.items():
        figure = told.get(name)
        theirs = figure and [figure[key] for key in ("value", "low", "high") if key in figure]
        same = theirs is not None and len(theirs) == len(own)
        same = same and all(abs(a - b) <= TOLERANCE for a, b in zip(theirs, own))
        differ += not same
        numbers = " ".join(f"{number:.6f}" for number in own)
        print(f"same   {name} {numbers}" if same else f"DIFFER {name} {numbers}, not {theirs}")
    known = {"satisfaction", "satisfaction.answered", "report_rate", "willingness"}
    for name in sorted(known & told.keys() - counted.keys()):
        differ += 1
        print("DIFFER", name, "is in the report alone")
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    main()
