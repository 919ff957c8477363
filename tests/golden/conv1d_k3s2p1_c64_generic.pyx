# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, binding=False, auto_pickle=False
# conv1d_k3s2p1_c64_generic
# made by   convt build 1d_k3s2p1 --map conv --dtype complex64 --target generic
# from      templates/plain.pyx.jinja; target generic
# lengths   n = 2·m − 1
# phases    r=0: taps 0, 2 at offsets 0, −1   r=1: taps 1 at offsets 0
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


cdef void conv1d_k3s2p1_c64_generic_plain_item(Call *call, Py_ssize_t b, Py_ssize_t f) noexcept nogil:
    # One feature plane (b, f): each tap of each image channel adds its shifted image.
    cdef Py_ssize_t features_per = call.features // call.groups
    cdef Py_ssize_t images_per = call.images // call.groups
    cdef Py_ssize_t group, c, t
    cdef Py_ssize_t a0, i0, shift0, low0, high0
    cdef Py_ssize_t u_axis0 = 2
    cdef Py_ssize_t u_channel = u_axis0 * call.m[0]
    cdef Py_ssize_t u_batch = u_channel * call.features
    cdef Py_ssize_t x_axis0 = 2
    cdef Py_ssize_t x_channel = x_axis0 * call.n[0]
    cdef Py_ssize_t x_batch = x_channel * call.images
    cdef Py_ssize_t u_step = u_axis0
    cdef Py_ssize_t x_step = 2 * x_axis0
    cdef float *bias = <float *> call.bias
    cdef float *u_plane
    cdef float *x_plane
    cdef float *out
    cdef float *u_row
    cdef float *x_row
    cdef float *w_tap
    cdef float weight_re, weight_im, start_re, start_im
    group = f // features_per
    start_re = bias[f * 2 + 0] if bias != NULL else 0
    start_im = bias[f * 2 + 1] if bias != NULL else 0
    out = <float *> call.u + b * u_batch + f * u_channel
    for t in range(call.m[0]):
        out[t * u_axis0 + 0] = start_re
        out[t * u_axis0 + 1] = start_im
    for c in range(group * images_per, (group + 1) * images_per):
        u_plane = <float *> call.u + b * u_batch + f * u_channel
        x_plane = <float *> call.x + b * x_batch + c * x_channel
        w_tap = <float *> call.w + (f * images_per + c - group * images_per) * 6
        for a0 in range(3):
            shift0 = 1 * a0 - (1)
            low0 = first_feature(shift0, 2)
            high0 = stop_feature(shift0, 2, call.m[0], call.n[0])
            weight_re = w_tap[0]
            weight_im = w_tap[1]
            u_row = u_plane
            x_row = x_plane + shift0 * x_axis0
            for t in range(low0, high0):
                u_row[t * u_step] += x_row[t * x_step] * weight_re - x_row[t * x_step + 1] * weight_im
                u_row[t * u_step + 1] += x_row[t * x_step + 1] * weight_re + x_row[t * x_step] * weight_im
            w_tap += 2


cdef int conv1d_k3s2p1_c64_generic_plain(Call *call) noexcept nogil:
    cdef Py_ssize_t features_per = call.features // call.groups
    cdef Py_ssize_t images_per = call.images // call.groups
    cdef Py_ssize_t item, seconds = call.features
    for item in prange(call.batch * seconds, num_threads=call.threads, schedule="dynamic"):
        conv1d_k3s2p1_c64_generic_plain_item(call, item // seconds, item % seconds)
    return 0


cdef double conv1d_k3s2p1_c64_generic_cost(Call *call, int family) noexcept nogil:
    # Estimated nanoseconds of a family for these sizes; only the order matters.
    cdef Py_ssize_t features_per = call.features // call.groups
    cdef Py_ssize_t images_per = call.images // call.groups
    cdef Py_ssize_t groups = call.groups
    cdef double inputs = call.batch * call.features
    cdef double outputs = call.batch * call.images
    cdef double macs
    inputs *= call.m[0]
    outputs *= call.n[0]
    macs = inputs * images_per * 3
    if family == 0:  # plain
        return macs / 1.0 + outputs
    return macs


cdef int conv1d_k3s2p1_c64_generic_choose(Call *call, object family) except -1:
    # The family asked for, or the one with the least estimate.
    cdef int best = 0, each
    names = ("plain", )
    if family is None:
        for each in range(1, 1):
            if conv1d_k3s2p1_c64_generic_cost(call, each) < conv1d_k3s2p1_c64_generic_cost(call, best):
                best = each
        return best
    if family not in names:
        raise ValueError(f"family: {family!r} is not in this kernel, which has {', '.join(names)}")
    best = names.index(family)
    if conv1d_k3s2p1_c64_generic_cost(call, best) >= 1e300:
        raise ValueError(f"family: {family!r} does not take these channels and groups")
    return best


cdef int conv1d_k3s2p1_c64_generic_sizes(Call *call, Py_ssize_t batch, Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups,
                          object m, object n) except -1:
    if groups < 1 or features % groups or images % groups:
        raise ValueError(f"groups is {groups}, must divide {features} feature and {images} image channels")
    call.batch = batch
    call.features = features
    call.images = images
    call.groups = groups
    call.m[0] = m[0]
    call.n[0] = n[0]
    if call.m[0] < 1 or call.n[0] < 1 or call.n[0] < 2 * (call.m[0] - 1) + (1):
        raise ValueError(f"axis 0: image length {call.n[0]} does not fit feature length {call.m[0]}")
    return 0


def conv1d_k3s2p1_c64_generic_costs(Py_ssize_t batch, Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups, m, n):
    """Family -> estimated nanoseconds for these sizes: the pure function that chooses."""
    cdef Call call
    conv1d_k3s2p1_c64_generic_sizes(&call, batch, features, images, groups, m, n)
    return {"plain": conv1d_k3s2p1_c64_generic_cost(&call, 0), }


def conv1d_k3s2p1_c64_generic_packed_size(Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups, family):
    """Scalars that the packed weights of a family take; 0 where it takes the weights as they are."""
    cdef Call call
    call.features = features
    call.images = images
    call.groups = groups
    return 0


def conv1d_k3s2p1_c64_generic_pack(w, packed, Py_ssize_t groups, family, int threads=1):
    """Fill the buffer ``packed`` from w (F, C/G, *k); False when a weight is not finite and ``plain`` must serve."""
    cdef Call call
    cdef Py_buffer w_view, packed_view
    cdef int result = 1
    take(w, &w_view, 3, b"Zf", b"Zf", 8, False, "w")
    try:
        take(packed, &packed_view, 1, b"Zf", b"Zf", 8, True, "packed")
        try:
            call.features = w_view.shape[0]
            call.images = w_view.shape[1] * groups
            call.groups = groups
            call.w = w_view.buf
            call.packed = packed_view.buf
            call.threads = usable_threads(threads, <double> call.features * call.images * 3)
            expect(packed_view.shape[0], conv1d_k3s2p1_c64_generic_packed_size(call.features, call.images, groups, family), "length of packed")
        finally:
            PyBuffer_Release(&packed_view)
    finally:
        PyBuffer_Release(&w_view)
    if result < 0:
        raise MemoryError("no memory to pack weights")
    return result == 1


cdef int conv1d_k3s2p1_c64_generic_run(Call *call, int chosen, object packed) except -2:
    # Pack the weights if the family wants that and it has not been done, then run it without the GIL.
    cdef int result = 0
    cdef Py_buffer view
    if chosen == 0:
        with nogil:
            result = conv1d_k3s2p1_c64_generic_plain(call)
    return result


def conv1d_k3s2p1_c64_generic(x, w, bias, out, Py_ssize_t groups=1, int threads=1, family=None, packed=None):
    """Fill ``out``: all arrays C-contiguous complex64 buffers, channels first; bias may be None.

    ``packed``: weights as ``conv1d_k3s2p1_c64_generic_pack`` left them for ``family``; w then only gives the shape.
    """
    cdef Call call
    cdef Py_buffer[4] views
    cdef int taken = 0, chosen, result
    cdef const char *kind = b"Zf"
    cdef const char *other = b"Zf"
    cdef Py_buffer *u_view = &views[2]
    cdef Py_buffer *w_view = &views[1]
    cdef Py_buffer *x_view = &views[0]
    try:
        take(x, &views[0], 3, kind, other, 8, False, "x")
        taken = 1
        take(w, &views[1], 3, kind, other, 8, False, "w")
        taken = 2
        take(out, &views[2], 3, kind, other, 8, True, "out")
        taken = 3
        conv1d_k3s2p1_c64_generic_sizes(&call, u_view.shape[0], u_view.shape[1], x_view.shape[1], groups,
            (u_view.shape[2], ), (x_view.shape[2], ))
        expect(x_view.shape[0], call.batch, "batch of the image")
        expect(w_view.shape[0], call.features, "first axis of the weights")
        expect(w_view.shape[1], call.images // groups, "second axis of the weights")
        expect(w_view.shape[2], 3, "kernel axis 0")
        call.u = u_view.buf
        call.w = w_view.buf
        call.x = x_view.buf
        call.bias = NULL
        if bias is not None:
            take(bias, &views[3], 1, kind, other, 8, False, "bias")
            taken = 4
            expect(views[3].shape[0], call.features, "length of bias")
            call.bias = views[3].buf
        chosen = conv1d_k3s2p1_c64_generic_choose(&call, family)
        call.threads = usable_threads(threads, conv1d_k3s2p1_c64_generic_cost(&call, chosen))
        result = conv1d_k3s2p1_c64_generic_run(&call, chosen, packed)
    finally:
        while taken > 0:
            taken -= 1
            PyBuffer_Release(&views[taken])
    if result < 0:
        raise MemoryError("no memory for scratch")
    return out
