"""The Spark session: the one that is there, or a new one by the usual configuration, started without a word.

A new one takes its master and all else from where Spark takes it (``spark-defaults.conf``, ``SPARK_CONF_DIR``,
``PYSPARK_SUBMIT_ARGS``); ``local[*]`` when nothing says otherwise. What Java prints goes to a file that is shown when
something fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from errata.core.errors import MissingExtra

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LEAST_JAVA = 17
OURS = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.sql.session.timeZone": "UTC"}
"""What a session of ours has where the configuration says nothing else."""
_LOG_LINES = 5
_log: int | None = None


def session() -> SparkSession:
    """The active Spark session, else a new one. Raises MissingExtra without pyspark, Java, or a Spark that starts."""
    if "PYSPARK_PYTHON" not in os.environ:
        # Workers of another Python could not read what is sent to them.
        os.environ["PYSPARK_PYTHON"] = sys.executable
    with quietly():
        try:
            import pandas  # noqa: F401
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise MissingExtra(
                "missing-extra",
                "--engine spark needs the optional part 'spark', which is not installed",
                expected="pyspark and pandas",
                found=f"no module {error.name!r}",
                next="pip install 'errata[spark]'",
            ) from None
        active = SparkSession.getActiveSession()
        return active if active is not None else _started()


def _started() -> SparkSession:
    global _log
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    check_java()
    if _log is None:
        _log, path = tempfile.mkstemp(prefix="errata-spark-")
        os.unlink(path)  # Java writes to it until it ends
    try:
        if SparkContext._gateway is None:
            gateway = launch_gateway(popen_kwargs={"stdout": _log, "stderr": _log})
            SparkContext._ensure_initialized(gateway=gateway)
        conf = SparkConf()  # after the launch, for it knows spark-defaults.conf only then
        for name, value in OURS.items():
            conf.setIfMissing(name, value)
        conf.setIfMissing("spark.app.name", "errata")
        return SparkSession.builder.config(conf=conf).getOrCreate()
    except (PySparkException, Py4JError, OSError) as error:
        raise MissingExtra(
            "no-spark",
            "Spark does not start",
            expected=f"Java {LEAST_JAVA} or newer, and a master that answers",
            found="\n".join([*last_words(), *str(error).splitlines()[:1]]),
            next="spark-submit --version; then look at spark.master in spark-defaults.conf",
        ) from None


def last_words() -> list[str]:
    """The last lines that Java printed that tell of something wrong; none where the session is not ours."""
    if _log is None:
        return []
    try:
        size = os.fstat(_log).st_size
        text = os.pread(_log, 1 << 16, max(0, size - (1 << 16))).decode(errors="replace")
    except OSError:
        return []
    wrong = [line for line in text.splitlines() if "ERROR" in line or "Error" in line or "Exception" in line]
    return [line.strip()[:200] for line in (wrong or text.splitlines())[-_LOG_LINES:]]


def check_java() -> None:
    """Raise MissingExtra where there is no Java, or one that Spark does not run on."""
    home = os.environ.get("JAVA_HOME")
    java = Path(home) / "bin" / "java" if home else shutil.which("java")
    version = _version(str(java)) if java is not None else None
    if version is not None and version >= LEAST_JAVA:
        return
    found = f"Java {version}" if version is not None else "no java"
    raise MissingExtra(
        "no-java",
        f"--engine spark needs Java {LEAST_JAVA} or newer",
        expected=f"java {LEAST_JAVA}+ in JAVA_HOME or on the PATH",
        found=found + (f" in {home} (JAVA_HOME)" if home else " on the PATH" if version is None else f": {java}"),
        next="apt-get install default-jre-headless (Debian, Ubuntu), or set JAVA_HOME to a JRE",
    )


def _version(java: str) -> int | None:
    """The major version that a ``java`` says it is, 0 where that cannot be read; None where it does not run."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60).stderr
    except (OSError, subprocess.TimeoutExpired):
        return None
    quoted = said.partition('"')[2].partition('"')[0]
    first, *rest = (quoted or "0").split(".")
    number = rest[0] if first == "1" and rest else first  # 1.8 is 8
    digits = "".join(character for character in number if character.isdigit())
    return int(digits or 0)


@contextmanager
def quietly() -> Iterator[None]:
    """Within, pyspark does not warn of a pandas newer than it was tested with: only Arrow passes between them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        yield
