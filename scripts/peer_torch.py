#!/usr/bin/env python3
"""What PyTorch does with a network of relabel on the same device; JSON on stdout.

Images per second of training steps and of predictions, and whole fits one after the other. CPU: f32.
CUDA: f32, TF32 and mixed precision, eager and compiled. compare_bench.py sets it against
`relabel bench gpu`.

    peer_torch.py --net resnet18 --width 64 --batch 128 512 [--device cuda] [--threads 2]
    peer_torch.py --net fast --width 64 --batch --fit 800 4000 [--steps 1500] [--device cuda]
"""
import argparse, json, time
import torch
from torch_nets import Resnet, fast
from torch_recipe import BATCH, Step, fit


def timed(work, wait, seconds):
    """Turns, and what they took, three for warming up left out."""
    for _ in range(3):
        work()
    wait()
    start, turns = time.time(), 0
    while turns < 3 or time.time() - start < seconds:
        work()
        turns += 1
        if turns % 10 == 0:
            wait()
    wait()
    return turns, time.time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, kind, default in [("net", str, "resnet8"), ("width", int, 16), ("device", str, "cpu"), ("threads", int, 2), ("seconds", float, 5), ("steps", int, 1500)]:
        parser.add_argument(f"--{name}", type=kind, default=default)
    parser.add_argument("--batch", type=int, nargs="*", default=[128])
    parser.add_argument("--fit", type=int, nargs="*", default=[], help="training images of whole fits")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.backends.cudnn.benchmark = True
    cuda = a.device == "cuda"
    wait = torch.cuda.synchronize if cuda else lambda: None
    new = lambda: (fast(a.width) if a.net == "fast" else Resnet(a.net, a.width)).to(a.device)
    throughput, fits = [], []
    for precision, compiled in [(p, c) for p in ["f32", "tf32", "amp"] for c in [False, True]] if cuda else [("f32", False)]:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision != "f32"
        setting = dict(net=a.net, precision=precision, compiled=compiled)
        for batch in a.batch:
            step = Step(new(), batch, precision == "amp", compiled, a.device)
            for task, work in [("train", step.train), ("infer", step.infer)]:
                turns, seconds = timed(work, wait, a.seconds)
                throughput.append(setting | dict(width=a.width, task=task, batch=batch, images_per_second=turns * batch / seconds, seconds=seconds))
        for images in a.fit:
            turns, seconds = timed(lambda: fit(new(), images, a.steps, precision == "amp", compiled, a.device), wait, 0)
            fits.append(setting | dict(images=images, steps=a.steps, batch=BATCH, seconds=seconds / turns, fits_per_second=turns / seconds))
    print(json.dumps(dict(program=f"torch {torch.__version__}", device=torch.cuda.get_device_name() if cuda else "cpu", threads=a.threads, throughput=throughput, fits=fits), indent=1))


if __name__ == "__main__":
    main()
