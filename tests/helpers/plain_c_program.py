"""A C program that makes recorded calls of kernels in plain C and compares every result with that of the Python module, bit by bit."""

import numpy as np
from modules import INPUTS, OUT

from convt._codegen.problem import Problem
from convt._derive.lengths import image_lengths, smallest_feature_length

PROBLEMS = [
    Problem.of("2d_k4s2p1"), Problem.of("2d_k3s2p1", "conv", layout="channels_last"), Problem.of("1d_k3s2p1", "conv_weight_gradient"),
    Problem.of("2d_k2x3", "conv_weight_gradient", "float64", "channels_last"), Problem.of("2d_k4s2p1", weights="bilinear"),
    Problem.of("1d_k3p1", "conv", "float64"), Problem.of("2d_k3s2p1op1", "conv_transpose", "complex64", conjugate=True),
    Problem.of("2d_k3s2p0:1", "conv_weight_gradient", "int64"), Problem.of("3d_k2x3x2s2x1x2", "conv", "complex128", "channels_last"),
]
SIZES = [  # (batch, features, images, groups, features of the first axis beyond the least)
    (1, 1, 1, 1, 0), (2, 3, 5, 1, 3), (1, 33, 18, 1, 6), (3, 6, 9, 3, 4), (2, 17, 17, 17, 9),
]
HEAD = """#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
"""
SHARED = """
static void *take(FILE *file, int64_t bytes)
{
    void *array = bytes ? malloc(bytes) : NULL;
    if (bytes && fread(array, bytes, 1, file) != 1)
        exit(3);
    return array;
}
static int same_float(const void *a, const void *b, size_t bytes)
{
    const float *x = a, *y = b;
    for (size_t i = 0; i < bytes / sizeof *x; ++i)
        if (memcmp(x + i, y + i, sizeof *x) && (x[i] == x[i] || y[i] == y[i]))
            return 0;
    return 1;
}
static int same_double(const void *a, const void *b, size_t bytes)
{
    const double *x = a, *y = b;
    for (size_t i = 0; i < bytes / sizeof *x; ++i)
        if (memcmp(x + i, y + i, sizeof *x) && (x[i] == x[i] || y[i] == y[i]))
            return 0;
    return 1;
}
static int same_int64_t(const void *a, const void *b, size_t bytes) { return memcmp(a, b, bytes) == 0; }
"""
CALLS = """
static int calls_of_{name}(void)
{{
    FILE *file = fopen("{name}.bin", "rb");
    int64_t head[{count}];
    int wrong = 0, calls = 0;
    (void)same_float, (void)same_double, (void)same_int64_t;
    if (file == NULL)
        exit(2);
    for (; fread(head, sizeof head, 1, file) == 1; ++calls) {{
        {name}_sizes sizes = {{.batch = head[0], .features = head[1], .images = head[2], .groups = head[3]}};
        for (int i = 0; i < {dims}; ++i) {{
            sizes.m[i] = head[11 + i];
            sizes.n[i] = head[{n} + i];
        }}
        const int family = head[4], threads = head[5], packs = head[6];
        {scalar} *one = take(file, head[7]), *two = take(file, head[8]), *bias = take(file, head[9]), *wanted = take(file, head[10]);
        {scalar} *out = malloc(head[10]), *packed = NULL;
        size_t bytes, packed_bytes = 0;
        int result = {name}_check(&sizes);
        memset(out, 0xee, head[10]);
        {pack}
        if (result == 0)
            result = {name}_scratch_size(&sizes, family, {given}threads, &bytes);
        void *scratch = result == 0 && bytes ? malloc(bytes) : NULL;
        if (result == 0 && bytes && {name}_run(&sizes, family, {arrays}, threads, NULL, 0) != {name}_NO_MEMORY)
            result = 98;
        if (result == 0)
            result = {name}_run(&sizes, family, {arrays}, threads, scratch, bytes);
        if (result == 0 && !same_{scalar}(out, wanted, head[10]))
            result = 99;
        if (result) {{
            ++wrong;
            printf("{name}: family %d, %d threads, packed %d, call %d: %d (%s)\\n", family, threads, packs, calls, result, {name}_text(result));
        }}
        (void)packs, (void)packed, (void)packed_bytes;
        free(one), free(two), free(bias), free(wanted), free(out), free(packed), free(scratch);
    }}
    fclose(file);
    printf("{name}: %d calls, %d wrong\\n", calls, wrong);
    return wrong;
}}
"""
PACK = """if (packs) {{
            size_t scratch_bytes;
            result = {name}_pack_size(&sizes, family, &packed_bytes, &scratch_bytes);
            packed = malloc(packed_bytes);
            void *memory = malloc(scratch_bytes);
            if (result == 0)
                result = {name}_pack(&sizes, family, two, packed, memory, scratch_bytes);
            free(memory);
        }}"""


def program(problems):
    """The text of main.c."""
    parts = [HEAD, *(f'#include "{problem.name}.h"\n' for problem in problems), SHARED]
    for problem in problems:
        packs = "w" in problem.roles.reads
        rows = {"name": problem.name, "scalar": problem.element.scalar, "dims": problem.spec.dims, "n": 11 + problem.spec.dims,
                "count": 11 + 2 * problem.spec.dims}
        parts.append(CALLS.format(**rows, pack=PACK.format(**rows) if packs else "", arrays="one, two, packed, bias, out" if packs else "one, two, out",
                                  given=f"{problem.name}_WEIGHTS | (packs ? {problem.name}_PACKED : 0), " if packs else ""))
    calls = " + ".join(f"calls_of_{problem.name}()" for problem in problems)
    return "".join(parts) + f"\nint main(void)\n{{\n    return {calls} ? 1 : 0;\n}}\n"


def records(kernel, rng):
    """What the program reads about a kernel: sizes and arrays of calls of every family, with the results of the module."""
    from convt._codegen.kernel import load
    from convt._codegen.plain_c.library import numbers

    problem, module, data = kernel.problem, load(kernel.entry), []
    spec, dtype, roles = problem.spec, np.dtype(problem.dtype), problem.roles
    last = problem.layout == "channels_last"
    for batch, features, images, groups, extra in SIZES:
        if problem.filter:
            images = groups = features
        m = [smallest_feature_length(axis) + extra // (1 + number) for number, axis in enumerate(spec.axes)]
        n = image_lengths(spec, m)
        shapes = {"u": (batch, features, *m), "x": (batch, images, *n), "w": (features, images // groups, *spec.kernel)}
        shapes = {letter: (shape[0], *shape[2:], shape[1]) if last and letter != "w" else shape for letter, shape in shapes.items()}
        costs = module.costs(problem.name, batch, features, images, groups, m, n)
        for number, (family, cost) in enumerate(costs.items()):
            if cost >= 1e300:
                continue
            for turn, threads in enumerate((1, 2, 2)):
                arrays = {letter: numbers(rng, shapes[letter], dtype) for letter in INPUTS[problem.map]}
                if problem.filter:
                    arrays["w"][...] = np.array([float(value) for value in problem.filter.values]).reshape(spec.kernel)
                if turn == 2 and dtype.kind != "i":
                    arrays[roles.fed].reshape(-1)[0] = arrays[roles.fed].reshape(-1)[-1] = np.nan
                count = {"u": features, "x": images}.get(OUT[problem.map], 0)
                bias = numbers(rng, (count,), dtype) if count and turn else None
                packs = bool(turn % 2 and "w" in roles.reads and module.packed_length(problem.name, features, images, groups, family))
                out = np.full(shapes[OUT[problem.map]], 77, dtype)
                one, two = (arrays[letter] for letter in INPUTS[problem.map])
                getattr(module, problem.name)(one, two, bias, out, groups, 1, family, None, True)
                head = [batch, features, images, groups, number, threads, packs, one.nbytes, two.nbytes, 0 if bias is None else bias.nbytes, out.nbytes, *m, *n]
                data += [np.array(head, np.int64).tobytes(), one.tobytes(), two.tobytes(), b"" if bias is None else bias.tobytes(), out.tobytes()]
    return b"".join(data)
