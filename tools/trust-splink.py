"""Links FEBRL 4 with Splink and prints the best F1, as `live-jury-bench applications` does with tokens alone.

Usage: trust-splink.py FOLDER. The fields are the same three sets, and the weights are estimated without labels.
"""

import logging
import sys
import warnings

import duckdb
import splink
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

PAIRS = 5_000
FEW = ["given_name", "surname", "date_of_birth", "street_number", "postcode"]
ADDRESS = ["address_1", "suburb"]
REST = ["address_2", "state", "soc_sec_id"]
# Rules under which two records are compared at all. Each finds pairs with errors in fields of the others.
RULES = [
    ["date_of_birth"],
    ["soc_sec_id"],
    ["surname"],
    ["given_name"],
    ["state", "address_1"],
    ["street_number", "address_1"],
    ["postcode"],
]


def comparison(field):
    if field in ("given_name", "surname"):
        return cl.JaroWinklerAtThresholds(field, [0.9, 0.7]).configure(term_frequency_adjustments=True)
    if field in ("date_of_birth", "soc_sec_id", "street_number", "postcode"):
        return cl.DamerauLevenshteinAtThresholds(field, [1, 2])
    return cl.JaroWinklerAtThresholds(field, [0.9, 0.7])


def records(con, folder, name):
    con.execute(f"CREATE TABLE raw_{name} AS SELECT * FROM read_csv('{folder}/dataset4{name}.csv', all_varchar = true)")
    columns = [row[0] for row in con.execute(f"DESCRIBE raw_{name}").fetchall()]
    cleaned = ", ".join(f"nullif(trim(\"{column}\"), '') AS {column.strip()}" for column in columns)
    con.execute(f"CREATE TABLE records_{name} AS SELECT *, rec_id AS unique_id FROM (SELECT {cleaned} FROM raw_{name})")
    return f"records_{name}"


def f1(folder, fields):
    con = duckdb.connect()
    api = DuckDBAPI(connection=con)
    sides = [api.register(records(con, folder, name), dataset_display_name=name) for name in "ab"]
    rules = [block_on(*rule) for rule in RULES if all(field in fields for field in rule)]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[comparison(field) for field in fields],
        blocking_rules_to_generate_predictions=rules,
    )
    linker = Linker(sides, settings, log_level=logging.ERROR)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in (["date_of_birth"], ["given_name", "surname"]):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    predicted = linker.inference.predict(threshold_match_probability=0.001)
    rows = con.execute(
        f"SELECT unique_id_l, unique_id_r FROM {predicted.physical_name} ORDER BY match_weight DESC"
    ).fetchall()
    found, best = 0, (0.0, 0, 0)
    for taken, (one, other) in enumerate(rows, 1):
        found += one.split("-")[1] == other.split("-")[1]
        best = max(best, (2 * found / (taken + PAIRS), found, taken - found))
    return best


warnings.simplefilter("ignore")
logging.getLogger("splink").setLevel(logging.ERROR)
fields = []
print(f"Splink {splink.__version__} · FEBRL 4")
for more in (FEW, ADDRESS, REST):
    fields = fields + more
    best, found, wrong = f1(sys.argv[1], fields)
    print(f"  F1, {len(fields)} fields  {100 * best:.2f} %  ({found} pairs found, {wrong} wrong)")
