# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, binding=False, auto_pickle=False
# conv_transpose2d_k3s2p1op1_f32_x86_64_v3
# made by   convt build 2d_k3s2p1op1 --map conv_transpose --dtype float32 --target x86-64-v3
# from      templates vectors.c.jinja, tile.c.jinja, lanes_tile.c.jinja, border.c.jinja, direct.c.jinja, fast.c.jinja, window.c.jinja, transforms.c.jinja, plain.pyx.jinja, plane_tile.c.jinja, interleave.c.jinja, plane_lines.c.jinja, planes.c.jinja, rows.c.jinja, row_tiles.c.jinja; target x86-64-v3
# compile   with -O2 -ftree-vectorize -std=gnu11 -fwrapv -fno-strict-aliasing -fopenmp -march=x86-64-v3 -mtune=skylake
# lengths   n = 2·m on each axis
# phases    r=0: taps 0, 2 at offsets 0, −1   r=1: taps 1 at offsets 0 on each axis
# rests on  lengths, round trip, matrix, adjoint, scatter, zero insertion, polyphase split, fast algorithms: for every m ≥ 1
# SPDX-License-Identifier: BSD-3-Clause

from cpython.buffer cimport PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport uint64_t
from libc.string cimport memset, strcmp

cdef extern from "Python.h":
    object PyErr_Format(object exception, const char *format, ...)
    const Py_ssize_t PY_SSIZE_T_MAX

cdef extern from *:
    """
    /* What would make these kernels wrong or slow does not pass in silence. */
    #if !defined(__GNUC__)
    #error "this is GNU C: compile it with gcc or clang, with the flags that the head of the source names"
    #endif
    #if defined(__cplusplus)
    #error "this is C: compile it with gcc or clang, not with g++ or clang++"
    #endif
    #if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
    #error "NaN, Inf and the bounds on rounding errors rest on IEEE arithmetic: leave out -ffast-math and -Ofast"
    #endif
    #if !(defined(__AVX2__) && defined(__FMA__))
    #error "this needs the instructions of AVX2 FMA: compile it with -O2 -ftree-vectorize -std=gnu11 -fwrapv -fno-strict-aliasing -fopenmp -march=x86-64-v3 -mtune=skylake"
    #endif
    #if !defined(__OPTIMIZE__)
    #warning "compiled without optimization these kernels are many times slower: add -O2"
    #endif
    #if defined(__STRICT_ANSI__) && !defined(__clang__)
    #warning "in an ISO dialect gcc does not contract a * b + c, which takes up to half the speed: use -std=gnu11"
    #endif
    #if !defined(_OPENMP)
    #warning "compiled without -fopenmp calls run on one thread"
    #endif
    #include "convt_runtime.h"
    #if !defined(CONVT_RUNTIME_f32ea02dfc48)
    #error "the convt_runtime.h here is of another version of convt than this kernel: make the kernels of a folder anew together"
    #endif
    """
    enum:
        DONE, NO_MEMORY, NOT_FINITE, BAD_FEATURES, BAD_IMAGES, BAD_GROUPS, BAD_BATCH, BAD_FEATURE_LENGTH, BAD_IMAGE_LENGTH, NO_PAIR, MOST_THREADS
    const Py_ssize_t MOST_LENGTH
    ctypedef struct Scratch:
        pass
    ctypedef struct Call:
        Py_ssize_t batch, in_channels, out_channels, groups
        Py_ssize_t[3] in_length
        Py_ssize_t[3] out_length
        Py_ssize_t in_batch, in_channel
        Py_ssize_t[3] in_axis
        Py_ssize_t out_batch, out_channel
        Py_ssize_t[3] out_axis
        Py_ssize_t w_in, w_out
        void *in_data
        void *w
        void *out_data
        void *bias
        void *packed
        const void *plan
        Scratch *own
        unsigned char *refused
        int threads, used
    ctypedef int (*Item)(const Call *, void *, Scratch *, Py_ssize_t) noexcept nogil
    ctypedef int (*Run)(Call *) noexcept nogil
    ctypedef Py_ssize_t (*Size)(Call *) noexcept nogil
    ctypedef double (*Cost)(Call *, int) noexcept nogil
    ctypedef struct Family:
        const char *name
        Run run
        Run pack
        Size pack_size
        const void *table
    ctypedef struct Kernel:
        int dims, parts
        Py_ssize_t item_size
        const char *format
        const char *other_format
        int u, w, x
        int channel_axis, first_axis
        int biased, features_first, by_image
        Py_ssize_t[3] taps
        Py_ssize_t[3] stride
        Py_ssize_t[3] least
        Cost cost
        int families, plain, fallback
        Family[8] family
    Py_ssize_t product(Py_ssize_t a, Py_ssize_t b) noexcept nogil
    double rounded(double value) noexcept nogil
    int runtime_begin() except -1
    int call_begin(Call *call) noexcept nogil
    void call_end(Call *call) noexcept nogil
    int counting(const Call *call) noexcept nogil
    void *scratch(Scratch *own, int slot, Py_ssize_t size) noexcept nogil
    void scratch_forget() noexcept nogil
    int usable_threads(int wanted, double nanoseconds, int force) noexcept nogil
    int spread(Call *call, Py_ssize_t items, Item item, void *work, Py_ssize_t room) noexcept nogil
    int fit_channels(const Kernel *kernel, Call *call, Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups) noexcept nogil
    int fit_lengths(const Kernel *kernel, Call *call, Py_ssize_t batch, const Py_ssize_t *m, const Py_ssize_t *n, int *axis) noexcept nogil
    int takes(const Kernel *kernel, const Call *call, int family) noexcept nogil
    int fastest(const Kernel *kernel, const Call *call) noexcept nogil
    Py_ssize_t packed_size(const Kernel *kernel, Call *call, int family) noexcept nogil
    int execute(const Kernel *kernel, Call *call, int *chosen) noexcept nogil

runtime_begin()


cdef inline Py_ssize_t floor_division(Py_ssize_t a, Py_ssize_t b) noexcept nogil:
    # C rounds towards zero; indices need the floor.
    return a // b if a >= 0 else -((b - 1 - a) // b)


cdef inline Py_ssize_t first_feature(Py_ssize_t shift, Py_ssize_t stride) noexcept nogil:
    # Least i >= 0 with stride * i + shift >= 0.
    return max(0, -floor_division(shift, stride))


cdef inline Py_ssize_t stop_feature(Py_ssize_t shift, Py_ssize_t stride, Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    # One more than the largest i < m with stride * i + shift < n.
    return min(m, floor_division(n - 1 - shift, stride) + 1)



cdef int conv_transpose2d_k3s2p1op1_f32_x86_64_v3_plain_item(const Call *call, void *of_call, Scratch *own, Py_ssize_t item) noexcept nogil:
    # One image plane (b, c): each tap of each feature channel adds its shifted features.
    cdef Py_ssize_t features_per = call.in_channels // call.groups
    cdef Py_ssize_t images_per = call.out_channels // call.groups
    cdef Py_ssize_t seconds = call.out_channels, b = item // seconds, c = item % seconds
    cdef Py_ssize_t group, f, t
    cdef Py_ssize_t a0, i0, shift0, low0, high0
    cdef Py_ssize_t a1, i1, shift1, low1, high1
    cdef Py_ssize_t u_step = call.in_axis[2]
    cdef Py_ssize_t x_step = 2 * call.out_axis[2]
    cdef float *bias = <float *> call.bias
    cdef float *u_plane
    cdef float *x_plane
    cdef float *out
    cdef float *u_row
    cdef float *x_row
    cdef float *w_tap
    cdef float weight, start
    group = c // images_per
    start = 0
    if bias != NULL:
        start = bias[c]
    out = <float *> call.out_data + b * call.out_batch + c * call.out_channel
    for t in range(call.out_length[1] * call.out_length[2]):
        out[t * call.out_axis[2] + 0] = start
    for f in range(group * features_per, (group + 1) * features_per):
        u_plane = <float *> call.in_data + b * call.in_batch + f * call.in_channel
        x_plane = <float *> call.out_data + b * call.out_batch + c * call.out_channel
        w_tap = <float *> call.w + (f * images_per + c - group * images_per) * 9
        for a0 in range(3):
            shift0 = 1 * a0 - (1)
            low0 = first_feature(shift0, 2)
            high0 = stop_feature(shift0, 2, call.in_length[1], call.out_length[1])
            for a1 in range(3):
                shift1 = 1 * a1 - (1)
                low1 = first_feature(shift1, 2)
                high1 = stop_feature(shift1, 2, call.in_length[2], call.out_length[2])
                weight = w_tap[0]
                for i0 in range(low0, high0):
                    u_row = u_plane
                    x_row = x_plane + shift1 * call.out_axis[2]
                    u_row += i0 * call.in_axis[1]
                    x_row += (2 * i0 + shift0) * call.out_axis[1]
                    for t in range(low1, high1):
                        x_row[t * x_step] += u_row[t * u_step] * weight
                w_tap += 1
    return DONE


cdef int conv_transpose2d_k3s2p1op1_f32_x86_64_v3_plain(Call *call) noexcept nogil:
    cdef Py_ssize_t features_per = call.in_channels // call.groups
    cdef Py_ssize_t images_per = call.out_channels // call.groups
    return spread(call, (call.batch) * (call.out_channels), conv_transpose2d_k3s2p1op1_f32_x86_64_v3_plain_item, NULL, 0)

cdef extern from *:
    """
    #if defined(PART) && PART != 1 && PART != 2
    #else
    /* geometry: the phases of an axis, a copy of the inputs with a border of zeros, and lines of outputs. */
    typedef struct {
        ptrdiff_t kernel, phases, step;
        ptrdiff_t low, border;              /* least offset; how much greater the greatest is */
        const ptrdiff_t *start;             /* taps of phase r: start[r] to start[r + 1] - 1 of the tables */
        const ptrdiff_t *tap, *offset;      /* pixel q of the phase reads input step q + offset */
    } Axis;

    /* The axis that a kernel of fewer than three does not have: one position, one tap. */
    static const ptrdiff_t only_start[] = {0, 1}, only_tap[] = {0};

    typedef struct {
        ptrdiff_t pixel;                    /* scalars between neighbouring positions */
        ptrdiff_t size[3], low[3], step[3]; /* positions along each axis, of which the first stands for input low, the next for step further */
        ptrdiff_t apart[3];                 /* positions from a pixel to the next */
    } Border;

    typedef struct {
        const ptrdiff_t *place, *end;       /* where each outer tap of each channel begins; end[r] of them belong to the phases up to r */
        ptrdiff_t phases;                   /* of the lines, which take turns; then the inputs begin in_line further */
        ptrdiff_t lines, in_line, out_line; /* number of lines, and their distances */
        ptrdiff_t positions;                /* outputs of a line */
        ptrdiff_t out_channel, out_step;
        ptrdiff_t split;                    /* between the parts of a row of inputs: part r holds every step-th one from r on */
        ptrdiff_t streaming;                /* whether they are stored past the caches */
    } Lines;

    static inline ptrdiff_t least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
    static inline ptrdiff_t most(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }
    static inline ptrdiff_t parts(ptrdiff_t whole, ptrdiff_t part) { return (whole + part - 1) / part; }
    static inline ptrdiff_t whole_lines(ptrdiff_t bytes) { return parts(bytes, 64) * 64; }

    /* The most that some neighbouring pixels lie apart, the first from the last, counted through rows, planes and images of so many
       pixels; in each, neighbours are step[i] of the unit, whose size is that of all that is further in. */
    static inline ptrdiff_t furthest(ptrdiff_t pixels, const ptrdiff_t *count, const ptrdiff_t *step, const ptrdiff_t *size)
    {
        const ptrdiff_t image = size[0] * size[1] * size[2], plane = step[0] * size[1] * size[2], row = step[1] * size[2], steps = pixels - 1;
        return steps * step[2] + parts(steps, count[2]) * most(0, row - count[2] * step[2])
            + parts(steps, count[2] * count[1]) * most(0, plane - count[1] * row)
            + parts(steps, count[2] * count[1] * count[0]) * most(0, image - count[0] * plane);
    }
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 1 && PART != 2
    #else
    /* 8 lanes of float; unaligned, because nothing that users hand over has to be aligned. */
    typedef float f32x8 __attribute__((vector_size(32), aligned(4), may_alias));
    typedef int f32x8_mask __attribute__((vector_size(32)));
    #ifdef __clang__
    #define f32x8_shuffle(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
    #else
    #define f32x8_shuffle(a, b, ...) __builtin_shuffle(a, b, (f32x8_mask){__VA_ARGS__})
    #endif
    /* 4 lanes of float; unaligned, because nothing that users hand over has to be aligned. */
    typedef float f32x8_of4 __attribute__((vector_size(16), aligned(4), may_alias));
    typedef int f32x8_of4_mask __attribute__((vector_size(16)));
    #ifdef __clang__
    #define f32x8_of4_shuffle(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
    #else
    #define f32x8_of4_shuffle(a, b, ...) __builtin_shuffle(a, b, (f32x8_of4_mask){__VA_ARGS__})
    #endif

    /* A store that passes the caches by, for an address on 16 bytes, as arrays have it; where there is none, any store. */
    typedef float f32x8_pieces __attribute__((vector_size(16), may_alias));
    static inline void f32x8_stream(float *target, f32x8 value)
    {
        f32x8_pieces piece[2];
        memcpy(piece, &value, sizeof piece);
        for (int i = 0; i < 2; ++i)
    #if defined(__clang__)
            __builtin_nontemporal_store(piece[i], (f32x8_pieces *)target + i);
    #elif defined(__SSE2__)
            __builtin_ia32_movntps((float *)target + 4 * i, (float __attribute__((vector_size(16))))piece[i]);
    #else
            ((f32x8_pieces *)target)[i] = piece[i];
    #endif
    }

    /* target[c][r] = source[r][c], 8 x 8, in registers. */
    static inline void f32x8_block(const float *source, ptrdiff_t pitch, float *target, ptrdiff_t target_pitch)
    {
        const f32x8 r0 = *(const f32x8 *)(source + 0 * pitch);
        const f32x8 r1 = *(const f32x8 *)(source + 1 * pitch);
        const f32x8 r2 = *(const f32x8 *)(source + 2 * pitch);
        const f32x8 r3 = *(const f32x8 *)(source + 3 * pitch);
        const f32x8 r4 = *(const f32x8 *)(source + 4 * pitch);
        const f32x8 r5 = *(const f32x8 *)(source + 5 * pitch);
        const f32x8 r6 = *(const f32x8 *)(source + 6 * pitch);
        const f32x8 r7 = *(const f32x8 *)(source + 7 * pitch);
        const f32x8 t0 = f32x8_shuffle(r0, r1, 0, 8, 1, 9, 4, 12, 5, 13);
        const f32x8 t1 = f32x8_shuffle(r0, r1, 2, 10, 3, 11, 6, 14, 7, 15);
        const f32x8 t2 = f32x8_shuffle(r2, r3, 0, 8, 1, 9, 4, 12, 5, 13);
        const f32x8 t3 = f32x8_shuffle(r2, r3, 2, 10, 3, 11, 6, 14, 7, 15);
        const f32x8 t4 = f32x8_shuffle(r4, r5, 0, 8, 1, 9, 4, 12, 5, 13);
        const f32x8 t5 = f32x8_shuffle(r4, r5, 2, 10, 3, 11, 6, 14, 7, 15);
        const f32x8 t6 = f32x8_shuffle(r6, r7, 0, 8, 1, 9, 4, 12, 5, 13);
        const f32x8 t7 = f32x8_shuffle(r6, r7, 2, 10, 3, 11, 6, 14, 7, 15);
        const f32x8 t8 = f32x8_shuffle(t0, t2, 0, 1, 8, 9, 4, 5, 12, 13);
        const f32x8 t9 = f32x8_shuffle(t0, t2, 2, 3, 10, 11, 6, 7, 14, 15);
        const f32x8 t10 = f32x8_shuffle(t1, t3, 0, 1, 8, 9, 4, 5, 12, 13);
        const f32x8 t11 = f32x8_shuffle(t1, t3, 2, 3, 10, 11, 6, 7, 14, 15);
        const f32x8 t12 = f32x8_shuffle(t4, t6, 0, 1, 8, 9, 4, 5, 12, 13);
        const f32x8 t13 = f32x8_shuffle(t4, t6, 2, 3, 10, 11, 6, 7, 14, 15);
        const f32x8 t14 = f32x8_shuffle(t5, t7, 0, 1, 8, 9, 4, 5, 12, 13);
        const f32x8 t15 = f32x8_shuffle(t5, t7, 2, 3, 10, 11, 6, 7, 14, 15);
        const f32x8 t16 = f32x8_shuffle(t8, t12, 0, 1, 2, 3, 8, 9, 10, 11);
        const f32x8 t17 = f32x8_shuffle(t8, t12, 4, 5, 6, 7, 12, 13, 14, 15);
        const f32x8 t18 = f32x8_shuffle(t10, t14, 0, 1, 2, 3, 8, 9, 10, 11);
        const f32x8 t19 = f32x8_shuffle(t10, t14, 4, 5, 6, 7, 12, 13, 14, 15);
        const f32x8 t20 = f32x8_shuffle(t9, t13, 0, 1, 2, 3, 8, 9, 10, 11);
        const f32x8 t21 = f32x8_shuffle(t9, t13, 4, 5, 6, 7, 12, 13, 14, 15);
        const f32x8 t22 = f32x8_shuffle(t11, t15, 0, 1, 2, 3, 8, 9, 10, 11);
        const f32x8 t23 = f32x8_shuffle(t11, t15, 4, 5, 6, 7, 12, 13, 14, 15);
        *(f32x8 *)(target + 0 * target_pitch) = t16;
        *(f32x8 *)(target + 1 * target_pitch) = t20;
        *(f32x8 *)(target + 2 * target_pitch) = t18;
        *(f32x8 *)(target + 3 * target_pitch) = t22;
        *(f32x8 *)(target + 4 * target_pitch) = t17;
        *(f32x8 *)(target + 5 * target_pitch) = t21;
        *(f32x8 *)(target + 6 * target_pitch) = t19;
        *(f32x8 *)(target + 7 * target_pitch) = t23;
    }

    /* target[c][r] = source[r][c] by such blocks, of 8 rows and columns and more; the last blocks overlap those before them. Of
       the two arrays, that whose lines are further apart is walked along them, so that a cache line is complete before others need its place. */
    static void f32x8_blocks(const float *source, ptrdiff_t pitch, ptrdiff_t rows, ptrdiff_t columns,
        float *target, ptrdiff_t target_pitch)
    {
        const ptrdiff_t part = pitch > target_pitch ? 64 : 8;
        for (ptrdiff_t first = 0; first < columns; first += part)
            for (ptrdiff_t r = 0; r < rows; r += 8) {
                const ptrdiff_t row = r + 8 <= rows ? r : rows - 8, stop = first + part < columns ? first + part : columns;
                for (ptrdiff_t c = first; c < stop; c += 8) {
                    const ptrdiff_t column = c + 8 <= columns ? c : columns - 8;
                    f32x8_block(source + row * pitch + column, pitch, target + column * target_pitch + row, target_pitch);
                }
            }
    }

    /* target[c][r] = source[r][c], 4 x 4, in registers. */
    static inline void f32x8_of4_block(const float *source, ptrdiff_t pitch, float *target, ptrdiff_t target_pitch)
    {
        const f32x8_of4 r0 = *(const f32x8_of4 *)(source + 0 * pitch);
        const f32x8_of4 r1 = *(const f32x8_of4 *)(source + 1 * pitch);
        const f32x8_of4 r2 = *(const f32x8_of4 *)(source + 2 * pitch);
        const f32x8_of4 r3 = *(const f32x8_of4 *)(source + 3 * pitch);
        const f32x8_of4 t0 = f32x8_of4_shuffle(r0, r1, 0, 4, 1, 5);
        const f32x8_of4 t1 = f32x8_of4_shuffle(r0, r1, 2, 6, 3, 7);
        const f32x8_of4 t2 = f32x8_of4_shuffle(r2, r3, 0, 4, 1, 5);
        const f32x8_of4 t3 = f32x8_of4_shuffle(r2, r3, 2, 6, 3, 7);
        const f32x8_of4 t4 = f32x8_of4_shuffle(t0, t2, 0, 1, 4, 5);
        const f32x8_of4 t5 = f32x8_of4_shuffle(t0, t2, 2, 3, 6, 7);
        const f32x8_of4 t6 = f32x8_of4_shuffle(t1, t3, 0, 1, 4, 5);
        const f32x8_of4 t7 = f32x8_of4_shuffle(t1, t3, 2, 3, 6, 7);
        *(f32x8_of4 *)(target + 0 * target_pitch) = t4;
        *(f32x8_of4 *)(target + 1 * target_pitch) = t5;
        *(f32x8_of4 *)(target + 2 * target_pitch) = t6;
        *(f32x8_of4 *)(target + 3 * target_pitch) = t7;
    }

    /* target[c][r] = source[r][c] by such blocks, of 4 rows and columns and more; the last blocks overlap those before them. Of
       the two arrays, that whose lines are further apart is walked along them, so that a cache line is complete before others need its place. */
    static void f32x8_of4_blocks(const float *source, ptrdiff_t pitch, ptrdiff_t rows, ptrdiff_t columns,
        float *target, ptrdiff_t target_pitch)
    {
        const ptrdiff_t part = pitch > target_pitch ? 32 : 4;
        for (ptrdiff_t first = 0; first < columns; first += part)
            for (ptrdiff_t r = 0; r < rows; r += 4) {
                const ptrdiff_t row = r + 4 <= rows ? r : rows - 4, stop = first + part < columns ? first + part : columns;
                for (ptrdiff_t c = first; c < stop; c += 4) {
                    const ptrdiff_t column = c + 4 <= columns ? c : columns - 4;
                    f32x8_of4_block(source + row * pitch + column, pitch, target + column * target_pitch + row, target_pitch);
                }
            }
    }

    /* target[c][r] = source[r][c], by the largest blocks that there is room for, or one by one. */
    static void f32x8_transpose(const float *source, ptrdiff_t pitch, ptrdiff_t rows, ptrdiff_t columns,
        float *target, ptrdiff_t target_pitch)
    {
        const ptrdiff_t side = rows < columns ? rows : columns;
        if (side >= 8) {
            f32x8_blocks(source, pitch, rows, columns, target, target_pitch);
            return;
        }
        if (side >= 4) {
            f32x8_of4_blocks(source, pitch, rows, columns, target, target_pitch);
            return;
        }
        for (ptrdiff_t c = 0; c < columns; ++c)
            for (ptrdiff_t r = 0; r < rows; ++r)
                target[c * target_pitch + r] = source[r * pitch + c];
    }

    /* The same by stores that pass the caches by: a part of every column is collected, then stored line by line. */
    static void f32x8_transpose_streaming(const float *source, ptrdiff_t pitch, ptrdiff_t rows, ptrdiff_t columns,
        float *target, ptrdiff_t target_pitch)
    {
        enum { part = 1024 / 4, skew = part + 64 / 4, line = 64 / 4 };
        float held[8 * skew];
        if (rows < 8 * line || columns < 8 || (size_t)target % 4) {
            f32x8_transpose(source, pitch, rows, columns, target, target_pitch);
            return;
        }
        for (ptrdiff_t c = 0; c < columns; c += 8) {
            const ptrdiff_t column = c + 8 <= columns ? c : columns - 8;
            for (ptrdiff_t done = 0; done < rows; done += part) {
                const ptrdiff_t count = rows - done < part ? rows - done : part;
                f32x8_transpose(source + done * pitch + column, pitch, count, 8, held, skew);
                for (ptrdiff_t l = 0; l < 8; ++l) {
                    const float *from = held + l * skew;
                    float *to = target + (column + l) * target_pitch + done;
                    const ptrdiff_t first = (64 - (ptrdiff_t)((size_t)to % 64)) % 64 / 4;
                    ptrdiff_t r = 0;
                    for (; r < first && r < count; ++r)
                        to[r] = from[r];
                    for (; r + line <= count; r += line)
                        for (ptrdiff_t v = 0; v < line; v += 8)
                            f32x8_stream(to + r + v, *(const f32x8 *)(from + r + v));
                    for (; r < count; ++r)
                        to[r] = from[r];
                }
            }
        }
    }

    /* target[r][c] = source[r][c]. */
    static void f32x8_copy(const float *source, ptrdiff_t pitch, ptrdiff_t rows, ptrdiff_t columns,
        float *target, ptrdiff_t target_pitch)
    {
        for (ptrdiff_t r = 0; r < rows; ++r)
            memcpy(target + r * target_pitch, source + r * pitch, columns * 4);
    }

    /* target[i] = source[i]; the last vector overlaps the one before it. */
    static inline void f32x8_line(const float *source, ptrdiff_t count, float *target)
    {
        if (count < 8) {
            for (ptrdiff_t i = 0; i < count; ++i)
                target[i] = source[i];
            return;
        }
        for (ptrdiff_t i = 0; i < count; i += 8) {
            const ptrdiff_t at = i + 8 <= count ? i : count - 8;
            *(f32x8 *)(target + at) = *(const f32x8 *)(source + at);
        }
    }

    /* target[i] = source[pitch i]: compilers make shuffles of small pitches that they know. */
    static inline void f32x8_every(const float *source, ptrdiff_t pitch, ptrdiff_t count, float *target)
    {
        if (pitch == 1)
            f32x8_line(source, count, target);
        else if (pitch == 2)
            for (ptrdiff_t i = 0; i < count; ++i)
                target[i] = source[2 * i];
        else if (pitch == 4)
            for (ptrdiff_t i = 0; i < count; ++i)
                target[i] = source[4 * i];
        else
            for (ptrdiff_t i = 0; i < count; ++i)
                target[i] = source[pitch * i];
    }

    /* target[split r + i] = source[step i + r] for all of so many scalars: in as many parts as a step is long, each of them contiguous. */
    static inline void f32x8_apart(const float *source, ptrdiff_t step, ptrdiff_t length, float *target, ptrdiff_t split)
    {
        if (step == 1) {
            f32x8_line(source, length, target);
            return;
        }
        const ptrdiff_t count = length / step;
        ptrdiff_t i = 0;
        for (ptrdiff_t r = 0; r < length % step; ++r)
            target[r * split + count] = source[count * step + r];
        if (step >= 4)
            f32x8_transpose(source, step, count, step, target, split);
        else if (step != 2)
            for (ptrdiff_t r = 0; r < step; ++r)
                f32x8_every(source + r, step, count, target + r * split);
        else if (count >= 8)
            for (; i < count; i += 8) {
                const ptrdiff_t at = i + 8 <= count ? i : count - 8;
                const f32x8 a = *(const f32x8 *)(source + 2 * at), b = *(const f32x8 *)(source + 2 * at + 8);
                *(f32x8 *)(target + at) = f32x8_shuffle(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
                *(f32x8 *)(target + split + at) = f32x8_shuffle(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
            }
        else if (count >= 4)
            for (; i < count; i += 4) {
                const ptrdiff_t at = i + 4 <= count ? i : count - 4;
                const f32x8_of4 a = *(const f32x8_of4 *)(source + 2 * at), b = *(const f32x8_of4 *)(source + 2 * at + 4);
                *(f32x8_of4 *)(target + at) = f32x8_of4_shuffle(a, b, 0, 2, 4, 6);
                *(f32x8_of4 *)(target + split + at) = f32x8_of4_shuffle(a, b, 1, 3, 5, 7);
            }
        else
            for (; i < count; ++i) {
                target[i] = source[2 * i];
                target[split + i] = source[2 * i + 1];
            }
    }
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 1
    #else
    /* 1 pixels x 16 outputs in registers: sums = start + inputs x weights over taps and channels, one after the
       other; with ``add`` all that is added up first, and then added to the sums. A zero is +0, whether zeros of the border
       were among the inputs or were left out. */
    static void tile_f32x8_6x2_1(const float *inputs, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        ptrdiff_t channels, const float *w, const float *start, ptrdiff_t start_pitch, int add, float *sums,
        ptrdiff_t pitch, const float *ahead, ptrdiff_t ahead_step)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0 * start_pitch + 0), s0_1 = *(const f32x8 *)(start + 0 * start_pitch + 8);
        for (ptrdiff_t tap = 0; tap < taps; ++tap) {
            const float *at = inputs + offset[tap];
            const float *p0 = at + pixel[0];
            for (ptrdiff_t c = 0; c < channels; ++c, w += 16, ahead += ahead_step) {
                __builtin_prefetch(ahead, 0, 2);
                const f32x8 w0 = *(const f32x8 *)(w + 0);
                const f32x8 w1 = *(const f32x8 *)(w + 8);
    s0_0 += p0[c] * w0; s0_1 += p0[c] * w1;
            }
        }
        if (add) {
    s0_0 += *(const f32x8 *)(sums + 0 * pitch + 0); s0_1 += *(const f32x8 *)(sums + 0 * pitch + 8);
        }
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0 + 0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1 + 0;
    }

    /* 2 pixels x 16 outputs in registers: sums = start + inputs x weights over taps and channels, one after the
       other; with ``add`` all that is added up first, and then added to the sums. A zero is +0, whether zeros of the border
       were among the inputs or were left out. */
    static void tile_f32x8_6x2_2(const float *inputs, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        ptrdiff_t channels, const float *w, const float *start, ptrdiff_t start_pitch, int add, float *sums,
        ptrdiff_t pitch, const float *ahead, ptrdiff_t ahead_step)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0 * start_pitch + 0), s0_1 = *(const f32x8 *)(start + 0 * start_pitch + 8);
        f32x8 s1_0 = *(const f32x8 *)(start + 1 * start_pitch + 0), s1_1 = *(const f32x8 *)(start + 1 * start_pitch + 8);
        for (ptrdiff_t tap = 0; tap < taps; ++tap) {
            const float *at = inputs + offset[tap];
            const float *p0 = at + pixel[0];
            const float *p1 = at + pixel[1];
            for (ptrdiff_t c = 0; c < channels; ++c, w += 16, ahead += ahead_step) {
                __builtin_prefetch(ahead, 0, 2);
                const f32x8 w0 = *(const f32x8 *)(w + 0);
                const f32x8 w1 = *(const f32x8 *)(w + 8);
    s0_0 += p0[c] * w0; s0_1 += p0[c] * w1;
    s1_0 += p1[c] * w0; s1_1 += p1[c] * w1;
            }
        }
        if (add) {
    s0_0 += *(const f32x8 *)(sums + 0 * pitch + 0); s0_1 += *(const f32x8 *)(sums + 0 * pitch + 8);
    s1_0 += *(const f32x8 *)(sums + 1 * pitch + 0); s1_1 += *(const f32x8 *)(sums + 1 * pitch + 8);
        }
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0 + 0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1 + 0;
    *(f32x8 *)(sums + 1 * pitch + 0) = s1_0 + 0; *(f32x8 *)(sums + 1 * pitch + 8) = s1_1 + 0;
    }

    /* 3 pixels x 16 outputs in registers: sums = start + inputs x weights over taps and channels, one after the
       other; with ``add`` all that is added up first, and then added to the sums. A zero is +0, whether zeros of the border
       were among the inputs or were left out. */
    static void tile_f32x8_6x2_3(const float *inputs, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        ptrdiff_t channels, const float *w, const float *start, ptrdiff_t start_pitch, int add, float *sums,
        ptrdiff_t pitch, const float *ahead, ptrdiff_t ahead_step)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0 * start_pitch + 0), s0_1 = *(const f32x8 *)(start + 0 * start_pitch + 8);
        f32x8 s1_0 = *(const f32x8 *)(start + 1 * start_pitch + 0), s1_1 = *(const f32x8 *)(start + 1 * start_pitch + 8);
        f32x8 s2_0 = *(const f32x8 *)(start + 2 * start_pitch + 0), s2_1 = *(const f32x8 *)(start + 2 * start_pitch + 8);
        for (ptrdiff_t tap = 0; tap < taps; ++tap) {
            const float *at = inputs + offset[tap];
            const float *p0 = at + pixel[0];
            const float *p1 = at + pixel[1];
            const float *p2 = at + pixel[2];
            for (ptrdiff_t c = 0; c < channels; ++c, w += 16, ahead += ahead_step) {
                __builtin_prefetch(ahead, 0, 2);
                const f32x8 w0 = *(const f32x8 *)(w + 0);
                const f32x8 w1 = *(const f32x8 *)(w + 8);
    s0_0 += p0[c] * w0; s0_1 += p0[c] * w1;
    s1_0 += p1[c] * w0; s1_1 += p1[c] * w1;
    s2_0 += p2[c] * w0; s2_1 += p2[c] * w1;
            }
        }
        if (add) {
    s0_0 += *(const f32x8 *)(sums + 0 * pitch + 0); s0_1 += *(const f32x8 *)(sums + 0 * pitch + 8);
    s1_0 += *(const f32x8 *)(sums + 1 * pitch + 0); s1_1 += *(const f32x8 *)(sums + 1 * pitch + 8);
    s2_0 += *(const f32x8 *)(sums + 2 * pitch + 0); s2_1 += *(const f32x8 *)(sums + 2 * pitch + 8);
        }
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0 + 0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1 + 0;
    *(f32x8 *)(sums + 1 * pitch + 0) = s1_0 + 0; *(f32x8 *)(sums + 1 * pitch + 8) = s1_1 + 0;
    *(f32x8 *)(sums + 2 * pitch + 0) = s2_0 + 0; *(f32x8 *)(sums + 2 * pitch + 8) = s2_1 + 0;
    }

    /* 4 pixels x 16 outputs in registers: sums = start + inputs x weights over taps and channels, one after the
       other; with ``add`` all that is added up first, and then added to the sums. A zero is +0, whether zeros of the border
       were among the inputs or were left out. */
    static void tile_f32x8_6x2_4(const float *inputs, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        ptrdiff_t channels, const float *w, const float *start, ptrdiff_t start_pitch, int add, float *sums,
        ptrdiff_t pitch, const float *ahead, ptrdiff_t ahead_step)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0 * start_pitch + 0), s0_1 = *(const f32x8 *)(start + 0 * start_pitch + 8);
        f32x8 s1_0 = *(const f32x8 *)(start + 1 * start_pitch + 0), s1_1 = *(const f32x8 *)(start + 1 * start_pitch + 8);
        f32x8 s2_0 = *(const f32x8 *)(start + 2 * start_pitch + 0), s2_1 = *(const f32x8 *)(start + 2 * start_pitch + 8);
        f32x8 s3_0 = *(const f32x8 *)(start + 3 * start_pitch + 0), s3_1 = *(const f32x8 *)(start + 3 * start_pitch + 8);
        for (ptrdiff_t tap = 0; tap < taps; ++tap) {
            const float *at = inputs + offset[tap];
            const float *p0 = at + pixel[0];
            const float *p1 = at + pixel[1];
            const float *p2 = at + pixel[2];
            const float *p3 = at + pixel[3];
            for (ptrdiff_t c = 0; c < channels; ++c, w += 16, ahead += ahead_step) {
                __builtin_prefetch(ahead, 0, 2);
                const f32x8 w0 = *(const f32x8 *)(w + 0);
                const f32x8 w1 = *(const f32x8 *)(w + 8);
    s0_0 += p0[c] * w0; s0_1 += p0[c] * w1;
    s1_0 += p1[c] * w0; s1_1 += p1[c] * w1;
    s2_0 += p2[c] * w0; s2_1 += p2[c] * w1;
    s3_0 += p3[c] * w0; s3_1 += p3[c] * w1;
            }
        }
        if (add) {
    s0_0 += *(const f32x8 *)(sums + 0 * pitch + 0); s0_1 += *(const f32x8 *)(sums + 0 * pitch + 8);
    s1_0 += *(const f32x8 *)(sums + 1 * pitch + 0); s1_1 += *(const f32x8 *)(sums + 1 * pitch + 8);
    s2_0 += *(const f32x8 *)(sums + 2 * pitch + 0); s2_1 += *(const f32x8 *)(sums + 2 * pitch + 8);
    s3_0 += *(const f32x8 *)(sums + 3 * pitch + 0); s3_1 += *(const f32x8 *)(sums + 3 * pitch + 8);
        }
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0 + 0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1 + 0;
    *(f32x8 *)(sums + 1 * pitch + 0) = s1_0 + 0; *(f32x8 *)(sums + 1 * pitch + 8) = s1_1 + 0;
    *(f32x8 *)(sums + 2 * pitch + 0) = s2_0 + 0; *(f32x8 *)(sums + 2 * pitch + 8) = s2_1 + 0;
    *(f32x8 *)(sums + 3 * pitch + 0) = s3_0 + 0; *(f32x8 *)(sums + 3 * pitch + 8) = s3_1 + 0;
    }

    /* 5 pixels x 16 outputs in registers: sums = start + inputs x weights over taps and channels, one after the
       other; with ``add`` all that is added up first, and then added to the sums. A zero is +0, whether zeros of the border
       were among the inputs or were left out. */
    static void tile_f32x8_6x2_5(const float *inputs, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        ptrdiff_t channels, const float *w, const float *start, ptrdiff_t start_pitch, int add, float *sums,
        ptrdiff_t pitch, const float *ahead, ptrdiff_t ahead_step)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0 * start_pitch + 0), s0_1 = *(const f32x8 *)(start + 0 * start_pitch + 8);
        f32x8 s1_0 = *(const f32x8 *)(start + 1 * start_pitch + 0), s1_1 = *(const f32x8 *)(start + 1 * start_pitch + 8);
        f32x8 s2_0 = *(const f32x8 *)(start + 2 * start_pitch + 0), s2_1 = *(const f32x8 *)(start + 2 * start_pitch + 8);
        f32x8 s3_0 = *(const f32x8 *)(start + 3 * start_pitch + 0), s3_1 = *(const f32x8 *)(start + 3 * start_pitch + 8);
        f32x8 s4_0 = *(const f32x8 *)(start + 4 * start_pitch + 0), s4_1 = *(const f32x8 *)(start + 4 * start_pitch + 8);
        for (ptrdiff_t tap = 0; tap < taps; ++tap) {
            const float *at = inputs + offset[tap];
            const float *p0 = at + pixel[0];
            const float *p1 = at + pixel[1];
            const float *p2 = at + pixel[2];
            const float *p3 = at + pixel[3];
            const float *p4 = at + pixel[4];
            for (ptrdiff_t c = 0; c < channels; ++c, w += 16, ahead += ahead_step) {
                __builtin_prefetch(ahead, 0, 2);
                const f32x8 w0 = *(const f32x8 *)(w + 0);
                const f32x8 w1 = *(const f32x8 *)(w + 8);
    s0_0 += p0[c] * w0; s0_1 += p0[c] * w1;
    s1_0 += p1[c] * w0; s1_1 += p1[c] * w1;
    s2_0 += p2[c] * w0; s2_1 += p2[c] * w1;
    s3_0 += p3[c] * w0; s3_1 += p3[c] * w1;
    s4_0 += p4[c] * w0; s4_1 += p4[c] * w1;
            }
        }
        if (add) {
    s0_0 += *(const f32x8 *)(sums + 0 * pitch + 0); s0_1 += *(const f32x8 *)(sums + 0 * pitch + 8);
    s1_0 += *(const f32x8 *)(sums + 1 * pitch + 0); s1_1 += *(const f32x8 *)(sums + 1 * pitch + 8);
    s2_0 += *(const f32x8 *)(sums + 2 * pitch + 0); s2_1 += *(const f32x8 *)(sums + 2 * pitch + 8);
    s3_0 += *(const f32x8 *)(sums + 3 * pitch + 0); s3_1 += *(const f32x8 *)(sums + 3 * pitch + 8);
    s4_0 += *(const f32x8 *)(sums + 4 * pitch + 0); s4_1 += *(const f32x8 *)(sums + 4 * pitch + 8);
        }
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0 + 0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1 + 0;
    *(f32x8 *)(sums + 1 * pitch + 0) = s1_0 + 0; *(f32x8 *)(sums + 1 * pitch + 8) = s1_1 + 0;
    *(f32x8 *)(sums + 2 * pitch + 0) = s2_0 + 0; *(f32x8 *)(sums + 2 * pitch + 8) = s2_1 + 0;
    *(f32x8 *)(sums + 3 * pitch + 0) = s3_0 + 0; *(f32x8 *)(sums + 3 * pitch + 8) = s3_1 + 0;
    *(f32x8 *)(sums + 4 * pitch + 0) = s4_0 + 0; *(f32x8 *)(sums + 4 * pitch + 8) = s4_1 + 0;
    }

    /* 6 pixels x 16 outputs in registers: sums = start + inputs x weights over taps and channels, one after the
       other; with ``add`` all that is added up first, and then added to the sums. A zero is +0, whether zeros of the border
       were among the inputs or were left out. */
    static void tile_f32x8_6x2_6(const float *inputs, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        ptrdiff_t channels, const float *w, const float *start, ptrdiff_t start_pitch, int add, float *sums,
        ptrdiff_t pitch, const float *ahead, ptrdiff_t ahead_step)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0 * start_pitch + 0), s0_1 = *(const f32x8 *)(start + 0 * start_pitch + 8);
        f32x8 s1_0 = *(const f32x8 *)(start + 1 * start_pitch + 0), s1_1 = *(const f32x8 *)(start + 1 * start_pitch + 8);
        f32x8 s2_0 = *(const f32x8 *)(start + 2 * start_pitch + 0), s2_1 = *(const f32x8 *)(start + 2 * start_pitch + 8);
        f32x8 s3_0 = *(const f32x8 *)(start + 3 * start_pitch + 0), s3_1 = *(const f32x8 *)(start + 3 * start_pitch + 8);
        f32x8 s4_0 = *(const f32x8 *)(start + 4 * start_pitch + 0), s4_1 = *(const f32x8 *)(start + 4 * start_pitch + 8);
        f32x8 s5_0 = *(const f32x8 *)(start + 5 * start_pitch + 0), s5_1 = *(const f32x8 *)(start + 5 * start_pitch + 8);
        for (ptrdiff_t tap = 0; tap < taps; ++tap) {
            const float *at = inputs + offset[tap];
            const float *p0 = at + pixel[0];
            const float *p1 = at + pixel[1];
            const float *p2 = at + pixel[2];
            const float *p3 = at + pixel[3];
            const float *p4 = at + pixel[4];
            const float *p5 = at + pixel[5];
            for (ptrdiff_t c = 0; c < channels; ++c, w += 16, ahead += ahead_step) {
                __builtin_prefetch(ahead, 0, 2);
                const f32x8 w0 = *(const f32x8 *)(w + 0);
                const f32x8 w1 = *(const f32x8 *)(w + 8);
    s0_0 += p0[c] * w0; s0_1 += p0[c] * w1;
    s1_0 += p1[c] * w0; s1_1 += p1[c] * w1;
    s2_0 += p2[c] * w0; s2_1 += p2[c] * w1;
    s3_0 += p3[c] * w0; s3_1 += p3[c] * w1;
    s4_0 += p4[c] * w0; s4_1 += p4[c] * w1;
    s5_0 += p5[c] * w0; s5_1 += p5[c] * w1;
            }
        }
        if (add) {
    s0_0 += *(const f32x8 *)(sums + 0 * pitch + 0); s0_1 += *(const f32x8 *)(sums + 0 * pitch + 8);
    s1_0 += *(const f32x8 *)(sums + 1 * pitch + 0); s1_1 += *(const f32x8 *)(sums + 1 * pitch + 8);
    s2_0 += *(const f32x8 *)(sums + 2 * pitch + 0); s2_1 += *(const f32x8 *)(sums + 2 * pitch + 8);
    s3_0 += *(const f32x8 *)(sums + 3 * pitch + 0); s3_1 += *(const f32x8 *)(sums + 3 * pitch + 8);
    s4_0 += *(const f32x8 *)(sums + 4 * pitch + 0); s4_1 += *(const f32x8 *)(sums + 4 * pitch + 8);
    s5_0 += *(const f32x8 *)(sums + 5 * pitch + 0); s5_1 += *(const f32x8 *)(sums + 5 * pitch + 8);
        }
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0 + 0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1 + 0;
    *(f32x8 *)(sums + 1 * pitch + 0) = s1_0 + 0; *(f32x8 *)(sums + 1 * pitch + 8) = s1_1 + 0;
    *(f32x8 *)(sums + 2 * pitch + 0) = s2_0 + 0; *(f32x8 *)(sums + 2 * pitch + 8) = s2_1 + 0;
    *(f32x8 *)(sums + 3 * pitch + 0) = s3_0 + 0; *(f32x8 *)(sums + 3 * pitch + 8) = s3_1 + 0;
    *(f32x8 *)(sums + 4 * pitch + 0) = s4_0 + 0; *(f32x8 *)(sums + 4 * pitch + 8) = s4_1 + 0;
    *(f32x8 *)(sums + 5 * pitch + 0) = s5_0 + 0; *(f32x8 *)(sums + 5 * pitch + 8) = s5_1 + 0;
    }

    typedef void (*tile_f32x8_6x2_rows)(const float *, const ptrdiff_t *, const ptrdiff_t *, ptrdiff_t, ptrdiff_t, const float *,
        const float *, ptrdiff_t, int, float *, ptrdiff_t, const float *, ptrdiff_t);

    /* Any number of pixels, as tiles of nearly equal height. Where they are few, weights come from memory: meanwhile those that
       will be read next, one panel further, are fetched, a share of them by each tile. */
    static void tile_f32x8_6x2(const float *inputs, const ptrdiff_t *pixel, ptrdiff_t count, const ptrdiff_t *offset, ptrdiff_t taps,
        ptrdiff_t channels, const float *w, ptrdiff_t panel, const float *start, ptrdiff_t start_pitch, int add,
        float *sums, ptrdiff_t pitch)
    {
        static const tile_f32x8_6x2_rows variant[] = {tile_f32x8_6x2_1, tile_f32x8_6x2_2, tile_f32x8_6x2_3, tile_f32x8_6x2_4, tile_f32x8_6x2_5, tile_f32x8_6x2_6};
        ptrdiff_t tiles = (count + 5) / 6;
        const ptrdiff_t step = tiles <= 8 ? 16 / tiles : 0;
        const float *ahead = step ? w + panel : w;
        for (; tiles > 0; --tiles) {
            const ptrdiff_t rows = (count + tiles - 1) / tiles;
            variant[rows - 1](inputs, pixel, offset, taps, channels, w, start, start_pitch, add, sums, pitch, ahead, step);
            ahead += step * taps * channels;
            pixel += rows;
            start += rows * start_pitch;
            sums += rows * pitch;
            count -= rows;
        }
    }
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 1
    #else
    /* 1 pixels x 16 channels in registers: sums = start + inputs x weights over taps, channel by channel; a zero is +0. */
    static void lanes_tile_f32x8_1(const float *inputs, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        const float *w, const float *start, float *sums, ptrdiff_t pitch)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0), s0_1 = *(const f32x8 *)(start + 8);
        const float *p0 = inputs + pixel[0];
        for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 16) {
            const ptrdiff_t at = offset[tap];
            const f32x8 w0 = *(const f32x8 *)(w + 0);
            const f32x8 w1 = *(const f32x8 *)(w + 8);
    s0_0 += *(const f32x8 *)(p0 + at + 0) * w0; s0_1 += *(const f32x8 *)(p0 + at + 8) * w1;
        }
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0 + 0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1 + 0;
    }

    /* 2 pixels x 16 channels in registers: sums = start + inputs x weights over taps, channel by channel; a zero is +0. */
    static void lanes_tile_f32x8_2(const float *inputs, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        const float *w, const float *start, float *sums, ptrdiff_t pitch)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0), s0_1 = *(const f32x8 *)(start + 8);
        const float *p0 = inputs + pixel[0];
        f32x8 s1_0 = *(const f32x8 *)(start + 0), s1_1 = *(const f32x8 *)(start + 8);
        const float *p1 = inputs + pixel[1];
        for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 16) {
            const ptrdiff_t at = offset[tap];
            const f32x8 w0 = *(const f32x8 *)(w + 0);
            const f32x8 w1 = *(const f32x8 *)(w + 8);
    s0_0 += *(const f32x8 *)(p0 + at + 0) * w0; s0_1 += *(const f32x8 *)(p0 + at + 8) * w1;
    s1_0 += *(const f32x8 *)(p1 + at + 0) * w0; s1_1 += *(const f32x8 *)(p1 + at + 8) * w1;
        }
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0 + 0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1 + 0;
    *(f32x8 *)(sums + 1 * pitch + 0) = s1_0 + 0; *(f32x8 *)(sums + 1 * pitch + 8) = s1_1 + 0;
    }

    /* 3 pixels x 16 channels in registers: sums = start + inputs x weights over taps, channel by channel; a zero is +0. */
    static void lanes_tile_f32x8_3(const float *inputs, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        const float *w, const float *start, float *sums, ptrdiff_t pitch)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0), s0_1 = *(const f32x8 *)(start + 8);
        const float *p0 = inputs + pixel[0];
        f32x8 s1_0 = *(const f32x8 *)(start + 0), s1_1 = *(const f32x8 *)(start + 8);
        const float *p1 = inputs + pixel[1];
        f32x8 s2_0 = *(const f32x8 *)(start + 0), s2_1 = *(const f32x8 *)(start + 8);
        const float *p2 = inputs + pixel[2];
        for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 16) {
            const ptrdiff_t at = offset[tap];
            const f32x8 w0 = *(const f32x8 *)(w + 0);
            const f32x8 w1 = *(const f32x8 *)(w + 8);
    s0_0 += *(const f32x8 *)(p0 + at + 0) * w0; s0_1 += *(const f32x8 *)(p0 + at + 8) * w1;
    s1_0 += *(const f32x8 *)(p1 + at + 0) * w0; s1_1 += *(const f32x8 *)(p1 + at + 8) * w1;
    s2_0 += *(const f32x8 *)(p2 + at + 0) * w0; s2_1 += *(const f32x8 *)(p2 + at + 8) * w1;
        }
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0 + 0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1 + 0;
    *(f32x8 *)(sums + 1 * pitch + 0) = s1_0 + 0; *(f32x8 *)(sums + 1 * pitch + 8) = s1_1 + 0;
    *(f32x8 *)(sums + 2 * pitch + 0) = s2_0 + 0; *(f32x8 *)(sums + 2 * pitch + 8) = s2_1 + 0;
    }

    /* 4 pixels x 16 channels in registers: sums = start + inputs x weights over taps, channel by channel; a zero is +0. */
    static void lanes_tile_f32x8_4(const float *inputs, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        const float *w, const float *start, float *sums, ptrdiff_t pitch)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0), s0_1 = *(const f32x8 *)(start + 8);
        const float *p0 = inputs + pixel[0];
        f32x8 s1_0 = *(const f32x8 *)(start + 0), s1_1 = *(const f32x8 *)(start + 8);
        const float *p1 = inputs + pixel[1];
        f32x8 s2_0 = *(const f32x8 *)(start + 0), s2_1 = *(const f32x8 *)(start + 8);
        const float *p2 = inputs + pixel[2];
        f32x8 s3_0 = *(const f32x8 *)(start + 0), s3_1 = *(const f32x8 *)(start + 8);
        const float *p3 = inputs + pixel[3];
        for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 16) {
            const ptrdiff_t at = offset[tap];
            const f32x8 w0 = *(const f32x8 *)(w + 0);
            const f32x8 w1 = *(const f32x8 *)(w + 8);
    s0_0 += *(const f32x8 *)(p0 + at + 0) * w0; s0_1 += *(const f32x8 *)(p0 + at + 8) * w1;
    s1_0 += *(const f32x8 *)(p1 + at + 0) * w0; s1_1 += *(const f32x8 *)(p1 + at + 8) * w1;
    s2_0 += *(const f32x8 *)(p2 + at + 0) * w0; s2_1 += *(const f32x8 *)(p2 + at + 8) * w1;
    s3_0 += *(const f32x8 *)(p3 + at + 0) * w0; s3_1 += *(const f32x8 *)(p3 + at + 8) * w1;
        }
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0 + 0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1 + 0;
    *(f32x8 *)(sums + 1 * pitch + 0) = s1_0 + 0; *(f32x8 *)(sums + 1 * pitch + 8) = s1_1 + 0;
    *(f32x8 *)(sums + 2 * pitch + 0) = s2_0 + 0; *(f32x8 *)(sums + 2 * pitch + 8) = s2_1 + 0;
    *(f32x8 *)(sums + 3 * pitch + 0) = s3_0 + 0; *(f32x8 *)(sums + 3 * pitch + 8) = s3_1 + 0;
    }

    /* 5 pixels x 16 channels in registers: sums = start + inputs x weights over taps, channel by channel; a zero is +0. */
    static void lanes_tile_f32x8_5(const float *inputs, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        const float *w, const float *start, float *sums, ptrdiff_t pitch)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0), s0_1 = *(const f32x8 *)(start + 8);
        const float *p0 = inputs + pixel[0];
        f32x8 s1_0 = *(const f32x8 *)(start + 0), s1_1 = *(const f32x8 *)(start + 8);
        const float *p1 = inputs + pixel[1];
        f32x8 s2_0 = *(const f32x8 *)(start + 0), s2_1 = *(const f32x8 *)(start + 8);
        const float *p2 = inputs + pixel[2];
        f32x8 s3_0 = *(const f32x8 *)(start + 0), s3_1 = *(const f32x8 *)(start + 8);
        const float *p3 = inputs + pixel[3];
        f32x8 s4_0 = *(const f32x8 *)(start + 0), s4_1 = *(const f32x8 *)(start + 8);
        const float *p4 = inputs + pixel[4];
        for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 16) {
            const ptrdiff_t at = offset[tap];
            const f32x8 w0 = *(const f32x8 *)(w + 0);
            const f32x8 w1 = *(const f32x8 *)(w + 8);
    s0_0 += *(const f32x8 *)(p0 + at + 0) * w0; s0_1 += *(const f32x8 *)(p0 + at + 8) * w1;
    s1_0 += *(const f32x8 *)(p1 + at + 0) * w0; s1_1 += *(const f32x8 *)(p1 + at + 8) * w1;
    s2_0 += *(const f32x8 *)(p2 + at + 0) * w0; s2_1 += *(const f32x8 *)(p2 + at + 8) * w1;
    s3_0 += *(const f32x8 *)(p3 + at + 0) * w0; s3_1 += *(const f32x8 *)(p3 + at + 8) * w1;
    s4_0 += *(const f32x8 *)(p4 + at + 0) * w0; s4_1 += *(const f32x8 *)(p4 + at + 8) * w1;
        }
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0 + 0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1 + 0;
    *(f32x8 *)(sums + 1 * pitch + 0) = s1_0 + 0; *(f32x8 *)(sums + 1 * pitch + 8) = s1_1 + 0;
    *(f32x8 *)(sums + 2 * pitch + 0) = s2_0 + 0; *(f32x8 *)(sums + 2 * pitch + 8) = s2_1 + 0;
    *(f32x8 *)(sums + 3 * pitch + 0) = s3_0 + 0; *(f32x8 *)(sums + 3 * pitch + 8) = s3_1 + 0;
    *(f32x8 *)(sums + 4 * pitch + 0) = s4_0 + 0; *(f32x8 *)(sums + 4 * pitch + 8) = s4_1 + 0;
    }

    /* 6 pixels x 16 channels in registers: sums = start + inputs x weights over taps, channel by channel; a zero is +0. */
    static void lanes_tile_f32x8_6(const float *inputs, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        const float *w, const float *start, float *sums, ptrdiff_t pitch)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0), s0_1 = *(const f32x8 *)(start + 8);
        const float *p0 = inputs + pixel[0];
        f32x8 s1_0 = *(const f32x8 *)(start + 0), s1_1 = *(const f32x8 *)(start + 8);
        const float *p1 = inputs + pixel[1];
        f32x8 s2_0 = *(const f32x8 *)(start + 0), s2_1 = *(const f32x8 *)(start + 8);
        const float *p2 = inputs + pixel[2];
        f32x8 s3_0 = *(const f32x8 *)(start + 0), s3_1 = *(const f32x8 *)(start + 8);
        const float *p3 = inputs + pixel[3];
        f32x8 s4_0 = *(const f32x8 *)(start + 0), s4_1 = *(const f32x8 *)(start + 8);
        const float *p4 = inputs + pixel[4];
        f32x8 s5_0 = *(const f32x8 *)(start + 0), s5_1 = *(const f32x8 *)(start + 8);
        const float *p5 = inputs + pixel[5];
        for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 16) {
            const ptrdiff_t at = offset[tap];
            const f32x8 w0 = *(const f32x8 *)(w + 0);
            const f32x8 w1 = *(const f32x8 *)(w + 8);
    s0_0 += *(const f32x8 *)(p0 + at + 0) * w0; s0_1 += *(const f32x8 *)(p0 + at + 8) * w1;
    s1_0 += *(const f32x8 *)(p1 + at + 0) * w0; s1_1 += *(const f32x8 *)(p1 + at + 8) * w1;
    s2_0 += *(const f32x8 *)(p2 + at + 0) * w0; s2_1 += *(const f32x8 *)(p2 + at + 8) * w1;
    s3_0 += *(const f32x8 *)(p3 + at + 0) * w0; s3_1 += *(const f32x8 *)(p3 + at + 8) * w1;
    s4_0 += *(const f32x8 *)(p4 + at + 0) * w0; s4_1 += *(const f32x8 *)(p4 + at + 8) * w1;
    s5_0 += *(const f32x8 *)(p5 + at + 0) * w0; s5_1 += *(const f32x8 *)(p5 + at + 8) * w1;
        }
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0 + 0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1 + 0;
    *(f32x8 *)(sums + 1 * pitch + 0) = s1_0 + 0; *(f32x8 *)(sums + 1 * pitch + 8) = s1_1 + 0;
    *(f32x8 *)(sums + 2 * pitch + 0) = s2_0 + 0; *(f32x8 *)(sums + 2 * pitch + 8) = s2_1 + 0;
    *(f32x8 *)(sums + 3 * pitch + 0) = s3_0 + 0; *(f32x8 *)(sums + 3 * pitch + 8) = s3_1 + 0;
    *(f32x8 *)(sums + 4 * pitch + 0) = s4_0 + 0; *(f32x8 *)(sums + 4 * pitch + 8) = s4_1 + 0;
    *(f32x8 *)(sums + 5 * pitch + 0) = s5_0 + 0; *(f32x8 *)(sums + 5 * pitch + 8) = s5_1 + 0;
    }

    typedef void (*lanes_tile_f32x8_rows)(const float *, const ptrdiff_t *, const ptrdiff_t *, ptrdiff_t, const float *, const float *,
        float *, ptrdiff_t);

    /* Any number of pixels, as tiles of nearly equal height. */
    static void lanes_tile_f32x8(const float *inputs, const ptrdiff_t *pixel, ptrdiff_t count, const ptrdiff_t *offset, ptrdiff_t taps,
        const float *w, const float *start, float *sums, ptrdiff_t pitch)
    {
        static const lanes_tile_f32x8_rows variant[] = {lanes_tile_f32x8_1, lanes_tile_f32x8_2, lanes_tile_f32x8_3, lanes_tile_f32x8_4, lanes_tile_f32x8_5, lanes_tile_f32x8_6};
        for (ptrdiff_t tiles = (count + 5) / 6; tiles > 0; --tiles) {
            const ptrdiff_t rows = (count + tiles - 1) / tiles;
            variant[rows - 1](inputs, pixel, offset, taps, w, start, sums, pitch);
            pixel += rows;
            sums += rows * pitch;
            count -= rows;
        }
    }
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 1
    #else
    /* Positions along the axes for so many pixels. Of an axis of one tap, only the inputs that it reads have one, unless they would have to be
       picked out of the lines of a channel. */
    static void border_f32x8_measure(const Call *call, const Axis *axis, const ptrdiff_t *count, Border *border)
    {
        for (int i = 0; i < 3; ++i) {
            border->apart[i] = axis[i].kernel == 1 && (i < 2 || call->in_channel == 1) ? 1 : axis[i].step;
            border->step[i] = axis[i].step / border->apart[i];
            border->size[i] = (count[i] - 1) * border->apart[i] + 1 + axis[i].border;
            border->low[i] = axis[i].low;
        }
    }

    /* Positions at to stop - 1 of the bordered copy, row by row: zeros outside the inputs, channels side by side. */
    static void border_f32x8_copy(const Call *call, const Border *border, ptrdiff_t at, ptrdiff_t stop, float *target)
    {
        const ptrdiff_t *low = border->low, *step = border->step, *axis = call->in_axis, pixel = border->pixel;
        ptrdiff_t size[3], length[3];
        int bare[3];                        /* without a border */
        for (int i = 0; i < 3; ++i) {
            size[i] = border->size[i], length[i] = call->in_length[i];
            bare[i] = low[i] == 0 && step[i] == 1 && size[i] == length[i];
        }
        for (int i = 1; i >= 0 && bare[i] && bare[i + 1]; --i) {    /* rows, and then planes, that follow each other are one */
            size[2] = length[2] *= length[i];
            size[i] = length[i] = 1;
        }
        while (at < stop) {
            const ptrdiff_t first = at % size[2], last = least(size[2], first + stop - at);
            const ptrdiff_t i1 = at / size[2] % size[1] * step[1] + low[1], i0 = at / size[2] / size[1] % size[0] * step[0] + low[0];
            const int inside = i0 >= 0 && i0 < length[0] && i1 >= 0 && i1 < length[1];
            const ptrdiff_t begin = inside ? least(last, most(first, parts(most(0, -low[2]), step[2]))) : last;
            const ptrdiff_t end = most(begin, least(last, parts(most(0, length[2] - low[2]), step[2])));
            memset(target, 0, (begin - first) * pixel * sizeof *target);
            target += (begin - first) * pixel;
            if (end > begin) {
                const float *in = (const float *)call->in_data + at / size[2] / size[1] / size[0] * call->in_batch
                    + i0 * axis[0] + i1 * axis[1] + (begin * step[2] + low[2]) * axis[2];
                if (call->in_channel == 1)
                    f32x8_copy(in, step[2] * axis[2], end - begin, call->in_channels, target, pixel);
                else
                    f32x8_transpose(in, call->in_channel, call->in_channels, end - begin, target, pixel);
            }
            target += (end - begin) * pixel;
            memset(target, 0, (last - end) * pixel * sizeof *target);
            target += (last - end) * pixel;
            at += last - first;
        }
    }

    /* A line of outputs, channels side by side, to where the layout has them; with streaming stores if asked. */
    static void border_f32x8_put(const Call *call, const float *line, ptrdiff_t pitch, ptrdiff_t positions, ptrdiff_t outputs,
        float *out, int streaming)
    {
        if (call->out_channel == 1)
            f32x8_copy(line, pitch, positions, outputs, out, call->out_axis[2]);
        else if (streaming)
            f32x8_transpose_streaming(line, pitch, positions, outputs, out, call->out_channel);
        else
            f32x8_transpose(line, pitch, positions, outputs, out, call->out_channel);
    }

    /* Whether so many runs share one copy: where what each of them reads, planes apart, would be copied again and again, if one is not too
       large. */
    static int border_f32x8_shares(const Border *border, ptrdiff_t runs, ptrdiff_t held, ptrdiff_t positions)
    {
        return product(runs, held) / 6 > positions && product(positions, border->pixel) <= 134217728;
    }

    /* Whether the outputs are more than the caches hold. */
    static int border_f32x8_streams(const Call *call)
    {
        return call->batch * call->out_channels * call->out_length[0] * call->out_length[1] * call->out_length[2] > 4194304;
    }
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 1
    extern int direct_f32x8(Call *call);
    extern int direct_f32x8_pack(Call *call);
    extern ptrdiff_t direct_f32x8_pack_size(Call *call);
    #else
    typedef struct {
        Axis axis[3];
        ptrdiff_t taps, most_taps;          /* of all phases together, and of the phase that has most */
        int dense;                          /* whether neighbouring taps of the last axis read neighbours */
        ptrdiff_t pixels;                   /* of a run at most: the sums of all phases of the last axis stay in the caches */
        ptrdiff_t channel_block;            /* whose weights for one phase stay in the second-level cache */
    } direct_f32x8_Plan;

    typedef struct {
        float *inputs;             /* bordered copy; NULL where every run makes its own */
        Border border;
        ptrdiff_t positions;                /* of the copy */
        ptrdiff_t count[3];                 /* pixels along each axis; pixel q gives the outputs P q to P q + P - 1 of P phases */
        ptrdiff_t low, high;                /* least and greatest offset of a tap, in positions */
        ptrdiff_t line;                     /* pixels that lie one after the other in the output */
        int side_by_side;                   /* whether the taps of a row are read like channels: of these there are few */
        ptrdiff_t pixels, run, passes;      /* of all images, of one pass over the weights, and such passes */
        ptrdiff_t blocks, some;             /* of 16 outputs, all groups; and those of an item */
        int streaming;
    } direct_f32x8_Work;

    /* Whether each channel is a group: then they are the lanes of one, and each lane has an input of its own. */
    static int direct_f32x8_alone(const Call *call)
    {
        return call->in_channels == call->groups && call->out_channels == call->groups;
    }

    static ptrdiff_t direct_f32x8_groups(const Call *call)
    {
        return direct_f32x8_alone(call) ? 1 : call->groups;
    }

    /* Where the bordered copy holds a pixel, counted through all images. */
    static ptrdiff_t direct_f32x8_position(const direct_f32x8_Work *work, ptrdiff_t pixel)
    {
        const ptrdiff_t *count = work->count, *size = work->border.size, *low = work->border.low, *apart = work->border.apart;
        const ptrdiff_t q2 = pixel % count[2], q1 = pixel / count[2] % count[1], rest = pixel / count[2] / count[1];
        return ((rest / count[0] * size[0] + rest % count[0] * apart[0] - low[0]) * size[1] + q1 * apart[1] - low[1]) * size[2] + q2 * apart[2] - low[2];
    }

    /* The sums of a run, all phases of the last axis side by side, as whole lines into the output. */
    static void direct_f32x8_put(const Call *call, const Axis *axis, const direct_f32x8_Work *work, const float *sums, ptrdiff_t first, ptrdiff_t count,
        ptrdiff_t r0, ptrdiff_t r1, ptrdiff_t outputs, float *out)
    {
        const ptrdiff_t phases = axis[2].phases, *pixels = work->count;
        ptrdiff_t length;
        for (ptrdiff_t p = 0; p < count; p += length) {
            const ptrdiff_t q2 = (first + p) % pixels[2], rest = (first + p) / pixels[2];
            const ptrdiff_t n1 = rest % pixels[1] * axis[1].phases + r1, n0 = rest / pixels[1] % pixels[0] * axis[0].phases + r0;
            length = least(work->line - (first + p) % work->line, count - p);
            if (n0 < call->out_length[0] && n1 < call->out_length[1])
                border_f32x8_put(call, sums + p * phases * 16, 16,
                    work->line > pixels[2] ? length : least(length * phases, call->out_length[2] - q2 * phases), outputs,
                    out + rest / pixels[1] / pixels[0] * call->out_batch + n0 * call->out_axis[0] + n1 * call->out_axis[1]
                    + q2 * phases * call->out_axis[2], work->streaming);
        }
    }

    /* How many of ``count`` pixels, from ``first`` on, read the same taps of an axis: *from to *to - 1 of its phase r, as the others find
       zeros of the border there. Fewer pixels than a tile has go with those behind them. */
    static ptrdiff_t direct_f32x8_alike(const Call *call, const direct_f32x8_Plan *plan, const direct_f32x8_Work *work, int number, ptrdiff_t r,
        ptrdiff_t first, ptrdiff_t count, ptrdiff_t *from, ptrdiff_t *to)
    {
        const Axis *axis = &plan->axis[number];
        const ptrdiff_t taps = axis->start[r + 1] - axis->start[r], *offset = axis->offset + axis->start[r];
        const ptrdiff_t pixels = work->count[number], length = call->in_length[number];
        ptrdiff_t done = 0, line = 1;
        for (int inner = number + 1; inner < 3; ++inner)
            line *= work->count[inner];
        *from = taps, *to = 0;
        for (ptrdiff_t q = first / line % pixels, after = line - first % line; done < count; done += after, after = line, q = q + 1 == pixels ? 0 : q + 1) {
            const ptrdiff_t at = q * axis->step;
            ptrdiff_t begin = 0, end = taps;
            while (begin < end && (at + offset[begin] < 0 || at + offset[begin] >= length))
                ++begin;
            while (end > begin && (at + offset[end - 1] < 0 || at + offset[end - 1] >= length))
                --end;
            if (begin == end)
                begin = taps, end = 0;      /* no tap */
            if (done >= 6 && (begin != *from || end != *to))
                break;
            *from = least(*from, begin), *to = most(*to, end);
        }
        *from = least(*from, *to);
        return least(done, count);
    }

    /* The sums of one phase for a run of pixels, where they are many without the taps that find nothing but the border. */
    static void direct_f32x8_phase(const Call *call, const direct_f32x8_Plan *plan, const direct_f32x8_Work *work, const float *inputs,
        const ptrdiff_t *pixel, const ptrdiff_t *offset, const float *w, const float *start, float *sums, const ptrdiff_t *r,
        ptrdiff_t first, ptrdiff_t count)
    {
        const Axis *axis = plan->axis;
        const ptrdiff_t side = axis[2].phases * 16;
        const int outer = axis[0].kernel == 1;      /* the first axis that has more than one tap, but not the last */
        const int alone = direct_f32x8_alone(call), wide = !alone && !work->side_by_side && axis[2].border >= 6;  /* for tiles that see one side */
        const int many = count >= 96;      /* fewer pixels pass over the weights once, which they take longer to fetch than to use */
        ptrdiff_t number[3], length;
        for (int i = 0; i < 3; ++i)
            number[i] = axis[i].start[r[i] + 1] - axis[i].start[r[i]];
        const ptrdiff_t row = work->side_by_side ? most(1, number[2]) : 1, inputs_per = call->in_channels / call->groups * row;
        const ptrdiff_t block = work->side_by_side ? inputs_per : plan->channel_block;
        number[2] /= row;
        const ptrdiff_t taps = number[0] * number[1] * number[2], within = taps / most(1, number[outer]);
        for (ptrdiff_t done = 0; done < inputs_per; done += block) {
            const ptrdiff_t channels = least(block, inputs_per - done);
            for (ptrdiff_t p = 0; p < count; p += length) {
                ptrdiff_t from = 0, to = number[outer], begin = 0, end = number[2];
                length = count;
                if (many)
                    length = direct_f32x8_alike(call, plan, work, outer, r[outer], first + p, count - p, &from, &to);
                if (many && wide)
                    length = direct_f32x8_alike(call, plan, work, 2, r[2], first + p, length, &begin, &end);
                /* the taps of all lines lie side by side, some of them line by line */
                const int whole = end - begin == number[2];
                const ptrdiff_t live = end == begin ? 0 : (to - from) * within;
                const ptrdiff_t lines = whole || live == 0 ? 1 : live / number[2], some = whole || live == 0 ? live : end - begin;
                float *own = sums + p * side;
                for (ptrdiff_t line = 0; line < lines; ++line) {
                    const ptrdiff_t tap = from * within + line * number[2] + begin;
                    const float *weights = w + (taps * done + tap * channels) * 16;
                    if (alone)
                        lanes_tile_f32x8(inputs, pixel + p, length, offset + tap, some, weights, start, own, side);
                    else if (done || line)
                        tile_f32x8_6x2(inputs + done, pixel + p, length, offset + tap, some, channels, weights, some * channels * 16, own, side, 0, own, side);
                    else
                        tile_f32x8_6x2(inputs, pixel + p, length, offset + tap, some, channels, weights, some * channels * 16, start, 0, 0, own, side);
                }
            }
        }
    }

    /* One block of 16 outputs for a run of pixels, across rows and images, phase by phase. */
    static void direct_f32x8_block(const Call *call, const direct_f32x8_Plan *plan, const direct_f32x8_Work *work, const float *inputs,
        const ptrdiff_t *pixel, ptrdiff_t *offset, float *sums, ptrdiff_t number, ptrdiff_t first, ptrdiff_t count)
    {
        const Axis *axis = plan->axis;
        const ptrdiff_t groups = direct_f32x8_groups(call), inputs_per = call->in_channels / call->groups, outputs_per = call->out_channels / groups;
        const int alone = direct_f32x8_alone(call);
        const ptrdiff_t blocks = work->blocks / groups, block = number % blocks, channel = number / blocks * outputs_per + block * 16;
        const ptrdiff_t outputs = least(16, outputs_per - block * 16);
        const float *w = (const float *)call->packed + number * plan->taps * inputs_per * 16;
        float start[16] = {0};
        for (ptrdiff_t lane = 0; call->bias != NULL && lane < outputs; ++lane)
            start[lane] = ((const float *)call->bias)[channel + lane];
        inputs += alone ? block * 16 : number / blocks * inputs_per;
        for (ptrdiff_t r0 = 0; r0 < axis[0].phases; ++r0)
            for (ptrdiff_t r1 = 0; r1 < axis[1].phases; ++r1) {
                for (ptrdiff_t r2 = 0; r2 < axis[2].phases; ++r2) {
                    const ptrdiff_t from = axis[2].start[r2], to = axis[2].start[r2 + 1], row = work->side_by_side ? most(1, to - from) : 1;
                    ptrdiff_t taps = 0;
                    for (ptrdiff_t t0 = axis[0].start[r0]; t0 < axis[0].start[r0 + 1]; ++t0)
                        for (ptrdiff_t t1 = axis[1].start[r1]; t1 < axis[1].start[r1 + 1]; ++t1)
                            for (ptrdiff_t t2 = from; t2 < to; t2 += row)
                                offset[taps++] = ((axis[0].offset[t0] * work->border.size[1] + axis[1].offset[t1]) * work->border.size[2]
                                    + axis[2].offset[t2]) * work->border.pixel;
                    direct_f32x8_phase(call, plan, work, inputs, pixel, offset, w, start, sums + r2 * 16, (ptrdiff_t[]){r0, r1, r2}, first, count);
                    w += taps * row * inputs_per * 16;
                }
                direct_f32x8_put(call, axis, work, sums, first, count, r0, r1, outputs, (float *)call->out_data + channel * call->out_channel);
            }
    }

    /* Bytes of a run that makes a copy of so many scalars of the inputs. */
    static ptrdiff_t direct_f32x8_room(const direct_f32x8_Plan *plan, const direct_f32x8_Work *work, ptrdiff_t held)
    {
        return whole_lines((work->run + plan->most_taps) * sizeof(ptrdiff_t))
            + (work->run * plan->axis[2].phases * 16 + held + 16) * sizeof(float);
    }

    /* A run of pixels: some blocks of outputs, from a copy of the inputs that it reads or from one that all runs share. */
    static int direct_f32x8_item(const Call *call, void *of_call, Scratch *own, ptrdiff_t item)
    {
        const direct_f32x8_Plan *plan = call->plan;
        const direct_f32x8_Work *work = of_call;
        const ptrdiff_t first = item % work->passes * work->run, count = least(work->run, work->pixels - first);
        const ptrdiff_t begin = direct_f32x8_position(work, first) + work->low, end = direct_f32x8_position(work, first + count - 1) + work->high + 1;
        const ptrdiff_t held = work->inputs != NULL ? 0 : (end - begin) * work->border.pixel;
        const ptrdiff_t room = work->run * plan->axis[2].phases * 16;
        const ptrdiff_t indices = whole_lines((work->run + plan->most_taps) * sizeof(ptrdiff_t));
        ptrdiff_t *pixel = scratch(own, 0, direct_f32x8_room(plan, work, held)), *offset = pixel + work->run;
        if (pixel == NULL)
            return NO_MEMORY;
        float *sums = (float *)((char *)pixel + indices);
        for (ptrdiff_t p = 0; p < count; ++p)
            pixel[p] = (direct_f32x8_position(work, first + p) - (held ? begin : 0)) * work->border.pixel;
        if (held)
            border_f32x8_copy(call, &work->border, begin, end, sums + room);
        const ptrdiff_t first_block = item / work->passes * work->some;
        for (ptrdiff_t block = first_block; block < least(work->blocks, first_block + work->some); ++block)
            direct_f32x8_block(call, plan, work, held ? sums + room : work->inputs, pixel, offset, sums, block, first, count);
        return DONE;
    }

    /* 256 positions of the copy that all runs share. */
    static int direct_f32x8_share(const Call *call, void *of_call, Scratch *own, ptrdiff_t item)
    {
        const direct_f32x8_Work *work = of_call;
        const ptrdiff_t first = item * 256;
        border_f32x8_copy(call, &work->border, first, least(work->positions, first + 256), work->inputs + first * work->border.pixel);
        return DONE;
    }

    SHARED int direct_f32x8(Call *call)
    {
        const direct_f32x8_Plan *plan = call->plan;
        direct_f32x8_Work work = {.pixels = call->batch, .positions = call->batch, .streaming = border_f32x8_streams(call)};
        for (int i = 0; i < 3; ++i)
            work.count[i] = parts(call->out_length[i], plan->axis[i].phases);
        border_f32x8_measure(call, plan->axis, work.count, &work.border);
        for (int i = 0; i < 3; ++i) {
            const Axis *axis = &plan->axis[i];
            work.pixels *= work.count[i];
            work.positions = product(work.positions, work.border.size[i]);
            work.low = work.low * work.border.size[i] + axis->low;
            work.high = work.high * work.border.size[i] + axis->low + axis->border;
        }
        work.line = work.count[2];
        for (int i = 1; i >= 0 && plan->axis[i].phases == 1 && plan->axis[i + 1].phases == 1; --i)
            work.line *= work.count[i];
        /* not where the zeros on either side of a line are as many as a tile has pixels: then their taps are left out */
        const ptrdiff_t zeros = most(-work.border.low[2], work.border.low[2] + work.border.size[2] - call->in_length[2]);
        work.side_by_side = plan->dense && zeros < 6 && call->groups == 1 && call->in_channels < 16 && !direct_f32x8_alone(call);
        const ptrdiff_t pixel = work.border.pixel = call->in_channels + (work.side_by_side ? 0 : 16), size = product(product(work.positions, pixel), sizeof(float));
        if (size > PTRDIFF_MAX / 2)
            return NO_MEMORY;
        const ptrdiff_t groups = direct_f32x8_groups(call);
        work.blocks = parts(call->out_channels / groups, 16) * groups;
        /* as many pixels as keep inputs and sums in the second-level cache, the same number for every thread */
        work.passes = parts(work.pixels, most(96, least(plan->pixels, 65536 / pixel)));
        const int enough = work.passes >= 2 * call->threads;
        work.passes = enough ? parts(work.passes, call->threads) * call->threads : parts(work.pixels, plan->pixels);
        work.run = parts(parts(work.pixels, work.passes), 6) * 6;
        work.passes = parts(work.pixels, work.run);
        work.some = enough ? work.blocks : 1;
        /* one copy for all runs where they are few, too */
        ptrdiff_t held = furthest(work.run, work.count, work.border.apart, work.border.size) + work.high - work.low + 1;
        int result = DONE;
        if (!enough || border_f32x8_shares(&work.border, work.passes, held, work.positions)) {
            work.inputs = scratch(call->own, 0, size + 16 * sizeof(float));
            if (work.inputs == NULL)
                return NO_MEMORY;
            held = 0;
            result = spread(call, parts(work.positions, 256), direct_f32x8_share, &work, 0);
        }
        return result != DONE ? result : spread(call, work.passes * parts(work.blocks, work.some), direct_f32x8_item, &work,
            direct_f32x8_room(plan, &work, held * pixel));
    }

    /* Scalars of the packed weights. */
    SHARED ptrdiff_t direct_f32x8_pack_size(Call *call)
    {
        const direct_f32x8_Plan *plan = call->plan;
        const ptrdiff_t groups = direct_f32x8_groups(call), inputs = call->in_channels / call->groups * groups;
        return product(product(inputs, parts(call->out_channels / groups, 16) * 16), plan->taps);
    }

    /* For every tap: taps of earlier phases, taps of its phase, its number within the phase. */
    static void direct_f32x8_number(const Axis *axis, ptrdiff_t *table)
    {
        ptrdiff_t before = 0;
        for (ptrdiff_t r0 = 0; r0 < axis[0].phases; ++r0)
            for (ptrdiff_t r1 = 0; r1 < axis[1].phases; ++r1)
                for (ptrdiff_t r2 = 0; r2 < axis[2].phases; ++r2) {
                    const ptrdiff_t s0 = axis[0].start[r0], s1 = axis[1].start[r1], s2 = axis[2].start[r2];
                    const ptrdiff_t n0 = axis[0].start[r0 + 1] - s0, n1 = axis[1].start[r1 + 1] - s1, n2 = axis[2].start[r2 + 1] - s2;
                    for (ptrdiff_t number = 0; number < n0 * n1 * n2; ++number) {
                        const ptrdiff_t t0 = axis[0].tap[s0 + number / n2 / n1], t1 = axis[1].tap[s1 + number / n2 % n1], t2 = axis[2].tap[s2 + number % n2];
                        ptrdiff_t *row = table + 3 * ((t0 * axis[1].kernel + t1) * axis[2].kernel + t2);
                        row[0] = before, row[1] = n0 * n1 * n2, row[2] = number;
                    }
                    before += n0 * n1 * n2;
                }
    }

    /* Inputs whose weights are packed at once: of a few cache lines, where they follow each other. */
    static ptrdiff_t direct_f32x8_together(const Call *call, ptrdiff_t taps) { return call->w_in == taps ? most(1, 128 / taps) : 1; }

    /* One block of 16 outputs of one group: [phase][channel block][tap][channel][lane]. */
    static int direct_f32x8_pack_block(const Call *call, void *of_call, Scratch *own, ptrdiff_t item)
    {
        const direct_f32x8_Plan *plan = call->plan;
        const ptrdiff_t *table = of_call;
        const ptrdiff_t inputs_per = call->in_channels / call->groups, outputs_per = call->out_channels / direct_f32x8_groups(call);
        const ptrdiff_t blocks = parts(outputs_per, 16);
        const ptrdiff_t group = item / blocks, block = item % blocks, taps = plan->taps, channels = plan->channel_block;
        float *packed = (float *)call->packed + item * taps * inputs_per * 16;
        float probe[16] = {0};   /* stays zero unless a weight is not finite */
        const float *from = (const float *)call->w + group * inputs_per * outputs_per * taps + block * 16 * call->w_out;
        const ptrdiff_t lanes = least(16, outputs_per - block * 16), together = direct_f32x8_together(call, taps);
        float *lines = scratch(own, 0, together * taps * 16 * sizeof *lines);
        if (lines == NULL)
            return NO_MEMORY;
        memset(lines, 0, together * taps * 16 * sizeof *lines);
        for (ptrdiff_t first = 0; first < inputs_per; first += together) {
            const ptrdiff_t some = least(together, inputs_per - first);
            if (call->w_out > some * taps)  /* further apart than what processors fetch by themselves */
                for (ptrdiff_t lane = 0; lane < lanes; ++lane)
                    for (ptrdiff_t i = 0; i < some * taps; i += 16)
                        __builtin_prefetch(from + (first + some) * call->w_in + lane * call->w_out + i, 0, 2);
            f32x8_transpose(from + first * call->w_in, call->w_out, lanes, some * taps, lines, 16);
            const float *line = lines;
            for (ptrdiff_t f = first; f < first + some; ++f) {
                const ptrdiff_t done = f / channels * channels, count = least(channels, inputs_per - done);
                for (ptrdiff_t a = 0; a < taps; ++a, line += 16) {
                    const ptrdiff_t *row = table + 3 * a;
                    float *target = packed + (row[0] * inputs_per + done * row[1] + row[2] * count + f - done) * 16;
                    for (ptrdiff_t lane = 0; lane < 16; ++lane) {
                        target[lane] = line[lane];
                        probe[lane] += line[lane] * 0;
                    }
                }
            }
        }
        for (ptrdiff_t lane = 0; lane < 16; ++lane)
            if (probe[lane] != 0)
                return NOT_FINITE;
        return DONE;
    }

    /* Fills call->packed. */
    SHARED int direct_f32x8_pack(Call *call)
    {
        const direct_f32x8_Plan *plan = call->plan;
        ptrdiff_t *table = scratch(call->own, 0, plan->taps * 3 * sizeof *table);
        if (table == NULL)
            return NO_MEMORY;
        if (!counting(call))
            direct_f32x8_number(plan->axis, table);
        const ptrdiff_t groups = direct_f32x8_groups(call);
        return spread(call, groups * parts(call->out_channels / groups, 16), direct_f32x8_pack_block, table,
            direct_f32x8_together(call, plan->taps) * plan->taps * 16 * sizeof(float));
    }
    #endif
    """
    int direct_f32x8(Call *call) noexcept nogil
    int direct_f32x8_pack(Call *call) noexcept nogil
    Py_ssize_t direct_f32x8_pack_size(Call *call) noexcept nogil

cdef extern from *:
    """
    #if defined(PART) && PART != 1 && PART != 2
    #else
    /* conv_transpose2d_k3s2p1op1_f32_x86_64_v3_phases: taps of phase r of an axis are start[r] to start[r + 1] - 1 */
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_start0[] = {0, 1, 3};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tap0[] = {1, 0, 2};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_offset0[] = {0, 1, 0};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_start1[] = {0, 1, 3};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tap1[] = {1, 0, 2};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_offset1[] = {0, 1, 0};
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 1
    extern const void *conv_transpose2d_k3s2p1op1_f32_x86_64_v3_direct;
    #else
    /* conv_transpose2d_k3s2p1op1_f32_x86_64_v3_direct: for direct_f32x8 */
    static const direct_f32x8_Plan conv_transpose2d_k3s2p1op1_f32_x86_64_v3_direct_plan = {
        .axis = {
            {1, 1, 1, 0, 0, only_start, only_tap, only_tap},
            {3, 2, 1, 0, 1, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_start0, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tap0, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_offset0},
            {3, 2, 1, 0, 1, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_start1, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tap1, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_offset1}},
        .taps = 9,
        .most_taps = 4,
        .dense = 0,
        .pixels = 384,
        .channel_block = 512,
    };
    SHARED const void *conv_transpose2d_k3s2p1op1_f32_x86_64_v3_direct = &conv_transpose2d_k3s2p1op1_f32_x86_64_v3_direct_plan;
    #endif
    """
    const void *conv_transpose2d_k3s2p1op1_f32_x86_64_v3_direct

cdef extern from *:
    """
    #if defined(PART) && PART != 1
    extern int fast_f32x8(Call *call);
    extern int fast_f32x8_pack(Call *call);
    extern ptrdiff_t fast_f32x8_pack_size(Call *call);
    #else
    typedef struct {
        ptrdiff_t points;                   /* multiplications */
        ptrdiff_t first;                    /* of its points among those of all algorithms */
        ptrdiff_t lead[3];                  /* where its window begins in that of a tile */
        int (*inputs)(const float *in, const ptrdiff_t *step, ptrdiff_t channels, float *v, ptrdiff_t plane);
        void (*weights)(const float *lines, const ptrdiff_t *tap, float *w, ptrdiff_t plane);
        void (*outputs)(const float *sums, ptrdiff_t plane, const float *start, ptrdiff_t tiles, const ptrdiff_t *slot,
            int add, float *lines, ptrdiff_t step, ptrdiff_t pitch);
    } fast_f32x8_Algorithm;

    /* Some taps of a phase: those that read neighbours, or every step-th input from one on. */
    typedef struct {
        ptrdiff_t phase, algorithm;
        ptrdiff_t before;                   /* points of the terms before it */
        ptrdiff_t tap;                      /* where its taps begin in the table */
        int goes_on;                        /* whether it adds to the sums at the points of the term before */
        int ends, adds;                     /* whether these then become outputs, and are added to those of earlier terms */
    } fast_f32x8_Term;

    /* The window of a tile begins at input step outputs Q of the bordered copy, and its last output reads ``reach`` beyond; phase r
       gives pixels outputs Q - shift[r] + i. */
    typedef struct {
        ptrdiff_t phases, step, low, outputs, reach, most_shift;
        const ptrdiff_t *shift;
    } fast_f32x8_Axis;

    typedef struct {
        fast_f32x8_Axis axis[3];
        const fast_f32x8_Algorithm *algorithm;
        ptrdiff_t algorithms, points;       /* and the points of all of them */
        const fast_f32x8_Term *term;
        ptrdiff_t terms, products, most_points;  /* points of all terms, and of the one that has most */
        const ptrdiff_t *tap;               /* places of the taps of each term, in the order of the window */
        ptrdiff_t taps;
        ptrdiff_t tiles;                    /* of a run at most */
        ptrdiff_t summed;                   /* channels at most whose products are added up before they are added to others */
    } fast_f32x8_Plan;

    typedef struct {
        float *points;               /* transformed inputs of all tiles; NULL where every run makes its own */
        float *inputs;               /* bordered copy; NULL where windows are copied as they are transformed */
        Border border;
        ptrdiff_t positions;                /* of the copy */
        ptrdiff_t count[3];                 /* tiles along each axis */
        ptrdiff_t step[3], stride[3];       /* scalars between positions of the copy, and between those of a window */
        ptrdiff_t tiles, run, passes, blocks;
        unsigned char *refused;             /* for each image, whether a input is Inf, NaN or huge: then its outputs are of no use */
        int streaming;
    } fast_f32x8_Work;

    /* Where the window of a tile begins in the bordered copy, tiles counted through all images. */
    static ptrdiff_t fast_f32x8_window(const fast_f32x8_Plan *plan, const fast_f32x8_Work *work, ptrdiff_t tile)
    {
        const ptrdiff_t *count = work->count, *size = work->border.size;
        const fast_f32x8_Axis *axis = plan->axis;
        const ptrdiff_t q2 = tile % count[2], q1 = tile / count[2] % count[1], q0 = tile / count[2] / count[1] % count[0];
        const ptrdiff_t batch = tile / count[2] / count[1] / count[0];
        return ((batch * size[0] + q0 * axis[0].outputs * axis[0].step) * size[1] + q1 * axis[1].outputs * axis[1].step) * size[2]
            + q2 * axis[2].outputs * axis[2].step;
    }

    /* Scalars from the beginning of the window of a tile to the end of that of another, so many positions further. */
    static ptrdiff_t fast_f32x8_held(const fast_f32x8_Plan *plan, const fast_f32x8_Work *work, ptrdiff_t further)
    {
        ptrdiff_t held = (further + 1) * work->border.pixel;
        for (int i = 0; i < 3; ++i)
            held += ((plan->axis[i].outputs - 1) * plan->axis[i].step + plan->axis[i].reach) * work->step[i];
        return held;
    }

    /* Bytes for the inputs of so many tiles. */
    static ptrdiff_t fast_f32x8_window_room(const fast_f32x8_Plan *plan, const fast_f32x8_Work *work, ptrdiff_t tiles)
    {
        ptrdiff_t step[3];
        for (int i = 0; i < 3; ++i)
            step[i] = plan->axis[i].outputs * plan->axis[i].step;
        return whole_lines(fast_f32x8_held(plan, work, furthest(tiles, work->count, step, work->border.size)) * sizeof(float));
    }

    /* Positions at to stop - 1 of the bordered copy. Channels that are fewer than lanes are filled up with zeros. */
    static void fast_f32x8_copy(const Call *call, const Border *border, ptrdiff_t at, ptrdiff_t stop, float *target)
    {
        if (call->in_channels < 8)
            memset(target, 0, (stop - at) * border->pixel * sizeof *target);
        border_f32x8_copy(call, border, at, stop, target);
    }

    /* 256 positions of the copy that all tiles share. */
    static int fast_f32x8_border(const Call *call, void *of_call, Scratch *own, ptrdiff_t item)
    {
        const fast_f32x8_Work *work = of_call;
        const ptrdiff_t first = item * 256;
        fast_f32x8_copy(call, &work->border, first, least(work->positions, first + 256), work->inputs + first * work->border.pixel);
        return DONE;
    }

    /* The inputs of some tiles at every point. */
    static int fast_f32x8_transform(const Call *call, const fast_f32x8_Plan *plan, const fast_f32x8_Work *work, Scratch *own, ptrdiff_t first,
        ptrdiff_t count, float *points, ptrdiff_t plane)
    {
        const ptrdiff_t pixel = work->border.pixel, begin = work->inputs != NULL ? 0 : fast_f32x8_window(plan, work, first);
        const float *inputs = work->inputs;
        int result = DONE;
        if (inputs == NULL) {
            const ptrdiff_t held = fast_f32x8_held(plan, work, fast_f32x8_window(plan, work, first + count - 1) - begin);
            float *copy = scratch(own, 1, held * sizeof *copy);
            if (copy == NULL)
                return NO_MEMORY;
            fast_f32x8_copy(call, &work->border, begin, begin + held / pixel, copy);
            inputs = copy;
        }
        for (ptrdiff_t t = 0; t < count; ++t) {
            const float *window = inputs + (fast_f32x8_window(plan, work, first + t) - begin) * pixel;
            int fits = 1;
            for (ptrdiff_t a = 0; a < plan->algorithms; ++a) {
                const fast_f32x8_Algorithm *algorithm = &plan->algorithm[a];
                const ptrdiff_t lead = algorithm->lead[0] * work->step[0] + algorithm->lead[1] * work->step[1] + algorithm->lead[2] * work->step[2];
                fits &= algorithm->inputs(window + lead, work->stride, call->in_channels, points + algorithm->first * plane + t * pixel, plane);
            }
            if (!fits) {
                __atomic_store_n(&work->refused[(first + t) / work->count[2] / work->count[1] / work->count[0]], 1, __ATOMIC_RELAXED);
                result = NOT_FINITE;
            }
        }
        return result;
    }

    /* Lines of a run into the output. Pixels low to high - 1 of each part are complete; further on either side, some phases belong to
       the run beside this one. */
    static void fast_f32x8_put(const Call *call, const fast_f32x8_Axis *axis, const fast_f32x8_Work *work, const float *lines,
        const ptrdiff_t *slot, ptrdiff_t slots, ptrdiff_t first, ptrdiff_t count, ptrdiff_t r0, ptrdiff_t r1, ptrdiff_t outputs, float *out)
    {
        const ptrdiff_t phases = axis[2].phases, shift = axis[2].most_shift, *out_axis = call->out_axis;
        ptrdiff_t length, q2 = first % work->count[2], rest = first / work->count[2];
        for (ptrdiff_t p = 0; p < count; p += length, q2 = 0, ++rest) {
            length = least(work->count[2] - q2, count - p);
            for (ptrdiff_t inner = 0; inner < axis[0].outputs * axis[1].outputs; ++inner) {
                const ptrdiff_t q1 = rest % work->count[1] * axis[1].outputs + inner % axis[1].outputs - axis[1].shift[r1];
                const ptrdiff_t q0 = rest / work->count[1] % work->count[0] * axis[0].outputs + inner / axis[1].outputs - axis[0].shift[r0];
                const ptrdiff_t n1 = q1 * axis[1].phases + r1, n0 = q0 * axis[0].phases + r0;
                if (n0 < 0 || n0 >= call->out_length[0] || n1 < 0 || n1 >= call->out_length[1])
                    continue;
                float *to = out + rest / work->count[1] / work->count[0] * call->out_batch + n0 * out_axis[0] + n1 * out_axis[1];
                const float *line = lines + (inner * slots + slot[p]) * phases * 16;
                const ptrdiff_t low = q2 * axis[2].outputs, high = low + length * axis[2].outputs - shift;
                const ptrdiff_t positions = least((high - low) * phases, call->out_length[2] - low * phases);
                if (positions > 0)
                    border_f32x8_put(call, line, 16, positions, outputs, to + low * phases * out_axis[2], work->streaming);
                for (ptrdiff_t q = low - shift;; ++q) {
                    q = q == low ? most(low, high) : q;
                    if (q >= high + shift)
                        break;
                    for (ptrdiff_t r2 = 0; r2 < phases; ++r2) {
                        const ptrdiff_t n2 = q * phases + r2;
                        if (n2 < 0 || n2 >= call->out_length[2] || q < low - axis[2].shift[r2] || q >= high + shift - axis[2].shift[r2])
                            continue;
                        for (ptrdiff_t c = 0; c < outputs; ++c)
                            to[c * call->out_channel + n2 * out_axis[2]] = line[((q - low) * phases + r2) * 16 + c];
                    }
                }
            }
        }
    }

    /* One block of 16 outputs for a run of tiles: products at each point, back to outputs phase by phase, whole lines out. */
    static void fast_f32x8_block(const Call *call, const fast_f32x8_Plan *plan, const fast_f32x8_Work *work, const float *points, ptrdiff_t plane,
        const ptrdiff_t *place, const ptrdiff_t *slot, float *sums, float *lines, ptrdiff_t slots, ptrdiff_t number, ptrdiff_t first, ptrdiff_t count)
    {
        const fast_f32x8_Axis *axis = plan->axis;
        const ptrdiff_t inputs_per = call->in_channels / call->groups, outputs_per = call->out_channels / call->groups;
        const ptrdiff_t blocks = work->blocks / call->groups, block = number % blocks, channel = number / blocks * outputs_per + block * 16;
        const ptrdiff_t outputs = least(16, outputs_per - block * 16), side = axis[2].phases * 16;
        const float *w = (const float *)call->packed + number * plan->products * inputs_per * 16;
        const ptrdiff_t origin = 0, summed = parts(inputs_per, parts(inputs_per, plan->summed));
        float start[16] = {0}, zero[16] = {0};
        if (call->bias != NULL)
            memcpy(start, (const float *)call->bias + channel, outputs * sizeof *start);
        points += number / blocks * inputs_per;
        for (ptrdiff_t at = 0; at < plan->terms; ++at) {
            const fast_f32x8_Term *term = &plan->term[at];
            const fast_f32x8_Algorithm *algorithm = &plan->algorithm[term->algorithm];
            const ptrdiff_t phase = term->phase, r2 = phase % axis[2].phases, r1 = phase / axis[2].phases % axis[1].phases, r0 = phase / axis[2].phases / axis[1].phases;
            for (ptrdiff_t point = 0; point < algorithm->points; ++point) {
                const float *from = points + (algorithm->first + point) * plane;
                float *to = sums + point * work->run * 16;
                for (ptrdiff_t done = 0; done < inputs_per; done += summed) {
                    tile_f32x8_6x2(from + done, place, count, &origin, 1, least(summed, inputs_per - done), w + done * 16,
                        least(16384, inputs_per * 16), zero, 0, done > 0 || term->goes_on, to, 16);
                }
                w += inputs_per * 16;
            }
            if (!term->ends)
                continue;
            algorithm->outputs(sums, work->run * 16, start, count, slot, term->adds, lines + (r2 - axis[2].shift[r2] * axis[2].phases) * 16, side, slots * side);
            if (r2 == axis[2].phases - 1 && (at + 1 == plan->terms || term[1].phase != phase))
                fast_f32x8_put(call, axis, work, lines, slot, slots, first, count, r0, r1, outputs, (float *)call->out_data + channel * call->out_channel);
        }
    }

    /* Of the lines of a run. */
    static ptrdiff_t fast_f32x8_slots(const fast_f32x8_Plan *plan, const fast_f32x8_Work *work)
    {
        return work->run * plan->axis[2].outputs + plan->axis[2].most_shift * (work->run + 2);
    }

    /* Bytes of a run: places, products at the points, lines, and points of its own. */
    static ptrdiff_t fast_f32x8_room(const fast_f32x8_Plan *plan, const fast_f32x8_Work *work)
    {
        const fast_f32x8_Axis *axis = plan->axis;
        const ptrdiff_t lines = fast_f32x8_slots(plan, work) * axis[0].outputs * axis[1].outputs * axis[2].phases * 16;
        const ptrdiff_t held = work->points != NULL ? 0 : work->run * work->border.pixel * plan->points;
        return whole_lines(whole_lines(2 * work->run * sizeof(ptrdiff_t)) + (work->run * plan->most_points * 16 + lines + held) * sizeof(float));
    }

    /* A run of tiles: all outputs from points of its own or, where all runs share them, one block. */
    static int fast_f32x8_item(const Call *call, void *of_call, Scratch *own, ptrdiff_t item)
    {
        const fast_f32x8_Plan *plan = call->plan;
        const fast_f32x8_Work *work = of_call;
        const fast_f32x8_Axis *axis = plan->axis;
        const ptrdiff_t pixel = work->border.pixel, first = item % work->passes * work->run, count = least(work->run, work->tiles - first);
        const ptrdiff_t held = work->points != NULL ? 0 : work->run * pixel;
        const ptrdiff_t slots = fast_f32x8_slots(plan, work), products = work->run * plan->most_points * 16;
        const ptrdiff_t room = products + slots * axis[0].outputs * axis[1].outputs * axis[2].phases * 16;
        const ptrdiff_t indices = whole_lines(2 * work->run * sizeof(ptrdiff_t));
        ptrdiff_t *place = scratch(own, 0, fast_f32x8_room(plan, work)), *slot = place + work->run;
        if (place == NULL)
            return NO_MEMORY;
        float *sums = (float *)((char *)place + indices);
        int result = DONE;
        for (ptrdiff_t t = 0, at = 0; t < count; ++t, at += axis[2].outputs) {
            if (t == 0 || (first + t) % work->count[2] == 0)
                at += axis[2].most_shift;
            place[t] = t * pixel;
            slot[t] = at;
        }
        if (held) {
            result = fast_f32x8_transform(call, plan, work, own, first, count, sums + room, held);
            for (ptrdiff_t block = 0; block < work->blocks && result != NO_MEMORY; ++block)
                fast_f32x8_block(call, plan, work, sums + room, held, place, slot, sums, sums + products, slots, block, first, count);
        } else
            fast_f32x8_block(call, plan, work, work->points + first * pixel, work->tiles * pixel, place, slot, sums, sums + products, slots,
                item / work->passes, first, count);
        return result;
    }

    /* The points of 6 tiles, which all runs share. */
    static int fast_f32x8_share(const Call *call, void *of_call, Scratch *own, ptrdiff_t item)
    {
        const fast_f32x8_Work *work = of_call;
        const ptrdiff_t first = item * 6;
        return fast_f32x8_transform(call, call->plan, work, own, first, least(6, work->tiles - first), work->points + first * work->border.pixel,
            work->tiles * work->border.pixel);
    }

    /* Leaves in call->refused which images it could not compute. */
    SHARED int fast_f32x8(Call *call)
    {
        const fast_f32x8_Plan *plan = call->plan;
        const ptrdiff_t pixel = call->in_channels + 16;
        fast_f32x8_Work work = {.border = {.pixel = pixel, .step = {1, 1, 1}}, .positions = call->batch, .tiles = call->batch, .streaming = border_f32x8_streams(call)};
        ptrdiff_t step = pixel;
        for (int i = 2; i >= 0; --i) {
            const fast_f32x8_Axis *axis = &plan->axis[i];
            work.count[i] = parts(parts(call->out_length[i], axis->phases) + axis->most_shift, axis->outputs);
            work.border.size[i] = (work.count[i] * axis->outputs - 1) * axis->step + 1 + axis->reach;
            work.border.low[i] = axis->low;
            work.tiles *= work.count[i];
            work.positions = product(work.positions, work.border.size[i]);
            work.step[i] = step;
            work.stride[i] = step * axis->step;
            step = product(step, work.border.size[i]);
        }
        work.refused = scratch(call->own, 2, call->batch);
        if (work.refused == NULL || product(product(step, plan->points + 1), product(call->batch, sizeof *work.points)) == PTRDIFF_MAX)
            return NO_MEMORY;
        if (!counting(call))
            memset(work.refused, 0, call->batch);
        work.blocks = parts(call->out_channels / call->groups, 16) * call->groups;
        /* fewer tiles where there are so many points that theirs would not stay in the caches */
        work.passes = parts(work.tiles, most(12, least(plan->tiles, 1048576 / (plan->points * pixel))));
        work.run = parts(parts(work.tiles, work.passes), 6) * 6;
        work.passes = parts(work.tiles, work.run);
        /* all runs share the points where they are few */
        const int few = work.passes < 2 * call->threads;
        const ptrdiff_t some = few ? 6 : work.run;
        const ptrdiff_t points = few ? whole_lines(work.tiles * pixel * plan->points * sizeof *work.points) / sizeof *work.points : 0;
        ptrdiff_t window = fast_f32x8_window_room(plan, &work, some);
        const int again = border_f32x8_shares(&work.border, parts(work.tiles, some), window / sizeof *work.inputs / pixel, work.positions);
        if (few || again) {
            float *both = scratch(call->own, 0, (points + (again ? work.positions * pixel : 0)) * sizeof *both);
            if (both == NULL)
                return NO_MEMORY;
            work.points = few ? both : NULL;
            work.inputs = again ? both + points : NULL;
        }
        int result = DONE;
        if (again) {
            window = 0;
            result |= spread(call, parts(work.positions, 256), fast_f32x8_border, &work, 0);
        }
        if (few && !(result & NO_MEMORY))
            result |= spread(call, parts(work.tiles, 6), fast_f32x8_share, &work, window);
        if (!(result & NO_MEMORY) && (counting(call) || memchr(work.refused, 0, call->batch) != NULL))
            result |= spread(call, work.passes * (few ? work.blocks : 1), fast_f32x8_item, &work,
                fast_f32x8_room(plan, &work) + (few ? 0 : window));
        call->refused = result & NOT_FINITE || counting(call) ? work.refused : NULL;
        return result & NO_MEMORY;
    }

    /* Scalars of the packed weights. */
    SHARED ptrdiff_t fast_f32x8_pack_size(Call *call)
    {
        const fast_f32x8_Plan *plan = call->plan;
        return product(product(call->in_channels, parts(call->out_channels / call->groups, 16) * 16), plan->products);
    }

    /* One block of 16 outputs of one group: [term][point][channel][lane]. */
    static int fast_f32x8_pack_block(const Call *call, void *of_call, Scratch *own, ptrdiff_t item)
    {
        const fast_f32x8_Plan *plan = call->plan;
        const ptrdiff_t inputs_per = call->in_channels / call->groups, outputs_per = call->out_channels / call->groups, blocks = parts(outputs_per, 16);
        const ptrdiff_t group = item / blocks, block = item % blocks, taps = plan->taps;
        float *target = (float *)call->packed + item * plan->products * inputs_per * 16;
        float *lines = scratch(own, 0, taps * 16 * sizeof *lines);
        int fits = 1;
        (void)of_call;
        if (lines == NULL)
            return NO_MEMORY;
        memset(lines, 0, taps * 16 * sizeof *lines);
        for (ptrdiff_t f = 0; f < inputs_per; ++f) {
            f32x8_transpose((const float *)call->w + group * inputs_per * outputs_per * taps + f * call->w_in + block * 16 * call->w_out, call->w_out,
                least(16, outputs_per - block * 16), taps, lines, 16);
            for (ptrdiff_t at = 0; at < taps * 16; ++at)
                fits &= -1000000000000000.0 < lines[at] && lines[at] < 1000000000000000.0;
            for (ptrdiff_t t = 0; t < plan->terms; ++t) {
                const fast_f32x8_Term *term = &plan->term[t];
                plan->algorithm[term->algorithm].weights(lines, plan->tap + term->tap, target + (term->before * inputs_per + f) * 16, inputs_per * 16);
            }
        }
        return fits ? DONE : NOT_FINITE;
    }

    /* Fills call->packed; weights that are huge are as those that are not finite. */
    SHARED int fast_f32x8_pack(Call *call)
    {
        return spread(call, call->groups * parts(call->out_channels / call->groups, 16), fast_f32x8_pack_block, NULL,
            ((const fast_f32x8_Plan *)call->plan)->taps * 16 * sizeof(float));
    }
    #endif
    """
    int fast_f32x8(Call *call) noexcept nogil
    int fast_f32x8_pack(Call *call) noexcept nogil
    Py_ssize_t fast_f32x8_pack_size(Call *call) noexcept nogil

cdef extern from *:
    """
    #if defined(PART) && PART != 1
    #else
    /* A window of inputs, vector by vector of channels, to its points; 0 when the squares of a channel's window do not add up to less than
       (float)1e+30: then one is Inf, NaN or huge. */
    static int fast_f32x8_3x1_3x1_inputs_window(const float *in, const ptrdiff_t *step, ptrdiff_t channels, float *v, ptrdiff_t plane)
    {
        const f32x8 greatest = (float)1e+30 - (f32x8){0};
        f32x8_mask fits = greatest > 0;
        for (ptrdiff_t c = 0; c < channels; c += 8) {
            const ptrdiff_t at = c + 8 <= channels || channels < 8 ? c : channels - 8;
            float *to = v + at;
            f32x8 s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
            const f32x8 d0 = *(const f32x8 *)(in + at + 0);
            s0 += d0 * d0;
            const f32x8 d1 = *(const f32x8 *)(in + at + 1 * step[2]);
            s1 += d1 * d1;
            const f32x8 d2 = *(const f32x8 *)(in + at + 2 * step[2]);
            s2 += d2 * d2;
            const f32x8 d3 = *(const f32x8 *)(in + at + 1 * step[1]);
            s3 += d3 * d3;
            const f32x8 d4 = *(const f32x8 *)(in + at + 1 * step[1] + 1 * step[2]);
            s0 += d4 * d4;
            const f32x8 d5 = *(const f32x8 *)(in + at + 1 * step[1] + 2 * step[2]);
            s1 += d5 * d5;
            const f32x8 d6 = *(const f32x8 *)(in + at + 2 * step[1]);
            s2 += d6 * d6;
            const f32x8 d7 = *(const f32x8 *)(in + at + 2 * step[1] + 1 * step[2]);
            s3 += d7 * d7;
            const f32x8 d8 = *(const f32x8 *)(in + at + 2 * step[1] + 2 * step[2]);
            s0 += d8 * d8;
            fits &= s0 + s1 + s2 + s3 < greatest;
            *(f32x8 *)to = d0;
            to += plane;
            *(f32x8 *)to = d1;
            to += plane;
            *(f32x8 *)to = d2;
            to += plane;
            *(f32x8 *)to = d3;
            to += plane;
            *(f32x8 *)to = d4;
            to += plane;
            *(f32x8 *)to = d5;
            to += plane;
            *(f32x8 *)to = d6;
            to += plane;
            *(f32x8 *)to = d7;
            to += plane;
            *(f32x8 *)to = d8;
            to += plane;
        }
        for (int lane = 0; lane < 8; ++lane)
            if (!fits[lane])
                return 0;
        return 1;
    }
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 1
    #else
    /* A window of inputs, vector by vector of channels, to its points; 0 when the squares of a channel's window do not add up to less than
       (float)1e+30: then one is Inf, NaN or huge. */
    static int fast_f32x8_3x1_3x2_inputs_window(const float *in, const ptrdiff_t *step, ptrdiff_t channels, float *v, ptrdiff_t plane)
    {
        const f32x8 greatest = (float)1e+30 - (f32x8){0};
        f32x8_mask fits = greatest > 0;
        for (ptrdiff_t c = 0; c < channels; c += 8) {
            const ptrdiff_t at = c + 8 <= channels || channels < 8 ? c : channels - 8;
            float *to = v + at;
            f32x8 s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
            const f32x8 d0 = *(const f32x8 *)(in + at + 0);
            s0 += d0 * d0;
            const f32x8 d1 = *(const f32x8 *)(in + at + 1 * step[2]);
            s1 += d1 * d1;
            const f32x8 d2 = *(const f32x8 *)(in + at + 2 * step[2]);
            s2 += d2 * d2;
            const f32x8 d3 = *(const f32x8 *)(in + at + 3 * step[2]);
            s3 += d3 * d3;
            const f32x8 d4 = *(const f32x8 *)(in + at + 1 * step[1]);
            s0 += d4 * d4;
            const f32x8 d5 = *(const f32x8 *)(in + at + 1 * step[1] + 1 * step[2]);
            s1 += d5 * d5;
            const f32x8 d6 = *(const f32x8 *)(in + at + 1 * step[1] + 2 * step[2]);
            s2 += d6 * d6;
            const f32x8 d7 = *(const f32x8 *)(in + at + 1 * step[1] + 3 * step[2]);
            s3 += d7 * d7;
            const f32x8 d8 = *(const f32x8 *)(in + at + 2 * step[1]);
            s0 += d8 * d8;
            const f32x8 d9 = *(const f32x8 *)(in + at + 2 * step[1] + 1 * step[2]);
            s1 += d9 * d9;
            const f32x8 d10 = *(const f32x8 *)(in + at + 2 * step[1] + 2 * step[2]);
            s2 += d10 * d10;
            const f32x8 d11 = *(const f32x8 *)(in + at + 2 * step[1] + 3 * step[2]);
            s3 += d11 * d11;
            fits &= s0 + s1 + s2 + s3 < greatest;
            const f32x8 d12 = d0 - d2;
            const f32x8 d13 = d1 + d2;
            const f32x8 d14 = d2 - d1;
            const f32x8 d15 = d3 - d1;
            const f32x8 d16 = d4 - d6;
            const f32x8 d17 = d5 + d6;
            const f32x8 d18 = d6 - d5;
            const f32x8 d19 = d7 - d5;
            const f32x8 d20 = d8 - d10;
            const f32x8 d21 = d9 + d10;
            const f32x8 d22 = d10 - d9;
            const f32x8 d23 = d11 - d9;
            *(f32x8 *)to = d12;
            to += plane;
            *(f32x8 *)to = d13;
            to += plane;
            *(f32x8 *)to = d14;
            to += plane;
            *(f32x8 *)to = d15;
            to += plane;
            *(f32x8 *)to = d16;
            to += plane;
            *(f32x8 *)to = d17;
            to += plane;
            *(f32x8 *)to = d18;
            to += plane;
            *(f32x8 *)to = d19;
            to += plane;
            *(f32x8 *)to = d20;
            to += plane;
            *(f32x8 *)to = d21;
            to += plane;
            *(f32x8 *)to = d22;
            to += plane;
            *(f32x8 *)to = d23;
            to += plane;
        }
        for (int lane = 0; lane < 8; ++lane)
            if (!fits[lane])
                return 0;
        return 1;
    }
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 1
    #else
    /* A window of inputs, vector by vector of channels, to its points; 0 when the squares of a channel's window do not add up to less than
       (float)1e+30: then one is Inf, NaN or huge. */
    static int fast_f32x8_3x2_3x1_inputs_window(const float *in, const ptrdiff_t *step, ptrdiff_t channels, float *v, ptrdiff_t plane)
    {
        const f32x8 greatest = (float)1e+30 - (f32x8){0};
        f32x8_mask fits = greatest > 0;
        for (ptrdiff_t c = 0; c < channels; c += 8) {
            const ptrdiff_t at = c + 8 <= channels || channels < 8 ? c : channels - 8;
            float *to = v + at;
            f32x8 s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
            const f32x8 d0 = *(const f32x8 *)(in + at + 0);
            s0 += d0 * d0;
            const f32x8 d1 = *(const f32x8 *)(in + at + 1 * step[2]);
            s1 += d1 * d1;
            const f32x8 d2 = *(const f32x8 *)(in + at + 2 * step[2]);
            s2 += d2 * d2;
            const f32x8 d3 = *(const f32x8 *)(in + at + 1 * step[1]);
            s3 += d3 * d3;
            const f32x8 d4 = *(const f32x8 *)(in + at + 1 * step[1] + 1 * step[2]);
            s0 += d4 * d4;
            const f32x8 d5 = *(const f32x8 *)(in + at + 1 * step[1] + 2 * step[2]);
            s1 += d5 * d5;
            const f32x8 d6 = *(const f32x8 *)(in + at + 2 * step[1]);
            s2 += d6 * d6;
            const f32x8 d7 = *(const f32x8 *)(in + at + 2 * step[1] + 1 * step[2]);
            s3 += d7 * d7;
            const f32x8 d8 = *(const f32x8 *)(in + at + 2 * step[1] + 2 * step[2]);
            s0 += d8 * d8;
            const f32x8 d9 = *(const f32x8 *)(in + at + 3 * step[1]);
            s1 += d9 * d9;
            const f32x8 d10 = *(const f32x8 *)(in + at + 3 * step[1] + 1 * step[2]);
            s2 += d10 * d10;
            const f32x8 d11 = *(const f32x8 *)(in + at + 3 * step[1] + 2 * step[2]);
            s3 += d11 * d11;
            fits &= s0 + s1 + s2 + s3 < greatest;
            const f32x8 d12 = d0 - d6;
            const f32x8 d13 = d3 + d6;
            const f32x8 d14 = d6 - d3;
            const f32x8 d15 = d9 - d3;
            const f32x8 d16 = d1 - d7;
            const f32x8 d17 = d4 + d7;
            const f32x8 d18 = d7 - d4;
            const f32x8 d19 = d10 - d4;
            const f32x8 d20 = d2 - d8;
            const f32x8 d21 = d5 + d8;
            const f32x8 d22 = d8 - d5;
            const f32x8 d23 = d11 - d5;
            *(f32x8 *)to = d12;
            to += plane;
            *(f32x8 *)to = d16;
            to += plane;
            *(f32x8 *)to = d20;
            to += plane;
            *(f32x8 *)to = d13;
            to += plane;
            *(f32x8 *)to = d17;
            to += plane;
            *(f32x8 *)to = d21;
            to += plane;
            *(f32x8 *)to = d14;
            to += plane;
            *(f32x8 *)to = d18;
            to += plane;
            *(f32x8 *)to = d22;
            to += plane;
            *(f32x8 *)to = d15;
            to += plane;
            *(f32x8 *)to = d19;
            to += plane;
            *(f32x8 *)to = d23;
            to += plane;
        }
        for (int lane = 0; lane < 8; ++lane)
            if (!fits[lane])
                return 0;
        return 1;
    }
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 1
    #else
    /* A window of inputs, vector by vector of channels, to its points; 0 when the squares of a channel's window do not add up to less than
       (float)1e+30: then one is Inf, NaN or huge. */
    static int fast_f32x8_3x2_3x2_inputs_window(const float *in, const ptrdiff_t *step, ptrdiff_t channels, float *v, ptrdiff_t plane)
    {
        const f32x8 greatest = (float)1e+30 - (f32x8){0};
        f32x8_mask fits = greatest > 0;
        for (ptrdiff_t c = 0; c < channels; c += 8) {
            const ptrdiff_t at = c + 8 <= channels || channels < 8 ? c : channels - 8;
            float *to = v + at;
            f32x8 s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
            const f32x8 d0 = *(const f32x8 *)(in + at + 0);
            s0 += d0 * d0;
            const f32x8 d1 = *(const f32x8 *)(in + at + 1 * step[2]);
            s1 += d1 * d1;
            const f32x8 d2 = *(const f32x8 *)(in + at + 2 * step[2]);
            s2 += d2 * d2;
            const f32x8 d3 = *(const f32x8 *)(in + at + 3 * step[2]);
            s3 += d3 * d3;
            const f32x8 d4 = *(const f32x8 *)(in + at + 1 * step[1]);
            s0 += d4 * d4;
            const f32x8 d5 = *(const f32x8 *)(in + at + 1 * step[1] + 1 * step[2]);
            s1 += d5 * d5;
            const f32x8 d6 = *(const f32x8 *)(in + at + 1 * step[1] + 2 * step[2]);
            s2 += d6 * d6;
            const f32x8 d7 = *(const f32x8 *)(in + at + 1 * step[1] + 3 * step[2]);
            s3 += d7 * d7;
            const f32x8 d8 = *(const f32x8 *)(in + at + 2 * step[1]);
            s0 += d8 * d8;
            const f32x8 d9 = *(const f32x8 *)(in + at + 2 * step[1] + 1 * step[2]);
            s1 += d9 * d9;
            const f32x8 d10 = *(const f32x8 *)(in + at + 2 * step[1] + 2 * step[2]);
            s2 += d10 * d10;
            const f32x8 d11 = *(const f32x8 *)(in + at + 2 * step[1] + 3 * step[2]);
            s3 += d11 * d11;
            const f32x8 d12 = *(const f32x8 *)(in + at + 3 * step[1]);
            s0 += d12 * d12;
            const f32x8 d13 = *(const f32x8 *)(in + at + 3 * step[1] + 1 * step[2]);
            s1 += d13 * d13;
            const f32x8 d14 = *(const f32x8 *)(in + at + 3 * step[1] + 2 * step[2]);
            s2 += d14 * d14;
            const f32x8 d15 = *(const f32x8 *)(in + at + 3 * step[1] + 3 * step[2]);
            s3 += d15 * d15;
            fits &= s0 + s1 + s2 + s3 < greatest;
            const f32x8 d16 = d0 - d8;
            const f32x8 d17 = d4 + d8;
            const f32x8 d18 = d8 - d4;
            const f32x8 d19 = d12 - d4;
            const f32x8 d20 = d1 - d9;
            const f32x8 d21 = d5 + d9;
            const f32x8 d22 = d9 - d5;
            const f32x8 d23 = d13 - d5;
            const f32x8 d24 = d2 - d10;
            const f32x8 d25 = d6 + d10;
            const f32x8 d26 = d10 - d6;
            const f32x8 d27 = d14 - d6;
            const f32x8 d28 = d3 - d11;
            const f32x8 d29 = d7 + d11;
            const f32x8 d30 = d11 - d7;
            const f32x8 d31 = d15 - d7;
            const f32x8 d32 = d16 - d24;
            const f32x8 d33 = d20 + d24;
            const f32x8 d34 = d24 - d20;
            const f32x8 d35 = d28 - d20;
            const f32x8 d36 = d17 - d25;
            const f32x8 d37 = d21 + d25;
            const f32x8 d38 = d25 - d21;
            const f32x8 d39 = d29 - d21;
            const f32x8 d40 = d18 - d26;
            const f32x8 d41 = d22 + d26;
            const f32x8 d42 = d26 - d22;
            const f32x8 d43 = d30 - d22;
            const f32x8 d44 = d19 - d27;
            const f32x8 d45 = d23 + d27;
            const f32x8 d46 = d27 - d23;
            const f32x8 d47 = d31 - d23;
            *(f32x8 *)to = d32;
            to += plane;
            *(f32x8 *)to = d33;
            to += plane;
            *(f32x8 *)to = d34;
            to += plane;
            *(f32x8 *)to = d35;
            to += plane;
            *(f32x8 *)to = d36;
            to += plane;
            *(f32x8 *)to = d37;
            to += plane;
            *(f32x8 *)to = d38;
            to += plane;
            *(f32x8 *)to = d39;
            to += plane;
            *(f32x8 *)to = d40;
            to += plane;
            *(f32x8 *)to = d41;
            to += plane;
            *(f32x8 *)to = d42;
            to += plane;
            *(f32x8 *)to = d43;
            to += plane;
            *(f32x8 *)to = d44;
            to += plane;
            *(f32x8 *)to = d45;
            to += plane;
            *(f32x8 *)to = d46;
            to += plane;
            *(f32x8 *)to = d47;
            to += plane;
        }
        for (int lane = 0; lane < 8; ++lane)
            if (!fits[lane])
                return 0;
        return 1;
    }
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 1
    #else
    /* The taps of a phase for 16 outputs to their points. */
    static void fast_f32x8_3x1_3x1_weights(const float *lines, const ptrdiff_t *tap, float *w, ptrdiff_t plane)
    {
        for (ptrdiff_t lane = 0; lane < 16; lane += 8) {
            const f32x8 g0 = *(const f32x8 *)(lines + tap[0] + lane);
            *(f32x8 *)(w + 0 * plane + lane) = g0;
            *(f32x8 *)(w + 1 * plane + lane) = g0;
            *(f32x8 *)(w + 2 * plane + lane) = g0;
            *(f32x8 *)(w + 3 * plane + lane) = g0;
            *(f32x8 *)(w + 4 * plane + lane) = g0;
            *(f32x8 *)(w + 5 * plane + lane) = g0;
            *(f32x8 *)(w + 6 * plane + lane) = g0;
            *(f32x8 *)(w + 7 * plane + lane) = g0;
            *(f32x8 *)(w + 8 * plane + lane) = g0;
        }
    }

    /* The sums of 16 outputs at every point to the outputs of each tile, added to start or to what is there, in their slots of the lines. */
    static void fast_f32x8_3x1_3x1_outputs(const float *sums, ptrdiff_t plane, const float *start, ptrdiff_t tiles, const ptrdiff_t *slot,
        int add, float *lines, ptrdiff_t step, ptrdiff_t pitch)
    {
        for (ptrdiff_t tile = 0; tile < tiles; ++tile, sums += 16)
            for (ptrdiff_t lane = 0; lane < 16; lane += 8) {
                const f32x8 first = *(const f32x8 *)(start + lane);
                float *to = lines + slot[tile] * step + lane;
                const float *from = sums + lane;
                const f32x8 m0 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m1 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m2 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m3 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m4 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m5 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m6 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m7 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m8 = *(const f32x8 *)from;
                from += plane;
                *(f32x8 *)(to + 0 * pitch + 0 * step) = m0 + (add ? *(f32x8 *)(to + 0 * pitch + 0 * step) : first);
                *(f32x8 *)(to + 0 * pitch + 1 * step) = m1 + (add ? *(f32x8 *)(to + 0 * pitch + 1 * step) : first);
                *(f32x8 *)(to + 0 * pitch + 2 * step) = m2 + (add ? *(f32x8 *)(to + 0 * pitch + 2 * step) : first);
                *(f32x8 *)(to + 1 * pitch + 0 * step) = m3 + (add ? *(f32x8 *)(to + 1 * pitch + 0 * step) : first);
                *(f32x8 *)(to + 1 * pitch + 1 * step) = m4 + (add ? *(f32x8 *)(to + 1 * pitch + 1 * step) : first);
                *(f32x8 *)(to + 1 * pitch + 2 * step) = m5 + (add ? *(f32x8 *)(to + 1 * pitch + 2 * step) : first);
                *(f32x8 *)(to + 2 * pitch + 0 * step) = m6 + (add ? *(f32x8 *)(to + 2 * pitch + 0 * step) : first);
                *(f32x8 *)(to + 2 * pitch + 1 * step) = m7 + (add ? *(f32x8 *)(to + 2 * pitch + 1 * step) : first);
                *(f32x8 *)(to + 2 * pitch + 2 * step) = m8 + (add ? *(f32x8 *)(to + 2 * pitch + 2 * step) : first);
            }
    }
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 1
    #else
    /* The taps of a phase for 16 outputs to their points. */
    static void fast_f32x8_3x1_3x2_weights(const float *lines, const ptrdiff_t *tap, float *w, ptrdiff_t plane)
    {
        for (ptrdiff_t lane = 0; lane < 16; lane += 8) {
            const f32x8 g0 = *(const f32x8 *)(lines + tap[0] + lane);
            const f32x8 g1 = *(const f32x8 *)(lines + tap[1] + lane);
            const f32x8 g2 = (float)0.5 * (g0 + g1);
            const f32x8 g3 = (float)0.5 * (g0 - g1);
            const f32x8 g4 = (float)0.5 * (g0 + g1);
            const f32x8 g5 = (float)0.5 * (g0 - g1);
            const f32x8 g6 = (float)0.5 * (g0 + g1);
            const f32x8 g7 = (float)0.5 * (g0 - g1);
            *(f32x8 *)(w + 0 * plane + lane) = g0;
            *(f32x8 *)(w + 1 * plane + lane) = g2;
            *(f32x8 *)(w + 2 * plane + lane) = g3;
            *(f32x8 *)(w + 3 * plane + lane) = g1;
            *(f32x8 *)(w + 4 * plane + lane) = g0;
            *(f32x8 *)(w + 5 * plane + lane) = g4;
            *(f32x8 *)(w + 6 * plane + lane) = g5;
            *(f32x8 *)(w + 7 * plane + lane) = g1;
            *(f32x8 *)(w + 8 * plane + lane) = g0;
            *(f32x8 *)(w + 9 * plane + lane) = g6;
            *(f32x8 *)(w + 10 * plane + lane) = g7;
            *(f32x8 *)(w + 11 * plane + lane) = g1;
        }
    }

    /* The sums of 16 outputs at every point to the outputs of each tile, added to start or to what is there, in their slots of the lines. */
    static void fast_f32x8_3x1_3x2_outputs(const float *sums, ptrdiff_t plane, const float *start, ptrdiff_t tiles, const ptrdiff_t *slot,
        int add, float *lines, ptrdiff_t step, ptrdiff_t pitch)
    {
        for (ptrdiff_t tile = 0; tile < tiles; ++tile, sums += 16)
            for (ptrdiff_t lane = 0; lane < 16; lane += 8) {
                const f32x8 first = *(const f32x8 *)(start + lane);
                float *to = lines + slot[tile] * step + lane;
                const float *from = sums + lane;
                const f32x8 m0 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m1 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m2 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m3 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m4 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m5 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m6 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m7 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m8 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m9 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m10 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m11 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m12 = m1 + m2;
                const f32x8 m13 = m0 + m12;
                const f32x8 m14 = m1 - m2;
                const f32x8 m15 = m3 + m12;
                const f32x8 m16 = m5 + m6;
                const f32x8 m17 = m4 + m16;
                const f32x8 m18 = m5 - m6;
                const f32x8 m19 = m7 + m16;
                const f32x8 m20 = m9 + m10;
                const f32x8 m21 = m8 + m20;
                const f32x8 m22 = m9 - m10;
                const f32x8 m23 = m11 + m20;
                *(f32x8 *)(to + 0 * pitch + 0 * step) = m13 + (add ? *(f32x8 *)(to + 0 * pitch + 0 * step) : first);
                *(f32x8 *)(to + 0 * pitch + 1 * step) = m14 + (add ? *(f32x8 *)(to + 0 * pitch + 1 * step) : first);
                *(f32x8 *)(to + 0 * pitch + 2 * step) = m15 + (add ? *(f32x8 *)(to + 0 * pitch + 2 * step) : first);
                *(f32x8 *)(to + 1 * pitch + 0 * step) = m17 + (add ? *(f32x8 *)(to + 1 * pitch + 0 * step) : first);
                *(f32x8 *)(to + 1 * pitch + 1 * step) = m18 + (add ? *(f32x8 *)(to + 1 * pitch + 1 * step) : first);
                *(f32x8 *)(to + 1 * pitch + 2 * step) = m19 + (add ? *(f32x8 *)(to + 1 * pitch + 2 * step) : first);
                *(f32x8 *)(to + 2 * pitch + 0 * step) = m21 + (add ? *(f32x8 *)(to + 2 * pitch + 0 * step) : first);
                *(f32x8 *)(to + 2 * pitch + 1 * step) = m22 + (add ? *(f32x8 *)(to + 2 * pitch + 1 * step) : first);
                *(f32x8 *)(to + 2 * pitch + 2 * step) = m23 + (add ? *(f32x8 *)(to + 2 * pitch + 2 * step) : first);
            }
    }
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 1
    #else
    /* The taps of a phase for 16 outputs to their points. */
    static void fast_f32x8_3x2_3x1_weights(const float *lines, const ptrdiff_t *tap, float *w, ptrdiff_t plane)
    {
        for (ptrdiff_t lane = 0; lane < 16; lane += 8) {
            const f32x8 g0 = *(const f32x8 *)(lines + tap[0] + lane);
            const f32x8 g1 = *(const f32x8 *)(lines + tap[1] + lane);
            const f32x8 g2 = (float)0.5 * (g0 + g1);
            const f32x8 g3 = (float)0.5 * (g0 - g1);
            *(f32x8 *)(w + 0 * plane + lane) = g0;
            *(f32x8 *)(w + 1 * plane + lane) = g0;
            *(f32x8 *)(w + 2 * plane + lane) = g0;
            *(f32x8 *)(w + 3 * plane + lane) = g2;
            *(f32x8 *)(w + 4 * plane + lane) = g2;
            *(f32x8 *)(w + 5 * plane + lane) = g2;
            *(f32x8 *)(w + 6 * plane + lane) = g3;
            *(f32x8 *)(w + 7 * plane + lane) = g3;
            *(f32x8 *)(w + 8 * plane + lane) = g3;
            *(f32x8 *)(w + 9 * plane + lane) = g1;
            *(f32x8 *)(w + 10 * plane + lane) = g1;
            *(f32x8 *)(w + 11 * plane + lane) = g1;
        }
    }

    /* The sums of 16 outputs at every point to the outputs of each tile, added to start or to what is there, in their slots of the lines. */
    static void fast_f32x8_3x2_3x1_outputs(const float *sums, ptrdiff_t plane, const float *start, ptrdiff_t tiles, const ptrdiff_t *slot,
        int add, float *lines, ptrdiff_t step, ptrdiff_t pitch)
    {
        for (ptrdiff_t tile = 0; tile < tiles; ++tile, sums += 16)
            for (ptrdiff_t lane = 0; lane < 16; lane += 8) {
                const f32x8 first = *(const f32x8 *)(start + lane);
                float *to = lines + slot[tile] * step + lane;
                const float *from = sums + lane;
                const f32x8 m0 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m1 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m2 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m3 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m4 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m5 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m6 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m7 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m8 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m9 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m10 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m11 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m12 = m3 + m6;
                const f32x8 m13 = m0 + m12;
                const f32x8 m14 = m3 - m6;
                const f32x8 m15 = m9 + m12;
                const f32x8 m16 = m4 + m7;
                const f32x8 m17 = m1 + m16;
                const f32x8 m18 = m4 - m7;
                const f32x8 m19 = m10 + m16;
                const f32x8 m20 = m5 + m8;
                const f32x8 m21 = m2 + m20;
                const f32x8 m22 = m5 - m8;
                const f32x8 m23 = m11 + m20;
                *(f32x8 *)(to + 0 * pitch + 0 * step) = m13 + (add ? *(f32x8 *)(to + 0 * pitch + 0 * step) : first);
                *(f32x8 *)(to + 0 * pitch + 1 * step) = m17 + (add ? *(f32x8 *)(to + 0 * pitch + 1 * step) : first);
                *(f32x8 *)(to + 0 * pitch + 2 * step) = m21 + (add ? *(f32x8 *)(to + 0 * pitch + 2 * step) : first);
                *(f32x8 *)(to + 1 * pitch + 0 * step) = m14 + (add ? *(f32x8 *)(to + 1 * pitch + 0 * step) : first);
                *(f32x8 *)(to + 1 * pitch + 1 * step) = m18 + (add ? *(f32x8 *)(to + 1 * pitch + 1 * step) : first);
                *(f32x8 *)(to + 1 * pitch + 2 * step) = m22 + (add ? *(f32x8 *)(to + 1 * pitch + 2 * step) : first);
                *(f32x8 *)(to + 2 * pitch + 0 * step) = m15 + (add ? *(f32x8 *)(to + 2 * pitch + 0 * step) : first);
                *(f32x8 *)(to + 2 * pitch + 1 * step) = m19 + (add ? *(f32x8 *)(to + 2 * pitch + 1 * step) : first);
                *(f32x8 *)(to + 2 * pitch + 2 * step) = m23 + (add ? *(f32x8 *)(to + 2 * pitch + 2 * step) : first);
            }
    }
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 1
    #else
    /* The taps of a phase for 16 outputs to their points. */
    static void fast_f32x8_3x2_3x2_weights(const float *lines, const ptrdiff_t *tap, float *w, ptrdiff_t plane)
    {
        for (ptrdiff_t lane = 0; lane < 16; lane += 8) {
            const f32x8 g0 = *(const f32x8 *)(lines + tap[0] + lane);
            const f32x8 g1 = *(const f32x8 *)(lines + tap[1] + lane);
            const f32x8 g2 = *(const f32x8 *)(lines + tap[2] + lane);
            const f32x8 g3 = *(const f32x8 *)(lines + tap[3] + lane);
            const f32x8 g4 = (float)0.5 * (g0 + g2);
            const f32x8 g5 = (float)0.5 * (g0 - g2);
            const f32x8 g6 = (float)0.5 * (g1 + g3);
            const f32x8 g7 = (float)0.5 * (g1 - g3);
            const f32x8 g8 = (float)0.5 * (g0 + g1);
            const f32x8 g9 = (float)0.5 * (g0 - g1);
            const f32x8 g10 = (float)0.5 * (g4 + g6);
            const f32x8 g11 = (float)0.5 * (g4 - g6);
            const f32x8 g12 = (float)0.5 * (g5 + g7);
            const f32x8 g13 = (float)0.5 * (g5 - g7);
            const f32x8 g14 = (float)0.5 * (g2 + g3);
            const f32x8 g15 = (float)0.5 * (g2 - g3);
            *(f32x8 *)(w + 0 * plane + lane) = g0;
            *(f32x8 *)(w + 1 * plane + lane) = g8;
            *(f32x8 *)(w + 2 * plane + lane) = g9;
            *(f32x8 *)(w + 3 * plane + lane) = g1;
            *(f32x8 *)(w + 4 * plane + lane) = g4;
            *(f32x8 *)(w + 5 * plane + lane) = g10;
            *(f32x8 *)(w + 6 * plane + lane) = g11;
            *(f32x8 *)(w + 7 * plane + lane) = g6;
            *(f32x8 *)(w + 8 * plane + lane) = g5;
            *(f32x8 *)(w + 9 * plane + lane) = g12;
            *(f32x8 *)(w + 10 * plane + lane) = g13;
            *(f32x8 *)(w + 11 * plane + lane) = g7;
            *(f32x8 *)(w + 12 * plane + lane) = g2;
            *(f32x8 *)(w + 13 * plane + lane) = g14;
            *(f32x8 *)(w + 14 * plane + lane) = g15;
            *(f32x8 *)(w + 15 * plane + lane) = g3;
        }
    }

    /* The sums of 16 outputs at every point to the outputs of each tile, added to start or to what is there, in their slots of the lines. */
    static void fast_f32x8_3x2_3x2_outputs(const float *sums, ptrdiff_t plane, const float *start, ptrdiff_t tiles, const ptrdiff_t *slot,
        int add, float *lines, ptrdiff_t step, ptrdiff_t pitch)
    {
        for (ptrdiff_t tile = 0; tile < tiles; ++tile, sums += 16)
            for (ptrdiff_t lane = 0; lane < 16; lane += 8) {
                const f32x8 first = *(const f32x8 *)(start + lane);
                float *to = lines + slot[tile] * step + lane;
                const float *from = sums + lane;
                const f32x8 m0 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m1 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m2 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m3 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m4 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m5 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m6 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m7 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m8 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m9 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m10 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m11 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m12 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m13 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m14 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m15 = *(const f32x8 *)from;
                from += plane;
                const f32x8 m16 = m4 + m8;
                const f32x8 m17 = m0 + m16;
                const f32x8 m18 = m4 - m8;
                const f32x8 m19 = m12 + m16;
                const f32x8 m20 = m5 + m9;
                const f32x8 m21 = m1 + m20;
                const f32x8 m22 = m5 - m9;
                const f32x8 m23 = m13 + m20;
                const f32x8 m24 = m6 + m10;
                const f32x8 m25 = m2 + m24;
                const f32x8 m26 = m6 - m10;
                const f32x8 m27 = m14 + m24;
                const f32x8 m28 = m7 + m11;
                const f32x8 m29 = m3 + m28;
                const f32x8 m30 = m7 - m11;
                const f32x8 m31 = m15 + m28;
                const f32x8 m32 = m21 + m25;
                const f32x8 m33 = m17 + m32;
                const f32x8 m34 = m21 - m25;
                const f32x8 m35 = m29 + m32;
                const f32x8 m36 = m22 + m26;
                const f32x8 m37 = m18 + m36;
                const f32x8 m38 = m22 - m26;
                const f32x8 m39 = m30 + m36;
                const f32x8 m40 = m23 + m27;
                const f32x8 m41 = m19 + m40;
                const f32x8 m42 = m23 - m27;
                const f32x8 m43 = m31 + m40;
                *(f32x8 *)(to + 0 * pitch + 0 * step) = m33 + (add ? *(f32x8 *)(to + 0 * pitch + 0 * step) : first);
                *(f32x8 *)(to + 0 * pitch + 1 * step) = m34 + (add ? *(f32x8 *)(to + 0 * pitch + 1 * step) : first);
                *(f32x8 *)(to + 0 * pitch + 2 * step) = m35 + (add ? *(f32x8 *)(to + 0 * pitch + 2 * step) : first);
                *(f32x8 *)(to + 1 * pitch + 0 * step) = m37 + (add ? *(f32x8 *)(to + 1 * pitch + 0 * step) : first);
                *(f32x8 *)(to + 1 * pitch + 1 * step) = m38 + (add ? *(f32x8 *)(to + 1 * pitch + 1 * step) : first);
                *(f32x8 *)(to + 1 * pitch + 2 * step) = m39 + (add ? *(f32x8 *)(to + 1 * pitch + 2 * step) : first);
                *(f32x8 *)(to + 2 * pitch + 0 * step) = m41 + (add ? *(f32x8 *)(to + 2 * pitch + 0 * step) : first);
                *(f32x8 *)(to + 2 * pitch + 1 * step) = m42 + (add ? *(f32x8 *)(to + 2 * pitch + 1 * step) : first);
                *(f32x8 *)(to + 2 * pitch + 2 * step) = m43 + (add ? *(f32x8 *)(to + 2 * pitch + 2 * step) : first);
            }
    }
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 1
    extern const void *conv_transpose2d_k3s2p1op1_f32_x86_64_v3_fast;
    #else
    /* conv_transpose2d_k3s2p1op1_f32_x86_64_v3_fast: rounding errors are at most 9.0 times those of direct sums, as the magnitudes of a whole window go */
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_fast_shift0[] = {0, 0};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_fast_shift1[] = {0, 0};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_fast_tap[] = {64, 80, 48, 112, 16, 128, 96, 32, 0};
    static const fast_f32x8_Algorithm conv_transpose2d_k3s2p1op1_f32_x86_64_v3_fast_algorithm[] = {{9, 0, {0, 0, 0}, fast_f32x8_3x1_3x1_inputs_window, fast_f32x8_3x1_3x1_weights, fast_f32x8_3x1_3x1_outputs}, {12, 9, {0, 0, 0}, fast_f32x8_3x1_3x2_inputs_window, fast_f32x8_3x1_3x2_weights, fast_f32x8_3x1_3x2_outputs}, {12, 21, {0, 0, 0}, fast_f32x8_3x2_3x1_inputs_window, fast_f32x8_3x2_3x1_weights, fast_f32x8_3x2_3x1_outputs}, {16, 33, {0, 0, 0}, fast_f32x8_3x2_3x2_inputs_window, fast_f32x8_3x2_3x2_weights, fast_f32x8_3x2_3x2_outputs}};
    static const fast_f32x8_Term conv_transpose2d_k3s2p1op1_f32_x86_64_v3_fast_term[] = {{0, 0, 0, 0, 0, 1, 0}, {1, 1, 9, 1, 0, 1, 0}, {2, 2, 21, 3, 0, 1, 0}, {3, 3, 33, 5, 0, 1, 0}};
    static const fast_f32x8_Plan conv_transpose2d_k3s2p1op1_f32_x86_64_v3_fast_plan = {
        .axis = {
            {1, 1, 0, 1, 0, 0, only_tap},
            {2, 1, 0, 3, 1, 0, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_fast_shift0},
            {2, 1, 0, 3, 1, 0, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_fast_shift1}},
        .algorithm = conv_transpose2d_k3s2p1op1_f32_x86_64_v3_fast_algorithm,
        .algorithms = 4,
        .points = 49,
        .term = conv_transpose2d_k3s2p1op1_f32_x86_64_v3_fast_term,
        .terms = 4,
        .products = 49,
        .most_points = 16,
        .tap = conv_transpose2d_k3s2p1op1_f32_x86_64_v3_fast_tap,
        .taps = 9,
        .tiles = 48,
        .summed = 1024,
    };
    SHARED const void *conv_transpose2d_k3s2p1op1_f32_x86_64_v3_fast = &conv_transpose2d_k3s2p1op1_f32_x86_64_v3_fast_plan;
    #endif
    """
    const void *conv_transpose2d_k3s2p1op1_f32_x86_64_v3_fast

cdef extern from *:
    """
    #if defined(PART) && PART != 2
    #else
    /* 1 outputs x 7 vectors of positions in registers: sums += weights x inputs over channels and taps. */
    static void plane_tile_f32x8_1x7(const float *inputs, ptrdiff_t pitch, const ptrdiff_t *offset,
        ptrdiff_t taps, ptrdiff_t channels, const float *w, float *sums, const ptrdiff_t *row)
    {
        float *to0 = sums + row[0];
        f32x8 s0_0 = *(const f32x8 *)(to0 + 0), s0_1 = *(const f32x8 *)(to0 + 8), s0_2 = *(const f32x8 *)(to0 + 16), s0_3 = *(const f32x8 *)(to0 + 24), s0_4 = *(const f32x8 *)(to0 + 32), s0_5 = *(const f32x8 *)(to0 + 40), s0_6 = *(const f32x8 *)(to0 + 48);
        for (ptrdiff_t c = 0; c < channels; ++c, inputs += pitch)
            for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 1) {
                const float *at = inputs + offset[tap];
                __builtin_prefetch(w + 32);
                const f32x8 u0 = *(const f32x8 *)(at + 0);
                const f32x8 u1 = *(const f32x8 *)(at + 8);
                const f32x8 u2 = *(const f32x8 *)(at + 16);
                const f32x8 u3 = *(const f32x8 *)(at + 24);
                const f32x8 u4 = *(const f32x8 *)(at + 32);
                const f32x8 u5 = *(const f32x8 *)(at + 40);
                const f32x8 u6 = *(const f32x8 *)(at + 48);
    s0_0 += w[0] * u0; s0_1 += w[0] * u1; s0_2 += w[0] * u2; s0_3 += w[0] * u3; s0_4 += w[0] * u4; s0_5 += w[0] * u5; s0_6 += w[0] * u6;
            }
    *(f32x8 *)(to0 + 0) = s0_0; *(f32x8 *)(to0 + 8) = s0_1; *(f32x8 *)(to0 + 16) = s0_2; *(f32x8 *)(to0 + 24) = s0_3; *(f32x8 *)(to0 + 32) = s0_4; *(f32x8 *)(to0 + 40) = s0_5; *(f32x8 *)(to0 + 48) = s0_6;
    }

    /* 1 outputs x 3 vectors of positions in registers: sums += weights x inputs over channels and taps. */
    static void plane_tile_f32x8_1x3(const float *inputs, ptrdiff_t pitch, const ptrdiff_t *offset,
        ptrdiff_t taps, ptrdiff_t channels, const float *w, float *sums, const ptrdiff_t *row)
    {
        float *to0 = sums + row[0];
        f32x8 s0_0 = *(const f32x8 *)(to0 + 0), s0_1 = *(const f32x8 *)(to0 + 8), s0_2 = *(const f32x8 *)(to0 + 16);
        for (ptrdiff_t c = 0; c < channels; ++c, inputs += pitch)
            for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 1) {
                const float *at = inputs + offset[tap];
                __builtin_prefetch(w + 32);
                const f32x8 u0 = *(const f32x8 *)(at + 0);
                const f32x8 u1 = *(const f32x8 *)(at + 8);
                const f32x8 u2 = *(const f32x8 *)(at + 16);
    s0_0 += w[0] * u0; s0_1 += w[0] * u1; s0_2 += w[0] * u2;
            }
    *(f32x8 *)(to0 + 0) = s0_0; *(f32x8 *)(to0 + 8) = s0_1; *(f32x8 *)(to0 + 16) = s0_2;
    }

    /* 1 outputs x 1 vectors of positions in registers: sums += weights x inputs over channels and taps. */
    static void plane_tile_f32x8_1x1(const float *inputs, ptrdiff_t pitch, const ptrdiff_t *offset,
        ptrdiff_t taps, ptrdiff_t channels, const float *w, float *sums, const ptrdiff_t *row)
    {
        float *to0 = sums + row[0];
        f32x8 s0_0 = *(const f32x8 *)(to0 + 0);
        for (ptrdiff_t c = 0; c < channels; ++c, inputs += pitch)
            for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 1) {
                const float *at = inputs + offset[tap];
                __builtin_prefetch(w + 32);
                const f32x8 u0 = *(const f32x8 *)(at + 0);
    s0_0 += w[0] * u0;
                ROUNDED_ONCE(s0_0);
            }
    *(f32x8 *)(to0 + 0) = s0_0;
    }

    /* 2 outputs x 5 vectors of positions in registers: sums += weights x inputs over channels and taps. */
    static void plane_tile_f32x8_2x5(const float *inputs, ptrdiff_t pitch, const ptrdiff_t *offset,
        ptrdiff_t taps, ptrdiff_t channels, const float *w, float *sums, const ptrdiff_t *row)
    {
        float *to0 = sums + row[0];
        f32x8 s0_0 = *(const f32x8 *)(to0 + 0), s0_1 = *(const f32x8 *)(to0 + 8), s0_2 = *(const f32x8 *)(to0 + 16), s0_3 = *(const f32x8 *)(to0 + 24), s0_4 = *(const f32x8 *)(to0 + 32);
        float *to1 = sums + row[1];
        f32x8 s1_0 = *(const f32x8 *)(to1 + 0), s1_1 = *(const f32x8 *)(to1 + 8), s1_2 = *(const f32x8 *)(to1 + 16), s1_3 = *(const f32x8 *)(to1 + 24), s1_4 = *(const f32x8 *)(to1 + 32);
        for (ptrdiff_t c = 0; c < channels; ++c, inputs += pitch)
            for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 2) {
                const float *at = inputs + offset[tap];
                __builtin_prefetch(w + 64);
                const f32x8 u0 = *(const f32x8 *)(at + 0);
                const f32x8 u1 = *(const f32x8 *)(at + 8);
                const f32x8 u2 = *(const f32x8 *)(at + 16);
                const f32x8 u3 = *(const f32x8 *)(at + 24);
                const f32x8 u4 = *(const f32x8 *)(at + 32);
    s0_0 += w[0] * u0; s0_1 += w[0] * u1; s0_2 += w[0] * u2; s0_3 += w[0] * u3; s0_4 += w[0] * u4;
    s1_0 += w[1] * u0; s1_1 += w[1] * u1; s1_2 += w[1] * u2; s1_3 += w[1] * u3; s1_4 += w[1] * u4;
            }
    *(f32x8 *)(to0 + 0) = s0_0; *(f32x8 *)(to0 + 8) = s0_1; *(f32x8 *)(to0 + 16) = s0_2; *(f32x8 *)(to0 + 24) = s0_3; *(f32x8 *)(to0 + 32) = s0_4;
    *(f32x8 *)(to1 + 0) = s1_0; *(f32x8 *)(to1 + 8) = s1_1; *(f32x8 *)(to1 + 16) = s1_2; *(f32x8 *)(to1 + 24) = s1_3; *(f32x8 *)(to1 + 32) = s1_4;
    }

    /* 2 outputs x 2 vectors of positions in registers: sums += weights x inputs over channels and taps. */
    static void plane_tile_f32x8_2x2(const float *inputs, ptrdiff_t pitch, const ptrdiff_t *offset,
        ptrdiff_t taps, ptrdiff_t channels, const float *w, float *sums, const ptrdiff_t *row)
    {
        float *to0 = sums + row[0];
        f32x8 s0_0 = *(const f32x8 *)(to0 + 0), s0_1 = *(const f32x8 *)(to0 + 8);
        float *to1 = sums + row[1];
        f32x8 s1_0 = *(const f32x8 *)(to1 + 0), s1_1 = *(const f32x8 *)(to1 + 8);
        for (ptrdiff_t c = 0; c < channels; ++c, inputs += pitch)
            for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 2) {
                const float *at = inputs + offset[tap];
                __builtin_prefetch(w + 64);
                const f32x8 u0 = *(const f32x8 *)(at + 0);
                const f32x8 u1 = *(const f32x8 *)(at + 8);
    s0_0 += w[0] * u0; s0_1 += w[0] * u1;
    s1_0 += w[1] * u0; s1_1 += w[1] * u1;
            }
    *(f32x8 *)(to0 + 0) = s0_0; *(f32x8 *)(to0 + 8) = s0_1;
    *(f32x8 *)(to1 + 0) = s1_0; *(f32x8 *)(to1 + 8) = s1_1;
    }

    /* 2 outputs x 1 vectors of positions in registers: sums += weights x inputs over channels and taps. */
    static void plane_tile_f32x8_2x1(const float *inputs, ptrdiff_t pitch, const ptrdiff_t *offset,
        ptrdiff_t taps, ptrdiff_t channels, const float *w, float *sums, const ptrdiff_t *row)
    {
        float *to0 = sums + row[0];
        f32x8 s0_0 = *(const f32x8 *)(to0 + 0);
        float *to1 = sums + row[1];
        f32x8 s1_0 = *(const f32x8 *)(to1 + 0);
        for (ptrdiff_t c = 0; c < channels; ++c, inputs += pitch)
            for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 2) {
                const float *at = inputs + offset[tap];
                __builtin_prefetch(w + 64);
                const f32x8 u0 = *(const f32x8 *)(at + 0);
    s0_0 += w[0] * u0;
    s1_0 += w[1] * u0;
            }
    *(f32x8 *)(to0 + 0) = s0_0;
    *(f32x8 *)(to1 + 0) = s1_0;
    }

    /* 3 outputs x 3 vectors of positions in registers: sums += weights x inputs over channels and taps. */
    static void plane_tile_f32x8_3x3(const float *inputs, ptrdiff_t pitch, const ptrdiff_t *offset,
        ptrdiff_t taps, ptrdiff_t channels, const float *w, float *sums, const ptrdiff_t *row)
    {
        float *to0 = sums + row[0];
        f32x8 s0_0 = *(const f32x8 *)(to0 + 0), s0_1 = *(const f32x8 *)(to0 + 8), s0_2 = *(const f32x8 *)(to0 + 16);
        float *to1 = sums + row[1];
        f32x8 s1_0 = *(const f32x8 *)(to1 + 0), s1_1 = *(const f32x8 *)(to1 + 8), s1_2 = *(const f32x8 *)(to1 + 16);
        float *to2 = sums + row[2];
        f32x8 s2_0 = *(const f32x8 *)(to2 + 0), s2_1 = *(const f32x8 *)(to2 + 8), s2_2 = *(const f32x8 *)(to2 + 16);
        for (ptrdiff_t c = 0; c < channels; ++c, inputs += pitch)
            for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 3) {
                const float *at = inputs + offset[tap];
                __builtin_prefetch(w + 96);
                const f32x8 u0 = *(const f32x8 *)(at + 0);
                const f32x8 u1 = *(const f32x8 *)(at + 8);
                const f32x8 u2 = *(const f32x8 *)(at + 16);
    s0_0 += w[0] * u0; s0_1 += w[0] * u1; s0_2 += w[0] * u2;
    s1_0 += w[1] * u0; s1_1 += w[1] * u1; s1_2 += w[1] * u2;
    s2_0 += w[2] * u0; s2_1 += w[2] * u1; s2_2 += w[2] * u2;
            }
    *(f32x8 *)(to0 + 0) = s0_0; *(f32x8 *)(to0 + 8) = s0_1; *(f32x8 *)(to0 + 16) = s0_2;
    *(f32x8 *)(to1 + 0) = s1_0; *(f32x8 *)(to1 + 8) = s1_1; *(f32x8 *)(to1 + 16) = s1_2;
    *(f32x8 *)(to2 + 0) = s2_0; *(f32x8 *)(to2 + 8) = s2_1; *(f32x8 *)(to2 + 16) = s2_2;
    }

    /* 3 outputs x 1 vectors of positions in registers: sums += weights x inputs over channels and taps. */
    static void plane_tile_f32x8_3x1(const float *inputs, ptrdiff_t pitch, const ptrdiff_t *offset,
        ptrdiff_t taps, ptrdiff_t channels, const float *w, float *sums, const ptrdiff_t *row)
    {
        float *to0 = sums + row[0];
        f32x8 s0_0 = *(const f32x8 *)(to0 + 0);
        float *to1 = sums + row[1];
        f32x8 s1_0 = *(const f32x8 *)(to1 + 0);
        float *to2 = sums + row[2];
        f32x8 s2_0 = *(const f32x8 *)(to2 + 0);
        for (ptrdiff_t c = 0; c < channels; ++c, inputs += pitch)
            for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 3) {
                const float *at = inputs + offset[tap];
                __builtin_prefetch(w + 96);
                const f32x8 u0 = *(const f32x8 *)(at + 0);
    s0_0 += w[0] * u0;
    s1_0 += w[1] * u0;
    s2_0 += w[2] * u0;
            }
    *(f32x8 *)(to0 + 0) = s0_0;
    *(f32x8 *)(to1 + 0) = s1_0;
    *(f32x8 *)(to2 + 0) = s2_0;
    }

    /* 4 outputs x 3 vectors of positions in registers: sums += weights x inputs over channels and taps. */
    static void plane_tile_f32x8_4x3(const float *inputs, ptrdiff_t pitch, const ptrdiff_t *offset,
        ptrdiff_t taps, ptrdiff_t channels, const float *w, float *sums, const ptrdiff_t *row)
    {
        float *to0 = sums + row[0];
        f32x8 s0_0 = *(const f32x8 *)(to0 + 0), s0_1 = *(const f32x8 *)(to0 + 8), s0_2 = *(const f32x8 *)(to0 + 16);
        float *to1 = sums + row[1];
        f32x8 s1_0 = *(const f32x8 *)(to1 + 0), s1_1 = *(const f32x8 *)(to1 + 8), s1_2 = *(const f32x8 *)(to1 + 16);
        float *to2 = sums + row[2];
        f32x8 s2_0 = *(const f32x8 *)(to2 + 0), s2_1 = *(const f32x8 *)(to2 + 8), s2_2 = *(const f32x8 *)(to2 + 16);
        float *to3 = sums + row[3];
        f32x8 s3_0 = *(const f32x8 *)(to3 + 0), s3_1 = *(const f32x8 *)(to3 + 8), s3_2 = *(const f32x8 *)(to3 + 16);
        for (ptrdiff_t c = 0; c < channels; ++c, inputs += pitch)
            for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 4) {
                const float *at = inputs + offset[tap];
                __builtin_prefetch(w + 128);
                const f32x8 u0 = *(const f32x8 *)(at + 0);
                const f32x8 u1 = *(const f32x8 *)(at + 8);
                const f32x8 u2 = *(const f32x8 *)(at + 16);
    s0_0 += w[0] * u0; s0_1 += w[0] * u1; s0_2 += w[0] * u2;
    s1_0 += w[1] * u0; s1_1 += w[1] * u1; s1_2 += w[1] * u2;
    s2_0 += w[2] * u0; s2_1 += w[2] * u1; s2_2 += w[2] * u2;
    s3_0 += w[3] * u0; s3_1 += w[3] * u1; s3_2 += w[3] * u2;
            }
    *(f32x8 *)(to0 + 0) = s0_0; *(f32x8 *)(to0 + 8) = s0_1; *(f32x8 *)(to0 + 16) = s0_2;
    *(f32x8 *)(to1 + 0) = s1_0; *(f32x8 *)(to1 + 8) = s1_1; *(f32x8 *)(to1 + 16) = s1_2;
    *(f32x8 *)(to2 + 0) = s2_0; *(f32x8 *)(to2 + 8) = s2_1; *(f32x8 *)(to2 + 16) = s2_2;
    *(f32x8 *)(to3 + 0) = s3_0; *(f32x8 *)(to3 + 8) = s3_1; *(f32x8 *)(to3 + 16) = s3_2;
    }

    /* 4 outputs x 1 vectors of positions in registers: sums += weights x inputs over channels and taps. */
    static void plane_tile_f32x8_4x1(const float *inputs, ptrdiff_t pitch, const ptrdiff_t *offset,
        ptrdiff_t taps, ptrdiff_t channels, const float *w, float *sums, const ptrdiff_t *row)
    {
        float *to0 = sums + row[0];
        f32x8 s0_0 = *(const f32x8 *)(to0 + 0);
        float *to1 = sums + row[1];
        f32x8 s1_0 = *(const f32x8 *)(to1 + 0);
        float *to2 = sums + row[2];
        f32x8 s2_0 = *(const f32x8 *)(to2 + 0);
        float *to3 = sums + row[3];
        f32x8 s3_0 = *(const f32x8 *)(to3 + 0);
        for (ptrdiff_t c = 0; c < channels; ++c, inputs += pitch)
            for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 4) {
                const float *at = inputs + offset[tap];
                __builtin_prefetch(w + 128);
                const f32x8 u0 = *(const f32x8 *)(at + 0);
    s0_0 += w[0] * u0;
    s1_0 += w[1] * u0;
    s2_0 += w[2] * u0;
    s3_0 += w[3] * u0;
            }
    *(f32x8 *)(to0 + 0) = s0_0;
    *(f32x8 *)(to1 + 0) = s1_0;
    *(f32x8 *)(to2 + 0) = s2_0;
    *(f32x8 *)(to3 + 0) = s3_0;
    }

    /* 5 outputs x 2 vectors of positions in registers: sums += weights x inputs over channels and taps. */
    static void plane_tile_f32x8_5x2(const float *inputs, ptrdiff_t pitch, const ptrdiff_t *offset,
        ptrdiff_t taps, ptrdiff_t channels, const float *w, float *sums, const ptrdiff_t *row)
    {
        float *to0 = sums + row[0];
        f32x8 s0_0 = *(const f32x8 *)(to0 + 0), s0_1 = *(const f32x8 *)(to0 + 8);
        float *to1 = sums + row[1];
        f32x8 s1_0 = *(const f32x8 *)(to1 + 0), s1_1 = *(const f32x8 *)(to1 + 8);
        float *to2 = sums + row[2];
        f32x8 s2_0 = *(const f32x8 *)(to2 + 0), s2_1 = *(const f32x8 *)(to2 + 8);
        float *to3 = sums + row[3];
        f32x8 s3_0 = *(const f32x8 *)(to3 + 0), s3_1 = *(const f32x8 *)(to3 + 8);
        float *to4 = sums + row[4];
        f32x8 s4_0 = *(const f32x8 *)(to4 + 0), s4_1 = *(const f32x8 *)(to4 + 8);
        for (ptrdiff_t c = 0; c < channels; ++c, inputs += pitch)
            for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 5) {
                const float *at = inputs + offset[tap];
                __builtin_prefetch(w + 160);
                const f32x8 u0 = *(const f32x8 *)(at + 0);
                const f32x8 u1 = *(const f32x8 *)(at + 8);
    s0_0 += w[0] * u0; s0_1 += w[0] * u1;
    s1_0 += w[1] * u0; s1_1 += w[1] * u1;
    s2_0 += w[2] * u0; s2_1 += w[2] * u1;
    s3_0 += w[3] * u0; s3_1 += w[3] * u1;
    s4_0 += w[4] * u0; s4_1 += w[4] * u1;
            }
    *(f32x8 *)(to0 + 0) = s0_0; *(f32x8 *)(to0 + 8) = s0_1;
    *(f32x8 *)(to1 + 0) = s1_0; *(f32x8 *)(to1 + 8) = s1_1;
    *(f32x8 *)(to2 + 0) = s2_0; *(f32x8 *)(to2 + 8) = s2_1;
    *(f32x8 *)(to3 + 0) = s3_0; *(f32x8 *)(to3 + 8) = s3_1;
    *(f32x8 *)(to4 + 0) = s4_0; *(f32x8 *)(to4 + 8) = s4_1;
    }

    /* 5 outputs x 1 vectors of positions in registers: sums += weights x inputs over channels and taps. */
    static void plane_tile_f32x8_5x1(const float *inputs, ptrdiff_t pitch, const ptrdiff_t *offset,
        ptrdiff_t taps, ptrdiff_t channels, const float *w, float *sums, const ptrdiff_t *row)
    {
        float *to0 = sums + row[0];
        f32x8 s0_0 = *(const f32x8 *)(to0 + 0);
        float *to1 = sums + row[1];
        f32x8 s1_0 = *(const f32x8 *)(to1 + 0);
        float *to2 = sums + row[2];
        f32x8 s2_0 = *(const f32x8 *)(to2 + 0);
        float *to3 = sums + row[3];
        f32x8 s3_0 = *(const f32x8 *)(to3 + 0);
        float *to4 = sums + row[4];
        f32x8 s4_0 = *(const f32x8 *)(to4 + 0);
        for (ptrdiff_t c = 0; c < channels; ++c, inputs += pitch)
            for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 5) {
                const float *at = inputs + offset[tap];
                __builtin_prefetch(w + 160);
                const f32x8 u0 = *(const f32x8 *)(at + 0);
    s0_0 += w[0] * u0;
    s1_0 += w[1] * u0;
    s2_0 += w[2] * u0;
    s3_0 += w[3] * u0;
    s4_0 += w[4] * u0;
            }
    *(f32x8 *)(to0 + 0) = s0_0;
    *(f32x8 *)(to1 + 0) = s1_0;
    *(f32x8 *)(to2 + 0) = s2_0;
    *(f32x8 *)(to3 + 0) = s3_0;
    *(f32x8 *)(to4 + 0) = s4_0;
    }

    /* 6 outputs x 2 vectors of positions in registers: sums += weights x inputs over channels and taps. */
    static void plane_tile_f32x8_6x2(const float *inputs, ptrdiff_t pitch, const ptrdiff_t *offset,
        ptrdiff_t taps, ptrdiff_t channels, const float *w, float *sums, const ptrdiff_t *row)
    {
        float *to0 = sums + row[0];
        f32x8 s0_0 = *(const f32x8 *)(to0 + 0), s0_1 = *(const f32x8 *)(to0 + 8);
        float *to1 = sums + row[1];
        f32x8 s1_0 = *(const f32x8 *)(to1 + 0), s1_1 = *(const f32x8 *)(to1 + 8);
        float *to2 = sums + row[2];
        f32x8 s2_0 = *(const f32x8 *)(to2 + 0), s2_1 = *(const f32x8 *)(to2 + 8);
        float *to3 = sums + row[3];
        f32x8 s3_0 = *(const f32x8 *)(to3 + 0), s3_1 = *(const f32x8 *)(to3 + 8);
        float *to4 = sums + row[4];
        f32x8 s4_0 = *(const f32x8 *)(to4 + 0), s4_1 = *(const f32x8 *)(to4 + 8);
        float *to5 = sums + row[5];
        f32x8 s5_0 = *(const f32x8 *)(to5 + 0), s5_1 = *(const f32x8 *)(to5 + 8);
        for (ptrdiff_t c = 0; c < channels; ++c, inputs += pitch)
            for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 6) {
                const float *at = inputs + offset[tap];
                __builtin_prefetch(w + 192);
                const f32x8 u0 = *(const f32x8 *)(at + 0);
                const f32x8 u1 = *(const f32x8 *)(at + 8);
    s0_0 += w[0] * u0; s0_1 += w[0] * u1;
    s1_0 += w[1] * u0; s1_1 += w[1] * u1;
    s2_0 += w[2] * u0; s2_1 += w[2] * u1;
    s3_0 += w[3] * u0; s3_1 += w[3] * u1;
    s4_0 += w[4] * u0; s4_1 += w[4] * u1;
    s5_0 += w[5] * u0; s5_1 += w[5] * u1;
            }
    *(f32x8 *)(to0 + 0) = s0_0; *(f32x8 *)(to0 + 8) = s0_1;
    *(f32x8 *)(to1 + 0) = s1_0; *(f32x8 *)(to1 + 8) = s1_1;
    *(f32x8 *)(to2 + 0) = s2_0; *(f32x8 *)(to2 + 8) = s2_1;
    *(f32x8 *)(to3 + 0) = s3_0; *(f32x8 *)(to3 + 8) = s3_1;
    *(f32x8 *)(to4 + 0) = s4_0; *(f32x8 *)(to4 + 8) = s4_1;
    *(f32x8 *)(to5 + 0) = s5_0; *(f32x8 *)(to5 + 8) = s5_1;
    }

    /* 6 outputs x 1 vectors of positions in registers: sums += weights x inputs over channels and taps. */
    static void plane_tile_f32x8_6x1(const float *inputs, ptrdiff_t pitch, const ptrdiff_t *offset,
        ptrdiff_t taps, ptrdiff_t channels, const float *w, float *sums, const ptrdiff_t *row)
    {
        float *to0 = sums + row[0];
        f32x8 s0_0 = *(const f32x8 *)(to0 + 0);
        float *to1 = sums + row[1];
        f32x8 s1_0 = *(const f32x8 *)(to1 + 0);
        float *to2 = sums + row[2];
        f32x8 s2_0 = *(const f32x8 *)(to2 + 0);
        float *to3 = sums + row[3];
        f32x8 s3_0 = *(const f32x8 *)(to3 + 0);
        float *to4 = sums + row[4];
        f32x8 s4_0 = *(const f32x8 *)(to4 + 0);
        float *to5 = sums + row[5];
        f32x8 s5_0 = *(const f32x8 *)(to5 + 0);
        for (ptrdiff_t c = 0; c < channels; ++c, inputs += pitch)
            for (ptrdiff_t tap = 0; tap < taps; ++tap, w += 6) {
                const float *at = inputs + offset[tap];
                __builtin_prefetch(w + 192);
                const f32x8 u0 = *(const f32x8 *)(at + 0);
    s0_0 += w[0] * u0;
    s1_0 += w[1] * u0;
    s2_0 += w[2] * u0;
    s3_0 += w[3] * u0;
    s4_0 += w[4] * u0;
    s5_0 += w[5] * u0;
            }
    *(f32x8 *)(to0 + 0) = s0_0;
    *(f32x8 *)(to1 + 0) = s1_0;
    *(f32x8 *)(to2 + 0) = s2_0;
    *(f32x8 *)(to3 + 0) = s3_0;
    *(f32x8 *)(to4 + 0) = s4_0;
    *(f32x8 *)(to5 + 0) = s5_0;
    }

    typedef void (*plane_tile_f32x8_function)(const float *, ptrdiff_t, const ptrdiff_t *, ptrdiff_t, ptrdiff_t, const float *, float *, const ptrdiff_t *);

    /* Any number of vectors, as many at a time as the registers hold. */
    static void plane_tile_f32x8(const float *inputs, ptrdiff_t pitch, const ptrdiff_t *offset, ptrdiff_t taps, ptrdiff_t channels,
        const float *w, float *sums, const ptrdiff_t *row, ptrdiff_t rows, ptrdiff_t vectors)
    {
        static const struct { plane_tile_f32x8_function run; ptrdiff_t vectors; } variant[] = {{plane_tile_f32x8_1x7, 7 }, {plane_tile_f32x8_1x3, 3 }, {plane_tile_f32x8_1x1, 1 }, {plane_tile_f32x8_2x5, 5 }, {plane_tile_f32x8_2x2, 2 }, {plane_tile_f32x8_2x1, 1 }, {plane_tile_f32x8_3x3, 3 }, {plane_tile_f32x8_3x1, 1 }, {plane_tile_f32x8_4x3, 3 }, {plane_tile_f32x8_4x1, 1 }, {plane_tile_f32x8_5x2, 2 }, {plane_tile_f32x8_5x1, 1 }, {plane_tile_f32x8_6x2, 2 }, {plane_tile_f32x8_6x1, 1 }};
        static const unsigned char first[] = {0, 3, 6, 8, 10, 12};
        for (ptrdiff_t at = first[rows - 1]; vectors > 0; ++at)
            for (; vectors >= variant[at].vectors; vectors -= variant[at].vectors) {
                variant[at].run(inputs, pitch, offset, taps, channels, w, sums, row);
                inputs += variant[at].vectors * 8;
                sums += variant[at].vectors * 8;
            }
    }
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 2
    #else
    /* target[2 i + r] = source[r][i]. */
    static void interleave_f32x8_2(const float *source, ptrdiff_t pitch, ptrdiff_t length, float *target)
    {
        ptrdiff_t i = 0;
        for (; i + 8 <= length; i += 8, target += 16) {
            const f32x8 r0 = *(const f32x8 *)(source + 0 * pitch + i);
            const f32x8 r1 = *(const f32x8 *)(source + 1 * pitch + i);
            const f32x8 t0 = f32x8_shuffle(r0, r1, 0, 8, 1, 9, 4, 12, 5, 13);
            const f32x8 t1 = f32x8_shuffle(r0, r1, 2, 10, 3, 11, 6, 14, 7, 15);
            const f32x8 t2 = f32x8_shuffle(t0, t1, 0, 1, 2, 3, 8, 9, 10, 11);
            const f32x8 t3 = f32x8_shuffle(t0, t1, 4, 5, 6, 7, 12, 13, 14, 15);
            *(f32x8 *)(target + 0) = t2;
            *(f32x8 *)(target + 8) = t3;
        }
        for (; i < length; ++i, target += 2)
            for (ptrdiff_t r = 0; r < 2; ++r)
                target[r] = source[r * pitch + i];
    }

    /* target[3 i + r] = source[r][i]. */
    static void interleave_f32x8_3(const float *source, ptrdiff_t pitch, ptrdiff_t length, float *target)
    {
        ptrdiff_t i = 0;
        for (; i + 8 <= length; i += 8, target += 24) {
            const f32x8 r0 = *(const f32x8 *)(source + 0 * pitch + i);
            const f32x8 r1 = *(const f32x8 *)(source + 1 * pitch + i);
            const f32x8 r2 = *(const f32x8 *)(source + 2 * pitch + i);
            const f32x8 t0 = f32x8_shuffle(r0, r1, 0, 8, 2, 1, 9, 5, 2, 10);
            const f32x8 t1 = f32x8_shuffle(t0, r2, 0, 1, 8, 3, 4, 9, 6, 7);
            const f32x8 t2 = f32x8_shuffle(r0, r1, 0, 3, 11, 3, 4, 12, 6, 5);
            const f32x8 t3 = f32x8_shuffle(t2, r2, 10, 1, 2, 11, 4, 5, 12, 7);
            const f32x8 t4 = f32x8_shuffle(r0, r1, 13, 1, 6, 14, 4, 7, 15, 7);
            const f32x8 t5 = f32x8_shuffle(t4, r2, 0, 13, 2, 3, 14, 5, 6, 15);
            *(f32x8 *)(target + 0) = t1;
            *(f32x8 *)(target + 8) = t3;
            *(f32x8 *)(target + 16) = t5;
        }
        for (; i < length; ++i, target += 3)
            for (ptrdiff_t r = 0; r < 3; ++r)
                target[r] = source[r * pitch + i];
    }

    /* target[4 i + r] = source[r][i]. */
    static void interleave_f32x8_4(const float *source, ptrdiff_t pitch, ptrdiff_t length, float *target)
    {
        ptrdiff_t i = 0;
        for (; i + 8 <= length; i += 8, target += 32) {
            const f32x8 r0 = *(const f32x8 *)(source + 0 * pitch + i);
            const f32x8 r1 = *(const f32x8 *)(source + 1 * pitch + i);
            const f32x8 r2 = *(const f32x8 *)(source + 2 * pitch + i);
            const f32x8 r3 = *(const f32x8 *)(source + 3 * pitch + i);
            const f32x8 t0 = f32x8_shuffle(r0, r2, 0, 8, 1, 9, 4, 12, 5, 13);
            const f32x8 t1 = f32x8_shuffle(r0, r2, 2, 10, 3, 11, 6, 14, 7, 15);
            const f32x8 t2 = f32x8_shuffle(r1, r3, 0, 8, 1, 9, 4, 12, 5, 13);
            const f32x8 t3 = f32x8_shuffle(r1, r3, 2, 10, 3, 11, 6, 14, 7, 15);
            const f32x8 t4 = f32x8_shuffle(t0, t2, 0, 8, 1, 9, 4, 12, 5, 13);
            const f32x8 t5 = f32x8_shuffle(t0, t2, 2, 10, 3, 11, 6, 14, 7, 15);
            const f32x8 t6 = f32x8_shuffle(t1, t3, 0, 8, 1, 9, 4, 12, 5, 13);
            const f32x8 t7 = f32x8_shuffle(t1, t3, 2, 10, 3, 11, 6, 14, 7, 15);
            const f32x8 t8 = f32x8_shuffle(t4, t5, 0, 1, 2, 3, 8, 9, 10, 11);
            const f32x8 t9 = f32x8_shuffle(t6, t7, 0, 1, 2, 3, 8, 9, 10, 11);
            const f32x8 t10 = f32x8_shuffle(t4, t5, 4, 5, 6, 7, 12, 13, 14, 15);
            const f32x8 t11 = f32x8_shuffle(t6, t7, 4, 5, 6, 7, 12, 13, 14, 15);
            *(f32x8 *)(target + 0) = t8;
            *(f32x8 *)(target + 8) = t9;
            *(f32x8 *)(target + 16) = t10;
            *(f32x8 *)(target + 24) = t11;
        }
        for (; i < length; ++i, target += 4)
            for (ptrdiff_t r = 0; r < 4; ++r)
                target[r] = source[r * pitch + i];
    }

    /* Rows of sums in turn into one line. */
    static void interleave_f32x8(const float *source, ptrdiff_t pitch, ptrdiff_t rows, ptrdiff_t length, float *target)
    {
        switch (rows) {
        case 1: f32x8_line(source, length, target); break;
        case 2: interleave_f32x8_2(source, pitch, length, target); break;
        case 3: interleave_f32x8_3(source, pitch, length, target); break;
        case 4: interleave_f32x8_4(source, pitch, length, target); break;
        default: f32x8_transpose(source, pitch, rows, length, target, rows);
        }
    }
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 2
    #else
    typedef struct {
        ptrdiff_t kernel, phases, lead;     /* output phases q + r - lead is pixel q of phase r */
        ptrdiff_t low, high;                /* least and greatest offset */
        ptrdiff_t groups;                   /* of offsets that the same phases read */
        const ptrdiff_t *offsets, *offset;  /* those of group g: offset[offsets[g]] to offset[offsets[g + 1] - 1] */
        const ptrdiff_t *group, *phase;     /* its phases, likewise */
        const ptrdiff_t *taps, *tap;        /* and the tap of each phase, offset by offset */
    } plane_lines_f32x8_Axis;

    typedef struct {
        ptrdiff_t count[3];                 /* pixels along each axis */
        ptrdiff_t size[3];                  /* positions along each axis: pixels or inputs, and zeros that two rows share */
        ptrdiff_t whole;                    /* pixels of a row before the first of which the end cuts some phases */
        ptrdiff_t positions, run, runs;     /* of all images, of an item, and how many items have them */
        ptrdiff_t low, reach;               /* least offset of a tap, in positions, and from it to the greatest */
    } plane_lines_f32x8_Work;

    /* A part of a row: so many inputs, then zeros, the rows of zeros after it among them. */
    typedef struct {
        ptrdiff_t from, to, inputs, length;
    } plane_lines_f32x8_Piece;

    /* A position: those before the first image count as of image -1. */
    typedef struct {
        ptrdiff_t image, i0, i1, i2;
    } plane_lines_f32x8_Place;

    static plane_lines_f32x8_Place plane_lines_f32x8_place(const plane_lines_f32x8_Work *work, ptrdiff_t position)
    {
        const ptrdiff_t *size = work->size, at = position + size[0] * size[1] * size[2];
        return (plane_lines_f32x8_Place){at / size[2] / size[1] / size[0] - 1, at / size[2] / size[1] % size[0], at / size[2] % size[1], at % size[2]};
    }

    static inline void plane_lines_f32x8_next_row(const plane_lines_f32x8_Work *work, plane_lines_f32x8_Place *at)
    {
        at->i2 = 0;
        if (++at->i1 < work->size[1])
            return;
        at->i1 = 0;
        if (++at->i0 < work->size[0])
            return;
        at->i0 = 0;
        ++at->image;
    }

    /* What so many positions hold, row by row. The number of pieces. */
    static ptrdiff_t plane_lines_f32x8_pieces(const Call *call, const plane_lines_f32x8_Work *work, ptrdiff_t first, ptrdiff_t positions, plane_lines_f32x8_Piece *piece)
    {
        plane_lines_f32x8_Place at = plane_lines_f32x8_place(work, first);
        ptrdiff_t number = 0, length;
        for (ptrdiff_t p = 0; p < positions; p += length, plane_lines_f32x8_next_row(work, &at)) {
            length = least(work->size[2] - at.i2, positions - p);
            if (at.image >= 0 && at.image < call->batch && at.i0 < call->in_length[0] && at.i1 < call->in_length[1] && at.i2 < call->in_length[2])
                piece[number++] = (plane_lines_f32x8_Piece){
                    at.image * call->in_batch + at.i0 * call->in_axis[0] + at.i1 * call->in_axis[1] + at.i2 * call->in_axis[2],
                    p, least(length, call->in_length[2] - at.i2), length};
            else if (number > 0)
                piece[number - 1].length += length;
            else
                piece[number++] = (plane_lines_f32x8_Piece){0, 0, 0, length};
        }
        return number;
    }

    /* These for one input channel whose rows are contiguous, of which so many scalars may be read. Whole vectors are stored: what is
       too much of one row is overwritten by the next. */
    static __attribute__((noinline)) void plane_lines_f32x8_copy(const plane_lines_f32x8_Piece *piece, ptrdiff_t pieces, const float *in, ptrdiff_t readable,
        float *target)
    {
        const f32x8 zero = {0};
        for (const plane_lines_f32x8_Piece *stop = piece + pieces; piece < stop; ++piece) {
            const ptrdiff_t inputs = piece->inputs, length = piece->length;
            const float *from = in + piece->from;
            float *to = target + piece->to;
            ptrdiff_t i = 0;
            if (piece->from + inputs + 8 <= readable)
                for (; i < inputs; i += 8)
                    *(f32x8 *)(to + i) = *(const f32x8 *)(from + i);
            for (; i < inputs; ++i)
                to[i] = from[i];
            for (i = inputs; i < length; i += 8)
                *(f32x8 *)(to + i) = zero;
        }
    }

    /* The same for several channels that lie side by side. */
    static void plane_lines_f32x8_copy_beside(const Call *call, const plane_lines_f32x8_Piece *piece, ptrdiff_t pieces, const float *in, ptrdiff_t channels,
        float *target, ptrdiff_t pitch)
    {
        for (const plane_lines_f32x8_Piece *stop = piece + pieces; piece < stop; ++piece) {
            f32x8_transpose(in + piece->from, call->in_axis[2], piece->inputs, channels, target + piece->to, pitch);
            for (ptrdiff_t c = 0; c < channels; ++c)
                memset(target + c * pitch + piece->to + piece->inputs, 0, (piece->length - piece->inputs) * sizeof *target);
        }
    }

    /* Pixels q to stop - 1 of a row of which some phases may be cut: sums lie output by output, phase by phase. */
    static void plane_lines_f32x8_edge(const Call *call, const plane_lines_f32x8_Axis *axis, const float *sums, ptrdiff_t pitch, ptrdiff_t outputs, ptrdiff_t q, ptrdiff_t stop,
        float *out)
    {
        for (; q < stop; ++q, ++sums)
            for (ptrdiff_t r = 0; r < axis->phases; ++r) {
                const ptrdiff_t n = q * axis->phases + r - axis->lead;
                if (n >= 0 && n < call->out_length[2])
                    for (ptrdiff_t c = 0; c < outputs; ++c)
                        out[n * call->out_axis[2] + c * call->out_channel] = sums[(r * outputs + c) * pitch];
            }
    }

    /* Pixels of a row, the phases of the last axis in turn. */
    static void plane_lines_f32x8_line(const Call *call, const plane_lines_f32x8_Axis *axis, ptrdiff_t whole, const float *sums, ptrdiff_t pitch, ptrdiff_t outputs, ptrdiff_t q, ptrdiff_t stop,
        float *out)
    {
        const ptrdiff_t phases = axis->phases, step = call->out_axis[2], side = outputs * pitch;
        const ptrdiff_t first = q + (q == 0 && axis->lead > 0), last = most(first, least(stop, whole));
        plane_lines_f32x8_edge(call, axis, sums, pitch, outputs, q, first, out);
        plane_lines_f32x8_edge(call, axis, sums + last - q, pitch, outputs, last, stop, out);
        sums += first - q;
        out += (first * phases - axis->lead) * step;
        for (ptrdiff_t c = 0; c < outputs && step == 1; ++c)
            interleave_f32x8(sums + c * pitch, side, phases, last - first, out + c * call->out_channel);
        for (ptrdiff_t r = 0; r < phases && step != 1; ++r)
            f32x8_transpose(sums + r * side, pitch, outputs, last - first, out + r * step, phases * step);
    }

    /* The sums of a run into the output: rows of pixels, across images. */
    static void plane_lines_f32x8_put(const Call *call, const plane_lines_f32x8_Axis *axis, const plane_lines_f32x8_Work *work, const float *sums, ptrdiff_t pitch, ptrdiff_t outputs,
        ptrdiff_t first, ptrdiff_t count, float *out)
    {
        plane_lines_f32x8_Place at = plane_lines_f32x8_place(work, first);
        ptrdiff_t length;
        for (ptrdiff_t p = 0; p < count; p += length, plane_lines_f32x8_next_row(work, &at)) {
            length = least(work->size[2] - at.i2, count - p);
            const ptrdiff_t stop = least(at.i2 + length, work->count[2]), n0 = at.i0 * axis[0].phases - axis[0].lead, n1 = at.i1 * axis[1].phases - axis[1].lead;
            if (at.i0 >= work->count[0] || at.i1 >= work->count[1] || at.i2 >= stop)
                continue;
            const float *from = sums + p;
            float *image = out + at.image * call->out_batch;
            for (ptrdiff_t r0 = n0; r0 < n0 + axis[0].phases; ++r0)
                for (ptrdiff_t r1 = n1; r1 < n1 + axis[1].phases; ++r1, from += axis[2].phases * outputs * pitch)
                    if (r0 >= 0 && r0 < call->out_length[0] && r1 >= 0 && r1 < call->out_length[1])
                        plane_lines_f32x8_line(call, &axis[2], work->whole, from, pitch, outputs, at.i2, stop, image + r0 * call->out_axis[0] + r1 * call->out_axis[1]);
        }
    }
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 2
    extern int planes_f32x8(Call *call);
    extern int planes_f32x8_pack(Call *call);
    extern ptrdiff_t planes_f32x8_pack_size(Call *call);
    #else
    typedef struct {
        plane_lines_f32x8_Axis axis[3];
        ptrdiff_t taps, phases;             /* of all axes together */
        ptrdiff_t most_offsets;             /* of a group */
    } planes_f32x8_Plan;

    /* A group of offsets on each axis: taps that the same phases have. */
    typedef struct {
        const ptrdiff_t *offset[3], *phase[3], *tap[3];
        ptrdiff_t offsets[3], phases[3];
        ptrdiff_t taps, rows;               /* offsets and phases of all axes */
    } planes_f32x8_Group;

    static planes_f32x8_Group planes_f32x8_group(const planes_f32x8_Plan *plan, ptrdiff_t number)
    {
        planes_f32x8_Group group = {.taps = 1, .rows = 1};
        for (int i = 2; i >= 0; --i) {
            const plane_lines_f32x8_Axis *axis = &plan->axis[i];
            const ptrdiff_t g = number % axis->groups;
            number /= axis->groups;
            group.offset[i] = axis->offset + axis->offsets[g];
            group.offsets[i] = axis->offsets[g + 1] - axis->offsets[g];
            group.phase[i] = axis->phase + axis->group[g];
            group.phases[i] = axis->group[g + 1] - axis->group[g];
            group.tap[i] = axis->tap + axis->taps[g];
            group.taps *= group.offsets[i];
            group.rows *= group.phases[i];
        }
        return group;
    }

    static ptrdiff_t planes_f32x8_groups(const planes_f32x8_Plan *plan)
    {
        return plan->axis[0].groups * plan->axis[1].groups * plan->axis[2].groups;
    }

    /* Input channels at a time: few, so that what was copied is near, but enough to be worth the sums that are loaded and stored. */
    static ptrdiff_t planes_f32x8_channels(const Call *call, const planes_f32x8_Plan *plan)
    {
        const ptrdiff_t blocks = parts(plan->phases * (call->out_channels / call->groups), 6);
        return least(call->in_channels / call->groups, most(16, 64 * least(8, blocks) / plan->most_offsets));
    }

    /* Which of so many tap and phase numbers of the axes is this: those of the last axis go fastest. */
    static void planes_f32x8_apart(ptrdiff_t number, const ptrdiff_t *counts, ptrdiff_t *each)
    {
        for (int i = 2; i >= 0; --i) {
            each[i] = number % counts[i];
            number /= counts[i];
        }
    }

    /* Scalars of a line of an item's panel; bytes of its tables, and of all that it holds. */
    static ptrdiff_t planes_f32x8_pitch(ptrdiff_t positions) { return (parts(positions, 16) | 1) * 16; }
    static ptrdiff_t planes_f32x8_indices(const planes_f32x8_Plan *plan, const plane_lines_f32x8_Work *work, ptrdiff_t rows, ptrdiff_t positions)
    {
        return whole_lines((rows + plan->most_offsets) * sizeof(ptrdiff_t) + (positions / work->size[2] + 2) * sizeof(plane_lines_f32x8_Piece));
    }
    static ptrdiff_t planes_f32x8_room(const Call *call, const planes_f32x8_Plan *plan, const plane_lines_f32x8_Work *work, ptrdiff_t rows, ptrdiff_t side)
    {
        const ptrdiff_t positions = side + work->reach, panel = product(planes_f32x8_channels(call, plan), planes_f32x8_pitch(positions));
        const ptrdiff_t size = product(product(rows, side) + panel + 8, sizeof(float));
        return size < PTRDIFF_MAX / 2 ? planes_f32x8_indices(plan, work, rows, positions) + size : PTRDIFF_MAX;
    }

    /* A run of positions of one group of channels. */
    static int planes_f32x8_item(const Call *call, void *of_call, Scratch *own, ptrdiff_t item)
    {
        const planes_f32x8_Plan *plan = call->plan;
        const plane_lines_f32x8_Work *work = of_call;
        const plane_lines_f32x8_Axis *axis = plan->axis;
        const ptrdiff_t inputs_per = call->in_channels / call->groups, outputs = call->out_channels / call->groups, rows = plan->phases * outputs;
        const ptrdiff_t number = item / work->runs, first = item % work->runs * work->run, count = least(work->run, work->positions - first);
        const ptrdiff_t vectors = parts(count, 8), side = vectors * 8, positions = side + work->reach, channels = planes_f32x8_channels(call, plan);
        const ptrdiff_t pitch = planes_f32x8_pitch(positions), most_pieces = positions / work->size[2] + 2;
        const ptrdiff_t indices = planes_f32x8_indices(plan, work, rows, positions), room = planes_f32x8_room(call, plan, work, rows, side);
        plane_lines_f32x8_Piece *piece = room < PTRDIFF_MAX ? scratch(own, 0, room) : NULL;
        if (piece == NULL)
            return NO_MEMORY;
        ptrdiff_t *row = (ptrdiff_t *)(piece + most_pieces), *offset = row + rows;
        float *sums = (float *)((char *)piece + indices), *panel = sums + rows * side;
        const float *in = call->in_data;
        const ptrdiff_t readable = call->batch * call->in_batch, pieces = plane_lines_f32x8_pieces(call, work, first + work->low, positions, piece);
        for (ptrdiff_t r = 0; r < rows; ++r) {
            const float start = call->bias != NULL ? ((const float *)call->bias)[number * outputs + r % outputs] : 0;
            for (ptrdiff_t p = 0; p < side; ++p)
                sums[r * side + p] = start;
        }
        const float *w = (const float *)call->packed + number * plan->taps * inputs_per * outputs;
        for (ptrdiff_t done = 0; done < inputs_per; done += channels) {
            const ptrdiff_t here = least(channels, inputs_per - done);
            if (call->in_axis[2] == 1)
                for (ptrdiff_t f = number * inputs_per + done; f < number * inputs_per + done + here; ++f)
                    plane_lines_f32x8_copy(piece, pieces, in + f * call->in_channel, readable - f * call->in_channel, panel + (f - number * inputs_per - done) * pitch);
            else
                plane_lines_f32x8_copy_beside(call, piece, pieces, in + (number * inputs_per + done) * call->in_channel, here, panel, pitch);
            for (ptrdiff_t g = 0; g < planes_f32x8_groups(plan); ++g) {
                const planes_f32x8_Group group = planes_f32x8_group(plan, g);
                ptrdiff_t each[3];
                for (ptrdiff_t t = 0; t < group.taps; ++t) {
                    planes_f32x8_apart(t, group.offsets, each);
                    offset[t] = (group.offset[0][each[0]] * work->size[1] + group.offset[1][each[1]]) * work->size[2] + group.offset[2][each[2]] - work->low;
                }
                for (ptrdiff_t r = 0; r < group.rows; ++r) {
                    planes_f32x8_apart(r, group.phases, each);
                    const ptrdiff_t phase = (group.phase[0][each[0]] * axis[1].phases + group.phase[1][each[1]]) * axis[2].phases + group.phase[2][each[2]];
                    for (ptrdiff_t c = 0; c < outputs; ++c)
                        row[r * outputs + c] = (phase * outputs + c) * side;
                }
                const ptrdiff_t all = group.rows * outputs;
                for (ptrdiff_t begin = 0, some; begin < all; begin += some) {
                    some = parts(all - begin, parts(all - begin, 6));
                    plane_tile_f32x8(panel, pitch, offset, group.taps, here, w, sums, row + begin, some, vectors);
                    w += here * group.taps * some;
                }
            }
        }
        plane_lines_f32x8_put(call, axis, work, sums, side, outputs, first, count, (float *)call->out_data + number * outputs * call->out_channel);
        return DONE;
    }

    SHARED int planes_f32x8(Call *call)
    {
        const planes_f32x8_Plan *plan = call->plan;
        plane_lines_f32x8_Work work = {.positions = call->batch};
        ptrdiff_t high = 0;
        for (int i = 0; i < 3; ++i) {
            const plane_lines_f32x8_Axis *axis = &plan->axis[i];
            work.count[i] = parts(call->out_length[i] + axis->lead, axis->phases);
            work.size[i] = most(work.count[i], call->in_length[i] + most(most(0, -axis->low), work.count[i] + axis->high - call->in_length[i]));
            work.positions = product(work.positions, work.size[i]);
            work.low = work.low * work.size[i] + axis->low;
            high = high * work.size[i] + axis->high;
        }
        if (work.positions > PTRDIFF_MAX / 64)
            return NO_MEMORY;
        work.reach = high - work.low;
        work.whole = (call->out_length[2] + plan->axis[2].lead) / plan->axis[2].phases;
        const ptrdiff_t rows = plan->phases * (call->out_channels / call->groups), all = parts(work.positions, 8);
        /* vectors of a run: those whose inputs and sums the second-level cache holds, or which outweigh what is read beside them */
        const ptrdiff_t held = most(65536 / planes_f32x8_channels(call, plan) - work.reach, 2 * work.reach);
        ptrdiff_t vectors = most(3, least(held, 32768 / rows) / 8);
        if (call->threads > 1)
            vectors = least(vectors, parts(all, 2 * call->threads));
        vectors = vectors > 3 ? vectors / 3 * 3 : vectors;
        work.run = vectors * 8;
        work.runs = parts(work.positions, work.run);
        return spread(call, work.runs * call->groups, planes_f32x8_item, &work, planes_f32x8_room(call, plan, &work, rows, work.run));
    }

    /* Scalars of the packed weights: as many as there are. */
    SHARED ptrdiff_t planes_f32x8_pack_size(Call *call)
    {
        const planes_f32x8_Plan *plan = call->plan;
        return product(product(call->in_channels, call->out_channels / call->groups), plan->taps);
    }

    /* A block of rows of a group of offsets: [channel block], and then among the other blocks [input channel][tap][row]. */
    static int planes_f32x8_pack_block(const Call *call, void *of_call, Scratch *own, ptrdiff_t item)
    {
        const planes_f32x8_Plan *plan = call->plan;
        const plane_lines_f32x8_Axis *axis = plan->axis;
        const ptrdiff_t inputs_per = call->in_channels / call->groups, outputs = call->out_channels / call->groups, blocks = *(ptrdiff_t *)of_call;
        const float *w = (const float *)call->w + item / blocks * inputs_per * outputs * plan->taps;
        float *target = (float *)call->packed + item / blocks * inputs_per * outputs * plan->taps, probe = 0;
        ptrdiff_t block = item % blocks, g = 0, before = 0, source[6];
        planes_f32x8_Group group = planes_f32x8_group(plan, g);
        (void)own;
        for (; block >= parts(group.rows * outputs, 6); group = planes_f32x8_group(plan, ++g)) {
            block -= parts(group.rows * outputs, 6);
            before += group.rows * outputs * group.taps;
        }
        const ptrdiff_t all = group.rows * outputs, among = parts(all, 6), channels = planes_f32x8_channels(call, plan);
        const ptrdiff_t some = all / among + (block < all % among), begin = all / among * block + least(block, all % among);
        before += begin * group.taps;
        for (ptrdiff_t t = 0; t < group.taps; ++t) {
            ptrdiff_t at[3], each[3];
            planes_f32x8_apart(t, group.offsets, at);
            for (ptrdiff_t r = 0; r < some; ++r) {
                ptrdiff_t tap = 0;
                planes_f32x8_apart((begin + r) / outputs, group.phases, each);
                for (int i = 0; i < 3; ++i)
                    tap = tap * axis[i].kernel + group.tap[i][at[i] * group.phases[i] + each[i]];
                source[r] = (begin + r) % outputs * call->w_out + tap;
            }
            for (ptrdiff_t f = 0; f < inputs_per; ++f) {
                const ptrdiff_t done = f / channels * channels, here = least(channels, inputs_per - done);
                float *to = target + done * plan->taps * outputs + before * here + ((f - done) * group.taps + t) * some;
                for (ptrdiff_t r = 0; r < some; ++r) {
                    to[r] = w[f * call->w_in + source[r]];
                    probe += to[r] * 0;
                }
            }
        }
        return probe == 0 ? DONE : NOT_FINITE;
    }

    /* Fills call->packed. */
    SHARED int planes_f32x8_pack(Call *call)
    {
        const planes_f32x8_Plan *plan = call->plan;
        ptrdiff_t blocks = 0;
        for (ptrdiff_t g = 0; g < planes_f32x8_groups(plan); ++g)
            blocks += parts(planes_f32x8_group(plan, g).rows * (call->out_channels / call->groups), 6);
        return spread(call, call->groups * blocks, planes_f32x8_pack_block, &blocks, 0);
    }
    #endif
    """
    int planes_f32x8(Call *call) noexcept nogil
    int planes_f32x8_pack(Call *call) noexcept nogil
    Py_ssize_t planes_f32x8_pack_size(Call *call) noexcept nogil

cdef extern from *:
    """
    #if defined(PART) && PART != 2
    extern const void *conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes;
    #else
    /* conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes: for planes_f32x8 */
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_offsets0[] = {0, 1, 2};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_offset0[] = {0, -1};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_group0[] = {0, 2, 3};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_phase0[] = {0, 1, 0};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_taps0[] = {0, 2, 3};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_tap0[] = {0, 1, 2};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_offsets1[] = {0, 1, 2};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_offset1[] = {0, -1};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_group1[] = {0, 2, 3};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_phase1[] = {0, 1, 0};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_taps1[] = {0, 2, 3};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_tap1[] = {0, 1, 2};
    static const planes_f32x8_Plan conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_plan = {
        .axis = {
            {1, 1, 0, 0, 0, 1, only_start, only_tap, only_start, only_tap, only_tap, only_tap},
            {3, 2, 1, -1, 0, 2, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_offsets0, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_offset0, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_group0, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_phase0, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_taps0, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_tap0},
            {3, 2, 1, -1, 0, 2, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_offsets1, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_offset1, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_group1, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_phase1, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_taps1, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_tap1}},
        .taps = 9,
        .phases = 4,
        .most_offsets = 1,
    };
    SHARED const void *conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes = &conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes_plan;
    #endif
    """
    const void *conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes

cdef extern from *:
    """
    #if defined(PART) && PART != 2
    extern int rows_f32x8(Call *call);
    extern int rows_f32x8_pack(Call *call);
    extern ptrdiff_t rows_f32x8_pack_size(Call *call);
    #else
    typedef struct {
        Axis axis[3];
        ptrdiff_t taps;
        ptrdiff_t most_channels;            /* that the tiles sum at a time */
        ptrdiff_t low, border;              /* of the last axis, in inputs of one part of a row: with a step, part r holds every step-th from r on */
        ptrdiff_t lead;                     /* scalars from the first of a part to its inputs at offset 0, which begin on whole vectors */
        ptrdiff_t blocks;                   /* of phases of the last axis: block b reads order[entry[b]] to order[entry[b + 1] - 1] */
        const ptrdiff_t *entry, *order;     /* taps of the last axis as the tiles read them */
        void (*run)(ptrdiff_t, const Lines *, const float *, const float *, const float *, ptrdiff_t, float *);
    } rows_f32x8_Plan;

    typedef struct {
        ptrdiff_t blocks;                   /* of channels in a group */
        ptrdiff_t some, several;            /* of these blocks at a time, and how often */
        ptrdiff_t planes;                   /* groups of images at a time */
        ptrdiff_t count[3];                 /* pixels along each axis; pixel q gives the outputs P q to P q + P - 1 of P phases */
        ptrdiff_t part[3], parts[3];        /* pixels along each axis at a time, and how often */
    } rows_f32x8_Work;

    typedef struct {
        ptrdiff_t first[3], part[3];        /* pixels of an item */
        ptrdiff_t rows[3];                  /* positions of the panel along each axis, those of one part: pixels and their border */
        ptrdiff_t begin[3], count[2];       /* of these, inputs begin to begin + count - 1; the others are 0 */
        ptrdiff_t end[16];               /* where the inputs of each part of a row end */
        ptrdiff_t split, pitch;             /* scalars from a part of a row to the next, and from a row of one channel to that of the next */
        float *panel;
    } rows_f32x8_Item;

    /* Where the outer taps of the rows begin, phase by phase; end[] counts those of the phases up to it among as many as take turns. */
    static void rows_f32x8_places(const Axis *axis, ptrdiff_t turns, ptrdiff_t inputs_per, ptrdiff_t width, ptrdiff_t pitch, ptrdiff_t *place, ptrdiff_t *end)
    {
        for (ptrdiff_t phase = 0, places = 0; phase < axis[0].phases * axis[1].phases; ++phase) {
            const ptrdiff_t r0 = phase / axis[1].phases, r1 = phase % axis[1].phases;
            places = phase % turns ? places : 0;
            for (ptrdiff_t t0 = axis[0].start[r0]; t0 < axis[0].start[r0 + 1]; ++t0)
                for (ptrdiff_t t1 = axis[1].start[r1]; t1 < axis[1].start[r1 + 1]; ++t1)
                    for (ptrdiff_t f = 0; f < inputs_per; ++f, ++places)
                        *place++ = (((axis[0].offset[t0] - axis[0].low) * width + axis[1].offset[t1] - axis[1].low) * inputs_per + f) * pitch;
            end[phase] = places;
        }
    }

    /* Zeros where the panel has no inputs: they stay from one group to the next. */
    static void rows_f32x8_border(const rows_f32x8_Plan *plan, const rows_f32x8_Item *item, ptrdiff_t inputs_per)
    {
        const ptrdiff_t *begin = item->begin, *count = item->count;
        float *target = item->panel + plan->lead + plan->low;
        for (ptrdiff_t y = 0; y < item->rows[0]; ++y)
            for (ptrdiff_t z = 0; z < item->rows[1]; ++z) {
                const int inside = y >= begin[0] && y < begin[0] + count[0] && z >= begin[1] && z < begin[1] + count[1];
                const ptrdiff_t head = inside ? begin[2] : item->rows[2];
                for (ptrdiff_t f = 0; f < inputs_per; ++f, target += item->pitch)
                    for (ptrdiff_t r = 0; r < plan->axis[2].step; ++r) {
                        const ptrdiff_t tail = inside ? item->end[r] : item->rows[2];
                        for (ptrdiff_t i = 0; i < head; ++i)
                            target[r * item->split + i] = 0;
                        for (ptrdiff_t i = tail; i < item->rows[2]; ++i)
                            target[r * item->split + i] = 0;
                    }
            }
    }

    /* The inputs of one group. */
    static void rows_f32x8_fill(const Call *call, const rows_f32x8_Plan *plan, const rows_f32x8_Item *item, ptrdiff_t plane)
    {
        const ptrdiff_t inputs_per = call->in_channels / call->groups, in_step = call->in_axis[2], step = plan->axis[2].step;
        const ptrdiff_t *begin = item->begin, *count = item->count, line = inputs_per * item->pitch;
        const float *from = (const float *)call->in_data + plane / call->groups * call->in_batch + plane % call->groups * inputs_per * call->in_channel;
        float *to = item->panel + begin[1] * line + plan->lead + plan->low + begin[2];
        for (int i = 0; i < 2; ++i)
            from += (item->first[i] * plan->axis[i].step + plan->axis[i].low + begin[i]) * call->in_axis[i];
        const ptrdiff_t at = (item->first[2] + plan->low + begin[2]) * step;
        const ptrdiff_t length = most(0, least((item->rows[2] - begin[2]) * step, call->in_length[2] - at));
        from += at * in_step;
        for (ptrdiff_t y = 0; y < count[0]; ++y)
            for (ptrdiff_t z = 0; z < count[1]; ++z) {
                const float *in = from + y * call->in_axis[0] + z * call->in_axis[1];
                float *target = to + ((begin[0] + y) * item->rows[1] + z) * line;
                for (ptrdiff_t f = 0; f < inputs_per; ++f, in += call->in_channel, target += item->pitch)
                    if (in_step == 1)
                        f32x8_apart(in, step, length, target, item->split);
                    else
                        for (ptrdiff_t r = 0; r < step; ++r)
                            f32x8_every(in + r * in_step, step * in_step, item->end[r] - begin[2], target + r * item->split);
            }
    }

    /* Scalars from one part of a row of so many pixels to the next, and from row to row. Rows go channel by channel, an odd number of cache
       lines apart: neighbours share neither pages nor places of the cache. */
    static ptrdiff_t rows_f32x8_split(const rows_f32x8_Plan *plan, ptrdiff_t pixels)
    {
        const ptrdiff_t length = plan->lead + (pixels + 14 + plan->low + plan->border) / 8 * 8;
        return (parts(length, 16) | 1) * 16;
    }
    static ptrdiff_t rows_f32x8_pitch(const rows_f32x8_Plan *plan, ptrdiff_t split)
    {
        return (plan->axis[2].step * (split / 16) | 1) * 16;
    }

    /* Bytes of an item of so many pixels along each axis: places, starts, and the panel. */
    static ptrdiff_t rows_f32x8_indices(const Axis *axis, ptrdiff_t inputs_per)
    {
        return whole_lines((axis[0].kernel * axis[1].kernel * inputs_per + axis[0].phases * axis[1].phases) * sizeof(ptrdiff_t));
    }
    static ptrdiff_t rows_f32x8_starts(const rows_f32x8_Plan *plan) { return whole_lines(plan->most_channels * sizeof(float)); }
    static ptrdiff_t rows_f32x8_room(const rows_f32x8_Plan *plan, ptrdiff_t inputs_per, const ptrdiff_t *part)
    {
        const Axis *axis = plan->axis;
        const ptrdiff_t row = inputs_per * rows_f32x8_pitch(plan, rows_f32x8_split(plan, part[2]));
        const ptrdiff_t y = (part[0] - 1) * axis[0].step + 1 + axis[0].border, z = (part[1] - 1) * axis[1].step + 1 + axis[1].border;
        const ptrdiff_t size = product(product(y, z), product(row, sizeof(float)));
        return size < PTRDIFF_MAX / 2 ? rows_f32x8_indices(axis, inputs_per) + rows_f32x8_starts(plan) + size : PTRDIFF_MAX;
    }

    /* Some groups of images, some of their channels, a part of their pixels. */
    static int rows_f32x8_item(const Call *call, void *of_call, Scratch *own, ptrdiff_t number)
    {
        const rows_f32x8_Plan *plan = call->plan;
        const rows_f32x8_Work *work = of_call;
        const Axis *axis = plan->axis;
        const ptrdiff_t inputs_per = call->in_channels / call->groups, outputs_per = call->out_channels / call->groups;
        rows_f32x8_Item item;
        const ptrdiff_t *first = item.first, *part = item.part;
        for (int i = 2; i >= 0; --i) {
            item.first[i] = number % work->parts[i] * work->part[i];
            item.part[i] = least(work->part[i], work->count[i] - first[i]);
            number /= work->parts[i];
        }
        const ptrdiff_t first_block = number % work->several * work->some, last_block = least(work->blocks, first_block + work->some);
        const ptrdiff_t first_plane = number / work->several * work->planes, last_plane = least(first_plane + work->planes, call->batch * call->groups);
        for (int i = 0; i < 2; ++i) {
            const ptrdiff_t begin = axis[i].low + first[i] * axis[i].step;
            item.rows[i] = (part[i] - 1) * axis[i].step + 1 + axis[i].border;
            item.begin[i] = most(0, -begin);
            item.count[i] = most(0, least(item.rows[i], call->in_length[i] - begin) - item.begin[i]);
        }
        item.rows[2] = part[2] + plan->border;
        item.begin[2] = least(item.rows[2], most(0, -plan->low - first[2]));
        for (ptrdiff_t r = 0; r < axis[2].step; ++r) {
            const ptrdiff_t inputs = parts(most(0, call->in_length[2] - r), axis[2].step);
            item.end[r] = most(item.begin[2], least(item.rows[2], inputs - plan->low - first[2]));
        }
        item.split = rows_f32x8_split(plan, part[2]);
        item.pitch = rows_f32x8_pitch(plan, item.split);
        const ptrdiff_t row = inputs_per * item.pitch, outer = axis[0].kernel * axis[1].kernel * inputs_per, phases = axis[0].phases * axis[1].phases;
        const ptrdiff_t indices = rows_f32x8_indices(axis, inputs_per), starts = rows_f32x8_starts(plan), room = rows_f32x8_room(plan, inputs_per, part);
        ptrdiff_t *place = room < PTRDIFF_MAX ? scratch(own, 0, room) : NULL, *end = place + outer;
        if (place == NULL)
            return NO_MEMORY;
        float *start = (float *)((char *)place + indices);
        item.panel = (float *)((char *)start + starts);

        /* neighbouring lines in turn, if the weights of all their phases stay near; line by line where blocks of phases fill each */
        const int near = outer * axis[2].kernel * least(plan->most_channels, outputs_per) <= 4096 * axis[0].phases;
        const ptrdiff_t turns = near && plan->blocks == 1 ? axis[1].phases : 1;
        Lines lines = {.phases = turns, .positions = least(part[2] * axis[2].phases, call->out_length[2] - first[2] * axis[2].phases),
            .in_line = axis[1].step * row, .split = item.split, .out_line = axis[1].phases / turns * call->out_axis[1], .out_channel = call->out_channel, .out_step = call->out_axis[2]};
        rows_f32x8_places(axis, turns, inputs_per, item.rows[1], item.pitch, place, end);
        rows_f32x8_border(plan, &item, inputs_per);
        for (ptrdiff_t plane = first_plane; plane < last_plane; ++plane) {
            rows_f32x8_fill(call, plan, &item, plane);
            for (ptrdiff_t block = first_block; block < last_block; ++block) {
                const ptrdiff_t before = outputs_per * block / work->blocks, a = outputs_per * (block + 1) / work->blocks - before;
                const ptrdiff_t channel = plane % call->groups * outputs_per + before;
                const float *w = (const float *)call->packed + channel * inputs_per * plan->taps;
                float *out = (float *)call->out_data + plane / call->groups * call->out_batch + channel * call->out_channel
                    + first[2] * axis[2].phases * call->out_axis[2];
                for (ptrdiff_t c = 0; c < a; ++c)
                    start[c] = call->bias != NULL ? ((const float *)call->bias)[channel + c] : 0;
                lines.place = place;
                lines.end = end;
                /* what passes the caches by has to go line after line: a cache line in parts would be read again */
                lines.streaming = a == 1 && turns == axis[1].phases && call->batch * call->out_channels * call->out_length[0] * call->out_length[1] * call->out_length[2] > 4194304;
                for (ptrdiff_t phase = 0; phase < phases; phase += turns) {
                    const ptrdiff_t r0 = phase / axis[1].phases, n1 = first[1] * axis[1].phases + phase % axis[1].phases;
                    const ptrdiff_t all = least(part[1] * turns, parts(call->out_length[1] - n1, axis[1].phases / turns));
                    lines.lines = plan->blocks > 1 ? 1 : all;
                    for (ptrdiff_t q = 0, n0 = first[0] * axis[0].phases + r0; q < part[0] && n0 < call->out_length[0]; ++q, n0 += axis[0].phases)
                        for (ptrdiff_t l = 0; l < all; l += lines.lines)
                            plan->run(a, &lines, item.panel + (q * axis[0].step * item.rows[1] + l * axis[1].step) * row, w, start, part[2],
                                out + n0 * call->out_axis[0] + n1 * call->out_axis[1] + l * lines.out_line);
                    lines.end += turns;
                    lines.place += lines.end[-1];
                    w += lines.end[-1] * a * axis[2].kernel;
                }
            }
        }
        return DONE;
    }

    /* As many pixels as have so many positions, one at least. */
    static ptrdiff_t rows_f32x8_fitting(const Axis *axis, ptrdiff_t positions, ptrdiff_t count)
    {
        return least(count, 1 + most(0, positions - 1 - axis->border) / axis->step);
    }

    SHARED int rows_f32x8(Call *call)
    {
        const rows_f32x8_Plan *plan = call->plan;
        const Axis *axis = plan->axis;
        const ptrdiff_t rows = call->in_channels / call->groups, outputs_per = call->out_channels / call->groups, groups = call->batch * call->groups;
        rows_f32x8_Work work = {.blocks = parts(outputs_per, plan->most_channels)};
        for (int i = 0; i < 3; ++i)
            work.count[i] = parts(call->out_length[i], axis[i].phases);
        /* as much of the last axis as the panel holds, then of the rows, then of the planes */
        const ptrdiff_t least_rows = product(product(rows, 1 + axis[0].border), 1 + axis[1].border);
        const ptrdiff_t chunk = most(64, 65536 / product(least_rows, axis[2].step) / 64 * 64);
        work.part[2] = parts(parts(work.count[2], parts(work.count[2], chunk)), 8) * 8;
        const ptrdiff_t row = rows * axis[2].step * (work.part[2] + plan->border);
        work.part[1] = rows_f32x8_fitting(&axis[1], 65536 / product(row, 1 + axis[0].border), work.count[1]);
        work.part[0] = rows_f32x8_fitting(&axis[0], 65536 / product(row, (work.part[1] - 1) * axis[1].step + 1 + axis[1].border), work.count[0]);
        ptrdiff_t pieces = groups * parts(work.count[0], work.part[0]) * parts(work.count[1], work.part[1]) * parts(work.count[2], work.part[2]);
        /* work for every thread: by channels if that leaves the more of the operands near, else by rows */
        work.some = work.blocks;
        const ptrdiff_t wanted = call->threads > 1 ? parts(4 * call->threads, pieces) : 1, outermost = work.count[0] > 1 ? 0 : 1;
        if (plan->taps * outputs_per > call->in_length[0] * call->in_length[1] * call->in_length[2])
            work.some = parts(work.blocks, wanted);
        else
            work.part[outermost] = parts(work.count[outermost], parts(work.count[outermost], work.part[outermost]) * wanted);
        work.several = parts(work.blocks, work.some);
        pieces = groups * work.several;
        for (int i = 0; i < 3; ++i) {
            if (i < 2)
                work.part[i] = parts(work.count[i], parts(work.count[i], work.part[i]));
            work.parts[i] = parts(work.count[i], work.part[i]);
            pieces *= work.parts[i];
        }
        work.planes = most(1, least(groups, pieces / (call->threads > 1 ? 8 * call->threads : 1)));
        const ptrdiff_t items = pieces / groups * parts(groups, work.planes);
        return spread(call, items, rows_f32x8_item, &work, rows_f32x8_room(plan, rows, work.part));
    }

    /* Scalars of the packed weights. */
    SHARED ptrdiff_t rows_f32x8_pack_size(Call *call)
    {
        const rows_f32x8_Plan *plan = call->plan;
        return product(product(call->in_channels, call->out_channels / call->groups), plan->taps);
    }

    /* [group][block of channels][outer phase][block of phases][outer tap][input][tap][channel]. */
    SHARED int rows_f32x8_pack(Call *call)
    {
        const rows_f32x8_Plan *plan = call->plan;
        const Axis *axis = plan->axis;
        const ptrdiff_t inputs_per = call->in_channels / call->groups, outputs_per = call->out_channels / call->groups;
        const ptrdiff_t blocks = parts(outputs_per, plan->most_channels), outer_phases = axis[0].phases * axis[1].phases;
        if (counting(call))
            return DONE;
        float *target = call->packed, probe = 0;  /* stays zero unless a weight is Inf or NaN */
        for (ptrdiff_t at = 0; at < call->groups * blocks * outer_phases * plan->blocks; ++at) {
            const ptrdiff_t b = at % plan->blocks, phase = at / plan->blocks % outer_phases;
            const ptrdiff_t block = at / plan->blocks / outer_phases % blocks, group = at / plan->blocks / outer_phases / blocks;
            const ptrdiff_t r0 = phase / axis[1].phases, r1 = phase % axis[1].phases;
            const ptrdiff_t first = outputs_per * block / blocks, a = outputs_per * (block + 1) / blocks - first;
            for (ptrdiff_t t0 = axis[0].start[r0]; t0 < axis[0].start[r0 + 1]; ++t0)
                for (ptrdiff_t t1 = axis[1].start[r1]; t1 < axis[1].start[r1 + 1]; ++t1)
                    for (ptrdiff_t f = 0; f < inputs_per; ++f) {
                        const float *w = (const float *)call->w + group * inputs_per * outputs_per * plan->taps
                            + f * call->w_in + first * call->w_out + (axis[0].tap[t0] * axis[1].kernel + axis[1].tap[t1]) * axis[2].kernel;
                        for (ptrdiff_t t = plan->entry[b]; t < plan->entry[b + 1]; ++t)
                            for (ptrdiff_t c = 0; c < a; ++c, ++target) {
                                *target = w[c * call->w_out + plan->order[t]];
                                probe += *target * 0;
                            }
                    }
        }
        return probe == 0 ? DONE : NOT_FINITE;
    }
    #endif
    """
    int rows_f32x8(Call *call) noexcept nogil
    int rows_f32x8_pack(Call *call) noexcept nogil
    Py_ssize_t rows_f32x8_pack_size(Call *call) noexcept nogil

cdef extern from *:
    """
    #if defined(PART) && PART != 2
    #else
    /* What is not stored as whole lines: phases one by one, at any distance. */
    static inline void conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_spread(const float *line, ptrdiff_t length, ptrdiff_t pixels, ptrdiff_t positions, float *out, ptrdiff_t step)
    {
        for (ptrdiff_t r = 0; r * pixels < length; ++r)
            for (ptrdiff_t i = 0; i < pixels && i * 2 + r < positions; ++i)
                out[(i * 2 + r) * step] = line[r * pixels + i];
    }

    /* As many outputs of a line as there are; those of other blocks of phases, between its own, stay. */
    static inline void conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_clip(const float *line, ptrdiff_t positions, float *out)
    {
        for (ptrdiff_t i = 0; i < positions; i += 2)
            memcpy(out + i, line + i, least(2, positions - i) * sizeof *out);
    }

    typedef void (*conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_tile)(const Lines *, const float *, const float *, const float *, ptrdiff_t, ptrdiff_t, float *);

    /* 1 channels, 8 pixels a tile: lanes are pixels, weights are broadcast. */
    static void conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_0_1x1(const Lines *all, const float *in, const float *weights, const float *start,
        ptrdiff_t tiles, ptrdiff_t first, float *out)
    {
        enum { length = 16, pixels = 8 };
        float line[length];
        const ptrdiff_t step = all->out_step, channel = all->out_channel, streaming = all->streaming, split = all->split;
        (void)line, (void)step, (void)streaming, (void)split;
        out += first * step;
        for (ptrdiff_t at = 0; at < all->lines; in += all->in_line) {
            const ptrdiff_t *place = all->place;
            const float *phase = weights;
            for (ptrdiff_t r = 0; r < all->phases && at < all->lines; ++r, ++at, out += all->out_line) {
                const ptrdiff_t *const end = all->place + all->end[r];
                const float *v = in;
                float *y = out;
                ptrdiff_t positions = all->positions - first;
                for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
                    const float *w = phase;
                    f32x8 s0_0_0 = start[0] - (f32x8){0};
                    f32x8 s0_1_0 = start[0] - (f32x8){0};
                    for (const ptrdiff_t *tap = place; tap < end; ++tap, w += 3) {
                        const float *p = v + *tap;
                        {
                            const f32x8 u0 = *(const f32x8 *)(p + 0);
                            s0_0_0 += w[0] * u0;
                            s0_1_0 += w[1] * u0;
                        }
                        {
                            const f32x8 u0 = *(const f32x8 *)(p + 1);
                            s0_1_0 += w[2] * u0;
                        }
                    }
                    const f32x8 t0_0_0 = f32x8_shuffle(s0_0_0, s0_1_0, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t0_0_1 = f32x8_shuffle(s0_0_0, s0_1_0, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t0_0_2 = f32x8_shuffle(t0_0_0, t0_0_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t0_0_3 = f32x8_shuffle(t0_0_0, t0_0_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    {
                        float *to = positions >= length ? y : line;
                        if (streaming && to == y && (size_t)y % 16 == 0) {
                            f32x8_stream(to + 0, t0_0_2);
                            f32x8_stream(to + 8, t0_0_3);
                        } else {
                            *(f32x8 *)(to + 0) = t0_0_2;
                            *(f32x8 *)(to + 8) = t0_0_3;
                        }
                        if (positions < length) memcpy(y, line, positions * sizeof *y);
                        y += channel;
                    }
                    v += pixels;
                    y += pixels * 2 * step - 1 * channel;
                    positions -= pixels * 2;
                }
                phase += (end - place) * 3;
                place = end;
            }
        }
    }

    /* 1 channels, 16 pixels a tile: lanes are pixels, weights are broadcast. */
    static void conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_0_1x2(const Lines *all, const float *in, const float *weights, const float *start,
        ptrdiff_t tiles, ptrdiff_t first, float *out)
    {
        enum { length = 32, pixels = 16 };
        float line[length];
        const ptrdiff_t step = all->out_step, channel = all->out_channel, streaming = all->streaming, split = all->split;
        (void)line, (void)step, (void)streaming, (void)split;
        out += first * step;
        for (ptrdiff_t at = 0; at < all->lines; in += all->in_line) {
            const ptrdiff_t *place = all->place;
            const float *phase = weights;
            for (ptrdiff_t r = 0; r < all->phases && at < all->lines; ++r, ++at, out += all->out_line) {
                const ptrdiff_t *const end = all->place + all->end[r];
                const float *v = in;
                float *y = out;
                ptrdiff_t positions = all->positions - first;
                for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
                    const float *w = phase;
                    f32x8 s0_0_0 = start[0] - (f32x8){0};
                    f32x8 s0_0_1 = start[0] - (f32x8){0};
                    f32x8 s0_1_0 = start[0] - (f32x8){0};
                    f32x8 s0_1_1 = start[0] - (f32x8){0};
                    for (const ptrdiff_t *tap = place; tap < end; ++tap, w += 3) {
                        const float *p = v + *tap;
                        {
                            const f32x8 u0 = *(const f32x8 *)(p + 0);
                            const f32x8 u1 = *(const f32x8 *)(p + 8);
                            s0_0_0 += w[0] * u0;
                            s0_0_1 += w[0] * u1;
                            s0_1_0 += w[1] * u0;
                            s0_1_1 += w[1] * u1;
                        }
                        {
                            const f32x8 w2 = w[2] - (f32x8){0};
                            const f32x8 u0 = *(const f32x8 *)(p + 1);
                            s0_1_0 += w2 * u0;
                            const f32x8 u1 = *(const f32x8 *)(p + 9);
                            s0_1_1 += w2 * u1;
                        }
                    }
                    const f32x8 t0_0_0 = f32x8_shuffle(s0_0_0, s0_1_0, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t0_0_1 = f32x8_shuffle(s0_0_0, s0_1_0, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t0_0_2 = f32x8_shuffle(t0_0_0, t0_0_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t0_0_3 = f32x8_shuffle(t0_0_0, t0_0_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    const f32x8 t0_1_0 = f32x8_shuffle(s0_0_1, s0_1_1, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t0_1_1 = f32x8_shuffle(s0_0_1, s0_1_1, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t0_1_2 = f32x8_shuffle(t0_1_0, t0_1_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t0_1_3 = f32x8_shuffle(t0_1_0, t0_1_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    {
                        float *to = positions >= length ? y : line;
                        if (streaming && to == y && (size_t)y % 16 == 0) {
                            f32x8_stream(to + 0, t0_0_2);
                            f32x8_stream(to + 8, t0_0_3);
                            f32x8_stream(to + 16, t0_1_2);
                            f32x8_stream(to + 24, t0_1_3);
                        } else {
                            *(f32x8 *)(to + 0) = t0_0_2;
                            *(f32x8 *)(to + 8) = t0_0_3;
                            *(f32x8 *)(to + 16) = t0_1_2;
                            *(f32x8 *)(to + 24) = t0_1_3;
                        }
                        if (positions < length) memcpy(y, line, positions * sizeof *y);
                        y += channel;
                    }
                    v += pixels;
                    y += pixels * 2 * step - 1 * channel;
                    positions -= pixels * 2;
                }
                phase += (end - place) * 3;
                place = end;
            }
        }
    }

    /* 1 channels, 24 pixels a tile: lanes are pixels, weights are broadcast. */
    static void conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_0_1x3(const Lines *all, const float *in, const float *weights, const float *start,
        ptrdiff_t tiles, ptrdiff_t first, float *out)
    {
        enum { length = 48, pixels = 24 };
        float line[length];
        const ptrdiff_t step = all->out_step, channel = all->out_channel, streaming = all->streaming, split = all->split;
        (void)line, (void)step, (void)streaming, (void)split;
        out += first * step;
        for (ptrdiff_t at = 0; at < all->lines; in += all->in_line) {
            const ptrdiff_t *place = all->place;
            const float *phase = weights;
            for (ptrdiff_t r = 0; r < all->phases && at < all->lines; ++r, ++at, out += all->out_line) {
                const ptrdiff_t *const end = all->place + all->end[r];
                const float *v = in;
                float *y = out;
                ptrdiff_t positions = all->positions - first;
                for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
                    const float *w = phase;
                    f32x8 s0_0_0 = start[0] - (f32x8){0};
                    f32x8 s0_0_1 = start[0] - (f32x8){0};
                    f32x8 s0_0_2 = start[0] - (f32x8){0};
                    f32x8 s0_1_0 = start[0] - (f32x8){0};
                    f32x8 s0_1_1 = start[0] - (f32x8){0};
                    f32x8 s0_1_2 = start[0] - (f32x8){0};
                    for (const ptrdiff_t *tap = place; tap < end; ++tap, w += 3) {
                        const float *p = v + *tap;
                        {
                            const f32x8 w0 = w[0] - (f32x8){0};
                            const f32x8 w1 = w[1] - (f32x8){0};
                            const f32x8 u0 = *(const f32x8 *)(p + 0);
                            s0_0_0 += w0 * u0;
                            s0_1_0 += w1 * u0;
                            const f32x8 u1 = *(const f32x8 *)(p + 8);
                            s0_0_1 += w0 * u1;
                            s0_1_1 += w1 * u1;
                            const f32x8 u2 = *(const f32x8 *)(p + 16);
                            s0_0_2 += w0 * u2;
                            s0_1_2 += w1 * u2;
                        }
                        {
                            const f32x8 w2 = w[2] - (f32x8){0};
                            const f32x8 u0 = *(const f32x8 *)(p + 1);
                            s0_1_0 += w2 * u0;
                            const f32x8 u1 = *(const f32x8 *)(p + 9);
                            s0_1_1 += w2 * u1;
                            const f32x8 u2 = *(const f32x8 *)(p + 17);
                            s0_1_2 += w2 * u2;
                        }
                    }
                    const f32x8 t0_0_0 = f32x8_shuffle(s0_0_0, s0_1_0, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t0_0_1 = f32x8_shuffle(s0_0_0, s0_1_0, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t0_0_2 = f32x8_shuffle(t0_0_0, t0_0_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t0_0_3 = f32x8_shuffle(t0_0_0, t0_0_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    const f32x8 t0_1_0 = f32x8_shuffle(s0_0_1, s0_1_1, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t0_1_1 = f32x8_shuffle(s0_0_1, s0_1_1, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t0_1_2 = f32x8_shuffle(t0_1_0, t0_1_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t0_1_3 = f32x8_shuffle(t0_1_0, t0_1_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    const f32x8 t0_2_0 = f32x8_shuffle(s0_0_2, s0_1_2, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t0_2_1 = f32x8_shuffle(s0_0_2, s0_1_2, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t0_2_2 = f32x8_shuffle(t0_2_0, t0_2_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t0_2_3 = f32x8_shuffle(t0_2_0, t0_2_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    {
                        float *to = positions >= length ? y : line;
                        if (streaming && to == y && (size_t)y % 16 == 0) {
                            f32x8_stream(to + 0, t0_0_2);
                            f32x8_stream(to + 8, t0_0_3);
                            f32x8_stream(to + 16, t0_1_2);
                            f32x8_stream(to + 24, t0_1_3);
                            f32x8_stream(to + 32, t0_2_2);
                            f32x8_stream(to + 40, t0_2_3);
                        } else {
                            *(f32x8 *)(to + 0) = t0_0_2;
                            *(f32x8 *)(to + 8) = t0_0_3;
                            *(f32x8 *)(to + 16) = t0_1_2;
                            *(f32x8 *)(to + 24) = t0_1_3;
                            *(f32x8 *)(to + 32) = t0_2_2;
                            *(f32x8 *)(to + 40) = t0_2_3;
                        }
                        if (positions < length) memcpy(y, line, positions * sizeof *y);
                        y += channel;
                    }
                    v += pixels;
                    y += pixels * 2 * step - 1 * channel;
                    positions -= pixels * 2;
                }
                phase += (end - place) * 3;
                place = end;
            }
        }
    }

    /* 1 channels, 32 pixels a tile: lanes are pixels, weights are broadcast. */
    static void conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_0_1x4(const Lines *all, const float *in, const float *weights, const float *start,
        ptrdiff_t tiles, ptrdiff_t first, float *out)
    {
        enum { length = 64, pixels = 32 };
        float line[length];
        const ptrdiff_t step = all->out_step, channel = all->out_channel, streaming = all->streaming, split = all->split;
        (void)line, (void)step, (void)streaming, (void)split;
        out += first * step;
        for (ptrdiff_t at = 0; at < all->lines; in += all->in_line) {
            const ptrdiff_t *place = all->place;
            const float *phase = weights;
            for (ptrdiff_t r = 0; r < all->phases && at < all->lines; ++r, ++at, out += all->out_line) {
                const ptrdiff_t *const end = all->place + all->end[r];
                const float *v = in;
                float *y = out;
                ptrdiff_t positions = all->positions - first;
                for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
                    const float *w = phase;
                    f32x8 s0_0_0 = start[0] - (f32x8){0};
                    f32x8 s0_0_1 = start[0] - (f32x8){0};
                    f32x8 s0_0_2 = start[0] - (f32x8){0};
                    f32x8 s0_0_3 = start[0] - (f32x8){0};
                    f32x8 s0_1_0 = start[0] - (f32x8){0};
                    f32x8 s0_1_1 = start[0] - (f32x8){0};
                    f32x8 s0_1_2 = start[0] - (f32x8){0};
                    f32x8 s0_1_3 = start[0] - (f32x8){0};
                    for (const ptrdiff_t *tap = place; tap < end; ++tap, w += 3) {
                        const float *p = v + *tap;
                        {
                            const f32x8 w0 = w[0] - (f32x8){0};
                            const f32x8 w1 = w[1] - (f32x8){0};
                            const f32x8 u0 = *(const f32x8 *)(p + 0);
                            s0_0_0 += w0 * u0;
                            s0_1_0 += w1 * u0;
                            const f32x8 u1 = *(const f32x8 *)(p + 8);
                            s0_0_1 += w0 * u1;
                            s0_1_1 += w1 * u1;
                            const f32x8 u2 = *(const f32x8 *)(p + 16);
                            s0_0_2 += w0 * u2;
                            s0_1_2 += w1 * u2;
                            const f32x8 u3 = *(const f32x8 *)(p + 24);
                            s0_0_3 += w0 * u3;
                            s0_1_3 += w1 * u3;
                        }
                        {
                            const f32x8 w2 = w[2] - (f32x8){0};
                            const f32x8 u0 = *(const f32x8 *)(p + 1);
                            s0_1_0 += w2 * u0;
                            const f32x8 u1 = *(const f32x8 *)(p + 9);
                            s0_1_1 += w2 * u1;
                            const f32x8 u2 = *(const f32x8 *)(p + 17);
                            s0_1_2 += w2 * u2;
                            const f32x8 u3 = *(const f32x8 *)(p + 25);
                            s0_1_3 += w2 * u3;
                        }
                    }
                    const f32x8 t0_0_0 = f32x8_shuffle(s0_0_0, s0_1_0, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t0_0_1 = f32x8_shuffle(s0_0_0, s0_1_0, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t0_0_2 = f32x8_shuffle(t0_0_0, t0_0_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t0_0_3 = f32x8_shuffle(t0_0_0, t0_0_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    const f32x8 t0_1_0 = f32x8_shuffle(s0_0_1, s0_1_1, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t0_1_1 = f32x8_shuffle(s0_0_1, s0_1_1, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t0_1_2 = f32x8_shuffle(t0_1_0, t0_1_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t0_1_3 = f32x8_shuffle(t0_1_0, t0_1_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    const f32x8 t0_2_0 = f32x8_shuffle(s0_0_2, s0_1_2, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t0_2_1 = f32x8_shuffle(s0_0_2, s0_1_2, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t0_2_2 = f32x8_shuffle(t0_2_0, t0_2_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t0_2_3 = f32x8_shuffle(t0_2_0, t0_2_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    const f32x8 t0_3_0 = f32x8_shuffle(s0_0_3, s0_1_3, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t0_3_1 = f32x8_shuffle(s0_0_3, s0_1_3, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t0_3_2 = f32x8_shuffle(t0_3_0, t0_3_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t0_3_3 = f32x8_shuffle(t0_3_0, t0_3_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    {
                        float *to = positions >= length ? y : line;
                        if (streaming && to == y && (size_t)y % 16 == 0) {
                            f32x8_stream(to + 0, t0_0_2);
                            f32x8_stream(to + 8, t0_0_3);
                            f32x8_stream(to + 16, t0_1_2);
                            f32x8_stream(to + 24, t0_1_3);
                            f32x8_stream(to + 32, t0_2_2);
                            f32x8_stream(to + 40, t0_2_3);
                            f32x8_stream(to + 48, t0_3_2);
                            f32x8_stream(to + 56, t0_3_3);
                        } else {
                            *(f32x8 *)(to + 0) = t0_0_2;
                            *(f32x8 *)(to + 8) = t0_0_3;
                            *(f32x8 *)(to + 16) = t0_1_2;
                            *(f32x8 *)(to + 24) = t0_1_3;
                            *(f32x8 *)(to + 32) = t0_2_2;
                            *(f32x8 *)(to + 40) = t0_2_3;
                            *(f32x8 *)(to + 48) = t0_3_2;
                            *(f32x8 *)(to + 56) = t0_3_3;
                        }
                        if (positions < length) memcpy(y, line, positions * sizeof *y);
                        y += channel;
                    }
                    v += pixels;
                    y += pixels * 2 * step - 1 * channel;
                    positions -= pixels * 2;
                }
                phase += (end - place) * 3;
                place = end;
            }
        }
    }

    /* 2 channels, 8 pixels a tile: lanes are pixels, weights are broadcast. */
    static void conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_0_2x1(const Lines *all, const float *in, const float *weights, const float *start,
        ptrdiff_t tiles, ptrdiff_t first, float *out)
    {
        enum { length = 16, pixels = 8 };
        float line[length];
        const ptrdiff_t step = all->out_step, channel = all->out_channel, streaming = all->streaming, split = all->split;
        (void)line, (void)step, (void)streaming, (void)split;
        out += first * step;
        for (ptrdiff_t at = 0; at < all->lines; in += all->in_line) {
            const ptrdiff_t *place = all->place;
            const float *phase = weights;
            for (ptrdiff_t r = 0; r < all->phases && at < all->lines; ++r, ++at, out += all->out_line) {
                const ptrdiff_t *const end = all->place + all->end[r];
                const float *v = in;
                float *y = out;
                ptrdiff_t positions = all->positions - first;
                for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
                    const float *w = phase;
                    f32x8 s0_0_0 = start[0] - (f32x8){0};
                    f32x8 s0_1_0 = start[0] - (f32x8){0};
                    f32x8 s1_0_0 = start[1] - (f32x8){0};
                    f32x8 s1_1_0 = start[1] - (f32x8){0};
                    for (const ptrdiff_t *tap = place; tap < end; ++tap, w += 6) {
                        const float *p = v + *tap;
                        {
                            const f32x8 u0 = *(const f32x8 *)(p + 0);
                            s0_0_0 += w[0] * u0;
                            s1_0_0 += w[1] * u0;
                            s0_1_0 += w[2] * u0;
                            s1_1_0 += w[3] * u0;
                        }
                        {
                            const f32x8 u0 = *(const f32x8 *)(p + 1);
                            s0_1_0 += w[4] * u0;
                            s1_1_0 += w[5] * u0;
                        }
                    }
                    const f32x8 t0_0_0 = f32x8_shuffle(s0_0_0, s0_1_0, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t0_0_1 = f32x8_shuffle(s0_0_0, s0_1_0, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t0_0_2 = f32x8_shuffle(t0_0_0, t0_0_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t0_0_3 = f32x8_shuffle(t0_0_0, t0_0_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    const f32x8 t1_0_0 = f32x8_shuffle(s1_0_0, s1_1_0, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t1_0_1 = f32x8_shuffle(s1_0_0, s1_1_0, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t1_0_2 = f32x8_shuffle(t1_0_0, t1_0_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t1_0_3 = f32x8_shuffle(t1_0_0, t1_0_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    {
                        float *to = positions >= length ? y : line;
                        if (streaming && to == y && (size_t)y % 16 == 0) {
                            f32x8_stream(to + 0, t0_0_2);
                            f32x8_stream(to + 8, t0_0_3);
                        } else {
                            *(f32x8 *)(to + 0) = t0_0_2;
                            *(f32x8 *)(to + 8) = t0_0_3;
                        }
                        if (positions < length) memcpy(y, line, positions * sizeof *y);
                        y += channel;
                    }
                    {
                        float *to = positions >= length ? y : line;
                        if (streaming && to == y && (size_t)y % 16 == 0) {
                            f32x8_stream(to + 0, t1_0_2);
                            f32x8_stream(to + 8, t1_0_3);
                        } else {
                            *(f32x8 *)(to + 0) = t1_0_2;
                            *(f32x8 *)(to + 8) = t1_0_3;
                        }
                        if (positions < length) memcpy(y, line, positions * sizeof *y);
                        y += channel;
                    }
                    v += pixels;
                    y += pixels * 2 * step - 2 * channel;
                    positions -= pixels * 2;
                }
                phase += (end - place) * 6;
                place = end;
            }
        }
    }

    /* 2 channels, 16 pixels a tile: lanes are pixels, weights are broadcast. */
    static void conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_0_2x2(const Lines *all, const float *in, const float *weights, const float *start,
        ptrdiff_t tiles, ptrdiff_t first, float *out)
    {
        enum { length = 32, pixels = 16 };
        float line[length];
        const ptrdiff_t step = all->out_step, channel = all->out_channel, streaming = all->streaming, split = all->split;
        (void)line, (void)step, (void)streaming, (void)split;
        out += first * step;
        for (ptrdiff_t at = 0; at < all->lines; in += all->in_line) {
            const ptrdiff_t *place = all->place;
            const float *phase = weights;
            for (ptrdiff_t r = 0; r < all->phases && at < all->lines; ++r, ++at, out += all->out_line) {
                const ptrdiff_t *const end = all->place + all->end[r];
                const float *v = in;
                float *y = out;
                ptrdiff_t positions = all->positions - first;
                for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
                    const float *w = phase;
                    f32x8 s0_0_0 = start[0] - (f32x8){0};
                    f32x8 s0_0_1 = start[0] - (f32x8){0};
                    f32x8 s0_1_0 = start[0] - (f32x8){0};
                    f32x8 s0_1_1 = start[0] - (f32x8){0};
                    f32x8 s1_0_0 = start[1] - (f32x8){0};
                    f32x8 s1_0_1 = start[1] - (f32x8){0};
                    f32x8 s1_1_0 = start[1] - (f32x8){0};
                    f32x8 s1_1_1 = start[1] - (f32x8){0};
                    for (const ptrdiff_t *tap = place; tap < end; ++tap, w += 6) {
                        const float *p = v + *tap;
                        {
                            const f32x8 u0 = *(const f32x8 *)(p + 0);
                            const f32x8 u1 = *(const f32x8 *)(p + 8);
                            s0_0_0 += w[0] * u0;
                            s0_0_1 += w[0] * u1;
                            s1_0_0 += w[1] * u0;
                            s1_0_1 += w[1] * u1;
                            s0_1_0 += w[2] * u0;
                            s0_1_1 += w[2] * u1;
                            s1_1_0 += w[3] * u0;
                            s1_1_1 += w[3] * u1;
                        }
                        {
                            const f32x8 u0 = *(const f32x8 *)(p + 1);
                            const f32x8 u1 = *(const f32x8 *)(p + 9);
                            s0_1_0 += w[4] * u0;
                            s0_1_1 += w[4] * u1;
                            s1_1_0 += w[5] * u0;
                            s1_1_1 += w[5] * u1;
                        }
                    }
                    const f32x8 t0_0_0 = f32x8_shuffle(s0_0_0, s0_1_0, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t0_0_1 = f32x8_shuffle(s0_0_0, s0_1_0, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t0_0_2 = f32x8_shuffle(t0_0_0, t0_0_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t0_0_3 = f32x8_shuffle(t0_0_0, t0_0_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    const f32x8 t0_1_0 = f32x8_shuffle(s0_0_1, s0_1_1, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t0_1_1 = f32x8_shuffle(s0_0_1, s0_1_1, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t0_1_2 = f32x8_shuffle(t0_1_0, t0_1_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t0_1_3 = f32x8_shuffle(t0_1_0, t0_1_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    const f32x8 t1_0_0 = f32x8_shuffle(s1_0_0, s1_1_0, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t1_0_1 = f32x8_shuffle(s1_0_0, s1_1_0, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t1_0_2 = f32x8_shuffle(t1_0_0, t1_0_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t1_0_3 = f32x8_shuffle(t1_0_0, t1_0_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    const f32x8 t1_1_0 = f32x8_shuffle(s1_0_1, s1_1_1, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t1_1_1 = f32x8_shuffle(s1_0_1, s1_1_1, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t1_1_2 = f32x8_shuffle(t1_1_0, t1_1_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t1_1_3 = f32x8_shuffle(t1_1_0, t1_1_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    {
                        float *to = positions >= length ? y : line;
                        if (streaming && to == y && (size_t)y % 16 == 0) {
                            f32x8_stream(to + 0, t0_0_2);
                            f32x8_stream(to + 8, t0_0_3);
                            f32x8_stream(to + 16, t0_1_2);
                            f32x8_stream(to + 24, t0_1_3);
                        } else {
                            *(f32x8 *)(to + 0) = t0_0_2;
                            *(f32x8 *)(to + 8) = t0_0_3;
                            *(f32x8 *)(to + 16) = t0_1_2;
                            *(f32x8 *)(to + 24) = t0_1_3;
                        }
                        if (positions < length) memcpy(y, line, positions * sizeof *y);
                        y += channel;
                    }
                    {
                        float *to = positions >= length ? y : line;
                        if (streaming && to == y && (size_t)y % 16 == 0) {
                            f32x8_stream(to + 0, t1_0_2);
                            f32x8_stream(to + 8, t1_0_3);
                            f32x8_stream(to + 16, t1_1_2);
                            f32x8_stream(to + 24, t1_1_3);
                        } else {
                            *(f32x8 *)(to + 0) = t1_0_2;
                            *(f32x8 *)(to + 8) = t1_0_3;
                            *(f32x8 *)(to + 16) = t1_1_2;
                            *(f32x8 *)(to + 24) = t1_1_3;
                        }
                        if (positions < length) memcpy(y, line, positions * sizeof *y);
                        y += channel;
                    }
                    v += pixels;
                    y += pixels * 2 * step - 2 * channel;
                    positions -= pixels * 2;
                }
                phase += (end - place) * 6;
                place = end;
            }
        }
    }

    /* 3 channels, 8 pixels a tile: lanes are pixels, weights are broadcast. */
    static void conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_0_3x1(const Lines *all, const float *in, const float *weights, const float *start,
        ptrdiff_t tiles, ptrdiff_t first, float *out)
    {
        enum { length = 16, pixels = 8 };
        float line[length];
        const ptrdiff_t step = all->out_step, channel = all->out_channel, streaming = all->streaming, split = all->split;
        (void)line, (void)step, (void)streaming, (void)split;
        out += first * step;
        for (ptrdiff_t at = 0; at < all->lines; in += all->in_line) {
            const ptrdiff_t *place = all->place;
            const float *phase = weights;
            for (ptrdiff_t r = 0; r < all->phases && at < all->lines; ++r, ++at, out += all->out_line) {
                const ptrdiff_t *const end = all->place + all->end[r];
                const float *v = in;
                float *y = out;
                ptrdiff_t positions = all->positions - first;
                for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
                    const float *w = phase;
                    f32x8 s0_0_0 = start[0] - (f32x8){0};
                    f32x8 s0_1_0 = start[0] - (f32x8){0};
                    f32x8 s1_0_0 = start[1] - (f32x8){0};
                    f32x8 s1_1_0 = start[1] - (f32x8){0};
                    f32x8 s2_0_0 = start[2] - (f32x8){0};
                    f32x8 s2_1_0 = start[2] - (f32x8){0};
                    for (const ptrdiff_t *tap = place; tap < end; ++tap, w += 9) {
                        const float *p = v + *tap;
                        {
                            const f32x8 u0 = *(const f32x8 *)(p + 0);
                            s0_0_0 += w[0] * u0;
                            s1_0_0 += w[1] * u0;
                            s2_0_0 += w[2] * u0;
                            s0_1_0 += w[3] * u0;
                            s1_1_0 += w[4] * u0;
                            s2_1_0 += w[5] * u0;
                        }
                        {
                            const f32x8 u0 = *(const f32x8 *)(p + 1);
                            s0_1_0 += w[6] * u0;
                            s1_1_0 += w[7] * u0;
                            s2_1_0 += w[8] * u0;
                        }
                    }
                    const f32x8 t0_0_0 = f32x8_shuffle(s0_0_0, s0_1_0, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t0_0_1 = f32x8_shuffle(s0_0_0, s0_1_0, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t0_0_2 = f32x8_shuffle(t0_0_0, t0_0_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t0_0_3 = f32x8_shuffle(t0_0_0, t0_0_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    const f32x8 t1_0_0 = f32x8_shuffle(s1_0_0, s1_1_0, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t1_0_1 = f32x8_shuffle(s1_0_0, s1_1_0, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t1_0_2 = f32x8_shuffle(t1_0_0, t1_0_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t1_0_3 = f32x8_shuffle(t1_0_0, t1_0_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    const f32x8 t2_0_0 = f32x8_shuffle(s2_0_0, s2_1_0, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t2_0_1 = f32x8_shuffle(s2_0_0, s2_1_0, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t2_0_2 = f32x8_shuffle(t2_0_0, t2_0_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t2_0_3 = f32x8_shuffle(t2_0_0, t2_0_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    {
                        float *to = positions >= length ? y : line;
                        if (streaming && to == y && (size_t)y % 16 == 0) {
                            f32x8_stream(to + 0, t0_0_2);
                            f32x8_stream(to + 8, t0_0_3);
                        } else {
                            *(f32x8 *)(to + 0) = t0_0_2;
                            *(f32x8 *)(to + 8) = t0_0_3;
                        }
                        if (positions < length) memcpy(y, line, positions * sizeof *y);
                        y += channel;
                    }
                    {
                        float *to = positions >= length ? y : line;
                        if (streaming && to == y && (size_t)y % 16 == 0) {
                            f32x8_stream(to + 0, t1_0_2);
                            f32x8_stream(to + 8, t1_0_3);
                        } else {
                            *(f32x8 *)(to + 0) = t1_0_2;
                            *(f32x8 *)(to + 8) = t1_0_3;
                        }
                        if (positions < length) memcpy(y, line, positions * sizeof *y);
                        y += channel;
                    }
                    {
                        float *to = positions >= length ? y : line;
                        if (streaming && to == y && (size_t)y % 16 == 0) {
                            f32x8_stream(to + 0, t2_0_2);
                            f32x8_stream(to + 8, t2_0_3);
                        } else {
                            *(f32x8 *)(to + 0) = t2_0_2;
                            *(f32x8 *)(to + 8) = t2_0_3;
                        }
                        if (positions < length) memcpy(y, line, positions * sizeof *y);
                        y += channel;
                    }
                    v += pixels;
                    y += pixels * 2 * step - 3 * channel;
                    positions -= pixels * 2;
                }
                phase += (end - place) * 9;
                place = end;
            }
        }
    }

    /* 3 channels, 16 pixels a tile: lanes are pixels, weights are broadcast. */
    static void conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_0_3x2(const Lines *all, const float *in, const float *weights, const float *start,
        ptrdiff_t tiles, ptrdiff_t first, float *out)
    {
        enum { length = 32, pixels = 16 };
        float line[length];
        const ptrdiff_t step = all->out_step, channel = all->out_channel, streaming = all->streaming, split = all->split;
        (void)line, (void)step, (void)streaming, (void)split;
        out += first * step;
        for (ptrdiff_t at = 0; at < all->lines; in += all->in_line) {
            const ptrdiff_t *place = all->place;
            const float *phase = weights;
            for (ptrdiff_t r = 0; r < all->phases && at < all->lines; ++r, ++at, out += all->out_line) {
                const ptrdiff_t *const end = all->place + all->end[r];
                const float *v = in;
                float *y = out;
                ptrdiff_t positions = all->positions - first;
                for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
                    const float *w = phase;
                    f32x8 s0_0_0 = start[0] - (f32x8){0};
                    f32x8 s0_0_1 = start[0] - (f32x8){0};
                    f32x8 s0_1_0 = start[0] - (f32x8){0};
                    f32x8 s0_1_1 = start[0] - (f32x8){0};
                    f32x8 s1_0_0 = start[1] - (f32x8){0};
                    f32x8 s1_0_1 = start[1] - (f32x8){0};
                    f32x8 s1_1_0 = start[1] - (f32x8){0};
                    f32x8 s1_1_1 = start[1] - (f32x8){0};
                    f32x8 s2_0_0 = start[2] - (f32x8){0};
                    f32x8 s2_0_1 = start[2] - (f32x8){0};
                    f32x8 s2_1_0 = start[2] - (f32x8){0};
                    f32x8 s2_1_1 = start[2] - (f32x8){0};
                    for (const ptrdiff_t *tap = place; tap < end; ++tap, w += 9) {
                        const float *p = v + *tap;
                        {
                            const f32x8 u0 = *(const f32x8 *)(p + 0);
                            const f32x8 u1 = *(const f32x8 *)(p + 8);
                            s0_0_0 += w[0] * u0;
                            s0_0_1 += w[0] * u1;
                            s1_0_0 += w[1] * u0;
                            s1_0_1 += w[1] * u1;
                            s2_0_0 += w[2] * u0;
                            s2_0_1 += w[2] * u1;
                            s0_1_0 += w[3] * u0;
                            s0_1_1 += w[3] * u1;
                            s1_1_0 += w[4] * u0;
                            s1_1_1 += w[4] * u1;
                            s2_1_0 += w[5] * u0;
                            s2_1_1 += w[5] * u1;
                        }
                        {
                            const f32x8 u0 = *(const f32x8 *)(p + 1);
                            const f32x8 u1 = *(const f32x8 *)(p + 9);
                            s0_1_0 += w[6] * u0;
                            s0_1_1 += w[6] * u1;
                            s1_1_0 += w[7] * u0;
                            s1_1_1 += w[7] * u1;
                            s2_1_0 += w[8] * u0;
                            s2_1_1 += w[8] * u1;
                        }
                    }
                    const f32x8 t0_0_0 = f32x8_shuffle(s0_0_0, s0_1_0, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t0_0_1 = f32x8_shuffle(s0_0_0, s0_1_0, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t0_0_2 = f32x8_shuffle(t0_0_0, t0_0_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t0_0_3 = f32x8_shuffle(t0_0_0, t0_0_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    const f32x8 t0_1_0 = f32x8_shuffle(s0_0_1, s0_1_1, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t0_1_1 = f32x8_shuffle(s0_0_1, s0_1_1, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t0_1_2 = f32x8_shuffle(t0_1_0, t0_1_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t0_1_3 = f32x8_shuffle(t0_1_0, t0_1_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    const f32x8 t1_0_0 = f32x8_shuffle(s1_0_0, s1_1_0, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t1_0_1 = f32x8_shuffle(s1_0_0, s1_1_0, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t1_0_2 = f32x8_shuffle(t1_0_0, t1_0_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t1_0_3 = f32x8_shuffle(t1_0_0, t1_0_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    const f32x8 t1_1_0 = f32x8_shuffle(s1_0_1, s1_1_1, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t1_1_1 = f32x8_shuffle(s1_0_1, s1_1_1, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t1_1_2 = f32x8_shuffle(t1_1_0, t1_1_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t1_1_3 = f32x8_shuffle(t1_1_0, t1_1_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    const f32x8 t2_0_0 = f32x8_shuffle(s2_0_0, s2_1_0, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t2_0_1 = f32x8_shuffle(s2_0_0, s2_1_0, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t2_0_2 = f32x8_shuffle(t2_0_0, t2_0_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t2_0_3 = f32x8_shuffle(t2_0_0, t2_0_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    const f32x8 t2_1_0 = f32x8_shuffle(s2_0_1, s2_1_1, 0, 8, 1, 9, 4, 12, 5, 13);
                    const f32x8 t2_1_1 = f32x8_shuffle(s2_0_1, s2_1_1, 2, 10, 3, 11, 6, 14, 7, 15);
                    const f32x8 t2_1_2 = f32x8_shuffle(t2_1_0, t2_1_1, 0, 1, 2, 3, 8, 9, 10, 11);
                    const f32x8 t2_1_3 = f32x8_shuffle(t2_1_0, t2_1_1, 4, 5, 6, 7, 12, 13, 14, 15);
                    {
                        float *to = positions >= length ? y : line;
                        if (streaming && to == y && (size_t)y % 16 == 0) {
                            f32x8_stream(to + 0, t0_0_2);
                            f32x8_stream(to + 8, t0_0_3);
                            f32x8_stream(to + 16, t0_1_2);
                            f32x8_stream(to + 24, t0_1_3);
                        } else {
                            *(f32x8 *)(to + 0) = t0_0_2;
                            *(f32x8 *)(to + 8) = t0_0_3;
                            *(f32x8 *)(to + 16) = t0_1_2;
                            *(f32x8 *)(to + 24) = t0_1_3;
                        }
                        if (positions < length) memcpy(y, line, positions * sizeof *y);
                        y += channel;
                    }
                    {
                        float *to = positions >= length ? y : line;
                        if (streaming && to == y && (size_t)y % 16 == 0) {
                            f32x8_stream(to + 0, t1_0_2);
                            f32x8_stream(to + 8, t1_0_3);
                            f32x8_stream(to + 16, t1_1_2);
                            f32x8_stream(to + 24, t1_1_3);
                        } else {
                            *(f32x8 *)(to + 0) = t1_0_2;
                            *(f32x8 *)(to + 8) = t1_0_3;
                            *(f32x8 *)(to + 16) = t1_1_2;
                            *(f32x8 *)(to + 24) = t1_1_3;
                        }
                        if (positions < length) memcpy(y, line, positions * sizeof *y);
                        y += channel;
                    }
                    {
                        float *to = positions >= length ? y : line;
                        if (streaming && to == y && (size_t)y % 16 == 0) {
                            f32x8_stream(to + 0, t2_0_2);
                            f32x8_stream(to + 8, t2_0_3);
                            f32x8_stream(to + 16, t2_1_2);
                            f32x8_stream(to + 24, t2_1_3);
                        } else {
                            *(f32x8 *)(to + 0) = t2_0_2;
                            *(f32x8 *)(to + 8) = t2_0_3;
                            *(f32x8 *)(to + 16) = t2_1_2;
                            *(f32x8 *)(to + 24) = t2_1_3;
                        }
                        if (positions < length) memcpy(y, line, positions * sizeof *y);
                        y += channel;
                    }
                    v += pixels;
                    y += pixels * 2 * step - 3 * channel;
                    positions -= pixels * 2;
                }
                phase += (end - place) * 9;
                place = end;
            }
        }
    }

    static void conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_run_1(const Lines *all, const float *in, const float *w, const float *start,
        ptrdiff_t pixels, float *out)
    {
        const ptrdiff_t vectors = (pixels + 7) / 8;
        {
            const ptrdiff_t tiles = (vectors + 3) / 4, width = vectors / tiles, wide = vectors % tiles;
            static const conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_tile tile[] = {conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_0_1x1, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_0_1x2, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_0_1x3, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_0_1x4};
            tile[width - 1](all, in, w, start, tiles - wide, 0, out);
            if (wide)
                tile[width](all, in + (tiles - wide) * width * 8, w, start, wide, 0 + (tiles - wide) * width * 16, out);
            w += all->end[all->phases - 1] * 3;
        }
    }

    static void conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_run_2(const Lines *all, const float *in, const float *w, const float *start,
        ptrdiff_t pixels, float *out)
    {
        const ptrdiff_t vectors = (pixels + 7) / 8;
        {
            const ptrdiff_t tiles = (vectors + 1) / 2, width = vectors / tiles, wide = vectors % tiles;
            static const conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_tile tile[] = {conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_0_2x1, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_0_2x2};
            tile[width - 1](all, in, w, start, tiles - wide, 0, out);
            if (wide)
                tile[width](all, in + (tiles - wide) * width * 8, w, start, wide, 0 + (tiles - wide) * width * 16, out);
            w += all->end[all->phases - 1] * 6;
        }
    }

    static void conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_run_3(const Lines *all, const float *in, const float *w, const float *start,
        ptrdiff_t pixels, float *out)
    {
        const ptrdiff_t vectors = (pixels + 7) / 8;
        {
            const ptrdiff_t tiles = (vectors + 1) / 2, width = vectors / tiles, wide = vectors % tiles;
            static const conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_tile tile[] = {conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_0_3x1, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_0_3x2};
            tile[width - 1](all, in, w, start, tiles - wide, 0, out);
            if (wide)
                tile[width](all, in + (tiles - wide) * width * 8, w, start, wide, 0 + (tiles - wide) * width * 16, out);
            w += all->end[all->phases - 1] * 9;
        }
    }

    /* Some lines of a channels, as tiles of nearly equal width. */
    static void conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_run(ptrdiff_t a, const Lines *all, const float *in, const float *w, const float *start,
        ptrdiff_t pixels, float *out)
    {
        static void (*const variant[])(const Lines *, const float *, const float *, const float *, ptrdiff_t, float *) = {conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_run_1, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_run_2, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_run_3};
        variant[a - 1](all, in, w, start, pixels, out);
    }
    #endif
    """

cdef extern from *:
    """
    #if defined(PART) && PART != 2
    extern const void *conv_transpose2d_k3s2p1op1_f32_x86_64_v3_rows;
    #else
    /* conv_transpose2d_k3s2p1op1_f32_x86_64_v3_rows: for rows_f32x8 */
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_rows_entry[] = {0, 3};
    static const ptrdiff_t conv_transpose2d_k3s2p1op1_f32_x86_64_v3_rows_order[] = {1, 2, 0};
    static const rows_f32x8_Plan conv_transpose2d_k3s2p1op1_f32_x86_64_v3_rows_plan = {
        .axis = {
            {1, 1, 1, 0, 0, only_start, only_tap, only_tap},
            {3, 2, 1, 0, 1, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_start0, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tap0, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_offset0},
            {3, 2, 1, 0, 1, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_start1, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tap1, conv_transpose2d_k3s2p1op1_f32_x86_64_v3_offset1}},
        .taps = 9,
        .most_channels = 3,
        .low = 0,
        .border = 1,
        .lead = 0,
        .blocks = 1,
        .entry = conv_transpose2d_k3s2p1op1_f32_x86_64_v3_rows_entry,
        .order = conv_transpose2d_k3s2p1op1_f32_x86_64_v3_rows_order,
        .run = conv_transpose2d_k3s2p1op1_f32_x86_64_v3_tiles_run,
    };
    SHARED const void *conv_transpose2d_k3s2p1op1_f32_x86_64_v3_rows = &conv_transpose2d_k3s2p1op1_f32_x86_64_v3_rows_plan;
    #endif
    """
    const void *conv_transpose2d_k3s2p1op1_f32_x86_64_v3_rows


cdef int take(object array, Py_buffer *view, int dims, Kernel *kernel, bint writable, const char *name) except -1:
    # Borrow a C-contiguous, aligned buffer of the right type and rank; the error names the argument.
    cdef Py_ssize_t alignment = kernel.item_size // kernel.parts
    PyObject_GetBuffer(array, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (PyBUF_WRITABLE if writable else 0))
    if view.ndim != dims or view.itemsize != kernel.item_size or view.format == NULL or (
            strcmp(view.format, kernel.format) != 0 and strcmp(view.format, kernel.other_format) != 0):
        PyErr_Format(ValueError, "%s: has %d axes of format '%s', must have %d axes of format '%s'", name, view.ndim,
                     <const char *> b"B" if view.format == NULL else view.format, dims, kernel.format)
    if <size_t> view.buf % <size_t> alignment:
        PyErr_Format(ValueError, "%s: begins at %p, must begin on a multiple of %zd bytes", name, view.buf, alignment)
    return 0


cdef int apart(Py_buffer *views, int count, int out) except -1:
    # What is written must not overlap what is read; NULL is what was not given.
    cdef char *begin = <char *> views[out].buf
    cdef char *other
    cdef int each
    for each in range(count):
        other = <char *> views[each].buf
        if each != out and other != NULL and other < begin + views[out].len and begin < other + views[each].len:
            raise ValueError("out: overlaps an input")
    return 0


cdef int expect(Py_ssize_t found, Py_ssize_t wanted, const char *what) except -1:
    if found != wanted:
        PyErr_Format(ValueError, "%s is %zd, must be %zd", what, found, wanted)
    return 0


cdef int within(Py_ssize_t value, Py_ssize_t most, const char *what) except -1:
    if not 1 <= value <= most:
        PyErr_Format(ValueError, "%s is %zd, must be from 1 to %zd", what, value, most)
    return 0


cdef int set_channels(Kernel *kernel, Call *call, Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups) except -1:
    cdef int result = fit_channels(kernel, call, features, images, groups)
    if result != DONE:
        within(features, MOST_LENGTH, "feature channels")
        within(images, MOST_LENGTH, "image channels")
        within(groups, MOST_LENGTH, "groups")
        if result == BAD_GROUPS:
            PyErr_Format(ValueError, "groups is %zd, must divide %zd feature and %zd image channels", groups, features, images)
        PyErr_Format(ValueError, "the weights of %zd feature and %zd image channels are more than memory can hold", features, images)
    return 0


cdef int set_sizes(Kernel *kernel, Call *call, Py_ssize_t batch, Py_ssize_t *m, Py_ssize_t *n) except -1:
    # After the channels.
    cdef int axis, result = fit_lengths(kernel, call, batch, m, n, &axis)
    if result != DONE:
        within(batch, MOST_LENGTH, "batch")
        if result == BAD_FEATURE_LENGTH:
            within(m[axis], MOST_LENGTH, "feature length")
        if result == BAD_IMAGE_LENGTH:
            within(n[axis], MOST_LENGTH, "image length")
        if result == NO_PAIR:
            PyErr_Format(ValueError, "axis %d: image length %zd does not fit feature length %zd", axis, n[axis], m[axis])
        PyErr_Format(ValueError, "a batch of %zd images of these sizes is more than memory can hold", batch)
    return 0


cdef int number_of(Kernel *kernel, object family) except -1:
    cdef int each
    for each in range(kernel.families):
        if family == kernel.family[each].name.decode():
            return each
    names = ", ".join([kernel.family[each].name.decode() for each in range(kernel.families)])
    PyErr_Format(ValueError, "family: %R is not in this kernel, which has %U", <void *> family, <void *> names)


cdef int choose(Kernel *kernel, Call *call, object family) except -1:
    # The family asked for, or the one with the least estimate.
    cdef int number
    if family is None:
        return fastest(kernel, call)
    number = number_of(kernel, family)
    if not takes(kernel, call, number):
        PyErr_Format(ValueError, "family: %R does not take these channels and groups", <void *> family)
    return number


cdef object compute(Kernel *kernel, Call *call, object family, Py_buffer *packed, int threads, bint force):
    # Choose a family and run it without the GIL; (family that ran, threads) is what happened.
    cdef int chosen, result
    if not call_begin(call):
        raise MemoryError("no memory for scratch")
    try:
        chosen = choose(kernel, call, family)
        if packed.buf != NULL:
            if family is None or kernel.family[chosen].pack == NULL:
                raise ValueError("packed: needs the family that the weights were packed for")
            call.plan = kernel.family[chosen].table
            expect(packed.shape[0], kernel.family[chosen].pack_size(call), "length of packed")
        call.threads = call.used = usable_threads(threads, kernel.cost(call, chosen), force)
        with nogil:
            result = execute(kernel, call, &chosen)
    finally:
        call_end(call)
    if result != DONE:
        raise MemoryError("no memory for scratch")
    return kernel.family[chosen].name.decode(), call.used


cdef object enter(Kernel *kernel, object first, object second, object bias, object out, Py_ssize_t groups, int threads,
                  object family, object packed, bint force):
    # Borrow all buffers and check that they fit together.
    cdef Call call
    cdef Py_buffer[5] views
    cdef Py_buffer *u = &views[kernel.u]
    cdef Py_buffer *w = &views[kernel.w]
    cdef Py_buffer *x = &views[kernel.x]
    cdef int axis
    within(threads, MOST_THREADS, "threads")
    memset(views, 0, sizeof(views))
    try:
        take(first, &views[0], kernel.dims + 2, kernel, False, "first input")
        take(second, &views[1], kernel.dims + 2, kernel, False, "second input")
        take(out, &views[2], kernel.dims + 2, kernel, True, "out")
        set_channels(kernel, &call, u.shape[kernel.channel_axis], x.shape[kernel.channel_axis], groups)
        set_sizes(kernel, &call, max(u.shape[0], 1), u.shape + kernel.first_axis, x.shape + kernel.first_axis)
        expect(x.shape[0], u.shape[0], "batch of the image")
        expect(w.shape[0], u.shape[kernel.channel_axis], "first axis of the weights")
        expect(w.shape[1], x.shape[kernel.channel_axis] // groups, "second axis of the weights")
        for axis in range(kernel.dims):
            expect(w.shape[axis + 2], kernel.taps[axis], "kernel size of the weights")
        if bias is not None:
            take(bias, &views[3], 1, kernel, False, "bias")
            expect(views[3].shape[0], call.out_channels if kernel.biased else 0, "length of bias")
        if packed is not None:
            take(packed, &views[4], 1, kernel, False, "packed")
        if u.shape[0] == 0:  # nothing to compute, or sums of nothing
            memset(views[2].buf, 0, views[2].len)
            return kernel.family[choose(kernel, &call, family)].name.decode(), 1
        apart(views, 5, 2)
        if kernel.features_first:
            call.in_data, call.out_data = u.buf, x.buf
        else:
            call.in_data, call.out_data = x.buf, u.buf
        call.w, call.bias, call.packed, call.refused = w.buf, views[3].buf, views[4].buf, NULL
        return compute(kernel, &call, family, &views[4], threads, force)
    finally:
        for axis in range(5):
            PyBuffer_Release(&views[axis])


cdef Py_ssize_t length_of_packed(Kernel *kernel, Call *call, int chosen) except -1:
    # Scalars of the packed weights, after the channels; 0 where the family takes them as they are.
    cdef Py_ssize_t size = packed_size(kernel, call, chosen)
    if size < 0:
        raise ValueError(f"family: {kernel.family[chosen].name.decode()!r} does not take these channels and groups")
    if size == PY_SSIZE_T_MAX:
        raise ValueError("the packed weights are more than memory can hold")
    return size


cdef object pack_weights(Kernel *kernel, object w, object packed, Py_ssize_t groups, object family, int threads, bint force):
    # True when the buffer has been filled, False when a weight is not finite.
    cdef Call call
    cdef Py_buffer[2] views
    cdef int chosen = number_of(kernel, family), result = DONE, axis
    within(threads, MOST_THREADS, "threads")
    memset(views, 0, sizeof(views))
    try:
        take(w, &views[0], kernel.dims + 2, kernel, False, "w")
        take(packed, &views[1], 1, kernel, True, "packed")
        within(groups, MOST_LENGTH, "groups")
        set_channels(kernel, &call, views[0].shape[0], product(views[0].shape[1], groups), groups)
        for axis in range(kernel.dims):
            expect(views[0].shape[axis + 2], kernel.taps[axis], "kernel size of the weights")
        expect(views[1].shape[0], length_of_packed(kernel, &call, chosen), "length of packed")
        apart(views, 2, 1)
        call.w, call.packed = views[0].buf, views[1].buf
        call.threads = call.used = usable_threads(threads, views[0].len, force)
        if kernel.family[chosen].pack != NULL:
            if not call_begin(&call):
                raise MemoryError("no memory to pack weights")
            with nogil:
                result = kernel.family[chosen].pack(&call)
            call_end(&call)
    finally:
        for axis in range(2):
            PyBuffer_Release(&views[axis])
    if result == NO_MEMORY:
        raise MemoryError("no memory to pack weights")
    return result == DONE


cdef object estimates(Kernel *kernel, Py_ssize_t batch, Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups,
                      object m, object n):
    cdef Call call
    cdef Py_ssize_t[3] feature
    cdef Py_ssize_t[3] image
    cdef int axis, each
    expect(len(m), kernel.dims, "number of feature lengths")
    expect(len(n), kernel.dims, "number of image lengths")
    for axis in range(kernel.dims):
        feature[axis], image[axis] = m[axis], n[axis]
    set_channels(kernel, &call, features, images, groups)
    set_sizes(kernel, &call, batch, feature, image)
    if not call_begin(&call):
        raise MemoryError("no memory for scratch")
    result = {kernel.family[each].name.decode(): kernel.cost(&call, each) for each in range(kernel.families)}
    call_end(&call)
    return result


cdef double conv_transpose2d_k3s2p1op1_f32_x86_64_v3_cost(Call *call, int family) noexcept nogil:
    # Estimated nanoseconds of a family for these sizes; only the order matters.
    cdef Py_ssize_t groups = call.groups
    cdef Py_ssize_t inputs_per = call.in_channels // groups
    cdef Py_ssize_t outputs_per = call.out_channels // groups
    cdef double inputs = <double> call.batch * call.in_channels * call.in_length[0] * call.in_length[1] * call.in_length[2]
    cdef double outputs = <double> call.batch * call.out_channels * call.out_length[0] * call.out_length[1] * call.out_length[2]
    cdef double macs = inputs * outputs_per * 9
    if family == 0:  # direct
        return (1.0 * call.batch * ((call.out_length[1] + 1) // 2) * ((call.out_length[2] + 1) // 2) * ((call.out_channels + 15) // 16 * 16) * 0.7300 if inputs_per * outputs_per < 2 else 1.0 * call.batch * ((call.out_length[1] + 1) // 2) * ((call.out_length[2] + 1) // 2) * groups * ((outputs_per + 15) // 16 * 16) * (inputs_per * 0.1900 + 1.24)) + inputs * 0.24 + outputs * 0.125 + 0.16199999999999998 * call.in_channels * ((outputs_per + 15) // 16 * 16) + 1000
    if family == 1:  # fast
        return 1.0 * call.batch * (((call.out_length[1] + 1) // 2 + 2) // 3) * (((call.out_length[2] + 1) // 2 + 2) // 3) * (49.0 * groups * ((outputs_per + 15) // 16 * 16) * (inputs_per * 0.0227 + 0.2900) + 8.085 * call.in_channels) + inputs * 0.18 + outputs * 0.2 + 3.430 * call.in_channels * ((outputs_per + 15) // 16 * 16) + 1500 + (196.0 * call.in_channels * ((outputs_per + 15) // 16 * 16) - 25165824) * 0.03 * (196.0 * call.in_channels * ((outputs_per + 15) // 16 * 16) > 25165824) if inputs_per * outputs_per > 1 else 1e300
    if family == 2:  # plain
        return macs / 1.5 + outputs + 22.5 * call.batch * call.in_channels * outputs_per + 600
    if family == 3:  # planes
        return 1.0 * call.batch * ((call.out_length[1] + 2) // 2 + 0) * ((call.out_length[2] + 2) // 2 + 0) * call.in_channels * (outputs_per * 0.2000 + 0.1600) + outputs * (0.55 if outputs > 1000000 else 0.25) + 2.6999999999999997 * call.in_channels * outputs_per + groups * 500 + 700
    if family == 4:  # rows
        return macs * ((((call.out_length[2] + 1) // 2) + 7) // 8 * 8.0 / ((call.out_length[2] + 1) // 2)) * 0.0220 + inputs * 0.24 + outputs * (0.05 + inputs_per * 0.00133) + 0.45 * call.in_channels * outputs_per + 1.0 * call.batch * groups * (40 + call.out_length[0] * call.out_length[1] * ((outputs_per + 2) // 3) * (3.6 + 1.050 * inputs_per)) + 800
    return macs


cdef Kernel conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.dims = 2
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.item_size = 4
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.parts = 1
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.format = b"f"
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.other_format = b"f"
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.u = 0
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.w = 1
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.x = 2
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.channel_axis = 1
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.first_axis = 2
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.biased = 1
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.by_image = 1
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.features_first = 1
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.taps[0] = 3
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.stride[0] = 2
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.least[0] = 1
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.taps[1] = 3
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.stride[1] = 2
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.least[1] = 1
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.cost = conv_transpose2d_k3s2p1op1_f32_x86_64_v3_cost
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.families = 5
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.plain = 2
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.fallback = 0
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[0].name = b"direct"
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[0].run = direct_f32x8
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[0].pack = direct_f32x8_pack
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[0].pack_size = direct_f32x8_pack_size
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[0].table = conv_transpose2d_k3s2p1op1_f32_x86_64_v3_direct
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[1].name = b"fast"
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[1].run = fast_f32x8
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[1].pack = fast_f32x8_pack
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[1].pack_size = fast_f32x8_pack_size
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[1].table = conv_transpose2d_k3s2p1op1_f32_x86_64_v3_fast
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[2].name = b"plain"
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[2].run = conv_transpose2d_k3s2p1op1_f32_x86_64_v3_plain
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[2].pack = NULL
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[2].pack_size = NULL
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[2].table = NULL
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[3].name = b"planes"
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[3].run = planes_f32x8
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[3].pack = planes_f32x8_pack
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[3].pack_size = planes_f32x8_pack_size
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[3].table = conv_transpose2d_k3s2p1op1_f32_x86_64_v3_planes
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[4].name = b"rows"
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[4].run = rows_f32x8
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[4].pack = rows_f32x8_pack
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[4].pack_size = rows_f32x8_pack_size
conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel.family[4].table = conv_transpose2d_k3s2p1op1_f32_x86_64_v3_rows


def conv_transpose2d_k3s2p1op1_f32_x86_64_v3(u, w, bias, out, Py_ssize_t groups=1, int threads=1, family=None, packed=None, bint force=False):
    """Fill ``out`` and return (family that computed it, threads used): all arrays C-contiguous float32 buffers, channels first; bias may be None.

    ``packed``: weights as ``pack`` left them for ``family``; w are the same weights, for images that the family cannot take.
    ``force``: exactly so many threads, even where the work is too little to gain from them.
    Raises ValueError, whose text begins with the argument, for whatever does not fit; MemoryError.
    """
    return enter(&conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel, u, w, bias, out, groups, threads, family, packed, force)


cdef Kernel *find(str name) except NULL:
    if name == "conv_transpose2d_k3s2p1op1_f32_x86_64_v3":
        return &conv_transpose2d_k3s2p1op1_f32_x86_64_v3_kernel
    PyErr_Format(ValueError, "kernel: %R is not in this module", <void *> name)


def pack(str kernel, w, packed, Py_ssize_t groups, family, int threads=1, bint force=False):
    """Fill the buffer ``packed`` from w (F, C/G, *k); False when a weight is not finite and ``plain`` must serve."""
    return pack_weights(find(kernel), w, packed, groups, family, threads, force)


def packed_length(str kernel, Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups, family):
    """Scalars that the packed weights of a family take; 0 where it takes the weights as they are."""
    cdef Kernel *found = find(kernel)
    cdef Call call
    set_channels(found, &call, features, images, groups)
    return length_of_packed(found, &call, number_of(found, family))


def costs(str kernel, Py_ssize_t batch, Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups, m, n):
    """Family -> estimated nanoseconds for these sizes; a call runs the family with the least for a batch of one."""
    return estimates(find(kernel), batch, features, images, groups, m, n)


def forget():
    """Free the scratch memory that this process keeps for all kernels, but for what calls are using."""
    scratch_forget()
