/* Scratch memory that the caller of a kernel owns: blocks are taken one after the other, and the threads that run items share what is
   left in equal parts. Nothing is allocated, and nothing is kept between calls. */
struct Scratch {
    char *next;                         /* where the next block begins, on a cache line */
    size_t left;                        /* bytes from there on */
    size_t taken, most;                 /* bytes so far, and the most that were in use at a time */
    int counting;                       /* whether the call only finds out how much that is: then nothing there may be touched */
    size_t size[SLOTS];
    void *block[SLOTS];
};

enum { LINE = 64, SOMEWHERE = 1 << 16 };
static const size_t no_end = (size_t)PTRDIFF_MAX / 2;

static inline int counting(const Call *call) { return call->own->counting; }

/* Bytes as whole cache lines; what no memory holds where that is too many. */
static inline size_t lines_of(ptrdiff_t size)
{
    return size < 0 || (size_t)size > no_end ? SIZE_MAX : ((size_t)size + LINE - 1) / LINE * LINE;
}

/* The caller's memory from its first cache line on. */
static Scratch scratch_of(void *memory, size_t size)
{
    const size_t skip = (LINE - (uintptr_t)memory % LINE) % LINE;
    static char nothing;
    Scratch own = {.next = &nothing, .left = 0};
    if (memory != NULL && size >= skip) {
        own.next = memory;
        own.next += skip;
        own.left = size - skip;
    }
    return own;
}

/* Memory without an end, of which only the use is counted. */
static Scratch scratch_counted(void)
{
    return (Scratch){.next = (char *)(uintptr_t)SOMEWHERE, .left = no_end, .counting = 1};
}

/* At least so many bytes on a cache line, with anything in them; NULL where they are not there. */
static void *scratch(Scratch *own, int slot, ptrdiff_t size)
{
    const size_t whole = lines_of(size);
    if (own->block[slot] != NULL && own->size[slot] >= whole)
        return own->block[slot];
    if (whole > own->left)
        return NULL;
    own->block[slot] = own->next;
    own->size[slot] = whole;
    own->next += whole;
    own->left -= whole;
    own->taken += whole;
    own->most = own->most > own->taken ? own->most : own->taken;
    return own->block[slot];
}

/* Whether items are to be run: there is so much memory for each thread of the call, and the call does more than count it. */
static int share_begin(Call *call, ptrdiff_t room, int *result)
{
    Scratch *own = call->own;
    const size_t each = lines_of(room);
    if (each > own->left / call->threads) {
        *result = NO_MEMORY;
        return 0;
    }
    if (own->counting && own->most < own->taken + each * call->threads)
        own->most = own->taken + each * call->threads;
    return !own->counting;
}

static Scratch *share_take(Call *call, ptrdiff_t room, int thread, Scratch *part)
{
    const size_t each = lines_of(room);
    *part = (Scratch){.next = call->own->next + each * thread, .left = each};
    return part;
}

/* What the item before had is free again. */
static void share_renew(Scratch *own)
{
    own->next -= own->taken;
    own->left += own->taken;
    own->taken = 0;
    memset(own->block, 0, sizeof own->block);
}

static inline void share_give(Scratch *own) { (void)own; }

/* One for little work, or without OpenMP. */
static int usable_threads(int wanted, double nanoseconds)
{
#ifdef _OPENMP
    return nanoseconds >= WORTH_THREADS ? wanted : 1;
#else
    (void)wanted, (void)nanoseconds;
    return 1;
#endif
}
