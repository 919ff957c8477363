/* a / b rounded down, for b > 0: C rounds towards zero. */
static inline ptrdiff_t floor_division(ptrdiff_t a, ptrdiff_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

/* Least i >= 0 with stride i + shift >= 0. */
static inline ptrdiff_t first_feature(ptrdiff_t shift, ptrdiff_t stride)
{
    const ptrdiff_t first = -floor_division(shift, stride);
    return first > 0 ? first : 0;
}

/* One more than the largest i < m with stride i + shift < n. */
static inline ptrdiff_t stop_feature(ptrdiff_t shift, ptrdiff_t stride, ptrdiff_t m, ptrdiff_t n)
{
    const ptrdiff_t stop = floor_division(n - 1 - shift, stride) + 1;
    return stop < m ? stop : m;
}
