/* Of an estimate: what is left of a quotient without its fraction. */
static inline double whole(double value) { return (double)(ptrdiff_t)value; }

/* An image of so many features: stride (m - 1) + rest; what no array has where that is too long. */
static inline ptrdiff_t image_length(ptrdiff_t m, ptrdiff_t stride, ptrdiff_t rest)
{
    const ptrdiff_t length = within(m) ? product(stride, m - 1) : 0;
    return !within(m) ? 0 : length > 2 * MOST_LENGTH ? PTRDIFF_MAX : length + rest;
}

/* Features of an image whose first one needs so much of it. */
static inline ptrdiff_t feature_length(ptrdiff_t n, ptrdiff_t stride, ptrdiff_t least)
{
    return !within(n) || n < least ? 0 : (n - least) / stride + 1;
}

/* A call of these sizes. */
static int entry_sizes(const Kernel *kernel, Call *call, ptrdiff_t batch, ptrdiff_t features, ptrdiff_t images, ptrdiff_t groups,
    const ptrdiff_t *m, const ptrdiff_t *n)
{
    int axis;
    memset(call, 0, sizeof *call);
    const int result = fit_channels(kernel, call, features, images, groups);
    return result != DONE ? result : fit_lengths(kernel, call, batch, m, n, &axis);
}

/* The family asked for, the one whose weights are built in where none are given, or the one with the least estimate; -1 where it does
   not take these channels, or cannot have been what weights were packed for. */
static int entry_family(const Kernel *kernel, const Call *call, int family)
{
    if (family == -1 && call->packed == NULL)
        return call->w == NULL && kernel->built_in >= 0 ? kernel->built_in : fastest(kernel, call);
    return takes(kernel, call, family) && (call->packed == NULL || kernel->family[family].pack != NULL) ? family : -1;
}

/* The bytes that a call takes of its caller, on the threads that it would run on. */
static int entry_scratch(const Kernel *kernel, Call *call, int family, int threads, size_t *bytes)
{
    Scratch own = scratch_counted();
    int chosen = entry_family(kernel, call, family);
    if (bytes == NULL)
        return BAD_ARRAY;
    *bytes = 0;
    if (chosen < 0)
        return BAD_FAMILY;
    if (threads < 1 || threads > MOST_THREADS)
        return BAD_THREADS;
    call->own = &own;
    call->threads = call->used = usable_threads(threads, kernel->cost(call, chosen));
    if (execute(kernel, call, &chosen) != DONE)
        return TOO_LARGE;
    *bytes = own.most == 0 ? 0 : own.most + LINE - 1;  /* wherever it begins */
    return DONE;
}

/* Something in memory; NULL is what was not given. */
typedef struct {
    const void *begin;
    ptrdiff_t bytes;
} Span;

/* Whether what is written overlaps nothing else. */
static int entry_apart(const Span *span, int count, const Span *written)
{
    const uintptr_t begin = (uintptr_t)written->begin, end = begin + written->bytes;
    for (int each = 0; each < count; ++each)
        if (&span[each] != written && span[each].begin != NULL && written->begin != NULL && span[each].bytes > 0 && written->bytes > 0
            && (uintptr_t)span[each].begin < end && begin < (uintptr_t)span[each].begin + span[each].bytes)
            return 0;
    return 1;
}

/* Whether arrays that must be there are, and all begin where their numbers may. */
static int entry_arrays(const Kernel *kernel, const Span *span, int count, const int *needed)
{
    for (int each = 0; each < count; ++each)
        if ((span[each].begin == NULL && needed[each]) || (uintptr_t)span[each].begin % (kernel->item_size / kernel->parts))
            return 0;
    return 1;
}

static ptrdiff_t entry_weights(const Kernel *kernel, const Call *call)
{
    ptrdiff_t bytes = call->in_channels * (call->out_channels / call->groups) * kernel->item_size;
    for (int axis = 0; axis < kernel->dims; ++axis)
        bytes *= kernel->taps[axis];
    return bytes;
}

/* Scalars of packed weights in bytes; of no interest is how the call's lengths are. */
static int entry_packed(const Kernel *kernel, const Call *call, int family, ptrdiff_t *bytes)
{
    Call packing = *call;
    const ptrdiff_t size = packed_size(kernel, &packing, family);
    *bytes = size < 0 ? 0 : product(size, kernel->item_size);
    return size < 0 ? BAD_FAMILY : *bytes == PTRDIFF_MAX ? TOO_LARGE : DONE;
}

/* The bytes of packed weights, and those that packing takes of its caller. */
static int entry_pack_size(const Kernel *kernel, Call *call, int family, size_t *bytes, size_t *scratch_bytes)
{
    Scratch own = scratch_counted();
    ptrdiff_t size;
    if (bytes == NULL || scratch_bytes == NULL)
        return BAD_ARRAY;
    const int result = entry_packed(kernel, call, family, &size);
    *bytes = *scratch_bytes = 0;
    if (result != DONE || size == 0)
        return result;
    call->own = &own;
    call->threads = call->used = 1;
    call->plan = kernel->family[family].table;
    if (kernel->family[family].pack(call) != DONE)
        return TOO_LARGE;
    *bytes = size;
    *scratch_bytes = own.most == 0 ? 0 : own.most + LINE - 1;
    return DONE;
}

static int entry_pack(const Kernel *kernel, Call *call, int family, const void *w, void *packed, void *memory, size_t bytes)
{
    Scratch own = scratch_of(memory, bytes);
    ptrdiff_t size;
    int result = entry_packed(kernel, call, family, &size);
    if (result != DONE || size == 0)
        return result;
    const Span span[] = {{w, entry_weights(kernel, call)}, {packed, size}, {memory, bytes}};
    const int needed[] = {1, 1, 0};
    if (!entry_arrays(kernel, span, 2, needed))
        return BAD_ARRAY;
    if (!entry_apart(span, 3, &span[1]) || !entry_apart(span, 3, &span[2]))
        return OVERLAP;
    call->own = &own;
    call->threads = call->used = 1;
    call->plan = kernel->family[family].table;
    call->w = (void *)(uintptr_t)w;
    call->packed = packed;
    const Floats before = usual_floats();
    result = kernel->family[family].pack(call);
    restore_floats(before);
    return result & NO_MEMORY ? NO_MEMORY : result;
}

/* The call, with all arrays in it. */
static int entry_run(const Kernel *kernel, Call *call, int family, int threads, void *memory, size_t bytes)
{
    Scratch own = scratch_of(memory, bytes);
    const ptrdiff_t scalar = kernel->item_size / kernel->parts;
    ptrdiff_t packed = 0;
    int chosen = entry_family(kernel, call, family), result;
    if (chosen < 0)
        return BAD_FAMILY;
    if (threads < 1 || threads > MOST_THREADS)
        return BAD_THREADS;
    if (call->packed != NULL && (result = entry_packed(kernel, call, chosen, &packed)) != DONE)
        return result;
    const Span span[] = {{call->in_data, call->in_batch * call->batch * scalar}, {call->out_data, call->out_batch * call->batch * scalar},
        {call->w, entry_weights(kernel, call)}, {call->bias, call->out_channels * kernel->item_size}, {call->packed, packed}, {memory, bytes}};
    const int needed[] = {1, 1, call->packed == NULL && chosen != kernel->built_in, 0, 0};
    if (!entry_arrays(kernel, span, 5, needed))
        return BAD_ARRAY;
    if (!entry_apart(span, 6, &span[kernel->by_image ? 1 : 2]) || !entry_apart(span, 6, &span[5]))
        return OVERLAP;
    const Floats before = usual_floats();
    call->own = &own;
    call->threads = call->used = usable_threads(threads, kernel->cost(call, chosen));
    result = execute(kernel, call, &chosen);
    restore_floats(before);
    return result & NO_MEMORY ? NO_MEMORY : result;
}

/* What a result says. */
static const char *entry_text(int result)
{
    static const char *const text[] = {
        [DONE] = "done",
        [NO_MEMORY] = "scratch memory is less than the call takes",
        [NOT_FINITE] = "a number is Inf, NaN or too large for this family, and the weights as they are were not given",
        [BAD_BATCH] = "batch must be from 1 to 2^47",
        [BAD_FEATURES] = "features must be from 1 to 2^47",
        [BAD_IMAGES] = "images must be from 1 to 2^47",
        [BAD_GROUPS] = "groups must be at least 1, and divide features and images",
        [BAD_FEATURE_LENGTH] = "a feature length m must be from 1 to 2^47",
        [BAD_IMAGE_LENGTH] = "an image length n must be from 1 to 2^47",
        [NO_PAIR] = "an image length n is shorter than its feature length m needs",
        [TOO_LARGE] = "arrays, weights or scratch are more than memory can hold",
        [BAD_FAMILY] = "there is no such family, it does not take these channels and groups, or weights cannot have been packed for it",
        [BAD_THREADS] = "threads must be from 1 to 1024",
        [BAD_ARRAY] = "an array is NULL, or begins where no number of its type may",
        [OVERLAP] = "what is written overlaps another array or the scratch memory",
    };
    return result >= 0 && result < (int)(sizeof text / sizeof *text) && text[result] != NULL ? text[result] : "no result of this kernel";
}
