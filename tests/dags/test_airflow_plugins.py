from pathlib import Path

from tests.dags.small_home import run_script

LOAD_PLUGINS = """
import json, sys
from kam_kpi import PROJECT
from kam_kpi.home import Home
from kam_kpi.orchestration.environment import prepare
prepare(Home.current())
from airflow import plugins_manager
plugins_manager.get_flask_plugins()
_, errors = plugins_manager._get_plugins()
package = PROJECT / "plugins" / "kam_kpi"
strangers = [
    name for name, module in sys.modules.items()
    if str(getattr(module, "__file__", None) or "").startswith(str(package))
    and name.partition(".")[0] != "kam_kpi"
]
print()
print(json.dumps({"errors": errors, "strangers": strangers}))
"""


def test_airflow_imports_no_module_of_the_package_as_a_plugin(
    two_sources: tuple[Path, Path],
) -> None:
    # Without plugins/.airflowignore Airflow loads every file under a top-level name, and
    # `calendar` or `types` of the package would shadow the standard library's.
    found = run_script(LOAD_PLUGINS, *two_sources)
    assert found == {"errors": {}, "strangers": []}
