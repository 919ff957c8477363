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
