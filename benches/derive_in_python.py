"""What people write themselves: machine-ids of a CSV file in, names out. The measure of sanid-fleet derive."""
import csv
import hmac
import sys
import uuid

APP = bytes.fromhex("8b67317851694316ad1b04bec63f8907")

with open(sys.argv[1], newline="") as inventory:
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["host", "iqn", "host_nqn", "host_id"])
    for row in csv.DictReader(inventory):
        digest = hmac.digest(bytes.fromhex(row["machine_id"]), APP, "sha256")
        name = uuid.UUID(bytes=digest[:16], version=4)
        out.writerow(
            [
                row["host"],
                "iqn.2016-04.com.open-iscsi:" + name.hex,
                "nqn.2014-08.org.nvmexpress:uuid:" + str(name),
                str(name),
            ]
        )
