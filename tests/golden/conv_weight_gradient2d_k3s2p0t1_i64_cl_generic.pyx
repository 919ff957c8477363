# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, binding=False, auto_pickle=False
# conv_weight_gradient2d_k3s2p0t1_i64_cl_generic
# made by   convt build 2d_k3s2p0:1 --map conv_weight_gradient --dtype int64 --layout channels_last --target generic
# from      templates/plain.pyx.jinja; target generic
# lengths   n = 2·m on each axis
# phases    r=0: taps 0, 2 at offsets 0, −1   r=1: taps 1 at offsets 0 on each axis
# proved    lengths, round trip, matrix, adjoint, scatter, zero insertion, polyphase split: for every m ≥ 1
# SPDX-License-Identifier: BSD-3-Clause

from cpython.buffer cimport PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cython.parallel cimport prange
from libc.stddef cimport ptrdiff_t
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset, strcmp
from posix.unistd cimport getpid

cdef extern from *:
    """
    #include <stddef.h>
    #include <stdlib.h>
    #define PY_SSIZE_T_MIN_ (-PY_SSIZE_T_MAX - 1)
    """
    void *aligned_alloc(size_t alignment, size_t size) nogil
    Py_ssize_t PY_SSIZE_T_MAX
    Py_ssize_t PY_SSIZE_T_MIN "PY_SSIZE_T_MIN_"


cdef struct Call:
    Py_ssize_t batch, features, images, groups
    Py_ssize_t[3] m                 # feature lengths
    Py_ssize_t[3] n                 # image lengths
    void *u
    void *w
    void *x
    void *bias
    void *packed
    int threads


cdef inline Py_ssize_t floor_division(Py_ssize_t a, Py_ssize_t b) noexcept nogil:
    # C rounds towards zero; indices need the floor.
    return a // b if a >= 0 else -((b - 1 - a) // b)


cdef inline Py_ssize_t first_feature(Py_ssize_t shift, Py_ssize_t stride) noexcept nogil:
    # Least i >= 0 with stride * i + shift >= 0.
    return max(0, -floor_division(shift, stride))


cdef inline Py_ssize_t stop_feature(Py_ssize_t shift, Py_ssize_t stride, Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    # One more than the largest i < m with stride * i + shift < n.
    return min(m, floor_division(n - 1 - shift, stride) + 1)


cdef inline Py_ssize_t first_quotient(Py_ssize_t position, Py_ssize_t residue, Py_ssize_t stride) noexcept nogil:
    # Least Q with stride * Q + residue >= position.
    return -floor_division(residue - position, stride)


cdef void *aligned(Py_ssize_t size) noexcept nogil:
    # Scratch on a cache line boundary, so that no vector load crosses one.
    return aligned_alloc(64, (size // 64 + 1) * 64)


cdef int pool_owner = 0


cdef int usable_threads(int wanted, double nanoseconds) noexcept:
    # Starting threads costs more than it saves on little work, and a pool of them does not survive a fork.
    global pool_owner
    if wanted <= 1 or nanoseconds < 40000:
        return 1
    if pool_owner == 0:
        pool_owner = getpid()
    return wanted if pool_owner == getpid() else 1


cdef int take(object array, Py_buffer *view, int dims, const char *format, const char *other, Py_ssize_t size,
              bint writable, str name) except -1:
    # Borrow a C-contiguous buffer of the right type and rank; the error names the argument.
    cdef int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (PyBUF_WRITABLE if writable else 0)
    PyObject_GetBuffer(array, view, flags)
    if view.ndim != dims or view.itemsize != size or (strcmp(view.format, format) != 0 and strcmp(view.format, other) != 0):
        found = f"{view.ndim} axes of format {view.format.decode()!r}"
        PyBuffer_Release(view)
        raise ValueError(f"{name}: has {found}, must have {dims} axes of format {format.decode()!r}")
    return 0


cdef int expect(Py_ssize_t found, Py_ssize_t wanted, str what) except -1:
    if found != wanted:
        raise ValueError(f"{what} is {found}, must be {wanted}")
    return 0


cdef void conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_plain_item(Call *call, Py_ssize_t f, Py_ssize_t c) noexcept nogil:
    # All taps of one filter (f, c): each is the product of features and shifted image, summed.
    cdef Py_ssize_t features_per = call.features // call.groups
    cdef Py_ssize_t images_per = call.images // call.groups
    cdef Py_ssize_t group, b, t
    cdef Py_ssize_t a0, i0, shift0, low0, high0
    cdef Py_ssize_t a1, i1, shift1, low1, high1
    cdef Py_ssize_t u_axis1 = call.features
    cdef Py_ssize_t u_axis0 = u_axis1 * call.m[1]
    cdef Py_ssize_t u_channel = 1
    cdef Py_ssize_t u_batch = u_axis0 * call.m[0]
    cdef Py_ssize_t x_axis1 = call.images
    cdef Py_ssize_t x_axis0 = x_axis1 * call.n[1]
    cdef Py_ssize_t x_channel = 1
    cdef Py_ssize_t x_batch = x_axis0 * call.n[0]
    cdef Py_ssize_t u_step = u_axis1
    cdef Py_ssize_t x_step = 2 * x_axis1
    cdef int64_t *bias = <int64_t *> call.bias
    cdef int64_t *u_plane
    cdef int64_t *x_plane
    cdef int64_t *out
    cdef int64_t *u_row
    cdef int64_t *x_row
    cdef int64_t *w_tap
    cdef int64_t total, start
    group = f // features_per
    c = c + group * images_per
    start = 0
    out = <int64_t *> call.w + (f * images_per + c - group * images_per) * 9
    for t in range(9):
        out[t * 1 + 0] = start
    for b in range(0, call.batch):
        u_plane = <int64_t *> call.u + b * u_batch + f * u_channel
        x_plane = <int64_t *> call.x + b * x_batch + c * x_channel
        w_tap = <int64_t *> call.w + (f * images_per + c - group * images_per) * 9
        for a0 in range(3):
            shift0 = 1 * a0 - (0)
            low0 = first_feature(shift0, 2)
            high0 = stop_feature(shift0, 2, call.m[0], call.n[0])
            for a1 in range(3):
                shift1 = 1 * a1 - (0)
                low1 = first_feature(shift1, 2)
                high1 = stop_feature(shift1, 2, call.m[1], call.n[1])
                total = 0
                for i0 in range(low0, high0):
                    u_row = u_plane
                    x_row = x_plane + shift1 * x_axis1
                    u_row += i0 * u_axis0
                    x_row += (2 * i0 + shift0) * x_axis0
                    for t in range(low1, high1):
                        total += u_row[t * u_step] * x_row[t * x_step]
                w_tap[0] += total
                w_tap += 1


cdef int conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_plain(Call *call) noexcept nogil:
    cdef Py_ssize_t features_per = call.features // call.groups
    cdef Py_ssize_t images_per = call.images // call.groups
    cdef Py_ssize_t item, seconds = images_per
    for item in prange(call.features * seconds, num_threads=call.threads, schedule="dynamic"):
        conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_plain_item(call, item // seconds, item % seconds)
    return 0


cdef double conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_cost(Call *call, int family) noexcept nogil:
    # Estimated nanoseconds of a family for these sizes; only the order matters.
    cdef Py_ssize_t features_per = call.features // call.groups
    cdef Py_ssize_t images_per = call.images // call.groups
    cdef Py_ssize_t groups = call.groups
    cdef double inputs = call.batch * call.features
    cdef double outputs = call.batch * call.images
    cdef double macs
    inputs *= call.m[0]
    outputs *= call.n[0]
    inputs *= call.m[1]
    outputs *= call.n[1]
    macs = inputs * images_per * 9
    if family == 0:  # plain
        return macs / 1.0 + outputs
    return macs


cdef int conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_choose(Call *call, object family) except -1:
    # The family asked for, or the one with the least estimate.
    cdef int best = 0, each
    names = ("plain", )
    if family is None:
        for each in range(1, 1):
            if conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_cost(call, each) < conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_cost(call, best):
                best = each
        return best
    if family not in names:
        raise ValueError(f"family: {family!r} is not in this kernel, which has {', '.join(names)}")
    best = names.index(family)
    if conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_cost(call, best) >= 1e300:
        raise ValueError(f"family: {family!r} does not take these channels and groups")
    return best


cdef int conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_sizes(Call *call, Py_ssize_t batch, Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups,
                          object m, object n) except -1:
    if groups < 1 or features % groups or images % groups:
        raise ValueError(f"groups is {groups}, must divide {features} feature and {images} image channels")
    call.batch = batch
    call.features = features
    call.images = images
    call.groups = groups
    call.m[0] = m[0]
    call.n[0] = n[0]
    if call.m[0] < 1 or call.n[0] < 1 or call.n[0] < 2 * (call.m[0] - 1) + (2):
        raise ValueError(f"axis 0: image length {call.n[0]} does not fit feature length {call.m[0]}")
    call.m[1] = m[1]
    call.n[1] = n[1]
    if call.m[1] < 1 or call.n[1] < 1 or call.n[1] < 2 * (call.m[1] - 1) + (2):
        raise ValueError(f"axis 1: image length {call.n[1]} does not fit feature length {call.m[1]}")
    return 0


def conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_costs(Py_ssize_t batch, Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups, m, n):
    """Family -> estimated nanoseconds for these sizes: the pure function that chooses."""
    cdef Call call
    conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_sizes(&call, batch, features, images, groups, m, n)
    return {"plain": conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_cost(&call, 0), }


def conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_packed_size(Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups, family):
    """Scalars that the packed weights of a family take; 0 where it takes the weights as they are."""
    cdef Call call
    call.features = features
    call.images = images
    call.groups = groups
    return 0


def conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_pack(w, packed, Py_ssize_t groups, family, int threads=1):
    """Fill the buffer ``packed`` from w (F, C/G, *k); False when a weight is not finite and ``plain`` must serve."""
    cdef Call call
    cdef Py_buffer w_view, packed_view
    cdef int result = 1
    take(w, &w_view, 4, b"l", b"q", 8, False, "w")
    try:
        take(packed, &packed_view, 1, b"l", b"q", 8, True, "packed")
        try:
            call.features = w_view.shape[0]
            call.images = w_view.shape[1] * groups
            call.groups = groups
            call.w = w_view.buf
            call.packed = packed_view.buf
            call.threads = usable_threads(threads, <double> call.features * call.images * 9)
            expect(packed_view.shape[0], conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_packed_size(call.features, call.images, groups, family), "length of packed")
        finally:
            PyBuffer_Release(&packed_view)
    finally:
        PyBuffer_Release(&w_view)
    if result < 0:
        raise MemoryError("no memory to pack weights")
    return result == 1


cdef int conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_run(Call *call, int chosen, object packed) except -2:
    # Pack the weights if the family wants that and it has not been done, then run it without the GIL.
    cdef int result = 0
    cdef Py_buffer view
    if chosen == 0:
        with nogil:
            result = conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_plain(call)
    return result


def conv_weight_gradient2d_k3s2p0t1_i64_cl_generic(x, u, bias, out, Py_ssize_t groups=1, int threads=1, family=None, packed=None):
    """Fill ``out``: all arrays C-contiguous int64 buffers, channels last; bias may be None.

    ``packed``: weights as ``conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_pack`` left them for ``family``; w then only gives the shape.
    """
    cdef Call call
    cdef Py_buffer[4] views
    cdef int taken = 0, chosen, result
    cdef const char *kind = b"l"
    cdef const char *other = b"q"
    cdef Py_buffer *u_view = &views[1]
    cdef Py_buffer *w_view = &views[2]
    cdef Py_buffer *x_view = &views[0]
    try:
        take(x, &views[0], 4, kind, other, 8, False, "x")
        taken = 1
        take(u, &views[1], 4, kind, other, 8, False, "u")
        taken = 2
        take(out, &views[2], 4, kind, other, 8, True, "out")
        taken = 3
        conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_sizes(&call, u_view.shape[0], u_view.shape[3], x_view.shape[3], groups,
            (u_view.shape[1], u_view.shape[2], ), (x_view.shape[1], x_view.shape[2], ))
        expect(x_view.shape[0], call.batch, "batch of the image")
        expect(w_view.shape[0], call.features, "first axis of the weights")
        expect(w_view.shape[1], call.images // groups, "second axis of the weights")
        expect(w_view.shape[2], 3, "kernel axis 0")
        expect(w_view.shape[3], 3, "kernel axis 1")
        call.u = u_view.buf
        call.w = w_view.buf
        call.x = x_view.buf
        call.bias = NULL
        if bias is not None:
            take(bias, &views[3], 1, kind, other, 8, False, "bias")
            taken = 4
            expect(views[3].shape[0], 0, "length of bias")
            call.bias = views[3].buf
        chosen = conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_choose(&call, family)
        call.threads = usable_threads(threads, conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_cost(&call, chosen))
        result = conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_run(&call, chosen, packed)
    finally:
        while taken > 0:
            taken -= 1
            PyBuffer_Release(&views[taken])
    if result < 0:
        raise MemoryError("no memory for scratch")
    return out
