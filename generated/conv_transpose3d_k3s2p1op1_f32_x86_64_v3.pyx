# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, binding=False, auto_pickle=False
# conv_transpose3d_k3s2p1op1_f32_x86_64_v3
# made by   convt build 3d_k3s2p1op1 --map conv_transpose --dtype float32 --target x86-64-v3
# from      templates/direct.pyx.jinja, templates/plain.pyx.jinja, templates/rows.pyx.jinja; target x86-64-v3
# lengths   n = 2·m on each axis
# phases    r=0: taps 0, 2 at offsets 0, −1   r=1: taps 1 at offsets 0 on each axis
# proved    lengths, round trip, matrix, adjoint, scatter, zero insertion, polyphase split: for every m ≥ 1
# SPDX-License-Identifier: BSD-3-Clause

from cpython.buffer cimport PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cython.parallel cimport prange
from libc.stddef cimport ptrdiff_t
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset, strcmp
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
    #include <pthread.h>
    #include <string.h>

    /* Scratch memory is kept by each thread between calls, up to KEPT bytes of each of slots: fresh pages cost more
       than the work that is done in them. It goes when the thread ends, or by scratch_forget. */
    #define KEPT ((size_t)64 << 20)
    typedef struct { size_t size; char filler[56]; } Block;
    static pthread_key_t block_of[3];

    static int scratch_begin(void)
    {
        for (int slot = 0; slot < 3; ++slot)
            if (pthread_key_create(&block_of[slot], free) != 0)
                return 0;
        return 1;
    }

    static void scratch_forget(int slot)
    {
        free(pthread_getspecific(block_of[slot]));
        pthread_setspecific(block_of[slot], NULL);
    }

    static void *scratch(int slot, Py_ssize_t size)
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

    static void settle(int slot)
    {
        Block *block = pthread_getspecific(block_of[slot]);
        if (block != NULL && block->size > KEPT)
            scratch_forget(slot);
    }
    """
    bint scratch_begin()
    void scratch_forget(int slot)
    void *scratch(int slot, Py_ssize_t size) noexcept nogil
    void settle(int slot) noexcept nogil

cdef extern from *:
    """
    /* 8 lanes of float; unaligned, because nothing that users hand over has to be aligned. */
    typedef float f32x8 __attribute__((vector_size(32), aligned(4), may_alias));
    typedef int f32x8_mask __attribute__((vector_size(32)));
    #ifdef __clang__
    #define f32x8_shuffle(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
    #else
    #define f32x8_shuffle(a, b, ...) __builtin_shuffle(a, b, (f32x8_mask){__VA_ARGS__})
    #endif

    /* A store that passes the caches by, for an address on a whole vector; where there is none, any store. */
    typedef float f32x8_whole __attribute__((vector_size(32)));
    static inline void f32x8_stream(float *target, f32x8 value)
    {
    #if defined(__clang__)
        __builtin_nontemporal_store((f32x8_whole)value, (f32x8_whole *)target);
    #elif defined(__AVX__)
        __builtin_ia32_movntps256(target, (f32x8_whole)value);
    #else
        *(f32x8 *)target = value;
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

    /* target[c][r] = source[r][c]; the last blocks overlap those before them, what is smaller than a block goes one by one. */
    static void f32x8_transpose(const float *source, ptrdiff_t pitch, ptrdiff_t rows, ptrdiff_t columns,
        float *target, ptrdiff_t target_pitch)
    {
        if (rows < 8 || columns < 8) {
            for (ptrdiff_t c = 0; c < columns; ++c)
                for (ptrdiff_t r = 0; r < rows; ++r)
                    target[c * target_pitch + r] = source[r * pitch + c];
            return;
        }
        for (ptrdiff_t c = 0; c < columns; c += 8) {
            const ptrdiff_t column = c + 8 <= columns ? c : columns - 8;
            for (ptrdiff_t r = 0; r < rows; r += 8) {
                const ptrdiff_t row = r + 8 <= rows ? r : rows - 8;
                f32x8_block(source + row * pitch + column, pitch, target + column * target_pitch + row, target_pitch);
            }
        }
    }

    /* The same by stores that pass the caches by: a part of every column is collected, then stored line by line. */
    static void f32x8_transpose_past(const float *source, ptrdiff_t pitch, ptrdiff_t rows, ptrdiff_t columns,
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
    """
    void f32x8_transpose(const float *source, Py_ssize_t pitch, Py_ssize_t rows, Py_ssize_t columns, float *target, Py_ssize_t target_pitch) noexcept nogil
    void f32x8_transpose_past(const float *source, Py_ssize_t pitch, Py_ssize_t rows, Py_ssize_t columns, float *target, Py_ssize_t target_pitch) noexcept nogil
    void f32x8_copy(const float *source, Py_ssize_t pitch, Py_ssize_t rows, Py_ssize_t columns, float *target, Py_ssize_t target_pitch) noexcept nogil

cdef extern from *:
    """
    /* 1 pixels x 16 outputs in registers: sums = start + features x weights over taps and channels. */
    static void tile_f32x8_6x2_1(const float *features, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        ptrdiff_t channels, const float *w, const float *start, ptrdiff_t start_pitch, float *sums, ptrdiff_t pitch,
        const float *ahead, ptrdiff_t ahead_step)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0 * start_pitch + 0), s0_1 = *(const f32x8 *)(start + 0 * start_pitch + 8);
        for (ptrdiff_t tap = 0; tap < taps; ++tap) {
            const float *at = features + offset[tap];
            const float *p0 = at + pixel[0];
            for (ptrdiff_t c = 0; c < channels; ++c, w += 16, ahead += ahead_step) {
                __builtin_prefetch(ahead, 0, 2);
                const f32x8 w0 = *(const f32x8 *)(w + 0);
                const f32x8 w1 = *(const f32x8 *)(w + 8);
    s0_0 += p0[c] * w0; s0_1 += p0[c] * w1;
            }
        }
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1;
    }

    /* 2 pixels x 16 outputs in registers: sums = start + features x weights over taps and channels. */
    static void tile_f32x8_6x2_2(const float *features, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        ptrdiff_t channels, const float *w, const float *start, ptrdiff_t start_pitch, float *sums, ptrdiff_t pitch,
        const float *ahead, ptrdiff_t ahead_step)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0 * start_pitch + 0), s0_1 = *(const f32x8 *)(start + 0 * start_pitch + 8);
        f32x8 s1_0 = *(const f32x8 *)(start + 1 * start_pitch + 0), s1_1 = *(const f32x8 *)(start + 1 * start_pitch + 8);
        for (ptrdiff_t tap = 0; tap < taps; ++tap) {
            const float *at = features + offset[tap];
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
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1;
    *(f32x8 *)(sums + 1 * pitch + 0) = s1_0; *(f32x8 *)(sums + 1 * pitch + 8) = s1_1;
    }

    /* 3 pixels x 16 outputs in registers: sums = start + features x weights over taps and channels. */
    static void tile_f32x8_6x2_3(const float *features, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        ptrdiff_t channels, const float *w, const float *start, ptrdiff_t start_pitch, float *sums, ptrdiff_t pitch,
        const float *ahead, ptrdiff_t ahead_step)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0 * start_pitch + 0), s0_1 = *(const f32x8 *)(start + 0 * start_pitch + 8);
        f32x8 s1_0 = *(const f32x8 *)(start + 1 * start_pitch + 0), s1_1 = *(const f32x8 *)(start + 1 * start_pitch + 8);
        f32x8 s2_0 = *(const f32x8 *)(start + 2 * start_pitch + 0), s2_1 = *(const f32x8 *)(start + 2 * start_pitch + 8);
        for (ptrdiff_t tap = 0; tap < taps; ++tap) {
            const float *at = features + offset[tap];
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
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1;
    *(f32x8 *)(sums + 1 * pitch + 0) = s1_0; *(f32x8 *)(sums + 1 * pitch + 8) = s1_1;
    *(f32x8 *)(sums + 2 * pitch + 0) = s2_0; *(f32x8 *)(sums + 2 * pitch + 8) = s2_1;
    }

    /* 4 pixels x 16 outputs in registers: sums = start + features x weights over taps and channels. */
    static void tile_f32x8_6x2_4(const float *features, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        ptrdiff_t channels, const float *w, const float *start, ptrdiff_t start_pitch, float *sums, ptrdiff_t pitch,
        const float *ahead, ptrdiff_t ahead_step)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0 * start_pitch + 0), s0_1 = *(const f32x8 *)(start + 0 * start_pitch + 8);
        f32x8 s1_0 = *(const f32x8 *)(start + 1 * start_pitch + 0), s1_1 = *(const f32x8 *)(start + 1 * start_pitch + 8);
        f32x8 s2_0 = *(const f32x8 *)(start + 2 * start_pitch + 0), s2_1 = *(const f32x8 *)(start + 2 * start_pitch + 8);
        f32x8 s3_0 = *(const f32x8 *)(start + 3 * start_pitch + 0), s3_1 = *(const f32x8 *)(start + 3 * start_pitch + 8);
        for (ptrdiff_t tap = 0; tap < taps; ++tap) {
            const float *at = features + offset[tap];
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
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1;
    *(f32x8 *)(sums + 1 * pitch + 0) = s1_0; *(f32x8 *)(sums + 1 * pitch + 8) = s1_1;
    *(f32x8 *)(sums + 2 * pitch + 0) = s2_0; *(f32x8 *)(sums + 2 * pitch + 8) = s2_1;
    *(f32x8 *)(sums + 3 * pitch + 0) = s3_0; *(f32x8 *)(sums + 3 * pitch + 8) = s3_1;
    }

    /* 5 pixels x 16 outputs in registers: sums = start + features x weights over taps and channels. */
    static void tile_f32x8_6x2_5(const float *features, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        ptrdiff_t channels, const float *w, const float *start, ptrdiff_t start_pitch, float *sums, ptrdiff_t pitch,
        const float *ahead, ptrdiff_t ahead_step)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0 * start_pitch + 0), s0_1 = *(const f32x8 *)(start + 0 * start_pitch + 8);
        f32x8 s1_0 = *(const f32x8 *)(start + 1 * start_pitch + 0), s1_1 = *(const f32x8 *)(start + 1 * start_pitch + 8);
        f32x8 s2_0 = *(const f32x8 *)(start + 2 * start_pitch + 0), s2_1 = *(const f32x8 *)(start + 2 * start_pitch + 8);
        f32x8 s3_0 = *(const f32x8 *)(start + 3 * start_pitch + 0), s3_1 = *(const f32x8 *)(start + 3 * start_pitch + 8);
        f32x8 s4_0 = *(const f32x8 *)(start + 4 * start_pitch + 0), s4_1 = *(const f32x8 *)(start + 4 * start_pitch + 8);
        for (ptrdiff_t tap = 0; tap < taps; ++tap) {
            const float *at = features + offset[tap];
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
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1;
    *(f32x8 *)(sums + 1 * pitch + 0) = s1_0; *(f32x8 *)(sums + 1 * pitch + 8) = s1_1;
    *(f32x8 *)(sums + 2 * pitch + 0) = s2_0; *(f32x8 *)(sums + 2 * pitch + 8) = s2_1;
    *(f32x8 *)(sums + 3 * pitch + 0) = s3_0; *(f32x8 *)(sums + 3 * pitch + 8) = s3_1;
    *(f32x8 *)(sums + 4 * pitch + 0) = s4_0; *(f32x8 *)(sums + 4 * pitch + 8) = s4_1;
    }

    /* 6 pixels x 16 outputs in registers: sums = start + features x weights over taps and channels. */
    static void tile_f32x8_6x2_6(const float *features, const ptrdiff_t *pixel, const ptrdiff_t *offset, ptrdiff_t taps,
        ptrdiff_t channels, const float *w, const float *start, ptrdiff_t start_pitch, float *sums, ptrdiff_t pitch,
        const float *ahead, ptrdiff_t ahead_step)
    {
        f32x8 s0_0 = *(const f32x8 *)(start + 0 * start_pitch + 0), s0_1 = *(const f32x8 *)(start + 0 * start_pitch + 8);
        f32x8 s1_0 = *(const f32x8 *)(start + 1 * start_pitch + 0), s1_1 = *(const f32x8 *)(start + 1 * start_pitch + 8);
        f32x8 s2_0 = *(const f32x8 *)(start + 2 * start_pitch + 0), s2_1 = *(const f32x8 *)(start + 2 * start_pitch + 8);
        f32x8 s3_0 = *(const f32x8 *)(start + 3 * start_pitch + 0), s3_1 = *(const f32x8 *)(start + 3 * start_pitch + 8);
        f32x8 s4_0 = *(const f32x8 *)(start + 4 * start_pitch + 0), s4_1 = *(const f32x8 *)(start + 4 * start_pitch + 8);
        f32x8 s5_0 = *(const f32x8 *)(start + 5 * start_pitch + 0), s5_1 = *(const f32x8 *)(start + 5 * start_pitch + 8);
        for (ptrdiff_t tap = 0; tap < taps; ++tap) {
            const float *at = features + offset[tap];
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
    *(f32x8 *)(sums + 0 * pitch + 0) = s0_0; *(f32x8 *)(sums + 0 * pitch + 8) = s0_1;
    *(f32x8 *)(sums + 1 * pitch + 0) = s1_0; *(f32x8 *)(sums + 1 * pitch + 8) = s1_1;
    *(f32x8 *)(sums + 2 * pitch + 0) = s2_0; *(f32x8 *)(sums + 2 * pitch + 8) = s2_1;
    *(f32x8 *)(sums + 3 * pitch + 0) = s3_0; *(f32x8 *)(sums + 3 * pitch + 8) = s3_1;
    *(f32x8 *)(sums + 4 * pitch + 0) = s4_0; *(f32x8 *)(sums + 4 * pitch + 8) = s4_1;
    *(f32x8 *)(sums + 5 * pitch + 0) = s5_0; *(f32x8 *)(sums + 5 * pitch + 8) = s5_1;
    }

    typedef void (*tile_f32x8_6x2_rows)(const float *, const ptrdiff_t *, const ptrdiff_t *, ptrdiff_t, ptrdiff_t, const float *,
        const float *, ptrdiff_t, float *, ptrdiff_t, const float *, ptrdiff_t);

    /* Any number of pixels, as tiles of nearly equal height. Where they are few, weights come from memory: meanwhile those that
       will be read next are fetched, a share of them by each tile. */
    static void tile_f32x8_6x2(const float *features, const ptrdiff_t *pixel, ptrdiff_t count, const ptrdiff_t *offset, ptrdiff_t taps,
        ptrdiff_t channels, const float *w, const float *start, ptrdiff_t start_pitch, float *sums, ptrdiff_t pitch)
    {
        static const tile_f32x8_6x2_rows variant[] = {tile_f32x8_6x2_1, tile_f32x8_6x2_2, tile_f32x8_6x2_3, tile_f32x8_6x2_4, tile_f32x8_6x2_5, tile_f32x8_6x2_6};
        ptrdiff_t tiles = (count + 5) / 6;
        const ptrdiff_t step = tiles <= 8 ? 16 / tiles : 0, panel = taps * channels * 16;
        const float *ahead = step ? w + panel : w;
        for (; tiles > 0; --tiles) {
            const ptrdiff_t rows = (count + tiles - 1) / tiles;
            variant[rows - 1](features, pixel, offset, taps, channels, w, start, start_pitch, sums, pitch, ahead, step);
            ahead += step * taps * channels;
            pixel += rows;
            start += rows * start_pitch;
            sums += rows * pitch;
            count -= rows;
        }
    }
    """
    void tile_f32x8_6x2(const float *features, const Py_ssize_t *pixel, Py_ssize_t count, const Py_ssize_t *offset, Py_ssize_t taps, Py_ssize_t channels, const float *w, const float *start, Py_ssize_t start_pitch, float *sums, Py_ssize_t pitch) noexcept nogil

cdef extern from *:
    """
    /* What is not stored as whole lines: phases one by one, at any distance. */
    static inline void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_spread(const float *line, ptrdiff_t length, ptrdiff_t pixels, ptrdiff_t positions, float *x, ptrdiff_t step)
    {
        for (ptrdiff_t r = 0; r * pixels < length; ++r)
            for (ptrdiff_t i = 0; i < pixels && i * 2 + r < positions; ++i)
                x[(i * 2 + r) * step] = line[r * pixels + i];
    }

    /* Rows of pixels in, rows of positions out: lines of them, and how far it is to the next of everything. */
    typedef struct {
        const ptrdiff_t *place;                     /* the rows that the outer taps read, channel by channel */
        ptrdiff_t places, u_line;
        ptrdiff_t lines, positions;
        ptrdiff_t x_line, x_channel, x_step;
    } conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines;

    typedef void (*conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_tile)(const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines *, const float *, const float *, const float *, ptrdiff_t, ptrdiff_t, float *);

    /* 1 channels, 8 pixels a tile: lanes are pixels, weights are broadcast. */
    static void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_0_1x1(const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines *all, const float *u, const float *weights, const float *start,
        ptrdiff_t tiles, ptrdiff_t first, float *x)
    {
        enum { length = 16, pixels = 8 };
        float line[length];
        const ptrdiff_t step = all->x_step, channel = all->x_channel, *const end = all->place + all->places;
        (void)line, (void)step;
        x += first * step;
        for (ptrdiff_t at = 0; at < all->lines; ++at, u += all->u_line - tiles * pixels, x += all->x_line - tiles * pixels * 2 * step) {
            ptrdiff_t positions = all->positions - first;
            for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
                const float *w = weights;
                f32x8 s0_0_0 = start[0] - (f32x8){0};
                f32x8 s0_1_0 = start[0] - (f32x8){0};
                for (const ptrdiff_t *place = all->place; place < end; ++place, w += 3) {
                    const float *p = u + *place;
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
                    float *to = positions >= length ? x : line;
                    *(f32x8 *)(to + 0) = t0_0_2;
                    *(f32x8 *)(to + 8) = t0_0_3;
                    if (positions < length) memcpy(x, line, positions * sizeof *x);
                    x += channel;
                }
                u += pixels;
                x += pixels * 2 * step - 1 * channel;
                positions -= pixels * 2;
            }
        }
    }

    /* 1 channels, 16 pixels a tile: lanes are pixels, weights are broadcast. */
    static void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_0_1x2(const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines *all, const float *u, const float *weights, const float *start,
        ptrdiff_t tiles, ptrdiff_t first, float *x)
    {
        enum { length = 32, pixels = 16 };
        float line[length];
        const ptrdiff_t step = all->x_step, channel = all->x_channel, *const end = all->place + all->places;
        (void)line, (void)step;
        x += first * step;
        for (ptrdiff_t at = 0; at < all->lines; ++at, u += all->u_line - tiles * pixels, x += all->x_line - tiles * pixels * 2 * step) {
            ptrdiff_t positions = all->positions - first;
            for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
                const float *w = weights;
                f32x8 s0_0_0 = start[0] - (f32x8){0};
                f32x8 s0_0_1 = start[0] - (f32x8){0};
                f32x8 s0_1_0 = start[0] - (f32x8){0};
                f32x8 s0_1_1 = start[0] - (f32x8){0};
                for (const ptrdiff_t *place = all->place; place < end; ++place, w += 3) {
                    const float *p = u + *place;
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
                    float *to = positions >= length ? x : line;
                    *(f32x8 *)(to + 0) = t0_0_2;
                    *(f32x8 *)(to + 8) = t0_0_3;
                    *(f32x8 *)(to + 16) = t0_1_2;
                    *(f32x8 *)(to + 24) = t0_1_3;
                    if (positions < length) memcpy(x, line, positions * sizeof *x);
                    x += channel;
                }
                u += pixels;
                x += pixels * 2 * step - 1 * channel;
                positions -= pixels * 2;
            }
        }
    }

    /* 1 channels, 24 pixels a tile: lanes are pixels, weights are broadcast. */
    static void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_0_1x3(const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines *all, const float *u, const float *weights, const float *start,
        ptrdiff_t tiles, ptrdiff_t first, float *x)
    {
        enum { length = 48, pixels = 24 };
        float line[length];
        const ptrdiff_t step = all->x_step, channel = all->x_channel, *const end = all->place + all->places;
        (void)line, (void)step;
        x += first * step;
        for (ptrdiff_t at = 0; at < all->lines; ++at, u += all->u_line - tiles * pixels, x += all->x_line - tiles * pixels * 2 * step) {
            ptrdiff_t positions = all->positions - first;
            for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
                const float *w = weights;
                f32x8 s0_0_0 = start[0] - (f32x8){0};
                f32x8 s0_0_1 = start[0] - (f32x8){0};
                f32x8 s0_0_2 = start[0] - (f32x8){0};
                f32x8 s0_1_0 = start[0] - (f32x8){0};
                f32x8 s0_1_1 = start[0] - (f32x8){0};
                f32x8 s0_1_2 = start[0] - (f32x8){0};
                for (const ptrdiff_t *place = all->place; place < end; ++place, w += 3) {
                    const float *p = u + *place;
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
                    float *to = positions >= length ? x : line;
                    *(f32x8 *)(to + 0) = t0_0_2;
                    *(f32x8 *)(to + 8) = t0_0_3;
                    *(f32x8 *)(to + 16) = t0_1_2;
                    *(f32x8 *)(to + 24) = t0_1_3;
                    *(f32x8 *)(to + 32) = t0_2_2;
                    *(f32x8 *)(to + 40) = t0_2_3;
                    if (positions < length) memcpy(x, line, positions * sizeof *x);
                    x += channel;
                }
                u += pixels;
                x += pixels * 2 * step - 1 * channel;
                positions -= pixels * 2;
            }
        }
    }

    /* 1 channels, 32 pixels a tile: lanes are pixels, weights are broadcast. */
    static void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_0_1x4(const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines *all, const float *u, const float *weights, const float *start,
        ptrdiff_t tiles, ptrdiff_t first, float *x)
    {
        enum { length = 64, pixels = 32 };
        float line[length];
        const ptrdiff_t step = all->x_step, channel = all->x_channel, *const end = all->place + all->places;
        (void)line, (void)step;
        x += first * step;
        for (ptrdiff_t at = 0; at < all->lines; ++at, u += all->u_line - tiles * pixels, x += all->x_line - tiles * pixels * 2 * step) {
            ptrdiff_t positions = all->positions - first;
            for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
                const float *w = weights;
                f32x8 s0_0_0 = start[0] - (f32x8){0};
                f32x8 s0_0_1 = start[0] - (f32x8){0};
                f32x8 s0_0_2 = start[0] - (f32x8){0};
                f32x8 s0_0_3 = start[0] - (f32x8){0};
                f32x8 s0_1_0 = start[0] - (f32x8){0};
                f32x8 s0_1_1 = start[0] - (f32x8){0};
                f32x8 s0_1_2 = start[0] - (f32x8){0};
                f32x8 s0_1_3 = start[0] - (f32x8){0};
                for (const ptrdiff_t *place = all->place; place < end; ++place, w += 3) {
                    const float *p = u + *place;
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
                    float *to = positions >= length ? x : line;
                    *(f32x8 *)(to + 0) = t0_0_2;
                    *(f32x8 *)(to + 8) = t0_0_3;
                    *(f32x8 *)(to + 16) = t0_1_2;
                    *(f32x8 *)(to + 24) = t0_1_3;
                    *(f32x8 *)(to + 32) = t0_2_2;
                    *(f32x8 *)(to + 40) = t0_2_3;
                    *(f32x8 *)(to + 48) = t0_3_2;
                    *(f32x8 *)(to + 56) = t0_3_3;
                    if (positions < length) memcpy(x, line, positions * sizeof *x);
                    x += channel;
                }
                u += pixels;
                x += pixels * 2 * step - 1 * channel;
                positions -= pixels * 2;
            }
        }
    }

    /* 2 channels, 8 pixels a tile: lanes are pixels, weights are broadcast. */
    static void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_0_2x1(const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines *all, const float *u, const float *weights, const float *start,
        ptrdiff_t tiles, ptrdiff_t first, float *x)
    {
        enum { length = 16, pixels = 8 };
        float line[length];
        const ptrdiff_t step = all->x_step, channel = all->x_channel, *const end = all->place + all->places;
        (void)line, (void)step;
        x += first * step;
        for (ptrdiff_t at = 0; at < all->lines; ++at, u += all->u_line - tiles * pixels, x += all->x_line - tiles * pixels * 2 * step) {
            ptrdiff_t positions = all->positions - first;
            for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
                const float *w = weights;
                f32x8 s0_0_0 = start[0] - (f32x8){0};
                f32x8 s0_1_0 = start[0] - (f32x8){0};
                f32x8 s1_0_0 = start[1] - (f32x8){0};
                f32x8 s1_1_0 = start[1] - (f32x8){0};
                for (const ptrdiff_t *place = all->place; place < end; ++place, w += 6) {
                    const float *p = u + *place;
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
                    float *to = positions >= length ? x : line;
                    *(f32x8 *)(to + 0) = t0_0_2;
                    *(f32x8 *)(to + 8) = t0_0_3;
                    if (positions < length) memcpy(x, line, positions * sizeof *x);
                    x += channel;
                }
                {
                    float *to = positions >= length ? x : line;
                    *(f32x8 *)(to + 0) = t1_0_2;
                    *(f32x8 *)(to + 8) = t1_0_3;
                    if (positions < length) memcpy(x, line, positions * sizeof *x);
                    x += channel;
                }
                u += pixels;
                x += pixels * 2 * step - 2 * channel;
                positions -= pixels * 2;
            }
        }
    }

    /* 2 channels, 16 pixels a tile: lanes are pixels, weights are broadcast. */
    static void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_0_2x2(const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines *all, const float *u, const float *weights, const float *start,
        ptrdiff_t tiles, ptrdiff_t first, float *x)
    {
        enum { length = 32, pixels = 16 };
        float line[length];
        const ptrdiff_t step = all->x_step, channel = all->x_channel, *const end = all->place + all->places;
        (void)line, (void)step;
        x += first * step;
        for (ptrdiff_t at = 0; at < all->lines; ++at, u += all->u_line - tiles * pixels, x += all->x_line - tiles * pixels * 2 * step) {
            ptrdiff_t positions = all->positions - first;
            for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
                const float *w = weights;
                f32x8 s0_0_0 = start[0] - (f32x8){0};
                f32x8 s0_0_1 = start[0] - (f32x8){0};
                f32x8 s0_1_0 = start[0] - (f32x8){0};
                f32x8 s0_1_1 = start[0] - (f32x8){0};
                f32x8 s1_0_0 = start[1] - (f32x8){0};
                f32x8 s1_0_1 = start[1] - (f32x8){0};
                f32x8 s1_1_0 = start[1] - (f32x8){0};
                f32x8 s1_1_1 = start[1] - (f32x8){0};
                for (const ptrdiff_t *place = all->place; place < end; ++place, w += 6) {
                    const float *p = u + *place;
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
                    float *to = positions >= length ? x : line;
                    *(f32x8 *)(to + 0) = t0_0_2;
                    *(f32x8 *)(to + 8) = t0_0_3;
                    *(f32x8 *)(to + 16) = t0_1_2;
                    *(f32x8 *)(to + 24) = t0_1_3;
                    if (positions < length) memcpy(x, line, positions * sizeof *x);
                    x += channel;
                }
                {
                    float *to = positions >= length ? x : line;
                    *(f32x8 *)(to + 0) = t1_0_2;
                    *(f32x8 *)(to + 8) = t1_0_3;
                    *(f32x8 *)(to + 16) = t1_1_2;
                    *(f32x8 *)(to + 24) = t1_1_3;
                    if (positions < length) memcpy(x, line, positions * sizeof *x);
                    x += channel;
                }
                u += pixels;
                x += pixels * 2 * step - 2 * channel;
                positions -= pixels * 2;
            }
        }
    }

    /* 3 channels, 8 pixels a tile: lanes are pixels, weights are broadcast. */
    static void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_0_3x1(const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines *all, const float *u, const float *weights, const float *start,
        ptrdiff_t tiles, ptrdiff_t first, float *x)
    {
        enum { length = 16, pixels = 8 };
        float line[length];
        const ptrdiff_t step = all->x_step, channel = all->x_channel, *const end = all->place + all->places;
        (void)line, (void)step;
        x += first * step;
        for (ptrdiff_t at = 0; at < all->lines; ++at, u += all->u_line - tiles * pixels, x += all->x_line - tiles * pixels * 2 * step) {
            ptrdiff_t positions = all->positions - first;
            for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
                const float *w = weights;
                f32x8 s0_0_0 = start[0] - (f32x8){0};
                f32x8 s0_1_0 = start[0] - (f32x8){0};
                f32x8 s1_0_0 = start[1] - (f32x8){0};
                f32x8 s1_1_0 = start[1] - (f32x8){0};
                f32x8 s2_0_0 = start[2] - (f32x8){0};
                f32x8 s2_1_0 = start[2] - (f32x8){0};
                for (const ptrdiff_t *place = all->place; place < end; ++place, w += 9) {
                    const float *p = u + *place;
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
                    float *to = positions >= length ? x : line;
                    *(f32x8 *)(to + 0) = t0_0_2;
                    *(f32x8 *)(to + 8) = t0_0_3;
                    if (positions < length) memcpy(x, line, positions * sizeof *x);
                    x += channel;
                }
                {
                    float *to = positions >= length ? x : line;
                    *(f32x8 *)(to + 0) = t1_0_2;
                    *(f32x8 *)(to + 8) = t1_0_3;
                    if (positions < length) memcpy(x, line, positions * sizeof *x);
                    x += channel;
                }
                {
                    float *to = positions >= length ? x : line;
                    *(f32x8 *)(to + 0) = t2_0_2;
                    *(f32x8 *)(to + 8) = t2_0_3;
                    if (positions < length) memcpy(x, line, positions * sizeof *x);
                    x += channel;
                }
                u += pixels;
                x += pixels * 2 * step - 3 * channel;
                positions -= pixels * 2;
            }
        }
    }

    /* 3 channels, 16 pixels a tile: lanes are pixels, weights are broadcast. */
    static void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_0_3x2(const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines *all, const float *u, const float *weights, const float *start,
        ptrdiff_t tiles, ptrdiff_t first, float *x)
    {
        enum { length = 32, pixels = 16 };
        float line[length];
        const ptrdiff_t step = all->x_step, channel = all->x_channel, *const end = all->place + all->places;
        (void)line, (void)step;
        x += first * step;
        for (ptrdiff_t at = 0; at < all->lines; ++at, u += all->u_line - tiles * pixels, x += all->x_line - tiles * pixels * 2 * step) {
            ptrdiff_t positions = all->positions - first;
            for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
                const float *w = weights;
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
                for (const ptrdiff_t *place = all->place; place < end; ++place, w += 9) {
                    const float *p = u + *place;
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
                    float *to = positions >= length ? x : line;
                    *(f32x8 *)(to + 0) = t0_0_2;
                    *(f32x8 *)(to + 8) = t0_0_3;
                    *(f32x8 *)(to + 16) = t0_1_2;
                    *(f32x8 *)(to + 24) = t0_1_3;
                    if (positions < length) memcpy(x, line, positions * sizeof *x);
                    x += channel;
                }
                {
                    float *to = positions >= length ? x : line;
                    *(f32x8 *)(to + 0) = t1_0_2;
                    *(f32x8 *)(to + 8) = t1_0_3;
                    *(f32x8 *)(to + 16) = t1_1_2;
                    *(f32x8 *)(to + 24) = t1_1_3;
                    if (positions < length) memcpy(x, line, positions * sizeof *x);
                    x += channel;
                }
                {
                    float *to = positions >= length ? x : line;
                    *(f32x8 *)(to + 0) = t2_0_2;
                    *(f32x8 *)(to + 8) = t2_0_3;
                    *(f32x8 *)(to + 16) = t2_1_2;
                    *(f32x8 *)(to + 24) = t2_1_3;
                    if (positions < length) memcpy(x, line, positions * sizeof *x);
                    x += channel;
                }
                u += pixels;
                x += pixels * 2 * step - 3 * channel;
                positions -= pixels * 2;
            }
        }
    }

    static void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_run_1(const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines *all, const float *u, const float *w, const float *start,
        ptrdiff_t pixels, float *x)
    {
        const ptrdiff_t vectors = (pixels + 7) / 8;
        {
            const ptrdiff_t tiles = (vectors + 3) / 4, width = vectors / tiles, wide = vectors % tiles;
            static const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_tile tile[] = {conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_0_1x1, conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_0_1x2, conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_0_1x3, conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_0_1x4};
            tile[width - 1](all, u, w, start, tiles - wide, 0, x);
            if (wide)
                tile[width](all, u + (tiles - wide) * width * 8, w, start, wide, 0 + (tiles - wide) * width * 16, x);
            w += all->places * 3;
        }
    }

    static void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_run_2(const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines *all, const float *u, const float *w, const float *start,
        ptrdiff_t pixels, float *x)
    {
        const ptrdiff_t vectors = (pixels + 7) / 8;
        {
            const ptrdiff_t tiles = (vectors + 1) / 2, width = vectors / tiles, wide = vectors % tiles;
            static const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_tile tile[] = {conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_0_2x1, conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_0_2x2};
            tile[width - 1](all, u, w, start, tiles - wide, 0, x);
            if (wide)
                tile[width](all, u + (tiles - wide) * width * 8, w, start, wide, 0 + (tiles - wide) * width * 16, x);
            w += all->places * 6;
        }
    }

    static void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_run_3(const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines *all, const float *u, const float *w, const float *start,
        ptrdiff_t pixels, float *x)
    {
        const ptrdiff_t vectors = (pixels + 7) / 8;
        {
            const ptrdiff_t tiles = (vectors + 1) / 2, width = vectors / tiles, wide = vectors % tiles;
            static const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_tile tile[] = {conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_0_3x1, conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_0_3x2};
            tile[width - 1](all, u, w, start, tiles - wide, 0, x);
            if (wide)
                tile[width](all, u + (tiles - wide) * width * 8, w, start, wide, 0 + (tiles - wide) * width * 16, x);
            w += all->places * 9;
        }
    }

    /* Some lines of a channels, as tiles of nearly equal width. */
    static void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_run(ptrdiff_t a, const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines *all, const float *u, const float *w, const float *start,
        ptrdiff_t pixels, float *x)
    {
        static void (*const variant[])(const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines *, const float *, const float *, const float *, ptrdiff_t, float *) = {conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_run_1, conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_run_2, conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_run_3};
        variant[a - 1](all, u, w, start, pixels, x);
    }

    /* Zero-bordered copies of rows, channel by channel: entries begin to end of each row are features, the others up to stop are 0. */
    static void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_fill(const float *u, ptrdiff_t u_row, ptrdiff_t u_channel, ptrdiff_t u_step, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t height,
        ptrdiff_t channels, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t stop, float *target, ptrdiff_t row, ptrdiff_t pitch)
    {
        for (ptrdiff_t f = 0; f < channels; ++f)
            for (ptrdiff_t y = 0; y < rows; ++y) {
                const int inside = first + y >= 0 && first + y < height;
                const ptrdiff_t low = inside ? begin : stop, high = inside ? end : stop;
                const float *from = u + (first + y) * u_row + f * u_channel - begin * u_step;
                float *to = target + y * row + f * pitch;
                for (ptrdiff_t i = 0; i < low; ++i)
                    to[i] = 0;
                if (high > low) f32x8_line(from + low, high - low, to + low);
                for (ptrdiff_t i = high; i < stop; ++i)
                    to[i] = 0;
            }
    }
    """
    ctypedef struct conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines:
        const Py_ssize_t *place
        Py_ssize_t places, u_line
        Py_ssize_t lines, positions
        Py_ssize_t x_line, x_channel, x_step
    void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_run(Py_ssize_t a, const conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines *all, const float *u, const float *w, const float *start, Py_ssize_t pixels, float *x) noexcept nogil
    void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_fill(const float *u, Py_ssize_t u_row, Py_ssize_t u_channel, Py_ssize_t u_step, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t height, Py_ssize_t channels, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t stop, float *target, Py_ssize_t row, Py_ssize_t pitch) noexcept nogil

if not scratch_begin():
    raise ImportError("no thread-specific storage left for scratch memory")


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
    # The family chosen or, when it gives up because a feature is Inf, NaN or huge, the strict one.
    cdef int result = attempt(kernel, call, chosen, packed)
    return attempt(kernel, call, kernel.strict, None) if result == 2 else result


cdef int attempt(Kernel *kernel, Call *call, int chosen, object packed) except -2:
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


cdef void tile_f32x8_6x2_pack_block(Call *call, Phases *phases, Py_ssize_t *table, Py_ssize_t item, int *finite) noexcept nogil:
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
    cdef float *lines = <float *> scratch(1, taps * 16 * sizeof(float))
    if lines == NULL:
        finite[0] = -1
        return
    memset(probe, 0, sizeof(probe))
    memset(lines, 0, taps * 16 * sizeof(float))
    for f in range(features_per):
        done = f // phases.channel_block * phases.channel_block
        channels = min(phases.channel_block, features_per - done)
        w = <float *> call.w + ((group * features_per + f) * images_per + block * 16) * taps
        f32x8_transpose(w, taps, outputs, taps, lines, 16)
        for a in range(taps):
            # table: taps of earlier phases, taps of this phase, number within the phase
            target = <float *> call.packed + (item * taps * features_per + table[3 * a] * features_per
                + done * table[3 * a + 1] + table[3 * a + 2] * channels + f - done) * 16
            for lane in range(16):
                target[lane] = lines[a * 16 + lane]
                probe[lane] += lines[a * 16 + lane] * 0
    for lane in range(16):
        if probe[lane] != 0:
            finite[0] = 0


cdef int tile_f32x8_6x2_pack(Call *call, Phases *phases) noexcept nogil:
    # Fills call.packed; returns 1 when all weights are finite, 0 when not, -1 without memory.
    cdef Py_ssize_t blocks = (call.images // call.groups + 15) // 16
    cdef Py_ssize_t item
    cdef int finite = 1
    cdef Py_ssize_t *table = <Py_ssize_t *> malloc(phases.taps * 3 * sizeof(Py_ssize_t))
    if table == NULL:
        return -1
    number_taps(phases, table)
    for item in prange(call.groups * blocks, num_threads=call.threads, schedule="dynamic"):
        tile_f32x8_6x2_pack_block(call, phases, table, item, &finite)
    free(table)
    return finite


cdef extern from *:
    """
    static const Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_start0[] = {0, 1, 3};
    static const Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_tap0[] = {1, 0, 2};
    static const Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_offset0[] = {0, 1, 0};
    static const Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_start1[] = {0, 1, 3};
    static const Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_tap1[] = {1, 0, 2};
    static const Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_offset1[] = {0, 1, 0};
    static const Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_start2[] = {0, 1, 3};
    static const Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_tap2[] = {1, 0, 2};
    static const Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_offset2[] = {0, 1, 0};
    """
    const Py_ssize_t *conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_start0   # taps of phase r: start[r] to start[r + 1]
    const Py_ssize_t *conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_tap0
    const Py_ssize_t *conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_offset0
    const Py_ssize_t *conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_start1   # taps of phase r: start[r] to start[r + 1]
    const Py_ssize_t *conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_tap1
    const Py_ssize_t *conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_offset1
    const Py_ssize_t *conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_start2   # taps of phase r: start[r] to start[r + 1]
    const Py_ssize_t *conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_tap2
    const Py_ssize_t *conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_offset2


cdef struct conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_Work:
    float *features          # zero-bordered copy, channels last; NULL where every run makes its own
    Py_ssize_t pixel                # distance between positions of it
    Py_ssize_t positions            # of the copy, all images
    Py_ssize_t low, high            # least and greatest offset of a tap, in positions
    Py_ssize_t pixels               # of all images; pixel q of an axis gives the outputs s q to s q + s - 1
    Py_ssize_t run                  # pixels of one pass over the weights
    Py_ssize_t passes
    Py_ssize_t blocks               # of 16 outputs, all groups
    Py_ssize_t[3] count             # pixels along each axis
    Py_ssize_t[3] size              # and with the border
    int past                        # whether the output is stored past the caches
    int failed


cdef void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_copy(Call *call, conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_Work *work, float *target, Py_ssize_t at, Py_ssize_t stop) noexcept nogil:
    # Positions of the bordered copy, row by row: zeros outside the features, channels side by side.
    cdef Py_ssize_t u_axis2 = 1
    cdef Py_ssize_t u_axis1 = u_axis2 * call.m[2]
    cdef Py_ssize_t u_axis0 = u_axis1 * call.m[1]
    cdef Py_ssize_t u_channel = u_axis0 * call.m[0]
    cdef Py_ssize_t u_batch = u_channel * call.features
    cdef Py_ssize_t first, last, begin, end, rest, i0, i1
    cdef float *u
    while at < stop:
        rest = at // work.size[2]
        first = at % work.size[2]
        last = min(work.size[2], first + stop - at)
        begin = min(last, max(first, 0))
        end = max(begin, min(last, call.m[2] + 0))
        u = <float *> call.u
        i1 = rest % work.size[1] + 0
        rest = rest // work.size[1]
        if i1 < 0 or i1 >= call.m[1]:
            begin = end = last
        u += i1 * u_axis1
        i0 = rest % work.size[0] + 0
        rest = rest // work.size[0]
        if i0 < 0 or i0 >= call.m[0]:
            begin = end = last
        u += i0 * u_axis0
        memset(target, 0, (begin - first) * work.pixel * 4)
        target += (begin - first) * work.pixel
        if end > begin:
            u += rest * u_batch + (begin + 0) * u_axis2
            f32x8_transpose(u, u_channel, call.features, end - begin, target, work.pixel)
        target += (end - begin) * work.pixel
        memset(target, 0, (last - end) * work.pixel * 4)
        target += (last - end) * work.pixel
        at += last - first


cdef Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_position(conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_Work *work, Py_ssize_t pixel) noexcept nogil:
    # Where the bordered copy holds a pixel, counted through all images.
    cdef Py_ssize_t q0
    cdef Py_ssize_t q1
    cdef Py_ssize_t q2
    q2 = pixel % work.count[2]
    pixel = pixel // work.count[2]
    q1 = pixel % work.count[1]
    pixel = pixel // work.count[1]
    q0 = pixel % work.count[0]
    pixel = pixel // work.count[0]
    pixel = pixel * work.size[0] + q0 + 0
    pixel = pixel * work.size[1] + q1 + 0
    pixel = pixel * work.size[2] + q2 + 0
    return pixel


cdef void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_block(Call *call, conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_Work *work, float *features, Py_ssize_t *pixel, float *sums,
                             Py_ssize_t number, Py_ssize_t first, Py_ssize_t count) noexcept nogil:
    # One block of 16 outputs for a run of pixels, across rows and images, phase by phase.
    cdef Py_ssize_t x_axis2 = 1
    cdef Py_ssize_t x_axis1 = x_axis2 * call.n[2]
    cdef Py_ssize_t x_axis0 = x_axis1 * call.n[1]
    cdef Py_ssize_t x_channel = x_axis0 * call.n[0]
    cdef Py_ssize_t x_batch = x_channel * call.images
    cdef Py_ssize_t features_per = call.features // call.groups
    cdef Py_ssize_t images_per = call.images // call.groups
    cdef Py_ssize_t blocks = work.blocks // call.groups
    cdef Py_ssize_t group = number // blocks
    cdef Py_ssize_t block = number % blocks
    cdef Py_ssize_t outputs = min(16, images_per - block * 16)
    cdef Py_ssize_t taps, channels, done, length, positions, outer, p, t, rest, visible
    cdef Py_ssize_t r0, start0, taps0, q0, t0
    cdef Py_ssize_t r1, start1, taps1, q1, t1
    cdef Py_ssize_t r2, start2, taps2, q2, t2
    cdef float *w = <float *> call.packed + number * 432 * features_per
    cdef float *x = <float *> call.x + (group * images_per + block * 16) * x_channel
    cdef float *bias = <float *> call.bias
    cdef float *start = sums + work.run * 32
    cdef float *line
    cdef Py_ssize_t *offset = pixel + work.run
    features += group * features_per
    memset(start, 0, 64)
    if bias != NULL:
        memcpy(start, bias + group * images_per + block * 16, outputs * 4)
    for outer in range(4):
        for r2 in range(2):
            taps = 1
            rest = outer
            r1 = rest % 2
            rest = rest // 2
            r0 = rest % 2
            rest = rest // 2
            start0 = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_start0[r0]
            taps0 = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_start0[r0 + 1] - start0
            taps *= taps0
            start1 = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_start1[r1]
            taps1 = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_start1[r1 + 1] - start1
            taps *= taps1
            start2 = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_start2[r2]
            taps2 = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_start2[r2 + 1] - start2
            taps *= taps2
            t = 0
            for t0 in range(start0, start0 + taps0):
                for t1 in range(start1, start1 + taps1):
                    for t2 in range(start2, start2 + taps2):
                        rest = 0
                        rest = rest * work.size[0] + conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_offset0[t0]
                        rest = rest * work.size[1] + conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_offset1[t1]
                        rest = rest * work.size[2] + conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_offset2[t2]
                        offset[t] = rest * work.pixel
                        t += 1
            line = sums + r2 * 16
            tile_f32x8_6x2(features, pixel, count, offset, taps, min(256, features_per), w,
                start, 0, line, 32)
            for done in range(256, features_per, 256):
                channels = min(256, features_per - done)
                tile_f32x8_6x2(features + done, pixel, count, offset, taps, channels, w + taps * done * 16,
                    line, 32, line, 32)
            w += taps * features_per * 16

        rest = first
        q2 = rest % work.count[2]
        rest = rest // work.count[2]
        q1 = rest % work.count[1]
        rest = rest // work.count[1]
        q0 = rest % work.count[0]
        rest = rest // work.count[0]
        p = 0
        while p < count:
            length = min(work.count[2] - q2, count - p)
            positions = min(length * 2, call.n[2] - q2 * 2)
            visible = 1
            line = x + rest * x_batch + q2 * 2 * x_axis2
            t = q0 * 2 + r0
            visible = visible and t < call.n[0]
            line += t * x_axis0
            t = q1 * 2 + r1
            visible = visible and t < call.n[1]
            line += t * x_axis1
            if visible and work.past:
                f32x8_transpose_past(sums + p * 32, 16, positions, outputs, line, x_channel)
            elif visible:
                f32x8_transpose(sums + p * 32, 16, positions, outputs, line, x_channel)
            p += length
            q2 = 0
            q1 += 1
            if q1 < work.count[1]:
                continue
            q1 = 0
            q0 += 1
            if q0 < work.count[0]:
                continue
            q0 = 0
            rest += 1


cdef void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_item(Call *call, conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_Work *work, Py_ssize_t item) noexcept nogil:
    # A run of pixels: all outputs from a copy of the features that it reads or, where all runs share one, one block.
    cdef Py_ssize_t first = item % work.passes * work.run
    cdef Py_ssize_t count = min(work.run, work.pixels - first)
    cdef Py_ssize_t begin = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_position(work, first) + work.low
    cdef Py_ssize_t end = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_position(work, first + count - 1) + work.high + 1
    cdef Py_ssize_t held = 0 if work.features != NULL else (end - begin) * work.pixel
    cdef Py_ssize_t room = (work.run * 2 + 1) * 16
    cdef Py_ssize_t p, block
    cdef float *features = work.features
    cdef float *sums = <float *> scratch(1, (room + held) * 4 + (work.run + 8) * sizeof(Py_ssize_t))
    if sums == NULL:
        work.failed = 1
        return
    cdef Py_ssize_t *pixel = <Py_ssize_t *> (sums + room + held)
    if features == NULL:
        features = sums + room
        conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_copy(call, work, features, begin, end)
    else:
        begin = 0
    for p in range(count):
        pixel[p] = (conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_position(work, first + p) - begin) * work.pixel
    if held:
        for block in range(work.blocks):
            conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_block(call, work, features, pixel, sums, block, first, count)
    else:
        conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_block(call, work, features, pixel, sums, item // work.passes, first, count)
    settle(1)


cdef int conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct(Call *call) noexcept nogil:
    cdef conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_Work work
    cdef Py_ssize_t item, items, run
    work.pixels = work.positions = call.batch
    work.low = work.high = 0
    work.count[0] = (call.n[0] + 1) // 2
    work.size[0] = work.count[0] + 1
    work.pixels *= work.count[0]
    work.positions *= work.size[0]
    work.low = work.low * work.size[0] + 0
    work.high = work.high * work.size[0] + 1
    work.count[1] = (call.n[1] + 1) // 2
    work.size[1] = work.count[1] + 1
    work.pixels *= work.count[1]
    work.positions *= work.size[1]
    work.low = work.low * work.size[1] + 0
    work.high = work.high * work.size[1] + 1
    work.count[2] = (call.n[2] + 1) // 2
    work.size[2] = work.count[2] + 1
    work.pixels *= work.count[2]
    work.positions *= work.size[2]
    work.low = work.low * work.size[2] + 0
    work.high = work.high * work.size[2] + 1
    work.failed = 0
    work.past = call.batch * call.images * call.n[0] * call.n[1] * call.n[2] > 4194304
    work.features = NULL
    work.pixel = call.features + 16
    work.blocks = (call.images // call.groups + 15) // 16 * call.groups
    # as many pixels as keep features and sums in the second-level cache, the same number for every thread
    run = max(96, min(384, 65536 // work.pixel))
    work.passes = (work.pixels + run - 1) // run
    if work.passes >= 2 * call.threads:
        work.passes = (work.passes + call.threads - 1) // call.threads * call.threads
        items = 0
    else:
        work.features = <float *> scratch(0, work.positions * work.pixel * 4)
        if work.features == NULL:
            return -1
        items = (work.positions + 255) // 256
        work.passes = (work.pixels + 383) // 384
    work.run = ((work.pixels + work.passes - 1) // work.passes + 5) // 6 * 6
    work.passes = (work.pixels + work.run - 1) // work.run
    for item in prange(items, num_threads=call.threads, schedule="static"):
        conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_copy(call, &work, work.features + item * 256 * work.pixel, item * 256,
                          min(work.positions, (item + 1) * 256))
    items = work.passes if work.features == NULL else work.passes * work.blocks
    for item in prange(items, num_threads=call.threads, schedule="dynamic"):
        conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_item(call, &work, item)
    settle(0)
    return -1 if work.failed else 0


cdef Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_pack_size(Call *call) noexcept nogil:
    # Scalars of the packed weights.
    cdef Py_ssize_t blocks = (call.images // call.groups + 15) // 16
    return call.features * blocks * 432


cdef int conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_pack(Call *call) noexcept nogil:
    cdef Phases phases
    phases.taps = 27
    phases.channel_block = 256
    phases.kernel[0] = 3
    phases.stride[0] = 2
    phases.start[0] = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_start0
    phases.tap[0] = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_tap0
    phases.kernel[1] = 3
    phases.stride[1] = 2
    phases.start[1] = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_start1
    phases.tap[1] = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_tap1
    phases.kernel[2] = 3
    phases.stride[2] = 2
    phases.start[2] = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_start2
    phases.tap[2] = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_tap2
    return tile_f32x8_6x2_pack(call, &phases)


cdef void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_plain_item(Call *call, Py_ssize_t b, Py_ssize_t c) noexcept nogil:
    # One image plane (b, c): each tap of each feature channel adds its shifted features.
    cdef Py_ssize_t features_per = call.features // call.groups
    cdef Py_ssize_t images_per = call.images // call.groups
    cdef Py_ssize_t group, f, t
    cdef Py_ssize_t a0, i0, shift0, low0, high0
    cdef Py_ssize_t a1, i1, shift1, low1, high1
    cdef Py_ssize_t a2, i2, shift2, low2, high2
    cdef Py_ssize_t u_axis2 = 1
    cdef Py_ssize_t u_axis1 = u_axis2 * call.m[2]
    cdef Py_ssize_t u_axis0 = u_axis1 * call.m[1]
    cdef Py_ssize_t u_channel = u_axis0 * call.m[0]
    cdef Py_ssize_t u_batch = u_channel * call.features
    cdef Py_ssize_t x_axis2 = 1
    cdef Py_ssize_t x_axis1 = x_axis2 * call.n[2]
    cdef Py_ssize_t x_axis0 = x_axis1 * call.n[1]
    cdef Py_ssize_t x_channel = x_axis0 * call.n[0]
    cdef Py_ssize_t x_batch = x_channel * call.images
    cdef Py_ssize_t u_step = u_axis2
    cdef Py_ssize_t x_step = 2 * x_axis2
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
    for t in range(call.n[0] * call.n[1] * call.n[2]):
        out[t * x_axis2 + 0] = start
    for f in range(group * features_per, (group + 1) * features_per):
        u_plane = <float *> call.u + b * u_batch + f * u_channel
        x_plane = <float *> call.x + b * x_batch + c * x_channel
        w_tap = <float *> call.w + (f * images_per + c - group * images_per) * 27
        for a0 in range(3):
            shift0 = 1 * a0 - (1)
            low0 = first_feature(shift0, 2)
            high0 = stop_feature(shift0, 2, call.m[0], call.n[0])
            for a1 in range(3):
                shift1 = 1 * a1 - (1)
                low1 = first_feature(shift1, 2)
                high1 = stop_feature(shift1, 2, call.m[1], call.n[1])
                for a2 in range(3):
                    shift2 = 1 * a2 - (1)
                    low2 = first_feature(shift2, 2)
                    high2 = stop_feature(shift2, 2, call.m[2], call.n[2])
                    weight = w_tap[0]
                    for i0 in range(low0, high0):
                        for i1 in range(low1, high1):
                            u_row = u_plane
                            x_row = x_plane + shift2 * x_axis2
                            u_row += i0 * u_axis0
                            x_row += (2 * i0 + shift0) * x_axis0
                            u_row += i1 * u_axis1
                            x_row += (2 * i1 + shift1) * x_axis1
                            for t in range(low2, high2):
                                x_row[t * x_step] += u_row[t * u_step] * weight
                    w_tap += 1


cdef int conv_transpose3d_k3s2p1op1_f32_x86_64_v3_plain(Call *call) noexcept nogil:
    cdef Py_ssize_t features_per = call.features // call.groups
    cdef Py_ssize_t images_per = call.images // call.groups
    cdef Py_ssize_t item, seconds = call.images
    for item in prange(call.batch * seconds, num_threads=call.threads, schedule="dynamic"):
        conv_transpose3d_k3s2p1op1_f32_x86_64_v3_plain_item(call, item // seconds, item % seconds)
    return 0


cdef extern from *:
    """
    static const Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_start0[] = {0, 1, 3};
    static const Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_tap0[] = {1, 0, 2};
    static const Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_offset0[] = {0, 1, 0};
    static const Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_start1[] = {0, 1, 3};
    static const Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_tap1[] = {1, 0, 2};
    static const Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_offset1[] = {0, 1, 0};
    static const Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_order[] = {1, 2, 0};
    """
    const Py_ssize_t *conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_start0   # taps of phase r: start[r] to start[r + 1]
    const Py_ssize_t *conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_tap0
    const Py_ssize_t *conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_offset0
    const Py_ssize_t *conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_start1   # taps of phase r: start[r] to start[r + 1]
    const Py_ssize_t *conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_tap1
    const Py_ssize_t *conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_offset1
    const Py_ssize_t *conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_order    # taps of the last axis as the tiles read them


cdef struct conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Work:
    Py_ssize_t blocks                       # of channels in a group
    Py_ssize_t strip, strips                # pixels along the first axis at a time
    Py_ssize_t chunk, chunks                # and along the last
    Py_ssize_t tall, wide, long             # pixels along each axis; pixel q gives the outputs s q to s q + s - 1
    int failed


cdef void conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_item(Call *call, conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Work *work, Py_ssize_t item) noexcept nogil:
    # All channels of one group of one image, for a strip of its rows.
    cdef Py_ssize_t u_axis2 = 1
    cdef Py_ssize_t u_axis1 = u_axis2 * call.m[2]
    cdef Py_ssize_t u_axis0 = u_axis1 * call.m[1]
    cdef Py_ssize_t u_channel = u_axis0 * call.m[0]
    cdef Py_ssize_t u_batch = u_channel * call.features
    cdef Py_ssize_t x_axis2 = 1
    cdef Py_ssize_t x_axis1 = x_axis2 * call.n[2]
    cdef Py_ssize_t x_axis0 = x_axis1 * call.n[1]
    cdef Py_ssize_t x_channel = x_axis0 * call.n[0]
    cdef Py_ssize_t x_batch = x_channel * call.images
    cdef Py_ssize_t features_per = call.features // call.groups
    cdef Py_ssize_t images_per = call.images // call.groups
    cdef Py_ssize_t chunk = item % work.chunks * work.chunk
    cdef Py_ssize_t strip = item // work.chunks % work.strips * work.strip
    cdef Py_ssize_t group = item // work.chunks // work.strips % call.groups
    cdef Py_ssize_t batch = item // work.chunks // work.strips // call.groups
    cdef Py_ssize_t tall = min(work.strip, work.tall - strip)
    cdef Py_ssize_t pixels = min(work.chunk, work.long - chunk)
    # rows channel by channel, an odd number of cache lines apart: neighbours share neither pages nor places of the cache
    cdef Py_ssize_t pitch = (0 + (pixels + 15) // 8 * 8 + 15) // 16
    pitch = (pitch | 1) * 16
    cdef Py_ssize_t width = work.wide + 1
    cdef Py_ssize_t panel_size = (tall + 1) * width * features_per * pitch
    cdef float *panel = <float *> scratch(1, (panel_size + 3) * 4
                                                       + 4 * features_per * sizeof(Py_ssize_t))
    if panel == NULL:
        work.failed = 1
        return
    cdef Py_ssize_t *place = <Py_ssize_t *> (panel + panel_size)
    cdef float *start = <float *> (place + 4 * features_per)
    cdef float *target
    cdef float *u
    cdef float *x
    cdef float *bias = <float *> call.bias
    cdef float *w = <float *> call.packed + group * images_per * features_per * 27
    cdef Py_ssize_t begin, end, stop, z, f, a, block, channel, phase, t0, t1, r0, r1, places, first0, first1
    cdef conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Lines lines
    for z in range(width):
        first1 = z + 0
        begin = max(0, 0 - chunk)
        stop = pixels + 1
        end = max(begin, min(stop, call.m[2] + 0 - chunk))
        if first1 < 0 or first1 >= call.m[1]:
            begin = end = stop
        u = (<float *> call.u + batch * u_batch + group * features_per * u_channel + first1 * u_axis1
             + (chunk + begin + 0) * u_axis2)
        conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_fill(u, u_axis0, u_channel, u_axis2, strip + 0, tall + 1, call.m[0],
            features_per, begin, end, stop, panel + z * features_per * pitch + 0, width * features_per * pitch, pitch)
    lines.place = place
    lines.u_line = width * features_per * pitch
    lines.positions = min(pixels * 2, call.n[2] - chunk * 2)
    lines.x_line = 2 * x_axis0
    lines.x_channel = x_channel
    lines.x_step = x_axis2

    channel = group * images_per
    for block in range(work.blocks):
        a = (images_per * (block + 1)) // work.blocks - (images_per * block) // work.blocks
        for f in range(a):
            start[f] = bias[channel + f] if bias != NULL else 0
        for phase in range(4):
            r0 = phase // 2
            r1 = phase % 2
            places = 0
            for t0 in range(conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_start0[r0], conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_start0[r0 + 1]):
                for t1 in range(conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_start1[r1], conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_start1[r1 + 1]):
                    for f in range(features_per):
                        place[places] = (((conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_offset0[t0] + 0) * width
                                          + conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_offset1[t1] + 0) * features_per + f) * pitch
                        places += 1
            lines.places = places
            first0 = strip * 2 + r0
            lines.lines = min(tall, (call.n[0] - first0 + 1) // 2)
            for z in range(work.wide):
                first1 = z * 2 + r1
                if first1 >= call.n[1] or lines.lines <= 0:
                    break
                x = (<float *> call.x + batch * x_batch + channel * x_channel + first0 * x_axis0
                     + first1 * x_axis1 + chunk * 2 * x_axis2)
                conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_run(a, &lines, panel + z * features_per * pitch, w, start, pixels, x)
            w += places * a * 3
        channel += a
    settle(1)


cdef int conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows(Call *call) noexcept nogil:
    cdef conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_Work work
    cdef Py_ssize_t features_per = call.features // call.groups
    cdef Py_ssize_t items, item, room
    work.failed = 0
    work.blocks = (call.images // call.groups + 2) // 3
    work.tall = (call.n[0] + 1) // 2
    work.wide = (call.n[1] + 1) // 2
    work.long = (call.n[2] + 1) // 2
    room = 65536 // (features_per * 2 * (work.wide + 1))
    work.chunk = max(64, room // 64 * 64)
    work.chunks = (work.long + work.chunk - 1) // work.chunk
    work.chunk = ((work.long + work.chunks - 1) // work.chunks + 7) // 8 * 8
    work.chunks = (work.long + work.chunk - 1) // work.chunk
    room = 65536 // (features_per * (work.wide + 1) * (work.chunk + 1)) - 1
    items = call.batch * call.groups * work.chunks
    room = min(room, (work.tall * items + 7) // 8)
    work.strips = (work.tall + max(1, room) - 1) // max(1, room)
    work.strip = (work.tall + work.strips - 1) // work.strips
    work.strips = (work.tall + work.strip - 1) // work.strip
    items *= work.strips
    for item in prange(items, num_threads=call.threads, schedule="dynamic"):
        conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_item(call, &work, item)
    return -1 if work.failed else 0


cdef Py_ssize_t conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_pack_size(Call *call) noexcept nogil:
    # Scalars of the packed weights.
    return call.features * (call.images // call.groups) * 27


cdef int conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_pack(Call *call) noexcept nogil:
    # [group][block of channels][outer phase][block of phases][outer tap][feature][tap][channel]; 0 when one is not finite.
    cdef Py_ssize_t features_per = call.features // call.groups
    cdef Py_ssize_t images_per = call.images // call.groups
    cdef Py_ssize_t blocks = (images_per + 2) // 3
    cdef Py_ssize_t group, block, phase, t0, t1, r0, r1, f, t, c, first, a
    cdef float *w
    cdef float *target = <float *> call.packed
    cdef float probe = 0    # stays zero unless a weight is Inf or NaN
    for group in range(call.groups):
        for block in range(blocks):
            first = (images_per * block) // blocks
            a = (images_per * (block + 1)) // blocks - first
            for phase in range(4):
                r0 = phase // 2
                r1 = phase % 2
                for t0 in range(conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_start0[r0], conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_start0[r0 + 1]):
                    for t1 in range(conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_start1[r1], conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_start1[r1 + 1]):
                        for f in range(group * features_per, (group + 1) * features_per):
                            w = (<float *> call.w + (f * images_per + first) * 27
                                 + (conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_tap0[t0] * 3 + conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_tap1[t1]) * 3)
                            for t in range(0, 3):
                                for c in range(a):
                                    target[0] = w[c * 27 + conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_order[t]]
                                    probe += target[0] * 0
                                    target += 1
    return probe == 0


cdef double conv_transpose3d_k3s2p1op1_f32_x86_64_v3_cost(Call *call, int family) noexcept nogil:
    # Estimated nanoseconds of a family for these sizes; only the order matters.
    cdef Py_ssize_t groups = call.groups
    cdef Py_ssize_t features_per = call.features // groups
    cdef Py_ssize_t images_per = call.images // groups
    cdef double inputs = <double> call.batch * call.features * call.m[0] * call.m[1] * call.m[2]
    cdef double outputs = <double> call.batch * call.images * call.n[0] * call.n[1] * call.n[2]
    cdef double macs = inputs * images_per * 27
    if family == 0:  # direct
        return macs * (((images_per + 15) // 16) * 16.0 / images_per) / 45.0 + inputs + 16 * outputs / images_per * groups / 8 + 2000 if features_per * images_per > 1 else 1e300
    if family == 1:  # plain
        return macs / 1.5 + outputs
    if family == 2:  # rows
        return macs * ((((call.n[2] + 1) // 2) + 7) // 8 * 8.0 / ((call.n[2] + 1) // 2)) / 36.0 + 2 * inputs + outputs / 8 + 1000
    return macs


cdef Kernel conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.dims = 3
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.item_size = 4
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.format = b"f"
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.other_format = b"f"
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.u = 0
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.w = 1
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.x = 2
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.channel_axis = 1
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.first_axis = 2
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.bias = 2
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.taps[0] = 3
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.stride[0] = 2
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.least[0] = 1
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.taps[1] = 3
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.stride[1] = 2
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.least[1] = 1
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.taps[2] = 3
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.stride[2] = 2
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.least[2] = 1
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.cost = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_cost
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.families = 3
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.plain = 1
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.strict = 0
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.family[0].name = b"direct"
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.family[0].run = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.family[0].pack = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_pack
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.family[0].pack_size = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_direct_pack_size
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.family[1].name = b"plain"
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.family[1].run = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_plain
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.family[1].pack = NULL
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.family[1].pack_size = NULL
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.family[2].name = b"rows"
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.family[2].run = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.family[2].pack = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_pack
conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel.family[2].pack_size = conv_transpose3d_k3s2p1op1_f32_x86_64_v3_rows_pack_size


def conv_transpose3d_k3s2p1op1_f32_x86_64_v3(u, w, bias, out, Py_ssize_t groups=1, int threads=1, family=None, packed=None):
    """Fill ``out``: all arrays C-contiguous float32 buffers, channels first; bias may be None.

    ``packed``: weights as ``pack`` left them for ``family``; w then only gives the shape.
    """
    return enter(&conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel, u, w, bias, out, groups, threads, family, packed)


cdef Kernel *find(str name) except NULL:
    if name == "conv_transpose3d_k3s2p1op1_f32_x86_64_v3":
        return &conv_transpose3d_k3s2p1op1_f32_x86_64_v3_kernel
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


def forget():
    """Free the scratch memory that the calling thread keeps."""
    scratch_forget(0)
    scratch_forget(1)
    scratch_forget(2)
