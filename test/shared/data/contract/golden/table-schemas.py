"""Writes table-schemas.json: Table Schemas and a Data Package, and what frictionless itself finds with them.

The data are birdstrikes.csv and seattle-weather.csv of the npm package vega-datasets, and a small table with its
references.

    pip install frictionless==5.21.0
    python test/shared/data/contract/golden/table-schemas.py node_modules/vega-datasets/data
"""

import json
import pathlib
import re
import sys
import tempfile

import frictionless
from frictionless import Package, Resource, Schema, system

DATA = pathlib.Path(sys.argv[1]).resolve()
OUT = pathlib.Path(__file__).with_suffix(".json")

WEATHER = {
    "fields": [
        {"name": "date", "type": "date", "constraints": {"required": True, "unique": True, "minimum": "2012-01-01", "maximum": "2015-12-30"}},
        {"name": "precipitation", "type": "number", "constraints": {"minimum": 0, "maximum": 55.8}},
        {"name": "temp_max", "type": "number", "constraints": {"minimum": -1.5}},
        {"name": "temp_min", "type": "number"},
        {"name": "wind", "type": "number", "constraints": {"unique": True}},
        {"name": "weather", "type": "string", "constraints": {"enum": ["sun", "rain", "fog", "drizzle"], "minLength": 3, "maxLength": 6, "pattern": "[a-z]+"}},
    ],
    "primaryKey": "date",
}
BIRDSTRIKES = {
    "fields": [
        {"name": "Airport Name", "type": "string", "constraints": {"pattern": "[A-Z].*", "required": True}},
        {"name": "Aircraft Make Model", "type": "string", "constraints": {"minLength": 4}},
        {"name": "Effect Amount of damage", "type": "string", "constraints": {"required": True}},
        {"name": "Flight Date", "type": "date", "format": "%Y-%m-%d"},
        {"name": "Aircraft Airline Operator", "type": "any"},
        {"name": "Origin State", "type": "string", "constraints": {"maxLength": 20}},
        {"name": "Phase of flight", "type": "string"},
        {"name": "Wildlife Size", "type": "integer"},
        {"name": "Wildlife Species", "type": "string"},
        {"name": "Time of day", "type": "string", "constraints": {"enum": ["Day", "Night"]}},
        {"name": "Cost Other", "type": "integer", "constraints": {"minimum": 0}},
        {"name": "Cost Repair", "type": "number", "constraints": {"maximum": 100}},
        {"name": "Cost Total $", "type": "integer"},
        {"name": "Speed IAS in knots", "type": "integer", "constraints": {"required": True}},
    ],
    "primaryKey": ["Airport Name", "Flight Date"],
}
WRONG_FIELDS = {"fields": [{"name": "date", "type": "date"}, {"name": "rain", "type": "number"}]}

ORDERS = "id,plan,parent,day,paid,year\n1,basic,,01.02.2024,true,2024\n2,gold,1,02.02.2024,false,2023\n3,plus,7,31.02.2024,yes,20x4\n,plus,1,05.02.2024,true,2024\n"
PLANS = "name,price\nbasic,1\nplus,2\n"
PACKAGE = {
    "name": "shop",
    "resources": [
        {
            "name": "orders",
            "path": "orders.csv",
            "schema": {
                "fields": [
                    {"name": "id", "type": "integer"},
                    {"name": "plan", "type": "string"},
                    {"name": "parent", "type": "integer"},
                    {"name": "day", "type": "date", "format": "%d.%m.%Y"},
                    {"name": "paid", "type": "boolean"},
                    {"name": "year", "type": "year"},
                ],
                "primaryKey": ["id"],
                "foreignKeys": [
                    {"fields": ["plan"], "reference": {"resource": "plans", "fields": ["name"]}},
                    {"fields": ["parent"], "reference": {"resource": "", "fields": ["id"]}},
                ],
            },
        },
        {
            "name": "plans",
            "path": "plans.csv",
            "schema": {"fields": [{"name": "name", "type": "string"}, {"name": "price", "type": "integer"}], "primaryKey": ["name"]},
        },
    ],
}

NAMES = {"type-error": "type", "unique-error": "unique", "primary-key": "primaryKey", "foreign-key": "foreignKeys"}


def failing(report) -> list:
    """Each failing rule once: the field (None for the table) and the key of the schema; how often."""
    counts: dict = {}
    for task in report.tasks[:1]:
        for error in task.errors:
            field = getattr(error, "field_name", None)
            rule = NAMES.get(error.type)
            if error.type == "constraint-error":
                rule = re.search(r'constraint "(\w+)"', error.note).group(1)
            if error.type in ("missing-label", "extra-label", "incorrect-label", "missing-cell", "extra-cell"):
                rule, field = "fieldsMatch", None
            if rule in ("primaryKey", "foreignKeys"):
                field = None
            if rule is None:
                raise SystemExit(f"unknown error {error.type}: {error.note}")
            counts[(field, rule)] = counts.get((field, rule), 0) + 1
    return sorted(([field, rule, count] for (field, rule), count in counts.items()), key=str)


def judged(name: str, schema: dict) -> dict:
    with system.use_context(trusted=True):
        report = Resource(path=str(DATA / name), schema=Schema.from_descriptor(schema)).validate(limit_errors=1_000_000)
    return {"file": name, "contract": schema, "failing": failing(report)}


with tempfile.TemporaryDirectory() as folder:
    pathlib.Path(folder, "orders.csv").write_text(ORDERS)
    pathlib.Path(folder, "plans.csv").write_text(PLANS)
    package = Package.from_descriptor(PACKAGE, basepath=folder)
    package_failing = failing(package.validate(limit_errors=1000))

golden = {
    "versions": {"frictionless": frictionless.__version__},
    "schemas": [judged("seattle-weather.csv", WEATHER), judged("birdstrikes.csv", BIRDSTRIKES), judged("seattle-weather.csv", WRONG_FIELDS)],
    "package": {"files": {"orders.csv": ORDERS, "plans.csv": PLANS}, "contract": PACKAGE, "failing": package_failing},
}
OUT.write_text(json.dumps(golden, indent=1) + "\n")
for one in [*golden["schemas"], golden["package"]]:
    print(one["failing"])
