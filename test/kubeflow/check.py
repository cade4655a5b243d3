"""What the Kubeflow Pipelines SDK makes of a compiled pipeline, as one line of JSON."""

import json
import sys
import tempfile
import warnings

warnings.filterwarnings("ignore")

import yaml
from google.protobuf import json_format
from kfp import compiler, components, dsl
from kfp.pipeline_spec import pipeline_spec_pb2


def main(file):
    with open(file, encoding="utf-8") as text:
        content = yaml.safe_load(text)
    # Unknown keys and wrong types are errors here.
    spec = json_format.ParseDict(content, pipeline_spec_pb2.PipelineSpec())
    loaded = components.load_component_from_file(file)

    @dsl.pipeline(name="outer")
    def outer(data: str, champion: str = ""):
        loaded(data_uri=data, champion_uri=champion)

    # Compiling it into another pipeline checks types and names.
    with tempfile.NamedTemporaryFile(suffix=".yaml") as target:
        compiler.Compiler().compile(outer, target.name)
    return {
        "name": spec.pipeline_info.name,
        "tasks": sorted(spec.root.dag.tasks),
        "condition": sorted(spec.components["comp-if-champion"].dag.tasks),
        "inputs": {name: value.default for name, value in loaded.component_spec.inputs.items()},
        "spec": spec.root.input_definitions.parameters["spec"].default_value.string_value,
    }


print(json.dumps(main(*sys.argv[1:])))
