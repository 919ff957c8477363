"""Bad input: one error of the right type each, with argument, value and rule; no files, no entry in the store."""

import os

import numpy as np
import pytest
from click.testing import CliRunner

import convt
from convt import ArgumentError, ConvSpec
from convt._codegen.problem import Problem
from convt._derive.derivation import derivation
from convt.cli import main_group

U, W = np.ones((1, 2, 3, 3), np.float32), np.ones((2, 3, 4, 4), np.float32)
X = np.ones((1, 3, 6, 6), np.float32)


class NoArray:
    pass


ENGINE = {"now": "reference"}  # what the calls of CASES are computed by


def transposed(*arguments, **options):
    return lambda: convt.conv_transpose(*(arguments or (U, W)), **{"engine": ENGINE["now"]} | options)


CASES = {
    "kernel 0": (lambda: ConvSpec(0, dims=2), "kernel=0"),
    "kernel 2.5": (lambda: ConvSpec(2.5, dims=1), "kernel=2.5"),
    "kernel True": (lambda: ConvSpec(True, dims=1), "kernel=True"),
    "kernel too large": (lambda: ConvSpec(10**9, dims=1), "kernel=1000000000"),
    "kernel text": (lambda: ConvSpec("4", dims=1), "kernel='4'"),
    "four axes": (lambda: ConvSpec([1, 2, 3, 4]), "1 to 3 axes"),
    "no dims": (lambda: ConvSpec(3), "dims=None"),
    "dims 4": (lambda: ConvSpec(3, dims=4), "dims=4"),
    "two strides on three axes": (lambda: ConvSpec(3, stride=(1, 2), dims=3), "stride=(1, 2)"),
    "stride -1": (lambda: ConvSpec(3, stride=-1, dims=1), "stride=-1"),
    "dilation 0": (lambda: ConvSpec(3, dilation=0, dims=1), "dilation=0"),
    "op -1": (lambda: ConvSpec(3, output_padding=-1, dims=1), "output_padding=-1"),
    "padding triple": (lambda: ConvSpec(3, padding=((1, 2, 3),)), "padding[0]=(1, 2, 3)"),
    "padding nan": (lambda: ConvSpec(3, padding=float("nan"), dims=1), "padding=nan"),
    "name": (lambda: ConvSpec.parse("2d_k4q2"), "name='2d_k4q2'"),
    "name is no text": (lambda: ConvSpec.parse(42), "name=42"),
    "size 0": (lambda: derivation("1d_k3", 0), "feature size[0]=0"),
    "size of another rank": (lambda: derivation("1d_k3", (2, 3)), "feature size=(2, 3)"),
    "size too large to print": (lambda: derivation("1d_k3", 100000), "size=100000"),
    "map": (lambda: Problem.of("1d_k3", "deconv"), "map='deconv'"),
    "dtype": (lambda: Problem.of("1d_k3", dtype="float16"), "dtype='float16'"),
    "conjugate conv": (lambda: Problem.of("1d_k3", "conv", "complex64", conjugate=True), "conjugate=True"),
    "a list": (transposed([[1.0]], W), "u='list'"),
    "an object": (transposed(NoArray(), W), "u='NoArray'"),
    "two axes": (transposed(U[0, 0], W), "u=(3, 3)"),
    "no channels": (transposed(U[:, :0], W), "no empty axis"),
    "no positions in an empty batch": (transposed(U[:0, :, :0], W), "no empty axis"),
    "empty weights": (transposed(U, W[:, :0]), "no empty axis"),
    "no batch axis": (transposed(U[0], W), "pass u[None], and take [0] of the result"),
    "conv without a batch axis": (lambda: convt.conv(X[0, :, 0], W[..., 0], engine=ENGINE["now"]), "pass x[None]"),
    "weights (C, F, *kernel)": (transposed(np.ones((1, 3, 4, 4), np.float32), W), "pass w.swapaxes(0, 1)"),
    "weights (*kernel, C, F)": (transposed(np.ones((1, 9, 20, 20), np.float32), np.ones((4, 4, 5, 9), np.float32)), "np.moveaxis(w, (-1, -2), (0, 1))"),
    "conv with weights (C, F, *kernel)": (lambda: convt.conv(X, W.swapaxes(0, 1)[:, :1], engine=ENGINE["now"]), "pass w.swapaxes(0, 1)"),
    "conv with weights (*kernel, C, F)": (lambda: convt.conv(np.ones((1, 3, 20, 20), np.float32), np.ones((4, 4, 3, 9), np.float32), engine=ENGINE["now"]),
                                          "np.moveaxis(w, (-1, -2), (0, 1))"),
    "int32": (transposed(U.astype(np.int32), W.astype(np.int32)), "u='int32': must have an element type of float32, float64, int64, complex64, complex128; "
                                                                  "convert it: u.astype('int64'); nearest legal value: int64"),
    "uint8": (transposed(U.astype(np.uint8), W), "u.astype('int64')"),
    "booleans": (transposed(U > 0, W), "u.astype('int64')"),
    "long double": (transposed(U.astype(np.longdouble), W), "u.astype('float64')"),
    "weights of int32": (transposed(U, W.astype(np.int32)), "w='int32': must have element type float32; convert it: w.astype('float32')"),
    "dates": (transposed(U.astype("M8[s]"), W), "u='datetime64[s]'"),
    "a nested list": (transposed(U.tolist(), W), "np.asarray(u, 'float32')"),
    "a masked array": (transposed(np.ma.array(U), W), "u.filled(0)"),
    "masked weights": (transposed(U, np.ma.array(W)), "w.filled(0)"),
    "a bias without axes": (transposed(U, W, np.array(1, np.float32)), "bias=(): must have one value for each of 3 output channels"),
    "a number as bias": (transposed(U, W, np.float32(1)), "bias=()"),
    "big-endian out": (transposed(out=np.empty((1, 3, 6, 6), ">f4")), "in the processor's byte order"),
    "fast for another map": (lambda: convt.conv_weight_gradient(X, U, kernel=4, algorithm="fast", engine=ENGINE["now"]), "fast takes both convolutions of floats"),
    "fast for integers": (transposed(U.astype(np.int64), W.astype(np.int64), algorithm="fast"), "not conv_transpose2d_k4_i64"),
    "w of another rank": (transposed(U, W[0]), "w=(3, 4, 4)"),
    "w of another type": (transposed(U, W.astype(np.float64)), "w='float64'"),
    "float16": (transposed(U.astype(np.float16), W.astype(np.float16)), "u.astype('float32')"),
    "channels": (transposed(U[:, :1], W), "2 feature channels of w"),
    "groups 0": (transposed(groups=0), "groups=0"),
    "groups that do not divide": (transposed(groups=3), "groups=3"),
    "bias too short": (transposed(U, W, np.ones(2, np.float32)), "bias=(2,)"),
    "bias of another type": (transposed(U, W, np.ones(3)), "bias='float64'"),
    "crop too large": (transposed(padding=9), "padding=(9, 9)"),
    "output size out of reach": (transposed(stride=2, output_size=99), "output_size[0]=99"),
    "output size of another rank": (transposed(output_size=(6,)), "output_size=(6,)"),
    "out of another shape": (transposed(out=np.empty((1, 3, 5, 5), np.float32)), "out=(1, 3, 5, 5)"),
    "out of another type": (transposed(out=np.empty((1, 3, 6, 6))), "out='float64'"),
    "out not contiguous": (transposed(out=np.empty((1, 3, 6, 12), np.float32)[..., ::2]), "C-contiguous"),
    "out read-only": (lambda: (lambda a: (a.setflags(write=False), transposed(out=a)()))(np.empty((1, 3, 6, 6), np.float32)), "writable"),
    "out over an input": (lambda: (lambda a: convt.conv_transpose(a, np.ones((2, 2, 1, 1), np.float32), engine=ENGINE["now"], out=a))(
        U.copy()), "overlaps u"),
    "layout": (transposed(layout="NCHW"), "layout='NCHW'"),
    "engine": (transposed(U, W, None) and (lambda: convt.conv_transpose(U, W, engine="gpu")), "engine='gpu'"),
    "conv: image too small": (lambda: convt.conv(X[..., :2, :2], W, engine=ENGINE["now"]), "image size[0]=2"),
    "conv: feature size": (lambda: convt.conv(X, W, feature_size=9, engine=ENGINE["now"]), "feature_size[0]=9"),
    "gradient: batches": (lambda: convt.conv_weight_gradient(X, np.ones((2, 2, 3, 3), np.float32), kernel=4, engine=ENGINE["now"]), "u=(2, 2, 3, 3)"),
    "a masked number of groups": (transposed(groups=np.ones(2, int)), "groups=array"),
    "groups of 5,000 digits": (transposed(groups=10**5000), "groups=an integer of"),
    "a released buffer": (lambda: (lambda m: (m.release(), transposed(m, W)()))(memoryview(U.copy())), "u='memoryview'"),
    "text": (transposed("u", W), "u='str'"),
    "nothing": (transposed(None, W), "u='NoneType'"),
    "output size 2.5": (transposed(output_size=2.5), "output_size=2.5"),
    "output size as text": (transposed(output_size="66"), "output_size='66'"),
    "output size True": (transposed(output_size=True), "output_size=True"),
    "out of another rank": (lambda: convt.conv(X, W, out=np.empty(3, np.float32), engine=ENGINE["now"]), "out=(3,)"),
    "out as a list": (transposed(out=[]), "out='list'"),
    "threads 0": (transposed(threads=0), "threads=0"),
    "threads 2.0": (transposed(threads=2.0), "threads=2.0"),
    "algorithm": (transposed(algorithm="magic"), "algorithm='magic'"),
    "algorithm None": (transposed(algorithm=None), "algorithm=None"),
    "algorithm of another map": (lambda: convt.conv(X, W, stride=2, algorithm="outer", engine=ENGINE["now"]), "algorithm='outer'"),
    "stride as an array without axes": (transposed(stride=np.array(2.0)), "stride=array"),
    "layout None": (transposed(layout=None), "layout=None"),
    "layout as an array": (transposed(layout=np.ones(2)), "layout=array"),
    "dtype no type": (lambda: convt.kernel("conv", "1d_k3", dtype="f4,,("), "dtype='f4,,('"),
    "map None": (lambda: convt.kernel(None, "1d_k3"), "map=None"),
    "target": (lambda: Problem.of("1d_k3", target="x86-64-v9"), "target='x86-64-v9'"),
    "one name to build": (lambda: convt.build("1d_k3"), "problems='1d_k3'"),
    "size as text": (lambda: derivation("1d_k3", "4"), "feature size[0]='4'"),
    "size 2.5": (lambda: derivation("1d_k3", 2.5), "feature size[0]=2.5"),
    "a word that is no padding": (transposed(padding="sme"), "padding='sme'"),
    "padding of bytes": (transposed(padding=b"same"), "padding=b'same'"),
    "same, where frameworks differ": (transposed(stride=3, padding="same"), "OpenVINO same_upper: padding=((1, 0), (1, 0)); nearest legal value: ((0, 1), (0, 1))"),
    "same, where lengths differ": (transposed(stride=5, padding="same"), "TensorFlow, Keras, JAX, OpenVINO same_upper, OpenVINO same_lower: padding=((0, 0), (0, 0)), output_padding=(1, 1)"),
    "same and an output padding": (transposed(stride=2, padding="same", output_padding=1), "output_padding=(1, 1)"),
    "valid, where lengths differ": (transposed(stride=5, padding="valid"), "Keras, JAX: padding=((0, 0), (0, 0)), output_padding=(1, 1)"),
    "conv: same with a stride": (lambda: convt.conv(X[..., :5], W, stride=2, padding="same", engine=ENGINE["now"]), "ONNX SAME_UPPER: ((1, 1), (1, 2)); ONNX SAME_LOWER ((1, 1), (2, 1))"),
    "gradient: same with a stride": (lambda: convt.conv_weight_gradient(X, U, kernel=3, stride=2, padding="same", engine=ENGINE["now"]), "padding='same'"),
    "a configuration of words": (lambda: ConvSpec(3, padding="same", dims=1), "convt.dialects.read"),
    "output padding against output size": (transposed(stride=2, padding=1, output_padding=1, output_size=6), "output_size=(6, 6): contradicts output_padding=(1, 1), which gives (7, 7)"),
    "output padding beyond output size": (transposed(output_padding=2, output_size=6), "nearest legal value: (8, 8)"),
    "a dialect's argument mistyped": (lambda: convt.dialects.read("pytorch", kernel_size=4, strid=2), "strid=2: PyTorch has no such argument here; it has kernel_size, stride"),
    "no such dialect": (lambda: convt.dialects.propose("1d_k3", "pytorhc"), "nearest legal value: PyTorch"),
    "no kernel size": (lambda: convt.dialects.read("keras", strides=2), "kernel_size=None"),
    "a dialect's word": (lambda: convt.dialects.read("tensorflow", kernel_size=3, padding="same"), "padding='same': must be SAME or VALID; nearest legal value: SAME"),
    "a word where it takes numbers": (lambda: convt.dialects.read("pytorch", kernel_size=3, padding="same"), "take numbers, no words"),
    "an output shape for every length": (lambda: convt.dialects.read("tensorflow", kernel_size=3, output_shape=8), "nearest legal value: 2*m"),
    "a dialect's stride 0": (lambda: convt.dialects.read("onnx", kernel_size=3, strides=0), "strides=0"),
    "a dialect's stride 2.5": (lambda: convt.dialects.read("keras", kernel_size=3, strides=2.5), "strides=2.5"),
    "groups where there are none": (lambda: convt.dialects.read("jax", kernel_size=3, groups=2), "groups=2: JAX has no groups here"),
    "axes that a dialect has not": (lambda: convt.dialects.read("litert", kernel_size=(3,)), "dims=1"),
    "a comparison without arguments": (lambda: convt.dialects.compare("pytorch", "1d_k3"), "must be a dialect, a colon and its arguments"),
    "a comparison of ranks": (lambda: convt.dialects.compare("2d_k3", "1d_k3"), "dims=(2, 1)"),
    "an argument twice": (lambda: convt.dialects.compare("1d_k3", "caffe: kernel_size=3 pad=1 pad=2"), "stands there twice"),
    "a value that is a call": (lambda: convt.dialects.compare("1d_k3", "caffe: kernel_size=f(3)"), "kernel_size='f(3)'"),
    "a claim that there is not": (lambda: convt.claims.judge(0), "number=0"),
    "a topic that there is not": (lambda: convt.claims.claims("length"), "nearest legal value: lengths"),
    "gradient: lengths": (lambda: convt.conv_weight_gradient(X[..., :5], U, kernel=4, engine=ENGINE["now"]), "x[1]=5"),
}
COMMANDS = {
    "no such command": (["prov"], 2, "did you mean 'prove'"),
    "bad name": (["prove", "2d_4"], 2, "name='2d_4'"),
    "bad map": (["build", "1d_k3", "--map", "dconv"], 2, "map='dconv'"),
    "bad dtype": (["build", "1d_k3", "--dtype", "half"], 2, "dtype='half'"),
    "bad picture": (["draw", "1d_k3", "-o", "a.bmp"], 2, "must end in .png, .svg, .pdf"),
    "bad size": (["derive", "1d_k3", "--size", "0"], 2, "--size='0'"),
    "no such folder": (["derive", "1d_k3", "-o", "no/such/folder/a.txt"], 2, "there is no folder"),
    "bad channels": (["build", "1d_k3", "--channels", "3"], 2, "--channels='3'"),
    "channels without --explain": (["build", "1d_k3", "--channels", "3,4"], 2, "is for the estimates of --explain"),
    "size without --explain": (["build", "1d_k3", "--size", "4"], 2, "is for the estimates of --explain"),
    "channels without size": (["build", "1d_k3", "--explain", "--channels", "3,4"], 2, "needs --size too"),
    "size without channels": (["build", "1d_k3", "--explain", "--size", "4"], 2, "needs --channels too"),
    "explain without a kernel": (["build", "1d_k3", "--explain", "--source-only"], 2, "leave out --source-only"),
    "size of 5,000 digits": (["derive", "1d_k3", "--size", "9" * 5000], 2, "of at most 12 digits"),
    "size in other digits": (["derive", "1d_k3", "--size", "٤"], 2, "--size="),
    "size with a line break": (["derive", "1d_k3", "--size", "4\n"], 2, "--size="),
    "weights of 10^99999999": (["build", "1d_k2", "--weights", "fir:1e99999999,1"], 2, "30 digits"),
    "theorem 99": (["derive", "1d_k3", "--only", "4,99"], 2, "--only='99': must be numbers of theorems, 1 to "),
    "theorem x": (["derive", "1d_k3", "--only", "x"], 2, "nearest legal value: 1"),
    "no theorem": (["derive", "1d_k3", "--only", ""], 2, "--only=''"),
    "a PDF of statements without a file": (["claims", "1", "--format", "pdf"], 2, "a PDF needs a file"),
    "statement 1_0": (["claims", "1_0"], 2, "NUMBER="),
    "rounds in other digits": (["bench", "--rounds", "٤"], 2, "--rounds="),
    "nothing can hold it": (["build", "3d_k1048576"], 2, "GiB"),
    "matrix too large to draw": (["draw", "2d_k3", "--size", "60x60", "-o", "a.png"], 2, "told apart in a matrix picture; nearest legal value: 18x18"),
    "compare: mistyped": (["compare", "pytorch: kernel_size=4 strides=2", "1d_k4"], 2, "strides=2: PyTorch has no such argument here"),
    "compare: no dialect": (["compare", "1d_k4", "torhc: kernel_size=4"], 2, "dialect='torhc'"),
    "compare: too long": (["compare", "1d_k4", "caffe: kernel_size=" + "(" * 5000], 2, "at most 1000 letters"),
    "compare: deep": (["compare", "1d_k4", "caffe: kernel_size=" + "-" * 901 + "4"], 2, "kernel_size="),
    "read: no arguments": (["dialects", "--read", "pytorch", "4"], 2, "must be written name=value"),
    "read: refused": (["dialects", "--read", "pytorch", "kernel_size=3", "stride=2", "output_padding=2"], 2, "output_padding=2: PyTorch wants it smaller than stride"),
    "a size to propose for": (["dialects", "1d_k3", "--size", "4"], 2, "goes with --read"),
    "two to propose for": (["dialects", "1d_k3", "2d_k3"], 2, "must be one configuration"),
    "sync in the wrong place": (["sync", "--directory", "nowhere"], 2, "is no folder"),
}


@pytest.mark.parametrize("name", CASES)
def test_one_clear_error(name, private_store):
    before = sorted(os.listdir(private_store))
    action, words = CASES[name]
    with pytest.raises(ArgumentError) as caught:
        action()
    assert words in str(caught.value)
    assert caught.value.rule and caught.value.argument
    assert sorted(os.listdir(private_store)) == before


def test_there_are_sixty_kinds():
    assert len(CASES) >= 60


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_call_is_refused_before_a_kernel_is_built(name, monkeypatch):
    monkeypatch.setattr("convt._codegen.pipeline.build", lambda *_: pytest.fail("a kernel is built"))
    monkeypatch.setitem(ENGINE, "now", "auto")
    action, words = CASES[name]
    with pytest.raises(ArgumentError) as caught:
        action()
    assert words in str(caught.value) and str(caught.value).isprintable()


@pytest.mark.parametrize("name", COMMANDS)
def test_one_clear_line_and_the_documented_exit_code(name, tmp_path, monkeypatch):
    import subprocess
    import sys

    arguments, code, words = COMMANDS[name]
    done = subprocess.run([sys.executable, "-m", "convt", *arguments], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == code and words in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert not list(tmp_path.iterdir())


def test_files_are_written_whole_or_not_at_all(tmp_path, monkeypatch):
    from convt.cli import common

    target = tmp_path / "file"
    target.write_text("before")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        common.write(target, "after")
    assert target.read_text() == "before" and list(tmp_path.iterdir()) == [target]


def test_the_runner_knows_help_of_every_command():
    for name in ("demo", "derive", "prove", "build", "draw", "sync", "doctor"):
        result = CliRunner().invoke(main_group, [name, "--help"])
        assert result.exit_code == 0 and "Example" in result.output
