// Process trees of known use: trees MODE. Prints JSON of what the kernel says of it where the mode can know.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void burn(double seconds) {
  struct timespec now;
  do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  while (now.tv_sec + now.tv_nsec / 1e9 < seconds);
}

static void child(double seconds) {
  if (fork()) return;
  burn(seconds);
  _exit(0);
}

static void pause_for(double seconds) { usleep((useconds_t)(seconds * 1e6)); }

// SIGCHLD ignored, below a parent that is waited for and that waits itself.
static void ignored(void) {
  if (!fork()) {
    if (!fork()) {
      signal(SIGCHLD, SIG_IGN);
      for (int index = 1; index <= 10; index++) {
        child(0.02);
        burn(index * 0.05);
      }
      pause_for(0.5);
      _exit(0);
    }
    wait(NULL);
    _exit(0);
  }
  wait(NULL);
}

static void never_a_zombie(void) {
  struct sigaction action = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
  sigaction(SIGCHLD, &action, NULL);
  for (int index = 0; index < 10; index++) child(0.05);
  burn(0.2);
  pause_for(2);
}

static void mixed(void) {
  for (int index = 0; index < 10; index++) {
    child(0.03);
    wait(NULL);
  }
  signal(SIGCHLD, SIG_IGN);
  for (int index = 0; index < 10; index++) {
    child(0.03);
    pause_for(0.05);
  }
  pause_for(1);
}

static void daemons(void) {
  for (int index = 0; index < 5; index++) {
    if (!fork()) {
      setsid();
      child(0.1);
      _exit(0);
    }
    wait(NULL);
  }
  pause_for(2);
}

// A zombie that its parent leaves to whoever comes after it.
static void left_zombies(void) {
  if (!fork()) {
    for (int index = 0; index < 5; index++) child(0.06);
    pause_for(1);
    _exit(0);
  }
  wait(NULL);
  pause_for(0.2);
}

static void *second(void *unused) {
  volatile char *held = malloc(64 << 20);
  for (int at = 0; at < 64 << 20; at += 4096) held[at] = 1;
  burn(0.3);
  pause_for(0.5);
  exit(7);
  return unused;
}

static void leader_ends(void) {
  puts("ready");
  fflush(stdout);
  pthread_t thread;
  pthread_create(&thread, NULL, second, NULL);
  pause_for(0.1);
  pthread_exit(NULL);
}

static void readers(void) {
  size_t size = 256 << 20;
  volatile char *held = malloc(size);
  for (size_t at = 0; at < size; at += 4096) held[at] = 1;
  for (int index = 0; index < 8; index++) {
    if (fork()) continue;
    long sum = 0;
    for (size_t at = 0; at < size; at += 4096) sum += held[at];
    pause_for(1);
    _exit(sum == 0);
  }
  while (wait(NULL) > 0);
  struct rusage own;
  getrusage(RUSAGE_SELF, &own);
  printf("{\"maxrss_bytes\": %ld}\n", own.ru_maxrss * 1024);
}

static int ping[2], pong[2];
static void *answer(void *unused) {
  char byte;
  for (int index = 0; index < 20000 && read(ping[0], &byte, 1) == 1; index++)
    if (write(pong[1], &byte, 1) != 1) break;
  return unused;
}
static void *asking(void *unused) {
  char byte = 1;
  for (int index = 0; index < 20000; index++)
    if (write(ping[1], &byte, 1) != 1 || read(pong[0], &byte, 1) != 1) break;
  return unused;
}

// Two threads besides the one that leads; a child that is waited for does it again.
static void switches(void) {
  pthread_t first, other;
  if (pipe(ping) || pipe(pong)) exit(1);
  pthread_create(&first, NULL, answer, NULL);
  pthread_create(&other, NULL, asking, NULL);
  pthread_join(first, NULL);
  pthread_join(other, NULL);
}

static void *napping(void *unused) {
  for (int index = 0; index < 20; index++) usleep(1000);
  return unused;
}

// Threads that come and go.
static void churn(void) {
  puts("ready");
  fflush(stdout);
  pthread_t threads[8];
  for (int round = 0; round < 40; round++) {
    for (int index = 0; index < 8; index++) pthread_create(&threads[index], NULL, napping, NULL);
    for (int index = 0; index < 8; index++) pthread_join(threads[index], NULL);
  }
}

// vfork(2) leaves the thread that calls it in uninterruptible sleep until its child has ended.
static void *blocked(void *unused) {
  if (!vfork()) {
    pause_for(2);
    _exit(0);
  }
  wait(NULL);
  return unused;
}

static void blocked_threads(void) {
  pthread_t threads[3];
  for (int index = 0; index < 3; index++) pthread_create(&threads[index], NULL, blocked, NULL);
  for (int index = 0; index < 3; index++) pthread_join(threads[index], NULL);
}

static void huge(void) {
  volatile char *held = mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
  if (held == MAP_FAILED) exit(77);
  for (int at = 0; at < 64 << 20; at += 4096) held[at] = 1;
  pause_for(0.5);
}

static void many(void) {
  for (int index = 0; index < 120; index++) {
    if (fork()) continue;
    volatile char *held = malloc(1 << 20);
    for (int at = 0; at < 1 << 20; at += 4096) held[at] = 1;
    pause_for(2);
    _exit(0);
  }
  while (wait(NULL) > 0);
}

int main(int count, char **words) {
  const struct {
    const char *name;
    void (*run)(void);
  } modes[] = {{"ignored", ignored},   {"nocldwait", never_a_zombie}, {"mixed", mixed},       {"daemons", daemons},
               {"zombies", left_zombies}, {"leader", leader_ends},    {"readers", readers},   {"switches", switches},
               {"huge", huge},         {"many", many},        {"churn", churn},       {"blocked", blocked_threads}};
  for (size_t index = 0; index < sizeof modes / sizeof *modes; index++)
    if (count > 1 && !strcmp(words[1], modes[index].name)) {
      modes[index].run();
      struct rusage own, children;
      getrusage(RUSAGE_SELF, &own);
      getrusage(RUSAGE_CHILDREN, &children);
      fprintf(stderr, "{\"voluntary\": %ld, \"involuntary\": %ld}\n", own.ru_nvcsw + children.ru_nvcsw,
              own.ru_nivcsw + children.ru_nivcsw);
      return 0;
    }
  return 2;
}
