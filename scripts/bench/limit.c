// The arithmetic limit: how fast this machine multiplies and adds in single precision, with all vectors in registers.
// Usage: limit THREADS SECONDS; prints multiply-adds per second of all threads together.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LANES = 16, CHAINS = 12, ROUNDS = 100000 };
typedef float vec __attribute__((vector_size(4 * LANES)));

static double seconds;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void *work(void *result) {
  vec x[CHAINS], a, b;
  for (int l = 0; l < LANES; l++) {
    a[l] = 0.999f;
    b[l] = 0.001f * l;
    for (int c = 0; c < CHAINS; c++) x[c][l] = c;
  }
  double best = 0, start = now();
  do {
    double t = now();
    for (int r = 0; r < ROUNDS; r++) {
#pragma GCC unroll 12
      for (int c = 0; c < CHAINS; c++) x[c] = x[c] * a + b;
    }
    double rate = (double)ROUNDS * CHAINS * LANES / (now() - t);
    if (rate > best) best = rate;
  } while (now() - start < seconds);
  volatile float sink = 0;
  for (int c = 0; c < CHAINS; c++) sink += x[c][0];
  *(double *)result = best;
  return NULL;
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 1;
  seconds = argc > 2 ? atof(argv[2]) : 0.5;
  pthread_t id[256];
  double rate[256], sum = 0;
  for (int i = 0; i < threads; i++) pthread_create(&id[i], NULL, work, &rate[i]);
  for (int i = 0; i < threads; i++) {
    pthread_join(id[i], NULL);
    sum += rate[i];
  }
  printf("%.6g\n", sum);
  return 0;
}
