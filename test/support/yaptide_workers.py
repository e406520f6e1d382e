"""Workers of the platform's older dialect, as far as the service sees them: what they send, in which order, and what they check.

    python3 yaptide_workers.py direct BASE_URL SIM_ID UPDATE_KEY
    python3 yaptide_workers.py batch BASE_URL SIM_ID UPDATE_KEY FOLDER

Both end with an exception at the first answer that is not 202. They are written with the standard library alone.
"""

import json
import math
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path
from urllib import request

START = datetime(2026, 11, 24, 9, 30)


class Backend:
    """Where a worker sends, and what it proves itself with."""

    def __init__(self, base_url, sim_id, update_key):
        self.base_url = base_url
        self.sim_id = sim_id
        self.update_key = update_key

    def post(self, path, content, simulation="simulation_id"):
        body = {simulation: self.sim_id, "update_key": self.update_key, **content}
        call = request.Request(
            f"{self.base_url}/{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        with request.urlopen(call) as answer:
            if answer.status != 202:
                raise RuntimeError(f"{path} answered {answer.status}")
            return json.load(answer)["message"]

    def task(self, task_id, **update):
        return self.post("tasks", {"task_id": task_id, "update_dict": update})

    def tasks(self, updates):
        tasks = [{"task_id": task_id, "update_dict": update} for task_id, update in updates.items()]
        return self.post("tasks/bulk", {"tasks": tasks})

    def job(self, state, **more):
        return self.post("jobs", {"job_state": state, **more}, simulation="sim_id")


def text(time):
    """A time as Python prints it: without a zone, and without microseconds where there are none."""
    return time.isoformat(sep=" ")


def axis(name, unit, values):
    return {"name": name, "unit": unit, "values": values}


def page(number, name, values, *axes):
    """A page as it is converted from a simulator's output."""
    built = {
        "dimensions": len(axes),
        "metadata": {"page_number": str(number), "name": name, "number_of_bins": str(len(values))},
        "data": {"name": name, "unit": "Gy/prim", "values": values},
    }
    for index, one in enumerate(axes, start=1):
        built[f"axis_dim{index}"] = one
    return built


def estimator(*pages):
    return {"metadata": {"mc_code_version": "1.0", "number_of_primaries": "2000"}, "pages": list(pages)}


def direct(backend):
    """Three tasks from 0, one of which fails; who merges them sends logs, states and results."""
    for task_id in range(3):
        backend.task(task_id, celery_id=f"5c0f{task_id}")
        begin = text(START + timedelta(seconds=task_id, microseconds=250))
        backend.task(
            task_id, task_state="RUNNING", simulated_primaries=0, requested_primaries=1000, start_time=begin
        )
        backend.task(task_id, simulated_primaries=400, estimated_time=90)
    end = text(START + timedelta(minutes=2))
    backend.task(2, task_state="FAILED", end_time=end)
    for task_id in range(2):
        backend.task(
            task_id, task_state="COMPLETED", end_time=end, simulated_primaries=1000, requested_primaries=1000
        )
    # An update that was on its way for long.
    backend.task(1, task_state="RUNNING", simulated_primaries=900, estimated_time=3)
    backend.job("MERGING_QUEUED")
    backend.post("logfiles", {"logfiles": {"shieldhit_0001.log": "fine\n"}})
    backend.post("logfiles", {"logfiles": {"shieldhit_0002.log": "<b>no beam</b>\n"}})
    backend.job("MERGING_RUNNING")
    depths = axis("Position (Z)", "cm", [0.5, 1.5, 2.5])
    named = {
        "dose2_": estimator(page(0, "Dose", [4.0, 5.0, 6.0], depths)),
        "dose_": estimator(page(0, "Dose", [0.1, 0.2, 0.30000000000000004], depths), page(1, "Fluence", [7.5])),
    }
    backend.post("results", {"estimators": [{**one, "name": name} for name, one in named.items()]})


def batch(backend, folder):
    """An array job of two tasks from 1, watched side by side, and a job that collects their files."""
    backend.job("PENDING", job_dir=str(folder), array_id=4711, collect_id="4712")
    watchers = [threading.Thread(target=watch, args=(backend, task_id)) for task_id in (1, 2)]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()
    end = text(START + timedelta(minutes=5))
    backend.tasks({task_id: {"task_state": "COMPLETED", "end_time": end} for task_id in (1, 2)})
    backend.job("MERGING_RUNNING")
    write_output(folder)
    backend.post("results", {"estimators": [read_output(path) for path in sorted(folder.glob("*.json"))]})
    backend.job("COMPLETED", end_time=end)


def watch(backend, task_id):
    backend.task(
        task_id, task_state="RUNNING", simulated_primaries=0, requested_primaries=5000, start_time=text(START)
    )
    for done in range(1000, 5001, 1000):
        backend.task(task_id, simulated_primaries=done, estimated_time=(5000 - done) // 100)


def write_output(folder):
    """What a converter leaves in the folder: one file an estimator, and others that are none of the results."""
    ys, zs = axis("Position (Y)", "cm", [-1.0, 1.0]), axis("Position (Z)", "cm", [0.5, 1.5, 2.5])
    values = [1.0, math.nan, 3.0, math.inf, 5.0, 6.0]
    (folder / "yz_profile_.json").write_text(json.dumps(estimator(page(0, "LET", values, ys, zs))))
    (folder / "entrance_.json").write_text(json.dumps(estimator(page(0, "Dose", [2.5]))))
    (folder / "collect.log").write_text("merged 2 files\n")


def read_output(path):
    return {**json.loads(path.read_text()), "name": path.stem}


if __name__ == "__main__":
    kind, url, sim_id, key, *rest = sys.argv[1:]
    target = Backend(url, int(sim_id), key)
    if kind == "direct":
        direct(target)
    else:
        batch(target, Path(rest[0]))
