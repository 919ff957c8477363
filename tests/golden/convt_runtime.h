/* convt_runtime.h: what kernels made by convt share: the call of a family, scratch memory, items on threads, sizes, the choice of a family.
 *
 * Kernels of a folder include it, all of the same version. Compile them with the flags that their heads name.
 * SPDX-License-Identifier: BSD-3-Clause
 */
#ifndef CONVT_RUNTIME_f32ea02dfc48
#define CONVT_RUNTIME_f32ea02dfc48
#define RUNTIME_VERSION "c011111e6b7b6b30"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

/* A module is one text. Compiled as several, with PART 0 for what Cython makes of it and with 1 and 2 for its families, each makes the
   functions that are its own and knows those of the others by name. */
#ifdef PART
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

/* Behind sum += a * b. Tuned for AMD's processors, gcc would make two instructions of it in a loop with a single sum: the product
   rounded by itself, and so an output's bits would depend on how many neighbours are summed beside it, that is on the batch.
   Vectors that are wider than the registers are in no register, and left alone. */
#if defined(__FMA__) && !defined(__clang__)
#define ROUNDED_ONCE(sum) __builtin_choose_expr(sizeof(sum) <= __BIGGEST_ALIGNMENT__, ({ __asm__("" : "+v"(sum)); }), (void)0)
#else
#define ROUNDED_ONCE(sum) ((void)0)
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
    unsigned char *refused;             /* for each image, whether the family could not take its inputs; NULL where it took all */
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
    int families, plain, fallback;      /* fallback: the family that takes images whose inputs another refused */
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

#if defined(PART) && PART != 0
extern int runtime_begin();
extern int call_begin(Call *call);
extern void call_end(Call *call);
extern int counting(const Call *call);
extern void *scratch(Scratch *own, int slot, ptrdiff_t size);
extern void scratch_forget();
extern int usable_threads(int wanted, double nanoseconds, int force);
extern int spread(Call *call, ptrdiff_t items, Item item, void *work, ptrdiff_t room);
extern int fit_channels(const Kernel *kernel, Call *call, ptrdiff_t features, ptrdiff_t images, ptrdiff_t groups);
extern int fit_lengths(const Kernel *kernel, Call *call, ptrdiff_t batch, const ptrdiff_t *m, const ptrdiff_t *n, int *axis);
extern int takes(const Kernel *kernel, const Call *call, int family);
extern int fastest(const Kernel *kernel, const Call *call);
extern ptrdiff_t packed_size(const Kernel *kernel, Call *call, int family);
extern int execute(const Kernel *kernel, Call *call, int *chosen);
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
SHARED int counting(const Call *call) { return 0; }
static inline int share_begin(Call *call, ptrdiff_t room, int *result) { return 1; }
static inline Scratch *share_take(Call *call, ptrdiff_t room, int thread, Scratch *part) { return scratch_take(); }
static inline void share_renew(Scratch *own) { }
static inline void share_give(Scratch *own) { scratch_give(own); }

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
    *chosen = kernel->fallback;
    image.batch = 1;
    image.packed = NULL;
    image.refused = NULL;
    int result = prepare(kernel, &image, chosen);
    if (counting(call))
        return result == DONE ? kernel->family[*chosen].run(&image) : result;
    for (ptrdiff_t b = 0; b < call->batch && result == DONE; ++b)
        if (call->refused[b]) {
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
    if (result == DONE && call->refused != NULL)
        result = repair(kernel, call, chosen);
    return result;
}
#endif

#endif
