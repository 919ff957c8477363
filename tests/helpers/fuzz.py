"""Command lines, mostly wrong: a grammar of all commands whose values are legal, nearly legal or hostile, then mutated.

Paths stay below the current folder: no value begins with a slash or holds two dots, and mutations add neither.
"""

from __future__ import annotations

import random

import numpy as np

SPECS = ("2d_k4s2p1", "1d_k3s2p1op1", "1d_k3", "2d_k2s2", "3d_k2s2", "1d_k3s2p0:1d2op1")
NEARLY = ("2d_k4s2p1\n", "2d_k٤", "2d_k4_0", " 2d_k3", "1d_k3p-0", "4d_k3", "1d_k", "1d_k3s0", "2d_k3x", "2d_k3x3x3", "1D_K3", "", "\0",
          "1d_k" + "9" * 5000, "1d_k9999999", "2d_k1048576", "3d_k1048576s1048576d1048576", "1d_k1s1048576", "2d_k3p-1048576", "2d_k3p1048576:-3", "1d_k3p524288", "2d_k1s46889x4p0x1", "1d_k8s4d10000",
          "1d_k3" + "x3" * 9999, "１d_k3", "2d_k4;ls", "$(ls)", "../2d_k3"[3:], "-1", "nan", "\udcff", "\ud800", "𝟚d_k3", "1d_k3s2​")
NUMBERS = ("1", "2", "3", "4", "0", "-1", "4x4", "4x6", "3x", "x", "4X4", "1e3", "2.5", "nan", "inf", "", " 4", "4\n", "٤", "1_0", "+4", "0x10", "9" * 5000,
           "1" * 13, "512", "513", "99999", "1,2", "256,128", "8,8", "1,", ",", "1,2,3", "４", "\0", "1;2", "0,0", "a,b", "²")
WEIGHTS = ("bilinear", "nearest", "average", "fir:1,3,3,1", "fir:1,3,3,1,gain=4", "fir:1,2,1", "fir:1,1", "taps:1,3,3,1", "taps:1/4,3/4,3/4,1/4", "bilinaer",
           "fir:", "fir", "fir:a", "fir:1,-1", "fir:1e99999999,1", "fir:1,2,1,gain=1e999999999", "fir:1,2,1,gain=", "fir:1,2,1,gain=1,gain=2",
           "fir: 1,2,1", "fir:1,2,1\n", "fir:١,2,1", "fir:1_0,2,1", "fir:1/0,1,1", "fir:1e-30,1e30,1", "taps:1e30,1", "taps:nan,1,1", "taps:inf",
           "fir:" + ",".join("1" * 30 for _ in range(4)), "taps:" + "9" * 5000, "fir:1" + ",1" * 9999, "taps:0x1.8p-1,1,0x1.8p-1",
           "taps:0x1.8p+1000,1,1", "taps:1e-45,1,1", "1,2,1", "\0", "good.npy", "nan.npy", "inf.npy", "objects.npy", "short.npy", "magic.npy", "huge.npy",
           "deep.npy", "empty.npy", "zero.npy", "text.npy", "wide.npy", "tiny.npy", "long.npy", "fifo.npy", "folder.npy", "loop.npy", "missing.npy",
           "x" * 300 + ".npy", "\0.npy", "\udcff.npy", 'taps:1,1,1"', "taps:1,1,1;}", "fir:1,1,1*/", "zzqxj")
PATHS = ("out", "a.txt", "a.png", "a.svg", "a.gif", "a.bmp", "folder", "fifo", "loop", "no/such/a.txt", "", ".", "x" * 300, "файл.png", "a\nb.txt", "\0", " ",
         "\udcff.png", "file/under", "file", "-", "a.pdf", "a.tex", "a.tikz")
JSONS = ("good.json", "list.json", "deep.json", "digits.json", "latin.json", "types.json", "zero.json", "giant.json", "nan.json", "fifo", "folder", "missing.json",
         "name.json", "\0", "")
AGES = ("30d", "12h", "1w", "0d", "d", "-1d", "1.5d", "٣d", "3d\n", "9" * 5000 + "d", "")
WORDS = ("conv", "conv_transpose", "conv_weight_gradient", "float32", "float64", "int64", "complex64", "complex128", "channels_first", "channels_last", "host",
         "generic", "x86-64", "x86-64-v3", "x86-64-v4", "text", "latex", "pdf", "html", "json", "markdown", "matrix", "scatter", "gather", "overlap",
         "phases", "auto", "reference", "lengths", "upsampling", "all", "none", "torch", "scipy,torch", "nobody", "half", "dconv", "gpu", "zzqxj", "", "\0",
         "float32\n", "ｆloat32", "x" * 5000, "DCGAN")
ARGUMENTS = ("kernel_size=4", "stride=2", "padding=1", "padding=SAME", "strides=(2, 2)", "output_shape=2*m", "kernel_size=(3,3)", "kernel_size=", "=", "stride=2**99999",
             "padding=" + "[" * 400, "kernel_size=" + "9" * 5000, "stride=m", "padding='same'", "groups=0", "dims=4", "kernel_size=" + "-" * 900 + "1", "\0=1", "kernel_size=\u0664")
SIDES = (*SPECS, *(f"{name}: kernel_size={kernel} {more}" for name in ("pytorch", "TensorFlow", "onnx", "keras", "jax", "litert", "scipy", "caffe", "onednn", "torhc", "")
                   for kernel in ("4", "(3, 3)", "0", "1048576") for more in ("", "stride=2 padding=1", "strides=2", "strides=1048576", "padding=SAME", "nothing=1")))
GRIDS = (*SPECS, "1d_k{2..4}", "1d_k{1..2}s{1..2}", "2d_k{2,4}s2{,p1}", "1d_k{0..9..3}", "1d_k{1..999999999}", "1d_k{1..2001}", "1d_k{", "1d_k{1..}", "1d_k{a}", "{}", "1d_k{1..2..0}",
         "1d_k" + "{1..9}" * 400, "1d_k{" + "1," * 5000 + "1}", "1d_k{1..2}\n", "1d_k{١}", "{1..3}d_k1048576", "names.txt", "words.txt", "file", "latin.json", "fifo", "folder", "loop", "good.npy", "missing.txt",
         "bad.toml", "deep.json", "\udcff{1}", "1d_k{\udcff}")
SPEC_FILES = ("good.convt.toml", "good.convt.toml", "bad.toml", "names.txt", "file", "fifo", "folder", "loop", "missing.toml", "", "\0", "\ud800", "\udcff", "x" * 300, "latin.json")
LISTS = (*WORDS, "conv,conv_transpose", "float32,float64,int64", "channels_first,channels_last", "conv,,conv", ",", "float32,zzqxj")
ADDRESSES = ("nonsense", "", "\0", "http://zzqxj", "tcp://127.0.0.1:99999", "tcp://", "a:b", "127.0.0.1", "tls://127.0.0.1:1", "x" * 5000)
OPTIONS = {  # command -> (values of its arguments, option -> values; None: a flag)
    "derive": ((SPECS, NEARLY), {"--format": WORDS, "-o": PATHS, "--size": NUMBERS, "--columns": NUMBERS}),
    "prove": ((SPECS, NEARLY), {"--steps": None}),
    "claims": ((NUMBERS,), {"--topic": WORDS, "--format": WORDS, "-o": PATHS, "--engine": WORDS}),
    "dialects": (((*SPECS, *ARGUMENTS), NEARLY), {"--format": WORDS, "--size": NUMBERS,
                                                  "--read": ("pytorch", "TensorFlow", "onnx", "keras", "caffe", "scipy", "torhc", "", "\0")}),
    "compare": ((SIDES, NEARLY), {"--format": WORDS, "--size": NUMBERS}),
    "build": ((SPECS, NEARLY), {"-o": PATHS, "--map": WORDS, "--dtype": WORDS, "--layout": WORDS, "--conjugate": None, "--target": WORDS, "--weights": WEIGHTS,
                                "--source-only": None, "--explain": None, "--channels": NUMBERS, "--size": NUMBERS}),
    "check": ((SPEC_FILES,), {"--level": ("shapes", "proofs", "kernels", "libraries", "deep"), "--only": WORDS, "--format": WORDS, "--junit": PATHS, "--update": None,
                              "--speed": None, "--strict": None}),
    "sweep": ((GRIDS, NEARLY), {"--map": LISTS, "--dtype": LISTS, "--layout": LISTS, "--target": WORDS, "--level": ("proofs", "kernels", "shapes", ""),
                                "--limit": NUMBERS, "--time": None, "-o": (*PATHS, "a.html", "a.md"), "--dask": ADDRESSES}),
    "bench": ((), {"--map": WORDS, "--layers": JSONS, "--only": WORDS, "--threads": NUMBERS, "--rounds": NUMBERS, "--peers": WORDS, "--format": WORDS, "-o": PATHS,
                   "--write": PATHS, "--vendored": None}),
    "draw": ((SPECS, NEARLY), {"-o": PATHS, "--kind": WORDS, "--size": NUMBERS, "--features": WEIGHTS, "--weights": WEIGHTS}),
    "store": ((("list", "verify", "prune", "clean", ""),), {"--older-than": AGES}),
    "sync": ((), {"--check": None, "--directory": PATHS}),
    "doctor": ((), {}),
    "demo": ((), {"-o": PATHS, "--fresh": None}),
}
COUNTS = dict.fromkeys(("prove", "claims"), (0, 1, 1, 1, 1, 2)) | {"compare": (1, 2, 2, 2, 2, 3), "dialects": (0, 1, 1, 2, 3)}
WEIGHT = {"build": 6, "bench": 3, "sync": 1, "doctor": 1, "demo": 1}
LETTERS = "0123456789x:,=-+ds kp_opfir\n\t\0٣²\udcffé\"'`$;*(){}[]<>|&%#\\"
FITTING = {"--format": ("text", "json", "html", "latex"), "--kind": ("matrix", "scatter", "gather", "overlap", "phases"), "--engine": ("auto", "reference"),
           "--map": ("conv", "conv_transpose", "conv_weight_gradient"), "--dtype": ("float32", "float64", "int64", "complex64"),
           "--layout": ("channels_first", "channels_last"), "--target": ("host", "generic", "x86-64-v3"), "--size": ("3", "4"),
           "--channels": ("8,8", "1,3"), "--threads": ("1",), "--rounds": ("3",), "--layers": ("good.json",), "--peers": ("none",), "--topic": ("lengths",), "--level": ("proofs", "kernels"), "--limit": ("10", "99")}


def command_line(rng: random.Random) -> list[str]:
    """One command line."""
    name = rng.choices(list(OPTIONS), [WEIGHT.get(name, 2) for name in OPTIONS])[0]
    arguments, options = OPTIONS[name]
    line = [name]
    for values in arguments[:1]:
        line += [rng.choice(values) for _ in range(rng.choice(COUNTS.get(name, (0, 1, 1, 1, 1, 1))))]
    if len(arguments) > 1 and rng.random() < 0.25:
        line[1:] = [rng.choice(arguments[1])]
    for option in rng.sample(list(options), min(len(options), rng.choice((0, 1, 1, 2, 2, 3, 5)))):
        values = options[option]
        if values is not None and option in FITTING and rng.random() < 0.6:
            values = FITTING[option]
        line += [option] if values is None else [option, rng.choice(values)]
    return mutated(line, rng)


def mutated(line: list[str], rng: random.Random) -> list[str]:
    """The line, in half of the cases with one or two things wrong: a word changed, dropped, doubled, exchanged or added."""
    for _ in range(rng.choice((0, 0, 1, 2))):
        at = rng.randrange(len(line))
        kind = rng.choice(("letter", "letter", "cut", "drop", "double", "exchange", "add"))
        if kind == "letter":
            place = rng.randint(0, len(line[at]))
            line[at] = line[at][:place] + rng.choice(LETTERS) + line[at][place + rng.randint(0, 1):]
        elif kind == "cut":
            line[at] = line[at][:rng.randint(0, len(line[at]))]
        elif kind == "drop" and len(line) > 1:
            del line[at]
        elif kind == "double":
            line.insert(at, line[at])
        elif kind == "exchange":
            other = rng.randrange(len(line))
            line[at], line[other] = line[other], line[at]
        else:
            line.insert(at, rng.choice((*SPECS, *NEARLY, *NUMBERS, *WORDS, "--help", "--version", "--", "-h", "--nothing", "-o", "--size")))
    return line


def litter(folder) -> None:
    """The files that the command lines name: good, broken and strange."""
    import json
    import os

    def npy(name, array):
        np.save(folder / name, array)

    npy("good.npy", np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64)
    npy("nan.npy", np.full((4, 4), np.nan))
    npy("inf.npy", np.full((4, 4), np.inf))
    np.save(folder / "objects.npy", np.array([{}, None], object), allow_pickle=True)
    npy("zero.npy", np.zeros((0, 4)))
    npy("text.npy", np.array(["a", "b"]))
    npy("wide.npy", np.full((4, 4), 1e39))
    npy("tiny.npy", np.full((4, 4), 1e-42))
    whole = (folder / "good.npy").read_bytes()
    (folder / "short.npy").write_bytes(whole[:-7])
    (folder / "long.npy").write_bytes(whole + b"more")
    (folder / "magic.npy").write_bytes(b"\x93NUMPX" + whole[6:])
    (folder / "empty.npy").write_bytes(b"")
    for name, header in (("huge.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 4), }"), ("deep.npy", "(" * 5000)):
        text = header.encode() + b" " * (-(len(header) + 11) % 64) + b"\n"
        (folder / name).write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)
    for name in ("fifo", "fifo.npy"):
        os.mkfifo(folder / name)
    for name in ("folder", "folder.npy"):
        (folder / name).mkdir()
    for name in ("loop", "loop.npy"):
        (folder / name).symlink_to(name)
    (folder / "file").write_text("text")
    (folder / "names.txt").write_text("# names\n1d_k{2..3}\n2d_k2s2  # one more\n")
    (folder / "words.txt").write_text("1d_k2\nzzqxj\n")
    (folder / "good.convt.toml").write_text('convt = 1\n[[layer]]\nname = "half"\nconfig = "1d_k2s2"\ninput = ["H"]\noutput = ["2*H"]\n')
    (folder / "bad.toml").write_text("convt = [")
    layer = {"in_channels": 3, "out_channels": 4, "input": [5], "kernel": [3]}
    for name, text in {
        "good": json.dumps([layer]), "list": "{}", "deep": "[" * 100_000, "digits": '[{"in_channels": ' + "9" * 5000 + "}]", "nan": "[NaN]",
        "types": json.dumps([layer | {"in_channels": "3"}]), "zero": json.dumps([layer | {"groups": 0}]), "name": json.dumps([layer | {"name": "a\nb"}]),
        "giant": json.dumps([layer | {"input": [10**12], "stride": [1 << 20]}]),
    }.items():
        (folder / f"{name}.json").write_text(text)
    (folder / "latin.json").write_bytes(b'["\xe9"]')
