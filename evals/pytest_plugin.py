"""Evals as tests: a file ``vouched.yaml`` is a test for each limit it sets; the fixture ``vouched_eval`` is for others.

suite: mine.yaml          # a file beside this one, or the name of a packaged suite
library: library          # the folder asked; a packaged suite makes its own
out: runs/mine            # where answers are kept: a stopped run goes on, a finished one is only scored again
llm: extractive           # any setting may stand here by its name
min: {fact coverage: 0.7, "multi: MRR": 0.8}
max: {errors: 0, words: 90}
baseline: runs/before     # optional: no metric may be worse than there
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from evals.gating import Limit
    from evals.scoring import ScoredRun
    from evals.systems import System

FILES = ("vouched.yaml", "vouched.yml")
OWN = ("suite", "library", "out", "judge", "system", "min", "max", "baseline", "effect")
EFFECT = 0.02


class Evaluated:
    """A run that was asked and scored, to be held against limits."""

    def __init__(self, run: ScoredRun) -> None:
        """Keep the run; ``run.scores`` has the values of every question."""
        self.run = run

    def __getitem__(self, metric: str) -> float | None:
        """Give the figure of a metric over all questions; None where it has none. Raises KeyError for an unknown one."""
        from evals.metrics import METRICS

        return METRICS[metric].estimate(self.run.scores).value

    def check(self, metric: str, *, min: float | None = None, max: float | None = None, kind: str = "all") -> None:
        """Fail the test when a metric and its whole 95 % interval miss a limit. Raises SuiteError where it has no value."""
        from evals.gating import Limit

        limits = [Limit(metric, "min", min, kind)] if min is not None else []
        limits += [Limit(metric, "max", max, kind)] if max is not None else []
        _hold(self.run, limits)

    def no_worse_than(self, baseline: str | Path, effect: float = EFFECT) -> None:
        """Fail the test when a metric is worse than in an earlier run, by the interval and by at least ``effect``."""
        _hold(self.run, [], Path(baseline), effect)


@pytest.fixture(scope="session")
def vouched_eval(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Evaluated]:
    """Run a suite: ``vouched_eval(suite, library=None, out=None, system="vouched", judge=None, **settings)``.

    ``system`` is a name, a `evals.systems.System`, or a function that takes a question and returns the answer with its
    contexts, ``{"answer": str, "contexts": [str, ...]}``.
    """

    def run(suite: str | Path, *, out: str | Path | None = None, **options: Any) -> Evaluated:  # noqa: ANN401 (settings)
        return Evaluated(_run(str(suite), Path(out) if out else tmp_path_factory.mktemp("vouched"), **options))

    return run


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take up files of limits."""
    return LimitsFile.from_parent(parent, path=file_path) if file_path.name in FILES else None


class LimitsFile(pytest.File):
    """A file of limits; its suite is asked once, when the first of its tests runs."""

    _scored: ScoredRun | None = None

    def collect(self) -> Iterator[pytest.Item]:
        """Give a test for each limit, and one for the baseline."""
        import yaml

        try:
            said = yaml.safe_load(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise pytest.Collector.CollectError(f"{self.path} cannot be read: {error}") from error
        if not isinstance(said, Mapping) or not isinstance(said.get("suite"), str):
            raise pytest.Collector.CollectError(f"{self.path} names no suite. Add a line such as: suite: mine.yaml")
        self.said = dict(said)
        for side in ("min", "max"):
            for named, bound in (said.get(side) or {}).items():
                yield LimitItem.from_parent(
                    self, name=f"{named} {'>=' if side == 'min' else '<='} {bound}", limit=(named, side, bound)
                )
        if said.get("baseline"):
            yield LimitItem.from_parent(self, name=f"no worse than {said['baseline']}", limit=None)

    def scored(self) -> ScoredRun:
        """Ask and score the suite, once."""
        if self._scored is None:
            self._scored = self._ask()
        return self._scored

    def beside(self, name: str) -> Path:
        """Find a path as this file gives it: from its own folder."""
        return self.path.parent / name

    def _ask(self) -> ScoredRun:
        said = self.said
        suite = str(self.beside(said["suite"])) if Path(said["suite"]).suffix else said["suite"]
        library = str(self.beside(said["library"])) if said.get("library") else None
        out = self.beside(said.get("out") or f"runs/{Path(said['suite']).stem}")
        options = {name: said[name] for name in ("judge", "system") if name in said}
        settings = {name: value for name, value in said.items() if name not in OWN}
        return _run(suite, out, library=library, **options, **settings)


class LimitItem(pytest.Item):
    """One limit, or the baseline."""

    def __init__(self, *, limit: tuple[str, Any, float] | None, **kwargs: Any) -> None:  # noqa: ANN401 (pytest's own)
        """Take what to check: metric, side and bound; None for the baseline."""
        super().__init__(**kwargs)
        self.limit = limit

    def runtest(self) -> None:
        """Hold the run against it."""
        file = self.parent
        assert isinstance(file, LimitsFile)  # noqa: S101 (only such a file makes these)
        run = file.scored()
        if self.limit is None:
            _hold(run, [], file.beside(file.said["baseline"]), float(file.said.get("effect", EFFECT)))
        else:
            named, side, bound = self.limit
            kind, colon, metric = named.rpartition(":")
            from evals.gating import ALL, Limit

            _hold(run, [Limit(metric.strip(), side, float(bound), kind if colon else ALL)])

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401 (pytest's own)
        """Say in words what fell short; anything unforeseen is shown as pytest shows it."""
        from ingestion.errors import VouchedError

        known = isinstance(excinfo.value, (pytest.fail.Exception, VouchedError))
        return str(excinfo.value) if known else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the test in reports."""
        return self.path, None, self.name


def _run(
    suite: str,
    out: Path,
    *,
    library: str | Path | None = None,
    system: str | System | Callable[[str], Mapping[str, Any]] = "vouched",
    judge: str | None = None,
    **settings: Any,  # noqa: ANN401 (settings)
) -> ScoredRun:
    from assistant.settings import Settings
    from evals.judges.cache import cached
    from evals.judges.judge import load_judge
    from evals.running import run
    from evals.scoring import read_run, score_run
    from evals.session import check_suite, library_for
    from evals.suite import load_suite
    from evals.systems import load_system
    from evals.systems.function import FunctionSystem

    if library is not None:
        settings["library"] = Path(library)
    chosen = Settings(**settings)
    loaded = load_suite(suite)
    opened = library_for(loaded, chosen, out, given=library is not None)
    check_suite(loaded, opened.papers(), f"the library {opened.path}")
    if isinstance(system, str):
        system = load_system(system, opened, chosen)
    asked: Any = system if hasattr(system, "ask") else FunctionSystem(system, opened)
    run(loaded, asked, opened, out, lambda _: None, source=suite)
    with cached(None if judge == "none" else load_judge(judge, chosen)) as found:
        score_run(out, loaded, opened, found)
    return read_run(out)


def _hold(run: ScoredRun, limits: list[Limit], baseline: Path | None = None, effect: float = EFFECT) -> None:
    from evals.errors import SuiteError
    from evals.gating import gate
    from evals.metrics import METRICS
    from evals.scoring import read_run

    for limit in limits:
        if limit.metric not in METRICS:
            raise SuiteError(f"There is no metric {limit.metric!r}. There are: {'; '.join(METRICS)}.")
    missed = [c for c in gate(run, limits, None if baseline is None else read_run(baseline), effect) if not c.passed]
    if missed:
        lines = [f"{c.metric} ({c.kind}) is {c.value:.3f}, asked {c.limit}: {c.why}" for c in missed]
        pytest.fail("\n".join([*lines, f"See the answers: vouched eval report {run.folder}"]), pytrace=False)
