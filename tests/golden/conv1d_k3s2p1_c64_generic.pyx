# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, binding=False, auto_pickle=False
# conv1d_k3s2p1_c64_generic
# made by   convt build 1d_k3s2p1 --map conv --dtype complex64 --target generic
# from      templates plain.pyx.jinja; target generic
# compile   with -O2 -ftree-vectorize -std=gnu11 -fwrapv -fno-strict-aliasing -fopenmp
# lengths   n = 2·m − 1
# phases    r=0: taps 0, 2 at offsets 0, −1   r=1: taps 1 at offsets 0
# rests on  lengths, round trip, matrix, adjoint, scatter, zero insertion, polyphase split: for every m ≥ 1
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



cdef int conv1d_k3s2p1_c64_generic_plain_item(const Call *call, void *of_call, Scratch *own, Py_ssize_t item) noexcept nogil:
    # One feature plane (b, f): each tap of each image channel adds its shifted image.
    cdef Py_ssize_t features_per = call.out_channels // call.groups
    cdef Py_ssize_t images_per = call.in_channels // call.groups
    cdef Py_ssize_t seconds = call.out_channels, b = item // seconds, f = item % seconds
    cdef Py_ssize_t group, c, t
    cdef Py_ssize_t a0, i0, shift0, low0, high0
    cdef Py_ssize_t u_step = call.out_axis[2]
    cdef Py_ssize_t x_step = 2 * call.in_axis[2]
    cdef float *bias = <float *> call.bias
    cdef float *u_plane
    cdef float *x_plane
    cdef float *out
    cdef float *u_row
    cdef float *x_row
    cdef float *w_tap
    cdef float weight_re, weight_im, start_re, start_im
    group = f // features_per
    start_re = 0
    start_im = 0
    if bias != NULL:
        start_re = bias[f * 2 + 0]
    if bias != NULL:
        start_im = bias[f * 2 + 1]
    out = <float *> call.out_data + b * call.out_batch + f * call.out_channel
    for t in range(call.out_length[2]):
        out[t * call.out_axis[2] + 0] = start_re
        out[t * call.out_axis[2] + 1] = start_im
    for c in range(group * images_per, (group + 1) * images_per):
        u_plane = <float *> call.out_data + b * call.out_batch + f * call.out_channel
        x_plane = <float *> call.in_data + b * call.in_batch + c * call.in_channel
        w_tap = <float *> call.w + (f * images_per + c - group * images_per) * 6
        for a0 in range(3):
            shift0 = 1 * a0 - (1)
            low0 = first_feature(shift0, 2)
            high0 = stop_feature(shift0, 2, call.out_length[2], call.in_length[2])
            weight_re = w_tap[0]
            weight_im = w_tap[1]
            u_row = u_plane
            x_row = x_plane + shift0 * call.in_axis[2]
            for t in range(low0, high0):
                u_row[t * u_step] += x_row[t * x_step] * weight_re - x_row[t * x_step + 1] * weight_im
                u_row[t * u_step + 1] += x_row[t * x_step + 1] * weight_re + x_row[t * x_step] * weight_im
            w_tap += 2
    return DONE


cdef int conv1d_k3s2p1_c64_generic_plain(Call *call) noexcept nogil:
    cdef Py_ssize_t features_per = call.out_channels // call.groups
    cdef Py_ssize_t images_per = call.in_channels // call.groups
    return spread(call, (call.batch) * (call.out_channels), conv1d_k3s2p1_c64_generic_plain_item, NULL, 0)


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


cdef double conv1d_k3s2p1_c64_generic_cost(Call *call, int family) noexcept nogil:
    # Estimated nanoseconds of a family for these sizes; only the order matters.
    cdef Py_ssize_t groups = call.groups
    cdef Py_ssize_t inputs_per = call.in_channels // groups
    cdef Py_ssize_t outputs_per = call.out_channels // groups
    cdef double inputs = <double> call.batch * call.in_channels * call.in_length[0] * call.in_length[1] * call.in_length[2]
    cdef double outputs = <double> call.batch * call.out_channels * call.out_length[0] * call.out_length[1] * call.out_length[2]
    cdef double macs = outputs * inputs_per * 3
    if family == 0:  # plain
        return macs / 1.0 + outputs + 7.5 * call.batch * call.in_channels * outputs_per + 600
    return macs


cdef Kernel conv1d_k3s2p1_c64_generic_kernel
conv1d_k3s2p1_c64_generic_kernel.dims = 1
conv1d_k3s2p1_c64_generic_kernel.item_size = 8
conv1d_k3s2p1_c64_generic_kernel.parts = 2
conv1d_k3s2p1_c64_generic_kernel.format = b"Zf"
conv1d_k3s2p1_c64_generic_kernel.other_format = b"Zf"
conv1d_k3s2p1_c64_generic_kernel.u = 2
conv1d_k3s2p1_c64_generic_kernel.w = 1
conv1d_k3s2p1_c64_generic_kernel.x = 0
conv1d_k3s2p1_c64_generic_kernel.channel_axis = 1
conv1d_k3s2p1_c64_generic_kernel.first_axis = 2
conv1d_k3s2p1_c64_generic_kernel.biased = 1
conv1d_k3s2p1_c64_generic_kernel.by_image = 1
conv1d_k3s2p1_c64_generic_kernel.features_first = 0
conv1d_k3s2p1_c64_generic_kernel.taps[0] = 3
conv1d_k3s2p1_c64_generic_kernel.stride[0] = 2
conv1d_k3s2p1_c64_generic_kernel.least[0] = 1
conv1d_k3s2p1_c64_generic_kernel.cost = conv1d_k3s2p1_c64_generic_cost
conv1d_k3s2p1_c64_generic_kernel.families = 1
conv1d_k3s2p1_c64_generic_kernel.plain = 0
conv1d_k3s2p1_c64_generic_kernel.fallback = 0
conv1d_k3s2p1_c64_generic_kernel.family[0].name = b"plain"
conv1d_k3s2p1_c64_generic_kernel.family[0].run = conv1d_k3s2p1_c64_generic_plain
conv1d_k3s2p1_c64_generic_kernel.family[0].pack = NULL
conv1d_k3s2p1_c64_generic_kernel.family[0].pack_size = NULL
conv1d_k3s2p1_c64_generic_kernel.family[0].table = NULL


def conv1d_k3s2p1_c64_generic(x, w, bias, out, Py_ssize_t groups=1, int threads=1, family=None, packed=None, bint force=False):
    """Fill ``out`` and return (family that computed it, threads used): all arrays C-contiguous complex64 buffers, channels first; bias may be None.

    ``packed``: weights as ``pack`` left them for ``family``; w are the same weights, for images that the family cannot take.
    ``force``: exactly so many threads, even where the work is too little to gain from them.
    Raises ValueError, whose text begins with the argument, for whatever does not fit; MemoryError.
    """
    return enter(&conv1d_k3s2p1_c64_generic_kernel, x, w, bias, out, groups, threads, family, packed, force)


cdef Kernel *find(str name) except NULL:
    if name == "conv1d_k3s2p1_c64_generic":
        return &conv1d_k3s2p1_c64_generic_kernel
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
