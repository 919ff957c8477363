"""PyTorch modules from published hyperparameters, on the device ``meta``: shapes without memory and time."""

import torch
from torch import nn
from torch.nn import functional


class UNet(nn.Module):
    """Ronneberger, Fischer, Brox 2015: 3 × 3 without padding, skips are cropped."""

    def __init__(self, widths=(64, 128, 256, 512, 1024)):
        super().__init__()
        pairs = list(zip((1, *widths), widths, strict=False))
        self.down = nn.ModuleList(self.twice(*pair) for pair in pairs)
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, 2) for a, b in pairs[:0:-1])
        self.after = nn.ModuleList(self.twice(b, a) for a, b in pairs[:0:-1])
        self.last = nn.Conv2d(widths[0], 2, 1)

    @staticmethod
    def twice(a, b):
        return nn.Sequential(nn.Conv2d(a, b, 3), nn.ReLU(), nn.Conv2d(b, b, 3), nn.ReLU())

    def forward(self, x):
        skips = []
        for step in self.down:
            skips.append(step(functional.max_pool2d(skips[-1], 2) if skips else x))
        x = skips.pop()
        for up, after in zip(self.up, self.after, strict=True):
            x, skip = up(x), skips.pop()
            cut = [(a - b) // 2 for a, b in zip(skip.shape[2:], x.shape[2:], strict=True)]
            x = after(torch.cat([skip[:, :, cut[0]:cut[0] + x.shape[2], cut[1]:cut[1] + x.shape[3]], x], 1))
        return self.last(x)


class HiFiGan(nn.Module):
    """Kong, Kim, Bae 2020, generator V1: multi-receptive-field fusion after each upsampling, weights normalised."""

    def __init__(self, channels=512, ups=((8, 16), (8, 16), (2, 4), (2, 4)), kernels=(3, 7, 11), dilations=(1, 3, 5)):
        super().__init__()
        norm = nn.utils.parametrizations.weight_norm
        self.conv_pre = norm(nn.Conv1d(80, channels, 7, 1, 3))
        self.ups, self.resblocks = nn.ModuleList(), nn.ModuleList()
        for stride, kernel in ups:
            self.ups.append(norm(nn.ConvTranspose1d(channels, channels // 2, kernel, stride, (kernel - stride) // 2)))
            channels //= 2
            for k in kernels:
                self.resblocks.append(nn.ModuleList(norm(nn.Conv1d(channels, channels, k, 1, d * (k - 1) // 2, d))
                                                    for pair in zip(dilations, (1, 1, 1), strict=True) for d in pair))
        self.conv_post = norm(nn.Conv1d(channels, 1, 7, 1, 3))

    def forward(self, x):
        x = self.conv_pre(x)
        for number, up in enumerate(self.ups):
            x, whole = up(functional.leaky_relu(x, 0.1)), 0
            for block in self.resblocks[3 * number:3 * number + 3]:
                y = x
                for one, two in zip(block[::2], block[1::2], strict=True):
                    y = y + two(functional.leaky_relu(one(functional.leaky_relu(y, 0.1)), 0.1))
                whole = whole + y
            x = whole / 3
        return torch.tanh(self.conv_post(functional.leaky_relu(x)))


def unet():
    with torch.device("meta"):
        return UNet()


def dcgan():
    """Radford, Metz, Chintala 2015: z of 100 to 64 × 64."""
    layers = []
    for a, b, stride, padding in ((100, 1024, 1, 0), (1024, 512, 2, 1), (512, 256, 2, 1), (256, 128, 2, 1)):
        layers += [nn.ConvTranspose2d(a, b, 4, stride, padding, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
    with torch.device("meta"):
        return nn.Sequential(*layers, nn.ConvTranspose2d(128, 3, 4, 2, 1, bias=False), nn.Tanh()).to("meta")


def hifigan():
    with torch.device("meta"):
        return HiFiGan()


class Mixed(nn.Module):
    """Calls in all the ways: functions, lists of one number, SAME, circular padding, an output size, modules used twice."""

    def __init__(self):
        super().__init__()
        self.same = nn.Conv1d(3, 4, 4, padding="same", dilation=3, padding_mode="zeros")
        self.circular = nn.Conv1d(4, 4, 3, padding=1, padding_mode="circular", groups=2)
        self.up = nn.ConvTranspose1d(4, 4, 3, 2, dilation=2)
        self.w = nn.Parameter(torch.ones(4, 5, 3))

    def forward(self, x):
        x = self.circular(self.same(x))
        x = self.up(self.up(x), output_size=[42])
        x = torch.conv_transpose1d(x, self.w, None, 3, 1, 2)
        x = functional.conv_transpose1d(x, weight=self.w.transpose(0, 1), stride=[3], padding=(1,), groups=1)
        return functional.conv1d(input=x[0], weight=self.w[:, :4], padding="valid", dilation=(2,))


class Again(nn.Module):
    """A convolution that is called twice in the same way, and a normalisation that has no statistics of one value."""

    def __init__(self):
        super().__init__()
        self.one, self.norm = nn.Conv1d(2, 2, 3, padding=1), nn.BatchNorm1d(2)

    def forward(self, x):
        return self.norm(self.one(self.one(x)))


again, bare = Again(), nn.ConvTranspose3d(2, 3, 4, (1, 2, 3))


def mixed():
    return Mixed()


half = nn.Sequential(nn.Conv2d(2, 3, 3)).half().to("meta")


def nothing():
    return nn.Linear(3, 3)


def number():
    return 3


def fails():
    raise RuntimeError("no weights\nat all")
