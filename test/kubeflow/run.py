"""Runs a compiled pipeline with kfp.local: its graph, conditions, placeholders and artifacts are the SDK's.

Only the container is another: the SDK's runner of subprocesses takes Python components alone, so its refusal of others is
lifted, and the command of a step is run in the folder that stands for the image's.
"""

import json
import logging
import os
import sys
import warnings

warnings.filterwarnings("ignore")

from kfp import components, local
from kfp.local import subprocess_task_handler, status
import subprocess


class ContainerTaskHandler(subprocess_task_handler.SubprocessTaskHandler):
    def validate_image(self, image):
        images.append(image)

    def validate_not_container_component(self, full_command):
        pass

    def run(self):
        done = subprocess.run(self.full_command, cwd=folder, env={**os.environ, **self.env_vars}, stdout=sys.stderr, check=False)
        return status.Status.SUCCESS if done.returncode == 0 else status.Status.FAILURE


file, folder, root, arguments = sys.argv[1:]
images = []
subprocess_task_handler.SubprocessTaskHandler = ContainerTaskHandler
local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=root, raise_on_error=False)
logging.disable(logging.CRITICAL)
components.load_component_from_file(file)(**json.loads(arguments))
print(json.dumps({"images": images}))
