#!/usr/bin/env python3
"""Records what PyTorch makes of one training step, to compare the CPU engine with.

    record_torch_step.py resnet8 16 [FILE.json]      also resnet18 64 (45 MB of weights: not for git)

Weights are not stored: each tensor is scale * sin(1 + index * step + place), which both sides compute in
double precision. Stored: loss, scores after the step (running statistics),
and per tensor after one step of SGD (Nesterov 0.9, decoupled decay 5e-3 of kernels, learning rate 0.1) its
root of the mean square change, mean, and first values.
"""
import json, math, sys
import torch
from torch_nets import Resnet

kind, width = sys.argv[1], int(sys.argv[2])
torch.manual_seed(0)
net = Resnet(kind, width)
wave = lambda n, place: torch.sin(1 + torch.arange(n, dtype=torch.float64) * (0.7 + 0.01 * place) + place)
tensors = {name: t for name, t in net.state_dict(keep_vars=True).items() if not name.endswith("num_batches_tracked")}
with torch.no_grad():
    for place, (name, t) in enumerate(tensors.items()):
        values = wave(t.numel(), place).reshape(t.shape)
        if t.dim() > 1:
            values = values * math.sqrt(4 / t[0].numel())
        elif name.endswith(("weight", "var")):
            values = 1 + 0.3 * values
        else:
            values = 0.3 * values
        t.copy_(values)
before = {name: t.detach().clone() for name, t in tensors.items()}
n, side = (8, 16) if kind == "resnet8" else (16, 32)
grey = (torch.arange(n * 3 * side * side) * 7919 // 3 % 251).reshape(n, 3, side, side)
x = ((grey.double() - 120) / 70).float()
y = torch.full((n, 10), 0.01)
y[torch.arange(n), torch.arange(n) * 3 % 10] += 0.9

net.train()
scores = net(x)
loss = -(torch.log_softmax(scores, 1) * y).sum(1).mean()
loss.backward()
rate, momentum, decay = 0.1, 0.9, 5e-3
with torch.no_grad():
    for t in net.parameters():
        if t.dim() > 1:
            t.mul_(1 - rate * decay)
optimizer = torch.optim.SGD(net.parameters(), lr=rate, momentum=momentum, nesterov=True)
optimizer.step()
net.eval()
after = net(x).detach()
record = {
    "net": kind, "width": width, "images": n, "side": side, "torch": torch.__version__, "loss": loss.item(),
    "scores_after": after.flatten().tolist(),
    "tensors": {name: {
        "change": (t.detach() - before[name]).double().square().mean().sqrt().item(),
        "mean": t.detach().double().mean().item(), "first": t.detach().flatten()[:24].tolist(),
    } for name, t in tensors.items()},
}
print(json.dumps(record), file=open(sys.argv[3], "w") if len(sys.argv) > 3 else sys.stdout)
