"""Writes sobol.json: the first 32 points of the plain Sobol sequence in 22 dimensions, by scipy (Joe and Kuo's table).

pip install scipy && python sobol.py
"""

import json
from pathlib import Path

from scipy.stats import qmc

points = qmc.Sobol(d=22, scramble=False, bits=32).random(32)
Path(__file__).with_name("sobol.json").write_text(json.dumps(points.tolist()) + "\n")
