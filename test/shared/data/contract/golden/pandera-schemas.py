"""Writes pandera-schemas.json: schemas as pandera writes them, and what pandera itself finds with them.

The data are birdstrikes.csv and seattle-weather.csv of the npm package vega-datasets.

    pip install 'pandera[io]==0.35.0' pandas==3.1.1
    python test/shared/data/contract/golden/pandera-schemas.py node_modules/vega-datasets/data
"""

import json
import pathlib
import sys

import pandas as pd
import pandera
import pandera.pandas as pa

DATA = pathlib.Path(sys.argv[1])
OUT = pathlib.Path(__file__).with_suffix(".json")


def frame(name: str, **options) -> pd.DataFrame:
    return pd.read_csv(DATA / name, keep_default_na=False, na_values=[""], **options)


BIRDSTRIKES = pa.DataFrameSchema(
    {
        "Airport Name": pa.Column(str, [pa.Check.str_length(3, 60), pa.Check.str_matches(r"[A-Z]"), pa.Check.str_contains("A")]),
        "Aircraft Make Model": pa.Column(str, pa.Check.str_startswith("B")),
        "Effect Amount of damage": pa.Column(
            str, pa.Check.unique_values_eq(["None", "Minor", "Medium", "Substantial", "C"]), nullable=True
        ),
        "Origin State": pa.Column(str, pa.Check.notin(["Texas"]), nullable=True),
        "Phase of flight": pa.Column(str, pa.Check.isin(["Approach", "Climb", "Landing Roll", "Take-off run", "Descent", "Taxi"]), nullable=True),
        "Wildlife Size": pa.Column(str, pa.Check.isin(["Small", "Medium", "Large"]), nullable=True),
        "Time of day": pa.Column(str, [pa.Check.str_endswith("t"), pa.Check.str_length(max_value=5)]),
        "Cost .+": pa.Column(int, [pa.Check.ge(0), pa.Check.lt(1_000_000)], regex=True),
        "Speed IAS in knots": pa.Column(float, [pa.Check.in_range(0, 350, include_max=False), pa.Check.gt(10)], nullable=False),
        "Flight Number": pa.Column(str, required=False),
        "Flight Time": pa.Column(str),
        "Wildlife Species": pa.Column(int),
    },
    unique=["Airport Name", "Flight Date", "Aircraft Make Model"],
)
WEATHER = pa.DataFrameSchema(
    {
        "date": pa.Column("datetime64[ns]", pa.Check.ge(pd.Timestamp("2012-01-01")), unique=True, coerce=True),
        "precipitation": pa.Column(float, [pa.Check.in_range(0, 60), pa.Check.le(40, raise_warning=True)]),
        "temp_max": pa.Column(float, pa.Check.gt(-1.6), unique=True),
        "temp_min": pa.Column(float, pa.Check.ne(0.0)),
        "wind": pa.Column(float, pa.Check.eq(4.7)),
        "weather": pa.Column(str, pa.Check.isin(["sun", "rain", "fog", "drizzle", "snow"])),
    },
    strict=True,
    ordered=True,
)
WRONG_ORDER = pa.DataFrameSchema(
    {"weather": pa.Column(str), "date": pa.Column(str), "wind": pa.Column(float, nullable=True)}, strict=True, ordered=True
)


def found(schema: pa.DataFrameSchema, data: pd.DataFrame) -> list:
    """Each failing check once, by the column (None for the frame) and the name of the key in the YAML."""
    names = {"not_nullable": "nullable", "field_uniqueness": "unique", "multiple_fields_uniqueness": "unique", "column_in_dataframe": "required",
             "column_in_schema": "strict", "column_ordered": "ordered"}
    try:
        schema.validate(data, lazy=True)
        return []
    except pa.errors.SchemaErrors as error:
        pairs = set()
        for case in error.failure_cases.to_dict("records"):
            check = str(case["check"]).split("(")[0]
            rule = names.get(check, check)
            column = case["failure_case"] if rule == "required" else None if rule in ("strict", "ordered") else case["column"]
            if check == "multiple_fields_uniqueness":
                column = None
            pairs.add((column, rule))
        return sorted(pairs, key=str)


def judged(schema: pa.DataFrameSchema, name: str, **options) -> dict:
    return {"file": name, "yaml": schema.to_yaml(), "failing": found(schema, frame(name, **options))}


# The shape of 0.2x, with lists of checks, of the same schema.
OLD = """schema_type: dataframe
version: 0.24.0
columns:
  wind:
    title: null
    description: null
    dtype: float64
    nullable: false
    checks:
    - value: 0.4
      options:
        check_name: greater_than
        raise_warning: false
        ignore_na: true
    - min_value: 0.0
      max_value: 9.5
      include_min: true
      include_max: true
      options:
        check_name: in_range
        raise_warning: false
        ignore_na: true
    unique: false
    coerce: false
    required: true
    regex: false
  weather:
    title: null
    description: null
    dtype: object
    nullable: false
    checks:
      isin:
      - sun
      - rain
    unique: false
    coerce: false
    required: true
    regex: false
checks: null
index: null
dtype: null
coerce: false
strict: false
name: null
ordered: false
unique: null
report_duplicates: all
unique_column_names: false
add_missing_columns: false
title: null
description: null
"""

pd.set_option("future.infer_string", False)
golden = {
    "versions": {"pandera": pandera.__version__, "pandas": pd.__version__},
    "schemas": [
        judged(BIRDSTRIKES, "birdstrikes.csv"),
        judged(WEATHER, "seattle-weather.csv"),
        judged(WRONG_ORDER, "seattle-weather.csv"),
        {"file": "seattle-weather.csv", "yaml": OLD, "failing": found(pa.DataFrameSchema.from_yaml(OLD), frame("seattle-weather.csv"))},
    ],
}
OUT.write_text(json.dumps(golden, indent=1) + "\n")
for one in golden["schemas"]:
    print(one["file"], one["failing"])
