// Uses CPU time in functions of known shares: `light` for so many milliseconds, `heavy` for twice as many, both by the kernel's own count.
//   burn_functions MILLISECONDS [threads | fork | exec | kernel | deep DEPTH | announce]
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile unsigned sink;

static long long used(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

__attribute__((noinline)) static void light(long long until) {
  while (used() < until)
    for (unsigned i = 0; i < 200000; i++) sink = sink * 31 + i;  // the light line
}

__attribute__((noinline)) static void heavy(long long until) {
  while (used() < until)
    for (unsigned i = 0; i < 200000; i++) sink = sink * 17 ^ i;  // the heavy line
}

__attribute__((noinline)) static void both(long long nanoseconds) {
  light(used() + nanoseconds);
  heavy(used() + 2 * nanoseconds);
  sink++;  // so that neither call is the last thing done here
}

__attribute__((noinline)) static void deep(int depth, long long nanoseconds) {
  if (depth > 0) deep(depth - 1, nanoseconds);
  else both(nanoseconds);
  sink++;
}

// Nearly all of the time is the kernel's.
__attribute__((noinline)) static void inside_kernel(long long nanoseconds) {
  static char buffer[1 << 20];
  int zero = open("/dev/zero", O_RDONLY);
  long long until = used() + 3 * nanoseconds;
  while (used() < until)
    for (int i = 0; i < 20; i++)
      if (read(zero, buffer, sizeof buffer) < 0) abort();
}

static void *thread(void *nanoseconds) {
  both(*(long long *)nanoseconds);
  return NULL;
}

int main(int count, char **arguments) {
  long long nanoseconds = atoll(arguments[1]) * 1000000;
  const char *way = count > 2 ? arguments[2] : "";
  if (!strcmp(way, "threads")) {
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, thread, &nanoseconds);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  } else if (!strcmp(way, "fork")) {
    if (fork() == 0) {
      both(nanoseconds);
      _exit(0);
    }
    wait(NULL);
  } else if (!strcmp(way, "exec")) {
    execl("/proc/self/exe", arguments[0], arguments[1], (char *)NULL);
    return 1;
  } else if (!strcmp(way, "kernel")) {
    inside_kernel(nanoseconds);
  } else if (!strcmp(way, "deep")) {
    deep(atoi(arguments[3]), nanoseconds);
  } else {
    if (!strcmp(way, "announce")) {
      puts("ready");
      fflush(stdout);
    }
    both(nanoseconds);
  }
  return 0;
}
