/* The plainest loops there are, in 64-bit integers: the index set of the trilinear form, walked one point at a time.
   map 0: u += w x (conv), 1: x += u w (conv_transpose), 2: w += u x (conv_weight_gradient). Shares nothing with convt. */
#include <stdint.h>
void oracle(int map, long B, long F, long C, long G, const long *m, const long *n, const long *k, const long *s,
            const long *d, const long *p, int64_t *u, int64_t *w, int64_t *x)
{
    long Cg = C / G, Fg = F / G;
    for (long b = 0; b < B; b++) for (long f = 0; f < F; f++) for (long c = 0; c < Cg; c++)
    for (long i0 = 0; i0 < m[0]; i0++) for (long i1 = 0; i1 < m[1]; i1++) for (long i2 = 0; i2 < m[2]; i2++)
    for (long a0 = 0; a0 < k[0]; a0++) for (long a1 = 0; a1 < k[1]; a1++) for (long a2 = 0; a2 < k[2]; a2++) {
        long j0 = s[0] * i0 + d[0] * a0 - p[0], j1 = s[1] * i1 + d[1] * a1 - p[1], j2 = s[2] * i2 + d[2] * a2 - p[2];
        if (j0 < 0 || j1 < 0 || j2 < 0 || j0 >= n[0] || j1 >= n[1] || j2 >= n[2]) continue;
        int64_t *pu = u + (((b * F + f) * m[0] + i0) * m[1] + i1) * m[2] + i2;
        int64_t *pw = w + (((f * Cg + c) * k[0] + a0) * k[1] + a1) * k[2] + a2;
        int64_t *px = x + (((b * C + f / Fg * Cg + c) * n[0] + j0) * n[1] + j1) * n[2] + j2;
        if (map == 0) *pu += *pw * *px; else if (map == 1) *px += *pu * *pw; else *pw += *pu * *px;
    }
}
