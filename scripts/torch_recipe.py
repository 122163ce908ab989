"""Training steps and whole fits of relabel's recipe in PyTorch, for peer_torch.py (not run by itself)."""
import torch
from torch import nn
from torch.nn.functional import pad

BATCH = 64


class Step:
    """One batch of noise on which a network is trained or asked."""

    def __init__(self, net, batch, amp, compiled, device):
        self.net, self.amp, self.device = net, amp, device
        self.asked = torch.compile(net) if compiled else net
        self.x, self.y = torch.randn(batch, 3, 32, 32, device=device), torch.randint(10, (batch,), device=device)
        self.loss = nn.CrossEntropyLoss(label_smoothing=0.1)
        self.sgd = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=5e-4)
        self.scaler = torch.amp.GradScaler(device, enabled=amp) if hasattr(torch.amp, "GradScaler") else None

    def scores(self, x):
        with torch.autocast(self.device, torch.float16 if self.amp else torch.bfloat16, enabled=self.amp):
            return self.asked(x)

    def train_on(self, x, y):
        self.net.train()
        with torch.autocast(self.device, torch.float16 if self.amp else torch.bfloat16, enabled=self.amp):
            loss = self.loss(self.asked(x), y)
        if self.amp:
            self.scaler.scale(loss).backward()
            self.scaler.step(self.sgd)
            self.scaler.update()
        else:
            loss.backward()
            self.sgd.step()
        self.sgd.zero_grad(set_to_none=True)

    def train(self):
        self.train_on(self.x, self.y)

    @torch.no_grad()
    def infer(self):
        self.net.eval()
        self.scores(self.x)


def fit(net, n, steps, amp, compiled, device):
    """Batches gathered on the device, reflected shift, mirror, cutout, one-cycle schedule."""
    step = Step(net, BATCH, amp, compiled, device)
    images, labels = torch.randint(256, (n, 3, 32, 32), device=device).to(torch.uint8), torch.arange(n, device=device) % 10
    schedule = torch.optim.lr_scheduler.OneCycleLR(step.sgd, 0.2, total_steps=steps)
    side = torch.arange(32, device=device)
    for at in range(steps):
        rows = torch.randperm(n, device=device)[:BATCH]
        x = pad((images[rows].float() - 127.5) / 64, (4, 4, 4, 4), mode="reflect")
        top, left, y0, x0 = (torch.randint(k, (BATCH, 1), device=device) for k in (9, 9, 32, 32))
        across = torch.where((torch.rand(BATCH, 1, device=device) < 0.5), left + side, left + side.flip(0))
        x = x.gather(2, (top + side)[:, None, :, None].expand(-1, 3, -1, 40)).gather(3, across[:, None, None].expand(-1, 3, 32, -1))
        hole = ((side - y0).abs() < 4)[:, None, :, None] & ((side - x0).abs() < 4)[:, None, None, :]
        step.train_on(x.masked_fill(hole, 0), labels[rows])
        schedule.step()
