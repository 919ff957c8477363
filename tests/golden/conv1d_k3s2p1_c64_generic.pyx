# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, binding=False, auto_pickle=False
# conv1d_k3s2p1_c64_generic
# made by   convt build 1d_k3s2p1 --map conv --dtype complex64 --target generic
# from      templates plain.pyx.jinja; target generic
# lengths   n = 2·m − 1
# phases    r=0: taps 0, 2 at offsets 0, −1   r=1: taps 1 at offsets 0
# proved    lengths, round trip, matrix, adjoint, scatter, zero insertion, polyphase split: for every m ≥ 1
# SPDX-License-Identifier: BSD-3-Clause

from cpython.buffer cimport PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cython.parallel cimport prange
from libc.stdint cimport int64_t
from libc.string cimport strcmp
from posix.unistd cimport getpid

cdef extern from "Python.h":
    object PyErr_Format(object exception, const char *format, ...)

cdef extern from *:
    """
    #include <pthread.h>
    #include <stddef.h>
    #include <stdlib.h>
    #include <string.h>

    /* The C of a module can be compiled beside what Cython makes of the rest: with C_ONLY the one, with C_BESIDE the other. */
    #ifdef C_ONLY
    #define SHARED
    #else
    #define SHARED static
    #endif

    /* One call of a kernel. Axes that a kernel does not have come first, with length 1; distances are in scalars. */
    typedef struct {
        Py_ssize_t batch, features, images, groups;
        Py_ssize_t m[3], n[3];          /* feature lengths, image lengths */
        Py_ssize_t u_batch, u_channel, u_axis[3];
        Py_ssize_t x_batch, x_channel, x_axis[3];
        void *u, *w, *x, *bias, *packed;
        const void *plan;               /* what the family knows about the kernel */
        int threads;
    } Call;
    """
    ctypedef struct Call:
        Py_ssize_t batch, features, images, groups
        Py_ssize_t[3] m
        Py_ssize_t[3] n
        Py_ssize_t u_batch, u_channel
        Py_ssize_t[3] u_axis
        Py_ssize_t x_batch, x_channel
        Py_ssize_t[3] x_axis
        void *u
        void *w
        void *x
        void *bias
        void *packed
        const void *plan
        int threads

cdef extern from *:
    """
    /* Scratch memory is kept by each thread between calls, up to KEPT bytes of each of slots: fresh pages cost more
       than the work that is done in them. It goes when the thread ends, or by scratch_forget. */
    #ifdef C_BESIDE
    extern int scratch_begin(void);
    extern void scratch_forget(int slot);
    extern void *scratch(int slot, Py_ssize_t size);
    extern void settle(int slot);
    #else
    #define KEPT ((size_t)64 << 20)
    typedef struct { size_t size; char filler[56]; } Block;
    static pthread_key_t block_of[4];

    SHARED int scratch_begin(void)
    {
        for (int slot = 0; slot < 4; ++slot)
            if (pthread_key_create(&block_of[slot], free) != 0)
                return 0;
        return 1;
    }

    SHARED void scratch_forget(int slot)
    {
        free(pthread_getspecific(block_of[slot]));
        pthread_setspecific(block_of[slot], NULL);
    }

    SHARED void *scratch(int slot, Py_ssize_t size)
    {
        Block *block = pthread_getspecific(block_of[slot]);
        if (block != NULL && block->size >= (size_t)size)
            return block + 1;
        scratch_forget(slot);
        block = aligned_alloc(64, ((size_t)size + 127) / 64 * 64);
        if (block == NULL)
            return NULL;
        block->size = size;
        pthread_setspecific(block_of[slot], block);
        return block + 1;
    }

    SHARED void settle(int slot)
    {
        Block *block = pthread_getspecific(block_of[slot]);
        if (block != NULL && block->size > KEPT)
            scratch_forget(slot);
    }
    #endif
    """
    bint scratch_begin()
    void scratch_forget(int slot)
    void *scratch(int slot, Py_ssize_t size) noexcept nogil
    void settle(int slot) noexcept nogil

if not scratch_begin():
    raise ImportError("no thread-specific storage left for scratch memory")


ctypedef int (*Run)(Call *) noexcept nogil
ctypedef Py_ssize_t (*Size)(Call *) noexcept nogil
ctypedef double (*Cost)(Call *, int) noexcept nogil


cdef struct Family:
    const char *name
    Run run
    Run pack                        # NULL where the weights are taken as they are
    Size pack_size
    const void *table               # about this kernel


cdef struct Kernel:
    int dims, parts                 # axes; scalars of one number
    Py_ssize_t item_size
    const char *format
    const char *other_format
    int u, w, x                     # which of (first input, second input, out) they are
    int channel_axis, first_axis    # in u and x
    int bias                        # 0: none; 1: one value a feature channel; 2: one an image channel
    Py_ssize_t[3] taps
    Py_ssize_t[3] stride
    Py_ssize_t[3] least             # image length at feature length 1, less output padding
    Cost cost
    int families
    int plain
    int strict                      # the family that runs when one gives up because of what features hold
    Family[8] family


cdef inline Py_ssize_t floor_division(Py_ssize_t a, Py_ssize_t b) noexcept nogil:
    # C rounds towards zero; indices need the floor.
    return a // b if a >= 0 else -((b - 1 - a) // b)


cdef inline Py_ssize_t first_feature(Py_ssize_t shift, Py_ssize_t stride) noexcept nogil:
    # Least i >= 0 with stride * i + shift >= 0.
    return max(0, -floor_division(shift, stride))


cdef inline Py_ssize_t stop_feature(Py_ssize_t shift, Py_ssize_t stride, Py_ssize_t m, Py_ssize_t n) noexcept nogil:
    # One more than the largest i < m with stride * i + shift < n.
    return min(m, floor_division(n - 1 - shift, stride) + 1)


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
              bint writable, const char *name) except -1:
    # Borrow a C-contiguous buffer of the right type and rank; the error names the argument.
    cdef int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (PyBUF_WRITABLE if writable else 0)
    PyObject_GetBuffer(array, view, flags)
    if view.ndim != dims or view.itemsize != size or (strcmp(view.format, format) != 0 and strcmp(view.format, other) != 0):
        try:
            PyErr_Format(ValueError, "%s: has %d axes of format '%s', must have %d axes of format '%s'", name, view.ndim, view.format, dims, format)
        finally:
            PyBuffer_Release(view)
    return 0


cdef int expect(Py_ssize_t found, Py_ssize_t wanted, const char *what) except -1:
    if found != wanted:
        PyErr_Format(ValueError, "%s is %zd, must be %zd", what, found, wanted)
    return 0


cdef int set_sizes(Kernel *kernel, Call *call, Py_ssize_t batch, Py_ssize_t features, Py_ssize_t images,
                   Py_ssize_t groups, Py_ssize_t *m, Py_ssize_t *n) except -1:
    # Lengths and distances. Arrays are C-contiguous, channels before the axes or after them.
    cdef int axis, missing = 3 - kernel.dims
    cdef Py_ssize_t u_step = kernel.parts, x_step = kernel.parts
    if groups < 1 or features % groups or images % groups:
        PyErr_Format(ValueError, "groups is %zd, must divide %zd feature and %zd image channels", groups, features, images)
    call.batch, call.features, call.images, call.groups = batch, features, images, groups
    for axis in range(3):
        call.m[axis] = call.n[axis] = 1
    if kernel.channel_axis > 1:
        call.u_channel, call.x_channel = u_step, x_step
        u_step *= features
        x_step *= images
    for axis in range(kernel.dims):
        if m[axis] < 1 or n[axis] < max(1, kernel.stride[axis] * (m[axis] - 1) + kernel.least[axis]):
            PyErr_Format(ValueError, "axis %d: image length %zd does not fit feature length %zd", axis, n[axis], m[axis])
        call.m[missing + axis], call.n[missing + axis] = m[axis], n[axis]
    for axis in range(2, -1, -1):
        call.u_axis[axis], call.x_axis[axis] = u_step, x_step
        u_step *= call.m[axis]
        x_step *= call.n[axis]
    if kernel.channel_axis == 1:
        call.u_channel, call.x_channel = u_step, x_step
        u_step *= features
        x_step *= images
    call.u_batch, call.x_batch = u_step, x_step
    return 0


cdef int number_of(Kernel *kernel, object family) except -1:
    cdef int each
    for each in range(kernel.families):
        if family == kernel.family[each].name.decode():
            return each
    names = ", ".join([kernel.family[each].name.decode() for each in range(kernel.families)])
    PyErr_Format(ValueError, "family: %R is not in this kernel, which has %U", <void *> family, <void *> names)


cdef int choose(Kernel *kernel, Call *call, object family) except -1:
    # The family asked for, or the one with the least estimate; the same whether weights are packed, so that results are too.
    cdef int best = 0, each
    if family is None:
        for each in range(1, kernel.families):
            if kernel.cost(call, each) < kernel.cost(call, best):
                best = each
        return best
    best = number_of(kernel, family)
    if kernel.cost(call, best) >= 1e300:
        PyErr_Format(ValueError, "family: %R does not take these channels and groups", <void *> family)
    return best


cdef int execute(Kernel *kernel, Call *call, int chosen, object packed) except -2:
    # The family chosen or, when it gives up because a feature is Inf, NaN or huge, the strict one.
    cdef int result = attempt(kernel, call, chosen, packed)
    return attempt(kernel, call, kernel.strict, None) if result == 2 else result


cdef int attempt(Kernel *kernel, Call *call, int chosen, object packed) except -2:
    # Pack the weights if the family wants that and it has not been done, then run it without the GIL.
    cdef Family *family = &kernel.family[chosen]
    cdef Py_buffer view
    cdef int result
    call.plan = family.table
    if family.pack == NULL:
        with nogil:
            result = family.run(call)
        return result
    if packed is not None:
        take(packed, &view, 1, kernel.format, kernel.other_format, kernel.item_size, False, "packed")
        try:
            expect(view.shape[0], family.pack_size(call), "length of packed")
            call.packed = view.buf
            with nogil:
                result = family.run(call)
        finally:
            PyBuffer_Release(&view)
        return result
    call.packed = scratch(3, family.pack_size(call) * kernel.item_size)
    if call.packed == NULL:
        return -1
    with nogil:
        result = family.pack(call)
        if result == 1:
            result = family.run(call)
        elif result == 0:  # a weight is not finite
            result = kernel.family[kernel.plain].run(call)
    settle(3)
    return result


cdef object enter(Kernel *kernel, object first, object second, object bias, object out, Py_ssize_t groups, int threads,
                  object family, object packed):
    # Borrow all buffers, check that they fit together, choose a family, run it.
    cdef Call call
    cdef Py_buffer[4] views
    cdef Py_buffer *u = &views[kernel.u]
    cdef Py_buffer *w = &views[kernel.w]
    cdef Py_buffer *x = &views[kernel.x]
    cdef int taken = 0, chosen, axis, result
    try:
        take(first, &views[0], kernel.dims + 2, kernel.format, kernel.other_format, kernel.item_size, False, "first input")
        taken = 1
        take(second, &views[1], kernel.dims + 2, kernel.format, kernel.other_format, kernel.item_size, False, "second input")
        taken = 2
        take(out, &views[2], kernel.dims + 2, kernel.format, kernel.other_format, kernel.item_size, True, "out")
        taken = 3
        set_sizes(kernel, &call, u.shape[0], u.shape[kernel.channel_axis], x.shape[kernel.channel_axis], groups,
                  u.shape + kernel.first_axis, x.shape + kernel.first_axis)
        expect(x.shape[0], call.batch, "batch of the image")
        expect(w.shape[0], call.features, "first axis of the weights")
        expect(w.shape[1], call.images // groups, "second axis of the weights")
        for axis in range(kernel.dims):
            expect(w.shape[axis + 2], kernel.taps[axis], "kernel size of the weights")
        call.u, call.w, call.x, call.bias, call.packed = u.buf, w.buf, x.buf, NULL, NULL
        if bias is not None:
            take(bias, &views[3], 1, kernel.format, kernel.other_format, kernel.item_size, False, "bias")
            taken = 4
            expect(views[3].shape[0], (0, call.features, call.images)[kernel.bias], "length of bias")
            call.bias = views[3].buf
        chosen = choose(kernel, &call, family)
        call.threads = usable_threads(threads, kernel.cost(&call, chosen))
        result = execute(kernel, &call, chosen, packed)
    finally:
        while taken > 0:
            taken -= 1
            PyBuffer_Release(&views[taken])
    if result < 0:
        raise MemoryError("no memory for scratch")
    return out


cdef Py_ssize_t packed_size(Kernel *kernel, Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups, object family) except -1:
    cdef Call call
    cdef int chosen = number_of(kernel, family)
    call.features, call.images, call.groups = features, images, groups
    call.plan = kernel.family[chosen].table
    return kernel.family[chosen].pack_size(&call) if kernel.family[chosen].pack != NULL else 0


cdef object pack_weights(Kernel *kernel, object w, object packed, Py_ssize_t groups, object family, int threads):
    cdef Call call
    cdef Py_buffer w_view, packed_view
    cdef int chosen = number_of(kernel, family), result = 1, axis
    take(w, &w_view, kernel.dims + 2, kernel.format, kernel.other_format, kernel.item_size, False, "w")
    try:
        take(packed, &packed_view, 1, kernel.format, kernel.other_format, kernel.item_size, True, "packed")
        try:
            for axis in range(kernel.dims):
                expect(w_view.shape[axis + 2], kernel.taps[axis], "kernel size of the weights")
            call.features, call.images, call.groups = w_view.shape[0], w_view.shape[1] * groups, groups
            call.w, call.packed = w_view.buf, packed_view.buf
            call.threads = usable_threads(threads, w_view.len)
            expect(packed_view.shape[0], packed_size(kernel, call.features, call.images, groups, family), "length of packed")
            call.plan = kernel.family[chosen].table
            if kernel.family[chosen].pack != NULL:
                with nogil:
                    result = kernel.family[chosen].pack(&call)
        finally:
            PyBuffer_Release(&packed_view)
    finally:
        PyBuffer_Release(&w_view)
    if result < 0:
        raise MemoryError("no memory to pack weights")
    return result == 1


cdef object estimates(Kernel *kernel, Py_ssize_t batch, Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups,
                      object m, object n):
    cdef Call call
    cdef Py_ssize_t[3] feature
    cdef Py_ssize_t[3] image
    cdef int axis, each
    for axis in range(kernel.dims):
        feature[axis], image[axis] = m[axis], n[axis]
    set_sizes(kernel, &call, batch, features, images, groups, feature, image)
    return {kernel.family[each].name.decode(): kernel.cost(&call, each) for each in range(kernel.families)}


cdef void conv1d_k3s2p1_c64_generic_plain_item(Call *call, Py_ssize_t b, Py_ssize_t f) noexcept nogil:
    # One feature plane (b, f): each tap of each image channel adds its shifted image.
    cdef Py_ssize_t features_per = call.features // call.groups
    cdef Py_ssize_t images_per = call.images // call.groups
    cdef Py_ssize_t group, c, t
    cdef Py_ssize_t a0, i0, shift0, low0, high0
    cdef Py_ssize_t u_step = call.u_axis[2]
    cdef Py_ssize_t x_step = 2 * call.x_axis[2]
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
    out = <float *> call.u + b * call.u_batch + f * call.u_channel
    for t in range(call.m[2]):
        out[t * call.u_axis[2] + 0] = start_re
        out[t * call.u_axis[2] + 1] = start_im
    for c in range(group * images_per, (group + 1) * images_per):
        u_plane = <float *> call.u + b * call.u_batch + f * call.u_channel
        x_plane = <float *> call.x + b * call.x_batch + c * call.x_channel
        w_tap = <float *> call.w + (f * images_per + c - group * images_per) * 6
        for a0 in range(3):
            shift0 = 1 * a0 - (1)
            low0 = first_feature(shift0, 2)
            high0 = stop_feature(shift0, 2, call.m[2], call.n[2])
            weight_re = w_tap[0]
            weight_im = w_tap[1]
            u_row = u_plane
            x_row = x_plane + shift0 * call.x_axis[2]
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
    cdef Py_ssize_t groups = call.groups
    cdef Py_ssize_t features_per = call.features // groups
    cdef Py_ssize_t images_per = call.images // groups
    cdef double inputs = <double> call.batch * call.features * call.m[0] * call.m[1] * call.m[2]
    cdef double outputs = <double> call.batch * call.images * call.n[0] * call.n[1] * call.n[2]
    cdef double macs = inputs * images_per * 3
    if family == 0:  # plain
        return macs / 1.0 + outputs
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
conv1d_k3s2p1_c64_generic_kernel.bias = 1
conv1d_k3s2p1_c64_generic_kernel.taps[0] = 3
conv1d_k3s2p1_c64_generic_kernel.stride[0] = 2
conv1d_k3s2p1_c64_generic_kernel.least[0] = 1
conv1d_k3s2p1_c64_generic_kernel.cost = conv1d_k3s2p1_c64_generic_cost
conv1d_k3s2p1_c64_generic_kernel.families = 1
conv1d_k3s2p1_c64_generic_kernel.plain = 0
conv1d_k3s2p1_c64_generic_kernel.strict = 0
conv1d_k3s2p1_c64_generic_kernel.family[0].name = b"plain"
conv1d_k3s2p1_c64_generic_kernel.family[0].run = conv1d_k3s2p1_c64_generic_plain
conv1d_k3s2p1_c64_generic_kernel.family[0].pack = NULL
conv1d_k3s2p1_c64_generic_kernel.family[0].pack_size = NULL
conv1d_k3s2p1_c64_generic_kernel.family[0].table = NULL


def conv1d_k3s2p1_c64_generic(x, w, bias, out, Py_ssize_t groups=1, int threads=1, family=None, packed=None):
    """Fill ``out``: all arrays C-contiguous complex64 buffers, channels first; bias may be None.

    ``packed``: weights as ``pack`` left them for ``family``; w then only gives the shape.
    """
    return enter(&conv1d_k3s2p1_c64_generic_kernel, x, w, bias, out, groups, threads, family, packed)


cdef Kernel *find(str name) except NULL:
    if name == "conv1d_k3s2p1_c64_generic":
        return &conv1d_k3s2p1_c64_generic_kernel
    PyErr_Format(ValueError, "kernel: %R is not in this module", <void *> name)


def pack(str kernel, w, packed, Py_ssize_t groups, family, int threads=1):
    """Fill the buffer ``packed`` from w (F, C/G, *k); False when a weight is not finite and ``plain`` must serve."""
    return pack_weights(find(kernel), w, packed, groups, family, threads)


def packed_length(str kernel, Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups, family):
    """Scalars that the packed weights of a family take; 0 where it takes the weights as they are."""
    return packed_size(find(kernel), features, images, groups, family)


def costs(str kernel, Py_ssize_t batch, Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups, m, n):
    """Family -> estimated nanoseconds for these sizes: the pure function that chooses."""
    return estimates(find(kernel), batch, features, images, groups, m, n)


def forget():
    """Free the scratch memory that the calling thread keeps."""
    scratch_forget(0)
    scratch_forget(1)
    scratch_forget(2)
    scratch_forget(3)
