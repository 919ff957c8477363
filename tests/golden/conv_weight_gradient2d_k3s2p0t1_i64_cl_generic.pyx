# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False, binding=False, auto_pickle=False
# conv_weight_gradient2d_k3s2p0t1_i64_cl_generic
# made by   convt build 2d_k3s2p0:1 --map conv_weight_gradient --dtype int64 --layout channels_last --target generic
# from      templates plain.pyx.jinja; target generic
# compile   with -O2 -ftree-vectorize -std=gnu11 -fwrapv -fno-strict-aliasing -fopenmp
# lengths   n = 2·m on each axis
# phases    r=0: taps 0, 2 at offsets 0, −1   r=1: taps 1 at offsets 0 on each axis
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
    #define RUNTIME_VERSION "483b4b89e32ba4ef"

    #include <stddef.h>
    #include <stdint.h>
    #include <stdlib.h>
    #include <string.h>
    #ifdef _OPENMP
    #include <omp.h>
    #endif

    /* The C of a module can be compiled beside what Cython makes of the rest: with C_ONLY the one, with C_BESIDE the other. */
    #ifdef C_ONLY
    #define SHARED
    #else
    #define SHARED static __attribute__((unused))
    #endif

    /* Round to nearest, subnormal numbers as they are: the same bits on every thread, whatever the caller has set. The state before. */
    #if defined(__SSE__)
    #include <xmmintrin.h>
    typedef unsigned Floats;
    static inline void restore_floats(Floats before) { _mm_setcsr(before); }
    static inline Floats usual_floats(void)
    {
        const Floats before = _mm_getcsr();
        _mm_setcsr(0x1f80);
        return before;
    }
    #elif defined(__aarch64__)
    typedef uint64_t Floats;
    static inline void restore_floats(Floats before) { __asm__ volatile("msr fpcr, %0" : : "r"(before) : "memory"); }
    static inline Floats usual_floats(void)
    {
        Floats before;
        __asm__ volatile("mrs %0, fpcr" : "=r"(before) : : "memory");
        restore_floats(0);
        return before;
    }
    #else
    #include <fenv.h>
    typedef fenv_t Floats;
    static inline void restore_floats(Floats before) { fesetenv(&before); }
    static inline Floats usual_floats(void)
    {
        Floats before;
        fegetenv(&before);
        fesetenv(FE_DFL_ENV);
        return before;
    }
    #endif

    enum { SLOTS = 3, MOST_THREADS = 1024, MOST_FAMILIES = 8 };
    #ifndef WORTH_THREADS
    #define WORTH_THREADS 40000               /* nanoseconds: starting threads costs more than it saves on less work */
    #endif
    #define MOST_LENGTH ((ptrdiff_t)1 << 47)  /* more than there are addresses */
    #define NEVER 1e300                       /* the estimate of a family that does not take the channels */

    /* What items, families and packers return, joined by or; then what does not fit about a call. */
    enum { DONE = 0, NO_MEMORY = 1, NOT_FINITE = 2, BAD_BATCH = 4, BAD_FEATURES, BAD_IMAGES, BAD_GROUPS, BAD_FEATURE_LENGTH, BAD_IMAGE_LENGTH,
        NO_PAIR, TOO_LARGE, BAD_FAMILY, BAD_THREADS, BAD_ARRAY, OVERLAP };
    typedef struct Scratch Scratch;

    /* One call of a kernel. Axes that a kernel does not have come first, with length 1; distances are in scalars. Taps are read from
       the input side: the features of a transposed convolution, the image of a convolution and of a weight gradient, whose result
       are the weights. */
    typedef struct {
        ptrdiff_t batch, in_channels, out_channels, groups;
        ptrdiff_t in_length[3], out_length[3];
        ptrdiff_t in_batch, in_channel, in_axis[3];
        ptrdiff_t out_batch, out_channel, out_axis[3];
        ptrdiff_t w_in, w_out;              /* between the weights of neighbouring channels of a group */
        void *in_data, *w, *out_data, *bias, *packed;
        const void *plan;                   /* what the family knows about the kernel */
        Scratch *own;                       /* memory of the call, not of the threads that run its items */
        unsigned char *strange;             /* for each image, whether the family could not take its inputs; NULL where it took all */
        Floats floats;
        int threads, used;                  /* as many as items are shared out to, and as there were at last */
    } Call;

    typedef int (*Item)(const Call *, void *, Scratch *, ptrdiff_t);

    /* One family inside a kernel. */
    typedef struct {
        const char *name;
        int (*run)(Call *);
        int (*pack)(Call *);                /* NULL where the weights are taken as they are */
        ptrdiff_t (*pack_size)(Call *);
        const void *table;                  /* about this kernel: call->plan */
    } Family;

    typedef struct {
        int dims, parts;                    /* axes; scalars of one number */
        ptrdiff_t item_size;
        const char *format, *other_format;  /* of the buffers that Python hands over */
        int u, w, x;                        /* which of (first input, second input, out) they are */
        int channel_axis, first_axis;       /* in u and x */
        int biased;                         /* whether it adds a value to each channel of the output */
        int features_first;                 /* whether features are the input side, and images the output side; else it is the other way round */
        int by_image;                       /* whether images are computed one by one: then the family is chosen for one */
        ptrdiff_t taps[3], stride[3];
        ptrdiff_t least[3];                 /* image length at feature length 1, less output padding */
        double (*cost)(Call *, int);        /* estimated nanoseconds of a family */
        int families, plain, strict;        /* strict: the family that takes images whose inputs another could not */
        int built_in;                       /* in plain C: the family whose code holds the weights; -1 where there is none */
        Family family[MOST_FAMILIES];
    } Kernel;

    /* The product of two numbers, rounded: added to a running sum it would be fused or not as a compiler vectorizes the loop, and the bits
       would depend on its flags. */
    static inline double rounded(double value)
    {
    #if defined(__SSE2__)
        __asm__("" : "+x"(value));
        return value;
    #elif defined(__aarch64__)
        __asm__("" : "+w"(value));
        return value;
    #else
        volatile double held = value;
        return held;
    #endif
    }

    /* a b, or what no memory holds where that is too large. */
    static inline ptrdiff_t product(ptrdiff_t a, ptrdiff_t b)
    {
        ptrdiff_t result;
        return __builtin_mul_overflow(a, b, &result) ? PTRDIFF_MAX : result;
    }
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
        unsigned char *strange
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
        int families, plain, strict
        Family[8] family
    Py_ssize_t product(Py_ssize_t a, Py_ssize_t b) noexcept nogil
    double rounded(double value) noexcept nogil

cdef extern from *:
    """
    #ifdef C_BESIDE
    extern int runtime_begin();
    extern int call_begin(Call *call);
    extern void call_end(Call *call);
    extern void *scratch(Scratch *own, int slot, Py_ssize_t size);
    extern void scratch_forget();
    extern int usable_threads(int wanted, double nanoseconds, int force);
    #else
    /* Scratch memory of a module: each thread that runs items of a call, and the call itself, has blocks of its own until its end. */
    #include <pthread.h>

    enum { KEPT_MB = 256 };                 /* that a process keeps between calls */

    struct Scratch {
        Scratch *next;
        size_t size[SLOTS];
        void *block[SLOTS];
    };

    /* Shared by all modules of a process that hold this very text: the first one that is imported hands it to the others. */
    typedef struct {
        pthread_mutex_t lock;
        Scratch *idle;                      /* given back, the last first; kept because fresh pages cost more than the work done in them */
        size_t kept;                        /* bytes in these, KEPT_MB at most */
        int forked;                         /* in a child, whose threads are gone without OpenMP's knowledge */
        int *(*team)(void);                 /* threads that OpenMP keeps for the calling thread */
    } Runtime;

    static _Thread_local int team = 1;
    static int *own_team(void) { return &team; }
    static Runtime own_runtime = {.lock = PTHREAD_MUTEX_INITIALIZER, .team = own_team}, *runtime = &own_runtime;

    /* The lock is free in a child, and what it guards complete. */
    static void before_fork(void) { pthread_mutex_lock(&own_runtime.lock); }
    static void after_fork(void) { pthread_mutex_unlock(&own_runtime.lock); }
    static void in_child(void)
    {
        own_runtime.forked = 1;
        after_fork();
    }

    /* Find the others' runtime or hand out one's own, when imported; -1 with an exception. */
    SHARED int runtime_begin(void)
    {
        static const char name[] = "convt runtime " RUNTIME_VERSION;
        PyObject *known = NULL, *all = PyInterpreterState_GetDict(PyInterpreterState_Get());
        PyObject *key = PyUnicode_FromString(name), *made = PyCapsule_New(&own_runtime, name, NULL);
        if (all == NULL && !PyErr_Occurred())
            PyErr_SetString(PyExc_ImportError, "this interpreter keeps no dictionary to share scratch memory through");
        if (all != NULL && key != NULL && made != NULL)
            known = PyDict_SetDefault(all, key, made);
        if (known != NULL)
            runtime = PyCapsule_GetPointer(known, name);
        if (known == made && known != NULL && pthread_atfork(before_fork, after_fork, in_child) != 0)
            PyErr_NoMemory();
        Py_XDECREF(key);
        Py_XDECREF(made);
        return PyErr_Occurred() ? -1 : 0;
    }

    static size_t scratch_size(const Scratch *own)
    {
        size_t size = 0;
        for (int slot = 0; slot < SLOTS; ++slot)
            size += own->size[slot];
        return size;
    }

    static void scratch_free(Scratch *own)
    {
        for (int slot = 0; slot < SLOTS; ++slot)
            free(own->block[slot]);
        free(own);
    }

    /* Some thread's former blocks, or none yet; NULL without memory. */
    SHARED Scratch *scratch_take(void)
    {
        pthread_mutex_lock(&runtime->lock);
        Scratch *own = runtime->idle;
        if (own != NULL) {
            runtime->idle = own->next;
            runtime->kept -= scratch_size(own);
        }
        pthread_mutex_unlock(&runtime->lock);
        return own != NULL ? own : calloc(1, sizeof *own);
    }

    SHARED void scratch_give(Scratch *own)
    {
        const size_t size = scratch_size(own);
        pthread_mutex_lock(&runtime->lock);
        const int keep = runtime->kept + size <= (size_t)KEPT_MB << 20;
        if (keep) {
            own->next = runtime->idle;
            runtime->idle = own;
            runtime->kept += size;
        }
        pthread_mutex_unlock(&runtime->lock);
        if (!keep)
            scratch_free(own);
    }

    /* Free what no call is using. */
    SHARED void scratch_forget(void)
    {
        pthread_mutex_lock(&runtime->lock);
        Scratch *own = runtime->idle;
        runtime->idle = NULL;
        runtime->kept = 0;
        pthread_mutex_unlock(&runtime->lock);
        while (own != NULL) {
            Scratch *next = own->next;
            scratch_free(own);
            own = next;
        }
    }

    /* At least so many bytes on a cache line, with anything in them; NULL without memory. */
    SHARED void *scratch(Scratch *own, int slot, ptrdiff_t size)
    {
        if (own->block[slot] == NULL || own->size[slot] < (size_t)size) {
            free(own->block[slot]);
            own->block[slot] = NULL;
            own->size[slot] = 0;
            if (posix_memalign(&own->block[slot], 64, size) != 0)
                return own->block[slot] = NULL;
            own->size[slot] = size;
        }
        return own->block[slot];
    }

    /* Begin and end a call in the calling thread: its memory, its floating-point state. 0 without memory. */
    SHARED int call_begin(Call *call)
    {
        call->own = scratch_take();
        if (call->own == NULL)
            return 0;
        call->floats = usual_floats();
        return 1;
    }

    SHARED void call_end(Call *call)
    {
        restore_floats(call->floats);
        scratch_give(call->own);
    }

    static void *until_open(void *gate)
    {
        pthread_mutex_lock(gate);
        pthread_mutex_unlock(gate);
        return NULL;
    }

    /* How many of so many threads there can be at once, the calling one included. */
    static int startable(int wanted)
    {
        pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
        pthread_t thread[MOST_THREADS];
        int started = 1;
        pthread_mutex_lock(&gate);
        while (started < wanted && pthread_create(&thread[started], NULL, until_open, &gate) == 0)
            ++started;
        pthread_mutex_unlock(&gate);
        for (int each = 1; each < started; ++each)
            pthread_join(thread[each], NULL);
        pthread_mutex_destroy(&gate);
        return started;
    }

    /* One for little work, and in a forked child. OpenMP ends the process when it cannot start one: so a team that grows is tried out,
       and is half of what could be started where that is less. */
    SHARED int usable_threads(int wanted, double nanoseconds, int force)
    {
    #ifdef _OPENMP
        if (wanted > 1 && (force || nanoseconds >= WORTH_THREADS) && !runtime->forked) {
            int *const team = runtime->team(), started = wanted > *team ? startable(wanted) : wanted;
            *team = started < wanted ? (started + 1) / 2 : wanted;
            return *team;
        }
    #endif
        return 1;
    }

    /* What spread asks of memory: any thread's former blocks will do, and grow as they must. */
    static inline int counting(const Call *call) { return 0; }
    static inline int share_begin(Call *call, ptrdiff_t room, int *result) { return 1; }
    static inline Scratch *share_take(Call *call, ptrdiff_t room, int thread, Scratch *part) { return scratch_take(); }
    static inline void share_renew(Scratch *own) { }
    static inline void share_give(Scratch *own) { scratch_give(own); }
    #endif
    """
    int runtime_begin() except -1
    int call_begin(Call *call) noexcept nogil
    void call_end(Call *call) noexcept nogil
    void *scratch(Scratch *own, int slot, Py_ssize_t size) noexcept nogil
    void scratch_forget() noexcept nogil
    int usable_threads(int wanted, double nanoseconds, int force) noexcept nogil

cdef extern from *:
    """
    #ifdef C_BESIDE
    extern int spread(Call *call, Py_ssize_t items, Item item, void *work, Py_ssize_t room);
    #else
    /* Items that no other thread has taken, some at a time. */
    static int take_items(Call *call, ptrdiff_t items, Item item, void *work, ptrdiff_t room, int thread, ptrdiff_t *next)
    {
        const ptrdiff_t some = items / 64 / call->threads + 1;
        Scratch part, *own = share_take(call, room, thread, &part);
        if (own == NULL)
            return NO_MEMORY;
        const Floats before = usual_floats();
        int result = DONE;
        for (ptrdiff_t at; (at = __atomic_fetch_add(next, some, __ATOMIC_RELAXED)) < items;)
            for (const ptrdiff_t stop = at + some < items ? at + some : items; at < stop; ++at) {
                share_renew(own);
                result |= item(call, work, own, at);
            }
        restore_floats(before);
        share_give(own);
        return result;
    }

    /* All items on the threads of the call, each with so many bytes of memory at most; what items return is joined by or. Where a call
       only counts the memory that it would take, no item is run. */
    SHARED int spread(Call *call, ptrdiff_t items, Item item, void *work, ptrdiff_t room)
    {
        ptrdiff_t next = 0;
        int result = DONE;
        if (!share_begin(call, room, &result))
            return result;
        if (call->threads == 1)
            return take_items(call, items, item, work, room, 0, &next);
    #ifdef _OPENMP
        int threads = 1;
    #pragma omp parallel num_threads(call->threads) reduction(|: result)
        {
    #pragma omp master
            threads = omp_get_num_threads();
            result |= take_items(call, items, item, work, room, omp_get_thread_num(), &next);
        }
        call->used = threads;
    #endif
        return result;
    }
    #endif
    """
    int spread(Call *call, Py_ssize_t items, Item item, void *work, Py_ssize_t room) noexcept nogil

cdef extern from *:
    """
    #ifdef C_BESIDE
    extern int fit_channels(const Kernel *kernel, Call *call, Py_ssize_t features, Py_ssize_t images, Py_ssize_t groups);
    extern int fit_lengths(const Kernel *kernel, Call *call, Py_ssize_t batch, const Py_ssize_t *m, const Py_ssize_t *n, int *axis);
    extern int takes(const Kernel *kernel, const Call *call, int family);
    extern int fastest(const Kernel *kernel, const Call *call);
    extern Py_ssize_t packed_size(const Kernel *kernel, Call *call, int family);
    extern int execute(const Kernel *kernel, Call *call, int *chosen);
    #else
    static int within(ptrdiff_t value) { return value >= 1 && value <= MOST_LENGTH; }

    /* Channels that divide into the groups, and no more weights than memory could hold. */
    SHARED int fit_channels(const Kernel *kernel, Call *call, ptrdiff_t features, ptrdiff_t images, ptrdiff_t groups)
    {
        if (!within(features))
            return BAD_FEATURES;
        if (!within(images))
            return BAD_IMAGES;
        if (!within(groups) || features % groups || images % groups)
            return BAD_GROUPS;
        ptrdiff_t taps = 1, size = product(product(features, images / groups), kernel->item_size);
        for (int axis = 0; axis < kernel->dims; ++axis) {
            size = product(size, kernel->taps[axis]);
            taps = product(taps, kernel->taps[axis]);
        }
        if (size == PTRDIFF_MAX)
            return TOO_LARGE;
        const ptrdiff_t filters = images / groups * taps;
        call->groups = groups;
        call->in_channels = kernel->features_first ? features : images;
        call->out_channels = kernel->features_first ? images : features;
        call->w_in = kernel->features_first ? filters : taps;
        call->w_out = kernel->features_first ? taps : filters;
        return DONE;
    }

    /* Lengths and distances, after the channels. Arrays are C-contiguous, channels before the axes or after them. ``axis`` becomes the one
       that does not fit. */
    SHARED int fit_lengths(const Kernel *kernel, Call *call, ptrdiff_t batch, const ptrdiff_t *m, const ptrdiff_t *n, int *axis)
    {
        const int missing = 3 - kernel->dims;
        const ptrdiff_t *in = kernel->features_first ? m : n, *out = kernel->features_first ? n : m;
        ptrdiff_t in_step = kernel->parts, out_step = kernel->parts;
        if (!within(batch))
            return BAD_BATCH;
        call->batch = batch;
        if (kernel->channel_axis > 1) {
            call->in_channel = in_step;
            call->out_channel = out_step;
            in_step = product(in_step, call->in_channels);
            out_step = product(out_step, call->out_channels);
        }
        for (*axis = 0; *axis < kernel->dims; ++*axis) {
            if (!within(m[*axis]))
                return BAD_FEATURE_LENGTH;
            if (!within(n[*axis]))
                return BAD_IMAGE_LENGTH;
            if (n[*axis] - kernel->least[*axis] < product(kernel->stride[*axis], m[*axis] - 1))
                return NO_PAIR;
        }
        for (int place = 2; place >= 0; --place) {
            call->in_length[place] = place < missing ? 1 : in[place - missing];
            call->out_length[place] = place < missing ? 1 : out[place - missing];
            call->in_axis[place] = in_step;
            call->out_axis[place] = out_step;
            in_step = product(in_step, call->in_length[place]);
            out_step = product(out_step, call->out_length[place]);
        }
        if (kernel->channel_axis == 1) {
            call->in_channel = in_step;
            call->out_channel = out_step;
            in_step = product(in_step, call->in_channels);
            out_step = product(out_step, call->out_channels);
        }
        call->in_batch = in_step;
        call->out_batch = out_step;
        in_step = product(product(in_step, batch), kernel->item_size);
        out_step = product(product(out_step, batch), kernel->item_size);
        return in_step == PTRDIFF_MAX || out_step == PTRDIFF_MAX ? TOO_LARGE : DONE;
    }

    /* Whether there is such a family, and it takes these channels and groups. */
    SHARED int takes(const Kernel *kernel, const Call *call, int family)
    {
        Call image = *call;
        image.batch = kernel->by_image ? 1 : call->batch;
        return family >= 0 && family < kernel->families && kernel->cost(&image, family) < NEVER;
    }

    /* The family with the least estimate for one image: whatever others there are, and whether weights are packed, the result is the same. */
    SHARED int fastest(const Kernel *kernel, const Call *call)
    {
        Call image = *call;
        int best = 0;
        image.batch = kernel->by_image ? 1 : call->batch;
        for (int each = 1; each < kernel->families; ++each)
            if (kernel->cost(&image, each) < kernel->cost(&image, best))
                best = each;
        return best;
    }

    /* Scalars of the packed weights, after the channels; 0 where the family takes them as they are, PTRDIFF_MAX where no memory holds them,
       -1 where it does not take these channels and groups. */
    SHARED ptrdiff_t packed_size(const Kernel *kernel, Call *call, int family)
    {
        call->batch = 1;
        for (int place = 0; place < 3; ++place)
            call->in_length[place] = call->out_length[place] = 1;
        if (!takes(kernel, call, family))
            return -1;
        call->plan = kernel->family[family].table;
        const ptrdiff_t size = kernel->family[family].pack != NULL ? kernel->family[family].pack_size(call) : 0;
        return product(size, kernel->item_size) == PTRDIFF_MAX ? PTRDIFF_MAX : size;
    }

    /* Weights as the family reads them; ``plain`` takes those that are not finite. */
    static int prepare(const Kernel *kernel, Call *call, int *chosen)
    {
        const Family *family = &kernel->family[*chosen];
        call->plan = family->table;
        if (family->pack == NULL || call->packed != NULL)
            return DONE;
        call->packed = scratch(call->own, 1, product(family->pack_size(call), kernel->item_size));
        if (call->packed == NULL)
            return NO_MEMORY;
        const int result = family->pack(call);
        if (result == NOT_FINITE)
            *chosen = kernel->plain;
        return result & NO_MEMORY;
    }

    /* The images that the family could not take, each as if it were alone. */
    static int repair(const Kernel *kernel, Call *call, int *chosen)
    {
        const ptrdiff_t scalar = kernel->item_size / kernel->parts;
        Call image = *call;
        if (call->w == NULL)
            return counting(call) ? DONE : NOT_FINITE;
        *chosen = kernel->strict;
        image.batch = 1;
        image.packed = NULL;
        image.strange = NULL;
        int result = prepare(kernel, &image, chosen);
        if (counting(call))
            return result == DONE ? kernel->family[*chosen].run(&image) : result;
        for (ptrdiff_t b = 0; b < call->batch && result == DONE; ++b)
            if (call->strange[b]) {
                image.in_data = (char *)call->in_data + b * call->in_batch * scalar;
                image.out_data = (char *)call->out_data + b * call->out_batch * scalar;
                result = kernel->family[*chosen].run(&image);
            }
        return result;
    }

    /* The family chosen; ``chosen`` becomes what took its place, be it for one image only. Without the weights themselves nothing does. */
    SHARED int execute(const Kernel *kernel, Call *call, int *chosen)
    {
        int result = prepare(kernel, call, chosen);
        if (result == DONE)
            result = kernel->family[*chosen].run(call);
        if (result == NOT_FINITE && call->w != NULL) {
            *chosen = kernel->plain;
            result = kernel->family[*chosen].run(call);
        }
        if (result == DONE && call->strange != NULL)
            result = repair(kernel, call, chosen);
        return result;
    }
    #endif
    """
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
        call.w, call.bias, call.packed, call.strange = w.buf, views[3].buf, views[4].buf, NULL
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


cdef int conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_plain_item(const Call *call, void *of_call, Scratch *own, Py_ssize_t item) noexcept nogil:
    # All taps of one filter (f, c): each is the product of features and shifted image, summed.
    cdef Py_ssize_t features_per = call.out_channels // call.groups
    cdef Py_ssize_t images_per = call.in_channels // call.groups
    cdef Py_ssize_t seconds = images_per, f = item // seconds, c = item % seconds
    cdef Py_ssize_t group, b, t
    cdef Py_ssize_t a0, i0, shift0, low0, high0
    cdef Py_ssize_t a1, i1, shift1, low1, high1
    cdef Py_ssize_t u_step = call.out_axis[2]
    cdef Py_ssize_t x_step = 2 * call.in_axis[2]
    cdef uint64_t *bias = <uint64_t *> call.bias
    cdef uint64_t *u_plane
    cdef uint64_t *x_plane
    cdef uint64_t *out
    cdef uint64_t *u_row
    cdef uint64_t *x_row
    cdef uint64_t *w_tap
    cdef uint64_t total, wide, start
    group = f // features_per
    c = c + group * images_per
    start = 0
    out = <uint64_t *> call.w + (f * images_per + c - group * images_per) * 9
    for t in range(9):
        out[t * 1 + 0] = start
    for b in range(0, call.batch):
        u_plane = <uint64_t *> call.out_data + b * call.out_batch + f * call.out_channel
        x_plane = <uint64_t *> call.in_data + b * call.in_batch + c * call.in_channel
        w_tap = <uint64_t *> call.w + (f * images_per + c - group * images_per) * 9
        for a0 in range(3):
            shift0 = 1 * a0 - (0)
            low0 = first_feature(shift0, 2)
            high0 = stop_feature(shift0, 2, call.out_length[1], call.in_length[1])
            for a1 in range(3):
                shift1 = 1 * a1 - (0)
                low1 = first_feature(shift1, 2)
                high1 = stop_feature(shift1, 2, call.out_length[2], call.in_length[2])
                total = 0
                for i0 in range(low0, high0):
                    u_row = u_plane
                    x_row = x_plane + shift1 * call.in_axis[2]
                    u_row += i0 * call.out_axis[1]
                    x_row += (2 * i0 + shift0) * call.in_axis[1]
                    for t in range(low1, high1):
                        wide = u_row[t * u_step]
                        total += wide * x_row[t * x_step]
                w_tap[0] += total
                w_tap += 1
    return DONE


cdef int conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_plain(Call *call) noexcept nogil:
    cdef Py_ssize_t features_per = call.out_channels // call.groups
    cdef Py_ssize_t images_per = call.in_channels // call.groups
    return spread(call, (call.out_channels) * (images_per), conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_plain_item, NULL, 0)


cdef double conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_cost(Call *call, int family) noexcept nogil:
    # Estimated nanoseconds of a family for these sizes; only the order matters.
    cdef Py_ssize_t groups = call.groups
    cdef Py_ssize_t inputs_per = call.in_channels // groups
    cdef Py_ssize_t outputs_per = call.out_channels // groups
    cdef double inputs = <double> call.batch * call.in_channels * call.in_length[0] * call.in_length[1] * call.in_length[2]
    cdef double outputs = <double> call.batch * call.out_channels * call.out_length[0] * call.out_length[1] * call.out_length[2]
    cdef double macs = outputs * inputs_per * 9
    if family == 0:  # plain
        return macs / 1.0 + outputs + 22.5 * call.batch * call.in_channels * outputs_per + 600
    return macs


cdef Kernel conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.dims = 2
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.item_size = 8
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.parts = 1
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.format = b"l"
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.other_format = b"q"
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.u = 1
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.w = 2
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.x = 0
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.channel_axis = 3
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.first_axis = 1
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.biased = 0
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.by_image = 0
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.features_first = 0
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.taps[0] = 3
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.stride[0] = 2
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.least[0] = 2
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.taps[1] = 3
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.stride[1] = 2
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.least[1] = 2
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.cost = conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_cost
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.families = 1
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.plain = 0
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.strict = 0
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.family[0].name = b"plain"
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.family[0].run = conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_plain
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.family[0].pack = NULL
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.family[0].pack_size = NULL
conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel.family[0].table = NULL


def conv_weight_gradient2d_k3s2p0t1_i64_cl_generic(x, u, bias, out, Py_ssize_t groups=1, int threads=1, family=None, packed=None, bint force=False):
    """Fill ``out`` and return (family that computed it, threads used): all arrays C-contiguous int64 buffers, channels last; bias may be None.

    ``packed``: weights as ``pack`` left them for ``family``; w are the same weights, for images that the family cannot take.
    ``force``: exactly so many threads, even where the work is too little to gain from them.
    Raises ValueError, whose text begins with the argument, for whatever does not fit; MemoryError.
    """
    return enter(&conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel, x, u, bias, out, groups, threads, family, packed, force)


cdef Kernel *find(str name) except NULL:
    if name == "conv_weight_gradient2d_k3s2p0t1_i64_cl_generic":
        return &conv_weight_gradient2d_k3s2p0t1_i64_cl_generic_kernel
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
