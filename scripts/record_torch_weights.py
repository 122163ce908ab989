#!/usr/bin/env python3
"""Saves a random residual network of torchvision's form and PyTorch's scores: checks the weights reader.
    record_torch_weights.py 18 2 FOLDER       the fixture of crates/models/tests; 50 64 FOLDER: full size, then
    RELABEL_TORCH_WEIGHTS=FOLDER cargo test --release --workspace --test pretrained -- --nocapture
"""
import json, struct, sys
import torch
from torch import nn
depth, width, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
blocks = [2, 2, 2, 2] if depth == 18 else [3, 4, 6, 3]
expansion = 4 if depth == 50 else 1
torch.manual_seed(depth)
class Block(nn.Module):
    def __init__(self, start, inner, stride):
        super().__init__()
        end = inner * expansion
        shapes = [(start, inner, 3, stride), (inner, end, 3, 1)]
        if depth == 50: shapes = [(start, inner, 1, 1), (inner, inner, 3, stride), (inner, end, 1, 1)]
        self.n = len(shapes)
        for at, (a, b, size, step) in enumerate(shapes, 1):
            setattr(self, f"conv{at}", nn.Conv2d(a, b, size, step, size // 2, bias=False))
            setattr(self, f"bn{at}", nn.BatchNorm2d(b))
        self.downsample = None
        if start != end or stride != 1: self.downsample = nn.Sequential(nn.Conv2d(start, end, 1, stride, bias=False), nn.BatchNorm2d(end))
    def forward(self, x):
        own, passed = x, x if self.downsample is None else self.downsample(x)
        for at in range(1, self.n + 1):
            own = getattr(self, f"bn{at}")(getattr(self, f"conv{at}")(own))
            if at < self.n: own = own.relu()
        return (own + passed).relu()
class Resnet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width)
        self.maxpool, start = nn.MaxPool2d(3, 2, 1), width
        for stage, n in enumerate(blocks):
            inner = width << stage
            first = Block(start, inner, 2 if stage else 1)
            rest = [Block(inner * expansion, inner, 1) for _ in range(n - 1)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(first, *rest))
            start = inner * expansion
        self.fc = nn.Linear(start, classes)
    def forward(self, x):
        x = self.maxpool(self.bn1(self.conv1(x)).relu())
        for stage in range(1, 5): x = getattr(self, f"layer{stage}")(x)
        return self.fc(x.mean((2, 3)))
net, side = Resnet(7 if width < 64 else 1000), 32 if width < 64 else 64
x = ((torch.arange(3 * 3 * side * side) * 7919 // 3 % 251).reshape(3, 3, side, side).float() - 120) / 70
net.train()(x)  # running statistics other than 0 and 1
torch.save(net.state_dict(), f"{folder}/net.pth")
tensors = {name: t for name, t in net.state_dict().items() if t.is_floating_point()}
header, at = {}, 0
for name, t in tensors.items():
    header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [at, at + 4 * t.numel()]}
    at += 4 * t.numel()
text = json.dumps(header).encode()
with open(f"{folder}/net.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + b"".join(t.numpy().tobytes() for t in tensors.values()))
record = {"depth": depth, "width": width, "side": side, "scores": net.eval()(x).flatten().tolist()}
json.dump(record, open(f"{folder}/scores.json", "w"))
