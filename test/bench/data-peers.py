"""Holds a table against a contract, or profiles it, with one peer, and prints time and memory as one JSON line.

usage: data-peers.py PEER FILE
The contract is that of data-table.ts, rule by rule, as far as the peer has such rules. Time covers reading the file and
judging or describing it; imports are left out. Memory is the largest of the whole process.
"""

import json
import resource
import sys
import time
import warnings
from importlib.metadata import version

warnings.filterwarnings("ignore")
peer, file = sys.argv[1], sys.argv[2]
COUNTRIES = ["DE", "FR", "IT", "ES", "PL", "NL", "BE", "AT", "CH", "SE", "DK", "FI"]


def peak_megabytes():
    """Linux keeps a parent's memory in ru_maxrss, so its own file is asked first."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def great_expectations():
    import great_expectations as gx
    import great_expectations.expectations as gxe
    import pandas

    def run():
        table = pandas.read_parquet(file)
        context = gx.get_context(mode="ephemeral")
        asset = context.data_sources.add_pandas("bench").add_dataframe_asset("table")
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": table})
        between = gxe.ExpectColumnValuesToBeBetween
        suite = gx.ExpectationSuite(
            name="bench",
            expectations=[
                gxe.ExpectTableRowCountToBeBetween(min_value=1000),
                gxe.ExpectColumnMaxToBeBetween(column="at", min_value=pandas.Timestamp("1930-01-01")),
                gxe.ExpectColumnToExist(column="id"),
                gxe.ExpectColumnValuesToNotBeNull(column="id"),
                between(column="id", min_value=0),
                between(column="at", min_value=pandas.Timestamp("2025-01-01"), max_value=pandas.Timestamp("2025-12-31")),
                gxe.ExpectColumnValuesToNotBeNull(column="amount", mostly=0.9),
                between(column="amount", min_value=0),
                between(column="amount", min_value=0, strict_min=True),
                between(column="score", min_value=-10, max_value=10),
                gxe.ExpectColumnMeanToBeBetween(column="score", min_value=-0.1, max_value=0.1),
                between(column="visits", min_value=0),
                between(column="customer", min_value=0, max_value=49999),
                gxe.ExpectColumnValuesToBeInSet(column="country", value_set=COUNTRIES),
                gxe.ExpectColumnValueLengthsToBeBetween(column="product", min_value=9, max_value=11),
                gxe.ExpectColumnValuesToMatchRegex(column="note", regex="^note [0-9]+$"),
                gxe.ExpectColumnValuesToBeOfType(column="churned", type_="bool"),
                gxe.ExpectColumnValuesToNotBeNull(column="churned"),
            ],
        )
        result = batch.validate(suite)
        failing = [one.expectation_config.type for one in result.results if not one.success]
        assert not failing, f"it finds fault with {failing}"

    return run


def schema(pa, dtypes):
    column, check = pa.Column, pa.Check
    return pa.DataFrameSchema(
        {
            "id": column(dtypes["integer"], check.ge(0), nullable=False),
            "at": column(dtypes["timestamp"], check.in_range(dtypes["time"]("2025-01-01"), dtypes["time"]("2025-12-31"))),
            "amount": column(dtypes["number"], [check.ge(0), check.gt(0)], nullable=True),
            "score": column(dtypes["number"], check.in_range(-10, 10)),
            "visits": column(dtypes["integer"], check.ge(0)),
            "customer": column(dtypes["integer"], check.in_range(0, 49999)),
            "country": column(dtypes["text"], check.isin(COUNTRIES)),
            "product": column(dtypes["text"], check.str_length(9, 11)),
            "note": column(dtypes["text"], check.str_matches("^note [0-9]+$")),
            "churned": column(dtypes["boolean"], nullable=False),
        }
    )


def pandera():
    import pandas
    import pandera.pandas as pa

    def run():
        table = pandas.read_parquet(file)
        dtypes = {"integer": "int64", "number": "float64", "boolean": "bool", "text": str, "time": pandas.Timestamp}
        schema(pa, {**dtypes, "timestamp": table["at"].dtype}).validate(table, lazy=True)
        assert len(table) >= 1000 and table["amount"].isna().mean() <= 0.1 and abs(table["score"].mean()) <= 0.1

    return run


def pandera_polars():
    from datetime import datetime

    import pandera.polars as pa
    import polars

    def run():
        table = polars.read_parquet(file)
        dtypes = {"integer": polars.Int64, "number": polars.Float64, "boolean": polars.Boolean, "text": polars.String}
        dtypes |= {"timestamp": table["at"].dtype, "time": datetime.fromisoformat}
        schema(pa, dtypes).validate(table, lazy=True)
        assert len(table) >= 1000 and table["amount"].is_null().mean() <= 0.1 and abs(table["score"].mean()) <= 0.1

    return run


def ydata_profiling():
    import pandas
    from ydata_profiling import ProfileReport

    return lambda: ProfileReport(pandas.read_parquet(file), minimal=True, progress_bar=False).to_json()


def evidently():
    import pandas
    from evidently import Report
    from evidently.presets import DataSummaryPreset

    return lambda: Report([DataSummaryPreset()]).run(pandas.read_parquet(file), None).json()


PEERS = {
    "great_expectations": great_expectations,
    "pandera": pandera,
    "pandera_polars": pandera_polars,
    "ydata_profiling": ydata_profiling,
    "evidently": evidently,
}
PACKAGES = {"pandera_polars": "pandera", "ydata_profiling": "ydata-profiling"}

work = PEERS[peer]()
wall, processor = time.perf_counter(), time.process_time()
work()
print(
    json.dumps(
        {
            "version": version(PACKAGES.get(peer, peer)),
            "seconds": time.perf_counter() - wall,
            "processor_seconds": time.process_time() - processor,
            "megabytes": peak_megabytes(),
        }
    )
)
