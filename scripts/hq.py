"""The cells of an experiment as HyperQueue tasks, on this machine (pip install hyperqueue):
  python scripts/hq.py wall-robot-et --data DIR --out DIR
A cell that failed is tried three times in all. On a cluster, with the program hq:
  hq submit --array=0-24 --cpus=1 -- relabel run wall-robot-et --cell-from-env --out DIR"""
import json, os, pathlib, subprocess, sys
from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig

relabel = os.environ.get("RELABEL", "relabel")
run = [relabel, "run", *sys.argv[1:], "--progress", "plain"]
sets = [f"--set={value}" for key, value in zip(sys.argv, sys.argv[1:]) if key == "--set"]
listing = subprocess.check_output([relabel, "cells", sys.argv[1], *sets, "--format", "json"])
cells = [str(cell["index"]) for cell in json.loads(listing)]
with LocalCluster(worker_config=WorkerConfig(cores=os.cpu_count())) as cluster:
    client = cluster.client()
    for attempt in range(3):
        job = Job(max_fails=None, default_workdir=pathlib.Path.cwd())
        start = lambda cell: job.program([*run, "--cell", cell], stdout=None, stderr=f"{cell}.log")
        tasks = {start(cell).task_id: cell for cell in cells}
        submitted = client.submit(job)
        if client.wait_for_jobs([submitted], raise_on_error=False):
            sys.exit(0)
        cells = [tasks[task] for task in client.get_failed_tasks(submitted)]
sys.exit(f"cells {', '.join(cells)} failed three times")
