// What the programs here spend: CPU time by their own clock, memory by touching it.
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static inline double cpu_seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static inline void burn(clockid_t clock, double seconds) {
    double end = cpu_seconds(clock) + seconds;
    while (cpu_seconds(clock) < end)
        for (volatile int turn = 0; turn < 1000; turn++) {}
}

static inline char *touch(size_t bytes, int flags) {
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    if (memory == MAP_FAILED) exit(77);
    if (!(flags & MAP_HUGETLB)) madvise(memory, bytes, MADV_NOHUGEPAGE);
    for (size_t place = 0; place < bytes; place += 4096) memory[place] = 1;
    return memory;
}
