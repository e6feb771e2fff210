"""GROUP BY ... HAVING in DuckDB on the reports in a file: `audit.py FILE THREADS TEMPORARY {all|one}`.

`all` groups by the four values that an audit compares, of columns read once; `one` groups by the Host ID alone,
straight from the file. Prints how many groups there are.
"""

import sys

import duckdb

path, threads, temporary, what = sys.argv[1:]
connection = duckdb.connect()
connection.execute(f"SET threads = {threads}")
connection.execute("SET memory_limit = '1GB'")
connection.execute("SET preserve_insertion_order = false")
connection.execute(f"SET temp_directory = '{temporary}'")
value = "STRUCT(value VARCHAR)"
reports = f"""read_ndjson('{path}', columns = {{
    host: 'VARCHAR', seed: 'STRUCT(fingerprint VARCHAR)',
    onDisk: 'STRUCT(iqn {value}, hostNqn {value}, hostId {value})'}})"""
having = "count(*), min(host) FROM {} GROUP BY {} HAVING count(*) > 1"
groups = 0
if what == "one":
    query = "SELECT onDisk.hostId.value AS id, " + having.format(reports, "id")
    groups = len(connection.execute(query).fetchall())
else:
    connection.execute(
        f"""CREATE TEMP TABLE hosts AS SELECT host, seed.fingerprint AS seed, lower(onDisk.iqn.value) AS iqn,
        onDisk.hostNqn.value AS nqn, onDisk.hostId.value AS id FROM {reports}"""
    )
    for column in ["seed", "iqn", "nqn", "id"]:
        query = f"SELECT {column}, " + having.format("hosts", column)
        groups += len(connection.execute(query).fetchall())
print(groups)
