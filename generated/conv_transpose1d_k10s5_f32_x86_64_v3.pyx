# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, binding=False, auto_pickle=False
# conv_transpose1d_k10s5_f32_x86_64_v3
# made by   convt build 1d_k10s5 --map conv_transpose --dtype float32 --target x86-64-v3
# from      templates/direct.pyx.jinja, templates/plain.pyx.jinja; target x86-64-v3
# lengths   n = 5·m + 5
# phases    r=0: taps 0, 5 at offsets 0, −1   r=1: taps 1, 6 at offsets 0, −1   r=2: taps 2, 7 at offsets 0, −1   r=3: taps 3, 8 at offsets 0, −1   r=4: taps 4, 9 at offsets 0, −1
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

cdef extern from *:
    """
    /* 6 pixels x 16 outputs in registers: sums += features x weights over taps and channels.
       One tap per loop, accumulators by name: arrays of them would live in memory, unrolled taps would spill. */
    typedef float tile_f32_6x16_v __attribute__((vector_size(32), aligned(4), may_alias));

    static void tile_f32_6x16(const float *features, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        ptrdiff_t channels, const float *w, float *sums)
    {
        tile_f32_6x16_v s0_0 = *(tile_f32_6x16_v *)(sums + 0 + 0), s0_1 = *(tile_f32_6x16_v *)(sums + 0 + 8);
        tile_f32_6x16_v s1_0 = *(tile_f32_6x16_v *)(sums + 16 + 0), s1_1 = *(tile_f32_6x16_v *)(sums + 16 + 8);
        tile_f32_6x16_v s2_0 = *(tile_f32_6x16_v *)(sums + 32 + 0), s2_1 = *(tile_f32_6x16_v *)(sums + 32 + 8);
        tile_f32_6x16_v s3_0 = *(tile_f32_6x16_v *)(sums + 48 + 0), s3_1 = *(tile_f32_6x16_v *)(sums + 48 + 8);
        tile_f32_6x16_v s4_0 = *(tile_f32_6x16_v *)(sums + 64 + 0), s4_1 = *(tile_f32_6x16_v *)(sums + 64 + 8);
        tile_f32_6x16_v s5_0 = *(tile_f32_6x16_v *)(sums + 80 + 0), s5_1 = *(tile_f32_6x16_v *)(sums + 80 + 8);
        for (ptrdiff_t tap = 0; tap < taps; ++tap) {
            const float *at = features + offset[tap];
            const float *p0 = at + pixel[0];
            const float *p1 = at + pixel[1];
            const float *p2 = at + pixel[2];
            const float *p3 = at + pixel[3];
            const float *p4 = at + pixel[4];
            const float *p5 = at + pixel[5];
            for (ptrdiff_t c = 0; c < channels; ++c, w += 16) {
                const tile_f32_6x16_v w0 = *(const tile_f32_6x16_v *)(w + 0);
                const tile_f32_6x16_v w1 = *(const tile_f32_6x16_v *)(w + 8);
    s0_0 += p0[c] * w0; s0_1 += p0[c] * w1;
    s1_0 += p1[c] * w0; s1_1 += p1[c] * w1;
    s2_0 += p2[c] * w0; s2_1 += p2[c] * w1;
    s3_0 += p3[c] * w0; s3_1 += p3[c] * w1;
    s4_0 += p4[c] * w0; s4_1 += p4[c] * w1;
    s5_0 += p5[c] * w0; s5_1 += p5[c] * w1;
            }
        }
    *(tile_f32_6x16_v *)(sums + 0 + 0) = s0_0; *(tile_f32_6x16_v *)(sums + 0 + 8) = s0_1;
    *(tile_f32_6x16_v *)(sums + 16 + 0) = s1_0; *(tile_f32_6x16_v *)(sums + 16 + 8) = s1_1;
    *(tile_f32_6x16_v *)(sums + 32 + 0) = s2_0; *(tile_f32_6x16_v *)(sums + 32 + 8) = s2_1;
    *(tile_f32_6x16_v *)(sums + 48 + 0) = s3_0; *(tile_f32_6x16_v *)(sums + 48 + 8) = s3_1;
    *(tile_f32_6x16_v *)(sums + 64 + 0) = s4_0; *(tile_f32_6x16_v *)(sums + 64 + 8) = s4_1;
    *(tile_f32_6x16_v *)(sums + 80 + 0) = s5_0; *(tile_f32_6x16_v *)(sums + 80 + 8) = s5_1;
    }
    """
    void tile_f32_6x16(const float *features, const Py_ssize_t *pixel, const Py_ssize_t *offset,
        Py_ssize_t taps, Py_ssize_t channels, const float *w, float *sums) noexcept nogil


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


ctypedef int (*Run)(Call *) noexcept nogil
ctypedef Py_ssize_t (*Size)(Call *) noexcept nogil
ctypedef double (*Cost)(Call *, int) noexcept nogil


cdef struct Family:
    const char *name
    Run run
    Run pack                        # NULL where the weights are taken as they are
    Size pack_size


cdef struct Kernel:
    int dims
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
    Family[4] family


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


cdef int set_sizes(Kernel *kernel, Call *call, Py_ssize_t batch, Py_ssize_t features, Py_ssize_t images,
                   Py_ssize_t groups, Py_ssize_t *m, Py_ssize_t *n) except -1:
    # Lengths of axes that a kernel does not have are 1.
    cdef int axis
    if groups < 1 or features % groups or images % groups:
        raise ValueError(f"groups is {groups}, must divide {features} feature and {images} image channels")
    call.batch, call.features, call.images, call.groups = batch, features, images, groups
    for axis in range(3):
        call.m[axis] = m[axis] if axis < kernel.dims else 1
        call.n[axis] = n[axis] if axis < kernel.dims else 1
        if axis < kernel.dims and (m[axis] < 1 or n[axis] < max(1, kernel.stride[axis] * (m[axis] - 1) + kernel.least[axis])):
            raise ValueError(f"axis {axis}: image length {n[axis]} does not fit feature length {m[axis]}")
    return 0


cdef int number_of(Kernel *kernel, object family) except -1:
    cdef int each
    names = [kernel.family[each].name.decode() for each in range(kernel.families)]
    if family not in names:
        raise ValueError(f"family: {family!r} is not in this kernel, which has {', '.join(names)}")
    return names.index(family)


cdef int choose(Kernel *kernel, Call *call, object family) except -1:
    # The family asked for, or the one with the least estimate.
    cdef int best = 0, each
    if family is None:
        for each in range(1, kernel.families):
            if kernel.cost(call, each) < kernel.cost(call, best):
                best = each
        return best
    best = number_of(kernel, family)
    if kernel.cost(call, best) >= 1e300:
        raise ValueError(f"family: {family!r} does not take these channels and groups")
    return best


cdef int execute(Kernel *kernel, Call *call, int chosen, object packed) except -2:
    # Pack the weights if the family wants that and it has not been done, then run it without the GIL.
    cdef Family *family = &kernel.family[chosen]
    cdef Py_buffer view
    cdef int result
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
    call.packed = aligned(family.pack_size(call) * kernel.item_size)
    if call.packed == NULL:
        return -1
    with nogil:
        result = family.pack(call)
        if result == 1:
            result = family.run(call)
        elif result == 0:  # a weight is not finite
            result = kernel.family[kernel.plain].run(call)
        free(call.packed)
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
    names = ("first input", "second input", "out")
    try:
        for array in (first, second, out):
            take(array, &views[taken], kernel.dims + 2, kernel.format, kernel.other_format, kernel.item_size, taken == 2,
                 names[taken])
            taken += 1
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


cdef extern from *:
    """
    static const Py_ssize_t one_phase[] = {0, 1};
    static const Py_ssize_t one_tap[] = {0};
    """
    const Py_ssize_t *one_phase
    const Py_ssize_t *one_tap


ctypedef const Py_ssize_t *Table


cdef struct Phases:
    # The phases of a kernel for packing its weights; axes that it does not have hold one tap at stride 1.
    Py_ssize_t taps, channel_block
    Py_ssize_t[3] kernel
    Py_ssize_t[3] stride
    Table[3] start                  # taps of phase r of an axis: tap[start[r]] to tap[start[r + 1] - 1]
    Table[3] tap


cdef Py_ssize_t number_taps(Phases *phases, Py_ssize_t *table) noexcept nogil:
    # For every tap a: taps of earlier phases, taps of its phase, its number within the phase.
    cdef Py_ssize_t r0, r1, r2, t0, t1, t2, n0, n1, n2, a, number, before = 0
    for r0 in range(phases.stride[0]):
        n0 = phases.start[0][r0 + 1] - phases.start[0][r0]
        for r1 in range(phases.stride[1]):
            n1 = phases.start[1][r1 + 1] - phases.start[1][r1]
            for r2 in range(phases.stride[2]):
                n2 = phases.start[2][r2 + 1] - phases.start[2][r2]
                for number in range(n0 * n1 * n2):
                    t0 = phases.tap[0][phases.start[0][r0] + number // (n1 * n2)]
                    t1 = phases.tap[1][phases.start[1][r1] + number // n2 % n1]
                    t2 = phases.tap[2][phases.start[2][r2] + number % n2]
                    a = (t0 * phases.kernel[1] + t1) * phases.kernel[2] + t2
                    table[3 * a] = before
                    table[3 * a + 1] = n0 * n1 * n2
                    table[3 * a + 2] = number
                before += n0 * n1 * n2
    return before


cdef void tile_f32_6x16_pack_block(Call *call, Phases *phases, Py_ssize_t *table, Py_ssize_t item, int *finite) noexcept nogil:
    # One block of 16 outputs of one group: [phase][channel block][tap][channel][lane].
    cdef Py_ssize_t features_per = call.features // call.groups
    cdef Py_ssize_t images_per = call.images // call.groups
    cdef Py_ssize_t blocks = (images_per + 15) // 16
    cdef Py_ssize_t group = item // blocks
    cdef Py_ssize_t block = item % blocks
    cdef Py_ssize_t outputs = min(16, images_per - block * 16)
    cdef Py_ssize_t taps = phases.taps
    cdef Py_ssize_t f, a, done, channels, lane
    cdef float *w
    cdef float *target
    cdef float[16] probe    # stays zero unless a weight is Inf or NaN
    memset(probe, 0, sizeof(probe))
    for f in range(features_per):
        done = f // phases.channel_block * phases.channel_block
        channels = min(phases.channel_block, features_per - done)
        w = <float *> call.w + ((group * features_per + f) * images_per + block * 16) * taps
        for a in range(taps):
            # table: taps of earlier phases, taps of this phase, number within the phase
            target = <float *> call.packed + (item * taps * features_per + table[3 * a] * features_per
                + done * table[3 * a + 1] + table[3 * a + 2] * channels + f - done) * 16
            for lane in range(outputs):
                target[lane] = w[lane * taps + a]
                probe[lane] += target[lane] * 0
            for lane in range(outputs, 16):
                target[lane] = 0
    for lane in range(16):
        if probe[lane] != 0:
            finite[0] = 0


cdef int tile_f32_6x16_pack(Call *call, Phases *phases) noexcept nogil:
    # Fills call.packed; returns 1 when all weights are finite, 0 when not, -1 without memory.
    cdef Py_ssize_t blocks = (call.images // call.groups + 15) // 16
    cdef Py_ssize_t item
    cdef int finite = 1
    cdef Py_ssize_t *table = <Py_ssize_t *> malloc(phases.taps * 3 * sizeof(Py_ssize_t))
    if table == NULL:
        return -1
    number_taps(phases, table)
    for item in prange(call.groups * blocks, num_threads=call.threads, schedule="dynamic"):
        tile_f32_6x16_pack_block(call, phases, table, item, &finite)
    free(table)
    return finite


cdef extern from *:
    """
    static const Py_ssize_t conv_transpose1d_k10s5_f32_x86_64_v3_direct_start0[] = {0, 2, 4, 6, 8, 10};
    static const Py_ssize_t conv_transpose1d_k10s5_f32_x86_64_v3_direct_tap0[] = {0, 5, 1, 6, 2, 7, 3, 8, 4, 9};
    static const Py_ssize_t conv_transpose1d_k10s5_f32_x86_64_v3_direct_offset0[] = {0, -1, 0, -1, 0, -1, 0, -1, 0, -1};
    """
    const Py_ssize_t *conv_transpose1d_k10s5_f32_x86_64_v3_direct_start0   # taps of phase r: start[r] to start[r + 1]
    const Py_ssize_t *conv_transpose1d_k10s5_f32_x86_64_v3_direct_tap0
    const Py_ssize_t *conv_transpose1d_k10s5_f32_x86_64_v3_direct_offset0


cdef struct conv_transpose1d_k10s5_f32_x86_64_v3_direct_Work:
    float *features          # zero-bordered copy, channels last
    Py_ssize_t pixel                # distance between pixels of it
    Py_ssize_t blocks               # blocks of 16 outputs in a group
    Py_ssize_t passes               # passes of 384 pixels in the largest phase
    Py_ssize_t[3] low               # first feature position in the copy
    Py_ssize_t[3] size              # and how many there are
    int failed


cdef Py_ssize_t conv_transpose1d_k10s5_f32_x86_64_v3_direct_border(Call *call, conv_transpose1d_k10s5_f32_x86_64_v3_direct_Work *work) noexcept nogil:
    # Which feature positions any visible output reads; returns the pixels of the largest phase.
    cdef Py_ssize_t r, t, first, stop, low, high, most, pixels = call.batch
    low = PY_SSIZE_T_MAX
    high = PY_SSIZE_T_MIN
    most = 0
    for r in range(5):
        first = first_quotient(0, r, 5)
        stop = first_quotient(0 + call.n[0], r, 5)
        most = max(most, stop - first)
        for t in range(conv_transpose1d_k10s5_f32_x86_64_v3_direct_start0[r], conv_transpose1d_k10s5_f32_x86_64_v3_direct_start0[r + 1]):
            if stop > first:
                low = min(low, first + conv_transpose1d_k10s5_f32_x86_64_v3_direct_offset0[t])
                high = max(high, stop + conv_transpose1d_k10s5_f32_x86_64_v3_direct_offset0[t])
    work.low[0] = low if high > low else 0
    work.size[0] = high - low if high > low else 0
    pixels *= most
    return pixels


cdef void conv_transpose1d_k10s5_f32_x86_64_v3_direct_copy_row(Call *call, conv_transpose1d_k10s5_f32_x86_64_v3_direct_Work *work, Py_ssize_t row) noexcept nogil:
    # One row of the bordered copy: zeros outside the features, channels side by side.
    cdef Py_ssize_t u_axis0 = 1
    cdef Py_ssize_t u_channel = u_axis0 * call.m[0]
    cdef Py_ssize_t u_batch = u_channel * call.features
    cdef float *u = <float *> call.u
    cdef float *target = work.features + row * work.size[0] * work.pixel
    cdef Py_ssize_t f, t, block, stop, i, rest = row
    cdef Py_ssize_t first = max(0, -work.low[0])
    cdef Py_ssize_t end = min(work.size[0], call.m[0] - work.low[0])
    cdef bint outside = end <= first
    if outside:
        memset(target, 0, work.size[0] * work.pixel * 4)
        return
    u += rest * u_batch + (work.low[0] + first) * u_axis0
    memset(target, 0, first * work.pixel * 4)
    memset(target + end * work.pixel, 0, (work.size[0] - end) * work.pixel * 4)
    target += first * work.pixel
    for block in range(0, call.features, 16):
        stop = min(block + 16, call.features)
        for t in range(end - first):
            for f in range(block, stop):
                target[t * work.pixel + f] = u[t * u_axis0 + f * u_channel]


cdef void conv_transpose1d_k10s5_f32_x86_64_v3_direct_item(Call *call, conv_transpose1d_k10s5_f32_x86_64_v3_direct_Work *work, Py_ssize_t item) noexcept nogil:
    # One phase of one block of 16 outputs, for up to 384 pixels of all images.
    cdef Py_ssize_t x_axis0 = 1
    cdef Py_ssize_t x_channel = x_axis0 * call.n[0]
    cdef Py_ssize_t x_batch = x_channel * call.images
    cdef Py_ssize_t features_per = call.features // call.groups
    cdef Py_ssize_t images_per = call.images // call.groups
    cdef Py_ssize_t phase = item % 5
    cdef Py_ssize_t block = item // 5 % work.blocks
    cdef Py_ssize_t turn = item // 5 // work.blocks % work.passes
    cdef Py_ssize_t group = item // 5 // work.blocks // work.passes
    cdef Py_ssize_t outputs = min(16, images_per - block * 16)
    cdef Py_ssize_t taps = 1, before = 0, pixels = call.batch, count, p, t, c, lane, channels, rest, first, done
    cdef Py_ssize_t r0, start0, taps0, first0, count0, q0, t0
    cdef float *w = <float *> call.packed
    cdef float *x = <float *> call.x
    cdef float *bias = <float *> call.bias
    cdef float *line
    cdef float *sums
    cdef Py_ssize_t *pixel
    cdef Py_ssize_t *place
    cdef Py_ssize_t *offset
    rest = phase
    r0 = rest % 5
    rest = rest // 5
    start0 = conv_transpose1d_k10s5_f32_x86_64_v3_direct_start0[r0]
    taps0 = conv_transpose1d_k10s5_f32_x86_64_v3_direct_start0[r0 + 1] - start0
    first0 = first_quotient(0, r0, 5)
    count0 = max(0, first_quotient(0 + call.n[0], r0, 5) - first0)
    before = before * 10 + taps * start0
    taps *= taps0
    pixels *= count0
    first = turn * 384
    count = min(384, pixels - first)
    if count <= 0:
        return
    sums = <float *> aligned(384 * (64 + 2 * sizeof(Py_ssize_t)) + 2 * sizeof(Py_ssize_t))
    if sums == NULL:
        work.failed = 1
        return
    pixel = <Py_ssize_t *> (sums + 6144)
    place = pixel + 384
    offset = place + 384

    t = 0
    for t0 in range(start0, start0 + taps0):
        rest = 0
        rest = rest * work.size[0] + conv_transpose1d_k10s5_f32_x86_64_v3_direct_offset0[t0]
        offset[t] = rest * work.pixel
        t += 1

    rest = first
    q0 = rest % count0
    rest = rest // count0
    for p in range(count):
        c = rest
        lane = rest * x_batch
        c = c * work.size[0] + first0 + q0 - work.low[0]
        lane += (5 * (first0 + q0) + r0 - (0)) * x_axis0
        pixel[p] = c * work.pixel + group * features_per
        place[p] = lane
        q0 += 1
        if q0 < count0:
            continue
        q0 = 0
        rest += 1
    for p in range(count, (count + 5) // 6 * 6):
        pixel[p] = pixel[count - 1]

    for p in range((count + 5) // 6 * 6):
        for lane in range(16):
            sums[p * 16 + lane] = bias[group * images_per + block * 16 + lane] if bias != NULL and lane < outputs else 0

    w += ((group * work.blocks + block) * 10 + before) * features_per * 16
    for done in range(0, features_per, 1024):
        channels = min(1024, features_per - done)
        for p in range(0, count, 6):
            tile_f32_6x16(work.features + done, pixel + p, offset, taps, channels, w, sums + p * 16)
        w += taps * channels * 16

    x += (group * images_per + block * 16) * x_channel
    for lane in range(outputs):
        line = x + lane * x_channel
        for p in range(count):
            line[place[p]] = sums[p * 16 + lane]
    free(sums)


cdef int conv_transpose1d_k10s5_f32_x86_64_v3_direct(Call *call) noexcept nogil:
    cdef conv_transpose1d_k10s5_f32_x86_64_v3_direct_Work work
    cdef Py_ssize_t images_per = call.images // call.groups
    cdef Py_ssize_t most = conv_transpose1d_k10s5_f32_x86_64_v3_direct_border(call, &work)
    cdef Py_ssize_t item, rows, pixels, items
    pixels = call.batch
    pixels *= work.size[0]
    rows = pixels // work.size[0] if pixels > 0 else 0
    work.failed = 0
    work.pixel = call.features + 16
    work.blocks = (images_per + 15) // 16
    work.passes = (most + 383) // 384
    work.features = <float *> aligned(pixels * work.pixel * 4)
    if work.features == NULL:
        return -1
    for item in prange(rows, num_threads=call.threads, schedule="static"):
        conv_transpose1d_k10s5_f32_x86_64_v3_direct_copy_row(call, &work, item)
    items = call.groups * work.passes * work.blocks * 5
    for item in prange(items, num_threads=call.threads, schedule="dynamic"):
        conv_transpose1d_k10s5_f32_x86_64_v3_direct_item(call, &work, item)
    free(work.features)
    return -1 if work.failed else 0


cdef Py_ssize_t conv_transpose1d_k10s5_f32_x86_64_v3_direct_pack_size(Call *call) noexcept nogil:
    # Scalars of the packed weights.
    cdef Py_ssize_t blocks = (call.images // call.groups + 15) // 16
    return call.features * blocks * 160


cdef int conv_transpose1d_k10s5_f32_x86_64_v3_direct_pack(Call *call) noexcept nogil:
    cdef Phases phases
    phases.taps = 10
    phases.channel_block = 1024
    phases.kernel[0] = 10
    phases.stride[0] = 5
    phases.start[0] = conv_transpose1d_k10s5_f32_x86_64_v3_direct_start0
    phases.tap[0] = conv_transpose1d_k10s5_f32_x86_64_v3_direct_tap0
    phases.kernel[1] = 1
    phases.stride[1] = 1
    phases.start[1] = one_phase
    phases.tap[1] = one_tap
    phases.kernel[2] = 1
    phases.stride[2] = 1
    phases.start[2] = one_phase
    phases.tap[2] = one_tap
    return tile_f32_6x16_pack(call, &phases)


cdef void conv_transpose1d_k10s5_f32_x86_64_v3_plain_item(Call *call, Py_ssize_t b, Py_ssize_t c) noexcept nogil:
    # One image plane (b, c): each tap of each feature channel adds its shifted features.
    cdef Py_ssize_t features_per = call.features // call.groups
    cdef Py_ssize_t images_per = call.images // call.groups
    cdef Py_ssize_t group, f, t
    cdef Py_ssize_t a0, i0, shift0, low0, high0
    cdef Py_ssize_t u_axis0 = 1
    cdef Py_ssize_t u_channel = u_axis0 * call.m[0]
    cdef Py_ssize_t u_batch = u_channel * call.features
    cdef Py_ssize_t x_axis0 = 1
    cdef Py_ssize_t x_channel = x_axis0 * call.n[0]
    cdef Py_ssize_t x_batch = x_channel * call.images
    cdef Py_ssize_t u_step = u_axis0
    cdef Py_ssize_t x_step = 5 * x_axis0
    cdef float *bias = <float *> call.bias
    cdef float *u_plane
    cdef float *x_plane
    cdef float *out
    cdef float *u_row
    cdef float *x_row
    cdef float *w_tap
    cdef float weight, start
    group = c // images_per
    start = bias[c] if bias != NULL else 0
    out = <float *> call.x + b * x_batch + c * x_channel
    for t in range(call.n[0]):
        out[t * x_axis0 + 0] = start
    for f in range(group * features_per, (group + 1) * features_per):
        u_plane = <float *> call.u + b * u_batch + f * u_channel
        x_plane = <float *> call.x + b * x_batch + c * x_channel
        w_tap = <float *> call.w + (f * images_per + c - group * images_per) * 10
        for a0 in range(10):
            shift0 = 1 * a0 - (0)
            low0 = first_feature(shift0, 5)
            high0 = stop_feature(shift0, 5, call.m[0], call.n[0])
            weight = w_tap[0]
            u_row = u_plane
            x_row = x_plane + shift0 * x_axis0
            for t in range(low0, high0):
                x_row[t * x_step] += u_row[t * u_step] * weight
            w_tap += 1


cdef int conv_transpose1d_k10s5_f32_x86_64_v3_plain(Call *call) noexcept nogil:
    cdef Py_ssize_t features_per = call.features // call.groups
    cdef Py_ssize_t images_per = call.images // call.groups
    cdef Py_ssize_t item, seconds = call.images
    for item in prange(call.batch * seconds, num_threads=call.threads, schedule="dynamic"):
        conv_transpose1d_k10s5_f32_x86_64_v3_plain_item(call, item // seconds, item % seconds)
    return 0


cdef double conv_transpose1d_k10s5_f32_x86_64_v3_cost(Call *call, int family) noexcept nogil:
    # Estimated nanoseconds of a family for these sizes; only the order matters.
    cdef Py_ssize_t groups = call.groups
    cdef Py_ssize_t features_per = call.features // groups
    cdef Py_ssize_t images_per = call.images // groups
    cdef double inputs = <double> call.batch * call.features * call.m[0] * call.m[1] * call.m[2]
    cdef double outputs = <double> call.batch * call.images * call.n[0] * call.n[1] * call.n[2]
    cdef double macs = inputs * images_per * 10
    if family == 0:  # direct
        return macs * (((images_per + 15) // 16) * 16.0 / images_per) / 45.0 + inputs + 16 * outputs / images_per * groups / 8 + 2000 if features_per * images_per > 1 else 1e300
    if family == 1:  # plain
        return macs / 1.5 + outputs
    return macs


cdef Kernel conv_transpose1d_k10s5_f32_x86_64_v3_kernel
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.dims = 1
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.item_size = 4
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.format = b"f"
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.other_format = b"f"
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.u = 0
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.w = 1
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.x = 2
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.channel_axis = 1
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.first_axis = 2
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.bias = 2
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.taps[0] = 10
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.stride[0] = 5
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.least[0] = 10
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.cost = conv_transpose1d_k10s5_f32_x86_64_v3_cost
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.families = 2
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.plain = 1
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.family[0].name = b"direct"
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.family[0].run = conv_transpose1d_k10s5_f32_x86_64_v3_direct
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.family[0].pack = conv_transpose1d_k10s5_f32_x86_64_v3_direct_pack
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.family[0].pack_size = conv_transpose1d_k10s5_f32_x86_64_v3_direct_pack_size
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.family[1].name = b"plain"
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.family[1].run = conv_transpose1d_k10s5_f32_x86_64_v3_plain
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.family[1].pack = NULL
conv_transpose1d_k10s5_f32_x86_64_v3_kernel.family[1].pack_size = NULL


def conv_transpose1d_k10s5_f32_x86_64_v3(u, w, bias, out, Py_ssize_t groups=1, int threads=1, family=None, packed=None):
    """Fill ``out``: all arrays C-contiguous float32 buffers, channels first; bias may be None.

    ``packed``: weights as ``pack`` left them for ``family``; w then only gives the shape.
    """
    return enter(&conv_transpose1d_k10s5_f32_x86_64_v3_kernel, u, w, bias, out, groups, threads, family, packed)


cdef Kernel *find(str name) except NULL:
    if name == "conv_transpose1d_k10s5_f32_x86_64_v3":
        return &conv_transpose1d_k10s5_f32_x86_64_v3_kernel
    raise ValueError(f"kernel: {name!r} is not in this module")


def pack(str kernel, w, packed, Py_ssize_t groups, family, int threads=1):
    """Fill the buffer ``packed`` from w (F, C/G, *k); False when a weight is not finite and ``plain`` must serve."""
    return pack_weights(find(kernel), w, packed, groups, family, threads)


def packed_length(str kernel, Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups, family):
    """Scalars that the packed weights of a family take; 0 where it takes the weights as they are."""
    return packed_size(find(kernel), features, images, groups, family)


def costs(str kernel, Py_ssize_t batch, Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups, m, n):
    """Family -> estimated nanoseconds for these sizes: the pure function that chooses."""
    return estimates(find(kernel), batch, features, images, groups, m, n)
