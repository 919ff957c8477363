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
