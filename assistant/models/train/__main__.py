"""Train the packaged models from open data: `python -m assistant.models.train --help`. Needs the extra ``train``."""

from __future__ import annotations

import importlib.util
import json
import logging
import tomllib
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console
from rich.logging import RichHandler

from assistant.entailment import PACKAGED_VERIFIER, PackagedEntailment
from assistant.models.train import calibrate, calibrate_verifier, card, reader, verifier, verifier_data
from assistant.models.train.export import export, read_weights, write_checksums
from assistant.models.train.networks import ReaderNetwork, VerifierNetwork, encoder
from assistant.models.train.reader_data import ReaderData, dev_examples
from assistant.reading import PACKAGED_READER, PackagedReader
from assistant.verifying import Calibration, ModelVerifier
from ingestion.errors import VouchedError

CONFIG = Path(__file__).with_name("config.toml")

app = typer.Typer(add_completion=False, help="Train the packaged models. Killed, a run goes on from its last checkpoint.")
Data = Annotated[Path, typer.Option(exists=True, file_okay=False, help="The folder with reader/, grounding/, arxiv/.")]
Work = Annotated[Path, typer.Option(help="Where unfinished runs and caches are kept.")]
Start = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="Go on from this exported network (.onnx), not from the backbone."),
]
Config = Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Everything that decides what comes out.")]


@app.command("reader")
def train_reader(
    data: Data,
    work: Work = Path(".training"),
    out: Annotated[Path, typer.Option()] = PACKAGED_READER,
    config: Config = CONFIG,
    start: Start = None,
) -> None:
    """Train, export, calibrate and describe the reader (about an hour and a quarter on two cores).

    Example: python -m assistant.models.train reader --data ../shared/data
    """
    settings = _settings(config)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(settings["reader"]["seed"])
    network = ReaderNetwork(encoder(_backbone(settings), settings["reader"]["dropout"]))
    if start is not None:
        read_weights(network, start)
    network.to(device)
    examples = ReaderData(data, settings["reader"], work)
    reader.run(network, examples, settings["reader"], work, device)
    torch.save(network.state_dict(), work / "reader.pt")
    sample = [example for paper in dev_examples(data / settings["reader"]["dev"])[:1] for example in paper]
    export(network.cpu(), reader.tensors(sample, torch.device("cpu")), ["evidence", "answered"], out / "reader.onnx")
    calibrate_reader(data, work, out, config)


@app.command("calibrate-reader")
def calibrate_reader(
    data: Data,
    work: Work = Path(".training"),
    out: Annotated[Path, typer.Option()] = PACKAGED_READER,
    config: Config = CONFIG,
) -> None:
    """Fit the reader's probabilities and thresholds on held-out papers, and write its README."""
    settings = _settings(config)["reader"]
    write_checksums(out)
    asked = calibrate.ask(PackagedReader(out), data, settings, work)
    calibration = calibrate.calibrate(asked, settings)
    calibrate.write(out / "calibration.json", calibration)
    figures = calibrate.figures(asked)
    card.write(out / "README.md", "reader-card.md.jinja", c=settings, f=figures, k=calibration)
    write_checksums(out)
    Console().print(figures)


@app.command("verifier")
def train_verifier(
    data: Data,
    work: Work = Path(".training"),
    out: Annotated[Path, typer.Option()] = PACKAGED_VERIFIER,
    config: Config = CONFIG,
    start: Start = None,
) -> None:
    """Train, export, calibrate and describe the verifier (about an hour and a half on two cores).

    Example: python -m assistant.models.train verifier --data ../shared/data
    """
    settings = _settings(config)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    work.mkdir(parents=True, exist_ok=True)
    chosen = settings["verifier"] if start is None else settings["verifier"] | settings["verifier"]["further"]
    torch.manual_seed(chosen["seed"])
    network = VerifierNetwork(encoder(_backbone(settings), chosen["dropout"]))
    if start is not None:
        read_weights(network, start)
    network.to(device)
    verifier.run(network, data, chosen, work, device)
    torch.save(network.state_dict(), work / "verifier.pt")
    sample = verifier_data.encoded(verifier_data.dev_pairs(data, settings["verifier"])[:4])
    export(network.cpu(), verifier.tensors(sample, torch.device("cpu")), ["verdict"], out / "verifier.onnx")
    calibrate_on_pairs(data, out, config)


@app.command("calibrate-verifier")
def calibrate_on_pairs(
    data: Data, out: Annotated[Path, typer.Option()] = PACKAGED_VERIFIER, config: Config = CONFIG
) -> None:
    """Fit the verifier's probabilities on held-out pairs, and write its README."""
    settings = _settings(config)["verifier"]
    write_checksums(out)
    pairs = verifier_data.dev_pairs(data, settings)
    items = calibrate_verifier.read(ModelVerifier(PackagedEntailment(out)), pairs)
    calibration = calibrate_verifier.calibrate(items, settings)
    (out / "calibration.json").write_text(json.dumps(calibration, indent=1) + "\n", encoding="utf-8")
    known = Calibration.read(out / "calibration.json")
    figures, curve = calibrate_verifier.figures(items, known), calibrate_verifier.curve(items, known)
    card.write(out / "README.md", "verifier-card.md.jinja", c=settings, f=figures, k=calibration, curve=curve)
    write_checksums(out)
    Console().print(figures["mean"])


def _settings(config: Path) -> dict[str, Any]:
    return tomllib.loads(config.read_text(encoding="utf-8"))


def _backbone(settings: dict[str, Any]) -> Path:
    package = importlib.util.find_spec(settings["backbone"]["package"])
    if package is None or package.origin is None:
        raise VouchedError("The backbone is not installed. Run: pip install 'vouched[train]'")
    return Path(package.origin).parent / "model"


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[RichHandler(show_path=False)])
    app()
