"""Gates: what a load, a conformed table and a mart must fulfil, judged by Great Expectations.

Importing this package switches Great Expectations' telemetry off and its chatter down. Both must
happen before `great_expectations` itself is imported, so nothing here imports it at the top.
"""

import logging
import os

os.environ["GX_ANALYTICS_ENABLED"] = "false"
logging.getLogger("great_expectations").setLevel(logging.WARNING)
# a query that fails is a check row; its log line would carry values of pay tables
logging.getLogger("great_expectations.execution_engine").setLevel(logging.CRITICAL)
