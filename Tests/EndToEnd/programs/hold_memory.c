// hold_memory MEBIBYTES MILLISECONDS: touches so much memory, gives it back, runs on for a while,
// then says its own peak: VmHWM of this program alone, and ru_maxrss, which also knows what ran here before exec.
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include "self_io.h"

int main(int count, char **arguments) {
    if (count != 3) return 64;
    size_t length = (size_t)atoi(arguments[1]) << 20;
    long milliseconds = atol(arguments[2]);
    if (length > 0) {
        char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) return 70;
        memset(memory, 1, length);
        munmap(memory, length);
    }
    struct timespec rest = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&rest, NULL);

    char status[4096];
    read_proc("/proc/self/status", status, sizeof status);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"hwm_bytes\": %lld, \"maxrss_bytes\": %lld}\n", value_of(status, "VmHWM:") * 1024, usage.ru_maxrss * 1024LL);
}
