"""Writes odcs-contracts.json: an ODCS contract for seattle-weather.csv (vega-datasets), and what datacontract-cli finds with it.

    pip install 'datacontract-cli[duckdb]==1.2.8'
    python test/shared/data/contract/golden/odcs-contracts.py node_modules/vega-datasets/data
"""

import json
import pathlib
import sys
from importlib.metadata import version

from datacontract.data_contract import DataContract

DATA = pathlib.Path(sys.argv[1]).resolve()
OUT = pathlib.Path(__file__).with_suffix(".json")

CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: weather
name: Weather
version: 1.0.0
status: active
schema:
- name: weather
  physicalName: weather
  properties:
  - name: date
    logicalType: date
    required: true
    unique: true
  - name: precipitation
    logicalType: number
    required: true
    logicalTypeOptions:
      minimum: 0
      maximum: 50
    quality:
    - metric: nullValues
      mustBe: 0
  - name: temp_max
    logicalType: number
    unique: true
    logicalTypeOptions: { minimum: -1.6 }
    quality:
    - metric: duplicateValues
      mustBeLessThan: 100
  - name: temp_min
    logicalType: number
    logicalTypeOptions: { minimum: -7, maximum: 18 }
    quality:
    - metric: duplicateValues
      mustBeLessThan: 30
    - metric: nullValues
      unit: percent
      mustBeLessOrEqualTo: 1
  - name: wind
    logicalType: number
    logicalTypeOptions: { maximum: 9.5 }
    quality:
    - metric: missingValues
      arguments: { missingValues: [2.4, 1.2] }
      mustBeBetween: [10, 100]
  - name: weather
    logicalType: string
    logicalTypeOptions: { minLength: 3, maxLength: 6, pattern: "^[a-z]+$" }
    quality:
    - metric: invalidValues
      arguments: { validValues: [sun, rain, fog, drizzle] }
      mustBeLessThan: 2
      unit: percent
    - metric: missingValues
      arguments: { missingValues: [fog] }
      mustBeBetween: [100, 102]
  - name: humidity
    logicalType: number
  quality:
  - metric: rowCount
    mustBeGreaterOrEqualTo: 1461
  - metric: duplicateValues
    arguments: { properties: [weather, wind] }
    mustBeLessOrEqualTo: 1000
"""
SERVER = f"""servers:
- server: local
  type: local
  path: {DATA / 'seattle-weather.csv'}
  format: csv
"""
RULES = {
    "field_is_present": "name",
    "field_required": "required",
    "field_unique": "unique",
    "field_minimum": "logicalTypeOptions.minimum",
    "field_maximum": "logicalTypeOptions.maximum",
    "field_min_length": "logicalTypeOptions.minLength",
    "field_max_length": "logicalTypeOptions.maxLength",
    "field_regex": "logicalTypeOptions.pattern",
    "field_null_values": "quality.nullValues",
    "field_invalid_values": "quality.invalidValues",
    "field_missing_values": "quality.missingValues",
    "field_duplicate_values": "quality.duplicateValues",
    "row_count": "quality.rowCount",
    "model_duplicate_values": "quality.duplicateValues",
}

run = DataContract(data_contract_str=CONTRACT + SERVER).test()
checks = [[check.field, RULES[check.type], check.result.value == "passed", check.reason] for check in run.checks]
for check in checks:
    print(check)
golden = {"versions": {"datacontract-cli": version("datacontract-cli")}, "contract": CONTRACT, "checks": [check[:3] for check in checks]}
OUT.write_text(json.dumps(golden, indent=1) + "\n")
