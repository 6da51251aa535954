"""One script: on one CPU, on eight emulated devices, as two processes; killed and taken up again.

Every run is a process of its own, killed by SIGKILL while a checkpoint is half written.
"""

import json
import math
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import jax
import numpy as np
import pytest
import yaml

from whiteboard.architecture.sharding import make_mesh
from whiteboard.training import sharded_run
from whiteboard.training.emulation import COMPILE_FAST

STEPS, SAVE_EVERY, LENGTH = 10, 2, 19
SMALL = ("--layers=1", "--batch=8", f"--length={LENGTH}", f"--save-every={SAVE_EVERY}")


def start(directory, *options, devices=1):
    count = f"--xla_force_host_platform_device_count={devices}"
    command = [sys.executable, "-m", "whiteboard.training.sharded_run", f"--directory={directory}"]
    return subprocess.Popen(
        [*command, f"--steps={STEPS}", *SMALL, *options],
        env=os.environ | {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": f"{count} {COMPILE_FAST}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def pair(directory, *options):
    """Two processes of one device each, which find each other on the loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = ("--distributed", f"--coordinator=127.0.0.1:{port}", "--num-processes=2", *options)
    return [start(directory, *found, f"--process-id={number}") for number in (0, 1)]


def finish(process):
    """What a run printed, line by line, until it ended well."""
    out, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors[-2000:]
    return lines(out)


def lines(out):
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")]


def kill_in_mid_save(directory, processes):
    """SIGKILL to all while a checkpoint is half written and an earlier one is whole.

    They are stopped first, so that the save cannot end between the look and the kill.

    Returns: what process 0 had printed, and the step of the last whole checkpoint.
    """
    until = time.monotonic() + 240
    while True:
        assert time.monotonic() < until
        assert all(process.poll() is None for process in processes), "it ended before"
        if half_written(directory) and whole(directory):
            signal_all(processes, signal.SIGSTOP)
            if half_written(directory):
                break
            signal_all(processes, signal.SIGCONT)
        time.sleep(0.001)
    signal_all(processes, signal.SIGKILL)
    printed = [lines(process.communicate(timeout=60)[0]) for process in processes]
    assert all(process.returncode == -signal.SIGKILL for process in processes)
    assert half_written(directory)
    return printed[0], max(whole(directory))


def signal_all(processes, number):
    for process in processes:
        process.send_signal(number)


def whole(directory):
    """Steps of the checkpoints that are whole."""
    return [int(path.name) for path in directory.glob("*") if path.name.isdecimal()]


def half_written(directory):
    return [path for path in directory.glob("*") if "tmp" in path.name]


def losses(printed):
    return {line["step"]: line["loss"] for line in printed if "step" in line}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return finish(start(tmp_path_factory.mktemp("alone")))


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Eight devices, killed; then four times two, from what was left."""
    directory = tmp_path_factory.mktemp("killed")
    first, last = kill_in_mid_save(directory, [start(directory, "--mesh=fsdp=8", devices=8)])
    then = finish(start(directory, "--mesh=fsdp=4,tensor=2", devices=8))
    assert not half_written(directory)
    return first, last, then


@pytest.fixture(scope="module")
def killed_pair(tmp_path_factory):
    """Two processes, killed; and the same two again."""
    directory = tmp_path_factory.mktemp("pair")
    first, last = kill_in_mid_save(directory, pair(directory, "--mesh=fsdp=2"))
    again = pair(directory, "--mesh=fsdp=2")
    return first, last, finish(again[0]), finish(again[1])


def test_one_cpu_learns(alone):
    found = losses(alone)
    assert list(found) == list(range(1, STEPS + 1))
    assert found[STEPS] < found[1]


def test_killed_in_mid_save_and_resumed_on_another_mesh_nothing_is_lost(alone, killed):
    first, last, then = killed
    assert first[0] == {"from": 0, "devices": 8, "processes": 1}
    assert then[0] == {"from": last, "devices": 8, "processes": 1}
    assert list(losses(then)) == list(range(last + 1, STEPS + 1))
    both = losses(first) | losses(then)
    assert both == pytest.approx(losses(alone), rel=1e-4)


def test_two_processes_killed_and_resumed_go_on_bit_for_bit(alone, killed_pair):
    first, last, then, other = killed_pair
    assert other == []  # process 0 alone prints
    assert then[0] == {"from": last, "devices": 2, "processes": 2}
    again = losses(first).keys() & losses(then).keys()
    assert again >= {last + 1}
    assert {step: losses(first)[step] for step in again} == {s: losses(then)[s] for s in again}
    assert losses(first) | losses(then) == pytest.approx(losses(alone), rel=1e-4)


def test_a_row_depends_on_its_two_numbers_alone():
    assert np.array_equal(sharded_run.row(3, 5, LENGTH), sharded_run.row(3, 5, LENGTH))
    rows = np.stack([sharded_run.row(step, n, 61) for step in range(5) for n in range(7)])
    assert len(np.unique(rows, axis=0)) > 30
    assert (np.diff((rows >= 0).astype(int)) <= 0).all()  # padding stands at the end
    assert (rows < 0).any()


def test_a_process_makes_the_rows_of_its_devices_alone(monkeypatch):
    asked = []
    monkeypatch.setattr(sharded_run, "row", lambda *key: asked.append(key) or np.full(key[2], 1))
    batch = sharded_run.batch_of(2, 4, 3, make_mesh())
    assert sorted(asked) == [(2, number, 3) for number in range(4)]
    assert batch.tokens.shape == batch.counted.shape == (4, 3)
    assert isinstance(batch.tokens, jax.Array)


@pytest.mark.parametrize("text", ["fsdp", "fsdp=two", "fsdp=2,=3x"])
def test_a_mesh_that_cannot_be_read_is_an_error(text):
    with pytest.raises(ValueError, match="wanted --mesh"):
        sharded_run.mesh_sizes(text)


def test_a_mesh_is_read():
    assert sharded_run.mesh_sizes("fsdp=4,tensor=2") == {"fsdp": 4, "tensor": 2}
    assert sharded_run.mesh_sizes("") == {}


PAGE = Path(__file__).parents[2] / "docs/architecture/sharded-training.md"


def fence(language):
    (found,) = re.findall(rf"^```\{{\.{language} .*?\n(.*?)^```", PAGE.read_text(), re.S | re.M)
    return found


def check_options(words):
    """The script takes them, and its mesh is of as many devices as the job asks for."""
    options = sharded_run.parser().parse_args(words)
    assert math.prod(sharded_run.mesh_sizes(options.mesh).values()) == 32
    assert options.batch % (options.microbatches * 4) == 0
    assert options.distributed
    return options


def test_the_pages_slurm_script_is_read_by_bash_and_by_the_script():
    text = fence("bash")
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    settings = dict(re.findall(r"^#SBATCH --(\S+)=(\S+)", text, re.M))
    assert int(settings["nodes"]) * int(settings["ntasks-per-node"]) == 32
    command = shlex.split(text[text.index("srun") :].replace("\\\n", " "))
    check_options(command[command.index("whiteboard.training.sharded_run") + 1 :])


def test_the_pages_jobset_names_its_own_first_pod():
    found = yaml.safe_load(fence("yaml"))
    assert (found["apiVersion"], found["kind"]) == ("jobset.x-k8s.io/v1alpha2", "JobSet")
    (workers,) = found["spec"]["replicatedJobs"]
    job = workers["template"]["spec"]
    (container,) = job["template"]["spec"]["containers"]
    assert container["command"][-1] == "whiteboard.training.sharded_run"
    words = [word.replace("$(JOB_COMPLETION_INDEX)", "3") for word in container["args"]]
    options = check_options(words)
    assert job["completionMode"] == "Indexed"
    assert options.num_processes == job["completions"] == job["parallelism"]
    name = found["metadata"]["name"]
    port = container["ports"][0]["containerPort"]
    assert options.coordinator == f"{name}-{workers['name']}-0-0.{name}:{port}"
    assert int(container["resources"]["limits"]["nvidia.com/gpu"]) * options.num_processes == 32
    mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert options.directory.as_posix().startswith(mounted["checkpoints"])
