/* What the machine can do: fused multiply-adds from registers, copy and fill of memory. Compiled with -O2 -march=native. */
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
typedef float lanes __attribute__((vector_size(4 * LANES)));

/* 12 independent chains of `rounds` fused multiply-adds: 24·LANES·rounds floating-point operations. Each begins with
   a value of its own: compilers see through chains that are the same, and compute one of them. */
double fma_peak(long rounds)
{
    lanes x = {0}, y = {0};
    for (int i = 0; i < LANES; i++) { x[i] = 1.0f; y[i] = 1e-9f; }
    lanes a = y, b = a + y, c = b + y, d = c + y, e = d + y, f = e + y, g = f + y, h = g + y, i = h + y, j = i + y, k = j + y, l = k + y;
    for (long r = 0; r < rounds; r++) {
        a = a * x + y; b = b * x + y; c = c * x + y; d = d * x + y; e = e * x + y; f = f * x + y;
        g = g * x + y; h = h * x + y; i = i * x + y; j = j * x + y; k = k * x + y; l = l * x + y;
        __asm__ volatile("" : "+x"(x), "+x"(y));
    }
    lanes total = a + b + c + d + e + f + g + h + i + j + k + l;
    return total[0];
}

int lanes_of_fma(void) { return LANES; }

void copy(float *to, const float *from, long count, long rounds)
{
    for (long r = 0; r < rounds; r++) { memcpy(to, from, 4 * count); __asm__ volatile("" ::: "memory"); }
}

void fill(float *to, long count, long rounds)
{
    for (long r = 0; r < rounds; r++) { memset(to, (int)r, 4 * count); __asm__ volatile("" ::: "memory"); }
}
