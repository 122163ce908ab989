"""The nets of relabel in PyTorch, for peer_torch.py and record_torch_step.py (not run by itself)."""
from torch import nn
from torch.nn.functional import relu

BLOCKS = {"resnet8": [1] * 3, "resnet14": [2] * 3, "resnet18": [2] * 4, "resnet34": [3, 4, 6, 3]}
unit = lambda a, b, size, stride: (nn.Conv2d(a, b, size, stride, size // 2, bias=False), nn.BatchNorm2d(b))
class Block(nn.Module):
    def __init__(self, a, b, stride):
        super().__init__()
        (self.conv1, self.bn1), (self.conv2, self.bn2) = unit(a, b, 3, stride), unit(b, b, 3, 1)
        self.downsample = nn.Sequential(*unit(a, b, 1, stride)) if a != b else nn.Identity()
    def forward(self, x):
        return relu(self.bn2(self.conv2(relu(self.bn1(self.conv1(x))))) + self.downsample(x))
class Resnet(nn.Module):
    def __init__(self, kind, width):
        super().__init__()
        self.conv1, self.bn1 = unit(3, width, 3, 1)
        self.stages, a = [], width
        for stage, n in enumerate(BLOCKS[kind]):
            b = width << stage
            blocks = nn.Sequential(*[Block(b if i else a, b, 2 if stage and not i else 1) for i in range(n)])
            setattr(self, f"layer{stage + 1}", blocks)
            self.stages, a = [*self.stages, f"layer{stage + 1}"], b
        self.fc = nn.Linear(a, 10)
    def forward(self, x):
        x = relu(self.bn1(self.conv1(x)))
        for name in self.stages:
            x = getattr(self, name)(x)
        return self.fc(x.mean((2, 3)))
def fast(width):
    layers, a = [nn.Conv2d(3, 24, 2), nn.GELU()], 24
    for b in [width, 4 * width, 4 * width]:
        conv = lambda a, b: nn.Conv2d(a, b, 3, padding="same", bias=False)
        layers += [conv(a, b), nn.MaxPool2d(2), nn.BatchNorm2d(b), nn.GELU(), conv(b, b), nn.BatchNorm2d(b), nn.GELU()]
        a = b
    return nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(a, 10, bias=False))
