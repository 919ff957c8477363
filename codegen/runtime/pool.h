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
