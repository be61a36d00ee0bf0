"""Reads the wage forms of pseudopeople and writes the people of two years, as live-jury-bench reads them.

Usage: trust-people.py FORMS.parquet PEOPLE.csv. It needs duckdb. A comma in a value becomes a space.
"""

import sys

import duckdb

# Those who are banned in the first year apply in the second one.
YEARS = (2020, 2025)
# A household of more people is a barracks, a prison or a dormitory.
HOUSEHOLD_MAX = 10

forms, people = sys.argv[1:]
address = """trim(concat_ws(' ', mailing_address_street_number, mailing_address_street_name,
    'unit ' || mailing_address_unit_number, 'po box ' || mailing_address_po_box))"""
rows = duckdb.execute(
    f"""
    WITH one AS (
        SELECT simulant_id AS person, tax_year AS year, household_id AS household, first_name AS given,
            last_name AS family, strftime(date_of_birth, '%Y-%m-%d') AS birth_date, ssn AS number,
            {address} AS address
        FROM read_parquet(?) WHERE tax_year IN {YEARS}
        QUALIFY row_number() OVER (PARTITION BY simulant_id, tax_year ORDER BY __index_level_0__) = 1
    )
    SELECT person, year,
        CASE WHEN count(*) OVER (PARTITION BY year, household) > {HOUSEHOLD_MAX} THEN '' ELSE household END,
        given, family, birth_date, number, address
    FROM one ORDER BY year, person
    """,
    [forms],
).fetchall()

with open(people, "w", encoding="utf-8", newline="\n") as file:
    file.write("person,year,household,given,family,birth_date,number,address\n")
    for row in rows:
        cells = ["" if cell is None else str(cell).replace(",", " ") for cell in row]
        file.write(",".join(cells) + "\n")
