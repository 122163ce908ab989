#!/usr/bin/env python3
"""Images per second of PyTorch on the nets of relabel, training step and inference; JSON on stdout.

    peer_torch.py --net resnet8 --width 16 --batch 64 128 [--device cuda] [--threads 2] [--against OURS.json]

CPU: f32. CUDA: f32, TF32 and mixed precision; compiled too where torch can. --against: table of ratios, on stderr."""
import argparse, json, sys, time
import torch
from torch import nn
from torch_nets import Resnet, fast

def measure(net, batch, task, device, amp, seconds):
    x, y = torch.randn(batch, 3, 32, 32, device=device), torch.randint(10, (batch,), device=device)
    sgd, scaler = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, nesterov=True), torch.cuda.amp.GradScaler(enabled=amp)
    def step():
        with torch.autocast(device, torch.float16 if amp else torch.bfloat16, enabled=amp):
            loss = nn.functional.cross_entropy(net(x), y, label_smoothing=0.1)
        scaler.scale(loss).backward(); scaler.step(sgd); scaler.update(); sgd.zero_grad(set_to_none=True)
    @torch.no_grad()
    def infer():
        with torch.autocast(device, torch.float16 if amp else torch.bfloat16, enabled=amp):
            net(x)
    net.train(task == "train")
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    run = step if task == "train" else infer
    for _ in range(3): run()
    wait(); start, n = time.time(), 0
    while time.time() - start < seconds or n < 3:
        run(); n += 1
        if n % 10 == 0: wait()
    wait()
    return n * batch, time.time() - start

def main():
    p = argparse.ArgumentParser()
    for name, kind, default in [("net", str, "resnet8"), ("width", int, 16), ("device", str, "cpu"), ("threads", int, 2), ("seconds", float, 5), ("against", str, None)]:
        p.add_argument(f"--{name}", type=kind, default=default)
    p.add_argument("--batch", type=int, nargs="+", default=[128])
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.backends.cudnn.benchmark = True
    cuda, rows = a.device == "cuda", []
    for precision in ["f32", "tf32", "amp"] if cuda else ["f32"]:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision != "f32"
        for compiled in [False, True] if cuda and hasattr(torch, "compile") else [False]:
            for batch in a.batch:
                for task in ["train", "infer"]:
                    net = (fast(a.width) if a.net == "fast" else Resnet(a.net, a.width)).to(a.device)
                    n, seconds = measure(torch.compile(net) if compiled else net, batch, task, a.device, precision == "amp", a.seconds)
                    rows.append(dict(net=a.net, width=a.width, task=task, batch=batch, precision=precision, compiled=compiled, images_per_second=n / seconds, seconds=seconds))
    device = torch.cuda.get_device_name() if cuda else "cpu"
    print(json.dumps(dict(program=f"torch {torch.__version__}", device=device, threads=a.threads, throughput=rows), indent=1))
    for ours in json.load(open(a.against))["throughput"] if a.against else []:
        theirs = [r["images_per_second"] for r in rows if all(r[k] == ours[k] for k in ["net", "width", "task", "batch"])]
        if theirs: print(f"{ours['net']} w{ours['width']} {ours['task']} b{ours['batch']} {ours['precision']}: {ours['images_per_second']:.0f} / {max(theirs):.0f} = {ours['images_per_second'] / max(theirs):.2f}", file=sys.stderr)
if __name__ == "__main__":
    main()
