#!/usr/bin/env python3
"""Records what PyTorch makes of one training step in double precision, to compare the CPU engine with.

    record_torch_step.py resnet8 16 [FILE.json]      also resnet18 64 (45 MB of weights: not for git)

Weights are not stored: both sides compute them in double precision as the fractional part of
43758.5453 sin(12.9898 index + 78.233 place), between -1 and 1, scaled. Stored: loss, scores with the statistics of the
batch as running ones, and of every tensor after one step of SGD (Nesterov 0.9, learning rate 0.1, decoupled
decay 5e-3 of kernels) the root of the mean square change, the mean, and the first values.
"""
import json, sys
import torch
from torch_nets import Resnet

kind, width = sys.argv[1], int(sys.argv[2])
net = Resnet(kind, width).double()
for module in net.modules():
    if isinstance(module, torch.nn.BatchNorm2d): module.momentum = 1.0  # the running statistics are those of the batch
def wave(n, place):
    values = torch.sin(12.9898 * torch.arange(n, dtype=torch.float64) + 78.233 * place) * 43758.5453
    return 2 * (values - values.floor()) - 1
tensors = {name: t for name, t in net.state_dict(keep_vars=True).items() if not name.endswith("num_batches_tracked")}
with torch.no_grad():
    for place, (name, t) in enumerate(tensors.items()):
        values = wave(t.numel(), place).reshape(t.shape)
        if t.dim() > 1:
            values = values * (6 / t[0].numel()) ** 0.5
        elif name.endswith(("weight", "var")):
            values = 1 + 0.3 * values
        else:
            values = 0.3 * values
        t.copy_(values)
before = {name: t.detach().clone() for name, t in tensors.items()}
n, side = (8, 16) if kind == "resnet8" else (16, 32)
grey = (torch.arange(n * 3 * side * side) * 7919 // 3 % 251).reshape(n, 3, side, side)
x = ((grey.float() - 120) / 70).double()
y = torch.full((n, 10), 0.01, dtype=torch.float64)
y[torch.arange(n), torch.arange(n) * 3 % 10] += 0.9

net.train()
loss = -(torch.log_softmax(net(x), 1) * y).sum(1).mean()
loss.backward()
scores = net.eval()(x).detach()
rate, momentum, decay = 0.1, 0.9, 5e-3
with torch.no_grad():
    for t in net.parameters():
        if t.dim() > 1:
            t.mul_(1 - rate * decay)
optimizer = torch.optim.SGD(net.parameters(), lr=rate, momentum=momentum, nesterov=True)
optimizer.step()
record = {
    "net": kind, "width": width, "images": n, "side": side, "torch": torch.__version__, "loss": loss.item(),
    "scores": scores.flatten().tolist(),
    "tensors": {name: {
        "change": (t.detach() - before[name]).double().square().mean().sqrt().item(),
        "mean": t.detach().double().mean().item(), "first": t.detach().flatten()[:24].tolist(),
    } for name, t in tensors.items()},
}
print(json.dumps(record), file=open(sys.argv[3], "w") if len(sys.argv) > 3 else sys.stdout)
