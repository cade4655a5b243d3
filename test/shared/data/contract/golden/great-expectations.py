"""Writes great-expectations.json: suites as Great Expectations exports them, and its own verdict on every expectation.

The data are movies.json and birdstrikes.csv of the npm package vega-datasets.

    pip install great_expectations==1.24.1 pandas==3.1.1
    python test/shared/data/contract/golden/great-expectations.py node_modules/vega-datasets/data
"""

import json
import pathlib
import sys

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.expectations.row_conditions import Column

# Texts as objects: Great Expectations names types as pandas 2 had them.
pd.set_option("future.infer_string", False)

DATA = pathlib.Path(sys.argv[1])
OUT = pathlib.Path(__file__).with_suffix(".json")


def movies() -> pd.DataFrame:
    frame = pd.DataFrame(json.loads((DATA / "movies.json").read_text()))
    # Titles are texts and numbers mixed; to our engine, as in any typed table, they are texts.
    frame["Title"] = frame["Title"].map(lambda value: value if value is None else str(value))
    return frame


def birdstrikes() -> pd.DataFrame:
    return pd.read_csv(DATA / "birdstrikes.csv", keep_default_na=False, na_values=[""])


MOVIES = [
    gxe.ExpectColumnToExist(column="Title"),
    gxe.ExpectColumnToExist(column="Titel"),
    gxe.ExpectColumnToExist(column="IMDB Rating", column_index=14),
    gxe.ExpectColumnToExist(column="IMDB Rating", column_index=3),
    gxe.ExpectColumnValuesToNotBeNull(column="Worldwide Gross", mostly=0.95),
    gxe.ExpectColumnValuesToNotBeNull(column="IMDB Rating", mostly=0.95, severity="warning"),
    gxe.ExpectColumnValuesToNotBeNull(column="IMDB Rating", mostly=0.9),
    gxe.ExpectColumnValuesToBeNull(column="US DVD Sales", mostly=0.8),
    gxe.ExpectColumnValuesToBeNull(column="Director", mostly=0.8),
    gxe.ExpectColumnValuesToBeUnique(column="Title"),
    gxe.ExpectColumnValuesToBeUnique(column="Title", mostly=0.97),
    gxe.ExpectColumnValuesToBeBetween(column="IMDB Rating", min_value=1, max_value=10),
    gxe.ExpectColumnValuesToBeBetween(column="IMDB Rating", min_value=1.4, strict_min=True),
    gxe.ExpectColumnValuesToBeBetween(column="IMDB Rating", min_value=4, max_value=9, mostly=0.9),
    gxe.ExpectColumnValuesToBeBetween(column="IMDB Rating", min_value=5, max_value=8, mostly=0.9),
    gxe.ExpectColumnValuesToBeBetween(column="Running Time min", max_value=168, strict_max=True),
    gxe.ExpectColumnValuesToBeInSet(column="MPAA Rating", value_set=["G", "PG", "PG-13", "R", "NC-17", "Not Rated", "Open"]),
    gxe.ExpectColumnValuesToBeInSet(column="MPAA Rating", value_set=["G", "PG", "PG-13", "R"], mostly=0.9),
    gxe.ExpectColumnValuesToBeInSet(column="Rotten Tomatoes Rating", value_set=list(range(0, 100, 2)), mostly=0.5),
    gxe.ExpectColumnValuesToNotBeInSet(column="Distributor", value_set=["Disney", "Nobody"]),
    gxe.ExpectColumnValuesToNotBeInSet(column="Distributor", value_set=["Nobody"]),
    gxe.ExpectColumnValuesToMatchRegex(column="Release Date", regex=r"^[A-Z][a-z]{2} \d{2} \d{4}$"),
    gxe.ExpectColumnValuesToMatchRegex(column="Title", regex=r"[Tt]he", mostly=0.5),
    gxe.ExpectColumnValuesToNotMatchRegex(column="Title", regex=r"\d{3}"),
    gxe.ExpectColumnValuesToNotMatchRegex(column="Title", regex=r"\d{3}", mostly=0.95),
    gxe.ExpectColumnValuesToMatchRegexList(column="MPAA Rating", regex_list=["^P", "^R$", "^G$", "^N", "^O"]),
    gxe.ExpectColumnValuesToMatchRegexList(column="MPAA Rating", regex_list=["G", "P"], match_on="all"),
    gxe.ExpectColumnValuesToNotMatchRegexList(column="MPAA Rating", regex_list=["^X", "Z$"]),
    gxe.ExpectColumnValueLengthsToBeBetween(column="Title", min_value=1, max_value=60),
    gxe.ExpectColumnValueLengthsToBeBetween(column="Title", min_value=2, max_value=100),
    gxe.ExpectColumnValueLengthsToEqual(column="Release Date", value=11),
    gxe.ExpectColumnValueLengthsToEqual(column="MPAA Rating", value=1, mostly=0.4),
    gxe.ExpectColumnValuesToMatchStrftimeFormat(column="Release Date", strftime_format="%b %d %Y"),
    gxe.ExpectColumnValuesToBeJsonParseable(column="Title"),
    gxe.ExpectColumnValuesToBeIncreasing(column="US Gross", mostly=0.4),
    gxe.ExpectColumnValuesToBeDecreasing(column="US Gross", strictly=True, mostly=0.6),
    gxe.ExpectColumnValueZScoresToBeLessThan(column="IMDB Rating", threshold=3, double_sided=True),
    gxe.ExpectColumnValueZScoresToBeLessThan(column="IMDB Rating", threshold=3, double_sided=False),
    gxe.ExpectColumnValueZScoresToBeLessThan(column="US Gross", threshold=3, double_sided=True, mostly=0.97),
    gxe.ExpectColumnValuesToBeOfType(column="Title", type_="str"),
    gxe.ExpectColumnValuesToBeOfType(column="IMDB Rating", type_="float64"),
    gxe.ExpectColumnValuesToBeOfType(column="Running Time min", type_="int64"),
    gxe.ExpectColumnValuesToBeInTypeList(column="IMDB Votes", type_list=["int64", "float64"]),
    gxe.ExpectColumnMinToBeBetween(column="IMDB Rating", min_value=1, max_value=2),
    gxe.ExpectColumnMinToBeBetween(column="IMDB Rating", min_value=1.4, strict_min=True),
    gxe.ExpectColumnMaxToBeBetween(column="IMDB Rating", min_value=9, max_value=9.2),
    gxe.ExpectColumnMaxToBeBetween(column="IMDB Rating", max_value=9.2, strict_max=True),
    gxe.ExpectColumnMeanToBeBetween(column="IMDB Rating", min_value=6.2, max_value=6.3),
    gxe.ExpectColumnMeanToBeBetween(column="US Gross", max_value=1_000_000),
    gxe.ExpectColumnMedianToBeBetween(column="IMDB Rating", min_value=6.4, max_value=6.4),
    gxe.ExpectColumnMedianToBeBetween(column="Running Time min", max_value=100),
    gxe.ExpectColumnStdevToBeBetween(column="IMDB Rating", min_value=1.25, max_value=1.26),
    gxe.ExpectColumnStdevToBeBetween(column="IMDB Rating", min_value=1.3),
    gxe.ExpectColumnSumToBeBetween(column="Rotten Tomatoes Rating", min_value=100_000, max_value=140_000),
    gxe.ExpectColumnSumToBeBetween(column="Rotten Tomatoes Rating", max_value=1000),
    gxe.ExpectColumnUniqueValueCountToBeBetween(column="MPAA Rating", min_value=7, max_value=7),
    gxe.ExpectColumnUniqueValueCountToBeBetween(column="Director", max_value=100),
    gxe.ExpectColumnProportionOfUniqueValuesToBeBetween(column="Title", min_value=0.98),
    gxe.ExpectColumnProportionOfUniqueValuesToBeBetween(column="Major Genre", min_value=0.5),
    gxe.ExpectColumnProportionOfNonNullValuesToBeBetween(column="Director", min_value=0.5, max_value=0.6),
    gxe.ExpectColumnProportionOfNonNullValuesToBeBetween(column="Director", min_value=0.9),
    gxe.ExpectColumnQuantileValuesToBeBetween(
        column="IMDB Rating",
        quantile_ranges={"quantiles": [0.05, 0.25, 0.5, 0.75, 0.95], "value_ranges": [[3.9, 4.1], [5.5, 5.7], [6.4, 6.4], [7, 7.3], [None, 8.2]]},
    ),
    gxe.ExpectColumnQuantileValuesToBeBetween(
        column="US Gross", quantile_ranges={"quantiles": [0.1, 0.9], "value_ranges": [[0, 200_000], [100, 1000]]}
    ),
    gxe.ExpectColumnQuantileValuesToBeBetween(
        column="US Gross",
        quantile_ranges={"quantiles": [0.333], "value_ranges": [[9_000_000, 11_000_000]]},
        allow_relative_error="linear",
    ),
    gxe.ExpectColumnDistinctValuesToBeInSet(column="MPAA Rating", value_set=["G", "PG", "PG-13", "R", "NC-17", "Not Rated", "Open", "X"]),
    gxe.ExpectColumnDistinctValuesToBeInSet(column="MPAA Rating", value_set=["G"]),
    gxe.ExpectColumnDistinctValuesToContainSet(column="MPAA Rating", value_set=["G", "R"]),
    gxe.ExpectColumnDistinctValuesToContainSet(column="MPAA Rating", value_set=["G", "X"]),
    gxe.ExpectColumnDistinctValuesToEqualSet(column="MPAA Rating", value_set=["G", "PG", "PG-13", "R", "NC-17", "Not Rated", "Open"]),
    gxe.ExpectColumnDistinctValuesToEqualSet(column="MPAA Rating", value_set=["G", "PG"]),
    gxe.ExpectColumnMostCommonValueToBeInSet(column="MPAA Rating", value_set=["R"]),
    gxe.ExpectColumnMostCommonValueToBeInSet(column="MPAA Rating", value_set=["PG", "G"]),
    gxe.ExpectColumnMostCommonValueToBeInSet(column="Title", value_set=["Halloween"], ties_okay=True),
    gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="Worldwide Gross", column_B="US Gross", or_equal=True),
    gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="Worldwide Gross", column_B="US Gross", or_equal=True, mostly=0.99),
    gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A="Worldwide Gross", column_B="US Gross", or_equal=True, mostly=0.9, ignore_row_if="either_value_is_missing"
    ),
    gxe.ExpectColumnPairValuesToBeEqual(column_A="Worldwide Gross", column_B="US Gross", mostly=0.3),
    gxe.ExpectColumnPairValuesToBeEqual(column_A="Worldwide Gross", column_B="US Gross", mostly=0.5),
    gxe.ExpectColumnPairValuesToBeInSet(
        column_A="MPAA Rating", column_B="Source", value_pairs_set=[("R", "Original Screenplay"), ("PG", "Remake")], ignore_row_if="either_value_is_missing"
    ),
    gxe.ExpectMulticolumnSumToEqual(column_list=["IMDB Rating", "Rotten Tomatoes Rating"], sum_total=60, ignore_row_if="any_value_is_missing"),
    gxe.ExpectSelectColumnValuesToBeUniqueWithinRecord(column_list=["US Gross", "Worldwide Gross"], ignore_row_if="any_value_is_missing"),
    gxe.ExpectSelectColumnValuesToBeUniqueWithinRecord(column_list=["IMDB Rating", "IMDB Votes"], ignore_row_if="any_value_is_missing"),
    gxe.ExpectCompoundColumnsToBeUnique(column_list=["Title", "Release Date"]),
    gxe.ExpectCompoundColumnsToBeUnique(column_list=["Title", "Director"]),
    gxe.ExpectTableRowCountToBeBetween(min_value=3000, max_value=3300),
    gxe.ExpectTableRowCountToEqual(value=3200),
    gxe.ExpectTableColumnCountToBeBetween(min_value=10, max_value=15),
    gxe.ExpectTableColumnCountToEqual(value=16),
    gxe.ExpectTableColumnsToMatchSet(column_set=["Title", "Director"], exact_match=False),
    gxe.ExpectTableColumnsToMatchSet(column_set=["Title", "Director"], exact_match=True),
    gxe.ExpectColumnValuesToBeBetween(
        column="Running Time min", min_value=60, row_condition=Column("MPAA Rating") == "R"
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="US Gross", row_condition=(Column("IMDB Votes") > 1000) & Column("Distributor").is_not_null()
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="IMDB Rating", row_condition=(Column("IMDB Votes") > 0) | Column("Source").is_in(["Remake", "Original Screenplay"])
    ),
]

BIRDSTRIKES = [
    gxe.ExpectTableColumnsToMatchOrderedList(column_list=list(birdstrikes().columns)),
    gxe.ExpectTableColumnsToMatchOrderedList(column_list=sorted(birdstrikes().columns)),
    gxe.ExpectTableColumnsToMatchSet(column_set=sorted(birdstrikes().columns)),
    gxe.ExpectTableRowCountToEqual(value=10000),
    gxe.ExpectColumnValuesToMatchStrftimeFormat(column="Flight Date", strftime_format="%Y-%m-%d"),
    gxe.ExpectColumnValuesToMatchStrftimeFormat(column="Flight Date", strftime_format="%d.%m.%Y"),
    gxe.ExpectColumnValuesToMatchStrftimeFormat(column="Wildlife Size", strftime_format="%Y"),
    gxe.ExpectColumnValuesToBeInSet(column="Wildlife Size", value_set=["Small", "Medium", "Large"]),
    gxe.ExpectColumnValuesToBeInSet(column="Wildlife Size", value_set=["Small", "Medium"], mostly=0.95),
    gxe.ExpectColumnValuesToBeInSet(column="Time of day", value_set=["Day", "Night"]),
    gxe.ExpectColumnValuesToNotBeNull(column="Speed IAS in knots", mostly=0.7),
    gxe.ExpectColumnValuesToNotBeNull(column="Speed IAS in knots", mostly=0.9),
    gxe.ExpectColumnValuesToBeBetween(column="Cost Total $", min_value=0),
    gxe.ExpectColumnValuesToBeBetween(column="Speed IAS in knots", min_value=10, max_value=350),
    gxe.ExpectColumnValuesToBeBetween(column="Speed IAS in knots", min_value=50, max_value=300, mostly=0.95),
    gxe.ExpectColumnValuesToBeOfType(column="Cost Total $", type_="int64"),
    gxe.ExpectColumnValuesToBeOfType(column="Cost Total $", type_="float64"),
    gxe.ExpectColumnValuesToBeInTypeList(column="Airport Name", type_list=["str", "object"]),
    gxe.ExpectColumnMeanToBeBetween(column="Cost Repair", min_value=1000, max_value=100_000),
    gxe.ExpectColumnUniqueValueCountToBeBetween(column="Origin State", min_value=50, max_value=60),
    gxe.ExpectColumnMostCommonValueToBeInSet(column="Phase of flight", value_set=["Approach"]),
    gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="Cost Total $", column_B="Cost Repair", or_equal=True),
    gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="Cost Total $", column_B="Cost Repair", mostly=0.9),
    gxe.ExpectMulticolumnSumToEqual(column_list=["Cost Other", "Cost Repair"], sum_total=0, mostly=0.9),
    gxe.ExpectCompoundColumnsToBeUnique(column_list=["Airport Name", "Flight Date", "Aircraft Make Model"]),
    gxe.ExpectColumnValuesToMatchRegex(column="Aircraft Make Model", regex=r"^[A-Z0-9 ./()-]+$"),
    gxe.ExpectColumnValuesToMatchRegex(column="Origin State", regex=r"^\S"),
    gxe.ExpectColumnValuesToBeBetween(
        column="Cost Total $", max_value=0, row_condition=Column("Effect Amount of damage") == "None"
    ),
    gxe.ExpectColumnValuesToBeDateutilParseable(column="Flight Date"),
]


def judged(name: str, frame: pd.DataFrame, expectations: list) -> dict:
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("pandas").add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
    suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
    result = batch.validate(suite, result_format="COMPLETE").to_json_dict()
    order = {expectation["id"]: index for index, expectation in enumerate(suite.to_json_dict()["expectations"])}
    verdicts: list = [None] * len(order)
    for one in result["results"]:
        found = one["result"]
        verdicts[order[one["expectation_config"]["id"]]] = {
            "success": bool(one["success"]),
            **{key: found[key] for key in ("unexpected_count", "element_count") if key in found},
            **({"raised": True} if one["exception_info"].get("raised_exception", True) else {}),
        }
    exported = suite.to_json_dict()
    for expectation in exported["expectations"]:
        expectation.pop("id")
    exported.pop("id")
    return {"suite": exported, "verdicts": verdicts, "format": sorted(result.keys())}


golden = {
    "versions": {"great_expectations": gx.__version__, "pandas": pd.__version__},
    "movies": judged("movies", movies(), MOVIES),
    "birdstrikes": judged("birdstrikes", birdstrikes(), BIRDSTRIKES),
}
OUT.write_text(json.dumps(golden, indent=1) + "\n")
for name in ("movies", "birdstrikes"):
    kinds = {one["type"] for one in golden[name]["suite"]["expectations"]}
    passed = sum(verdict["success"] for verdict in golden[name]["verdicts"])
    print(name, len(golden[name]["verdicts"]), "expectations of", len(kinds), "types;", passed, "pass")
