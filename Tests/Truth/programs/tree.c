// tree SHAPE [NUMBER [MEBIBYTES]]: process trees that are hard to add up. Each prints nothing. Children whom nobody waits for write
// what they used into adjust.json (see said), because wait4 knows nothing of them.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, MEBIBYTE = 1 << 20 };
static int number = 20;
static size_t size = 64 << 20;

struct sums { double cpu, minor, major, voluntary, involuntary, io[6]; };
static struct sums *unwaited;  // of one process at a time: children take turns by their lock

static double seconds(struct timeval time) { return time.tv_sec + time.tv_usec / 1e6; }

static void burn(double wanted) {
    struct timespec start, now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    do clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    while (now.tv_sec - start.tv_sec + (now.tv_nsec - start.tv_nsec) / 1e9 < wanted);
}

static void pause_for(int milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

static char *touched(size_t bytes, int flags) {
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);
    if (memory == MAP_FAILED) exit(77);
    if (!(flags & MAP_HUGETLB)) madvise(memory, bytes, MADV_NOHUGEPAGE);
    for (size_t at = 0; at < bytes; at += PAGE) ((volatile char *)memory)[at] = 1;
    return memory;
}

static long look_at(const char *memory, size_t bytes) {
    long sum = 0;
    for (size_t at = 0; at < bytes; at += PAGE) sum += ((const volatile char *)memory)[at];
    return sum;
}

static void work(void) {
    char block[PAGE] = {0};
    burn(0.02);
    munmap(touched(MEBIBYTE, MAP_PRIVATE), MEBIBYTE);
    int file = open("/dev/null", O_WRONLY);
    for (int i = 0; i < 100; i++)
        if (write(file, block, sizeof block) < 0) exit(1);
    close(file);
    pause_for(2);
}

static void add_own(struct sums *to) {
    struct rusage used;
    char text[512] = "";
    long io[6] = {0};
    int file = open("/proc/self/io", O_RDONLY);
    if (read(file, text, sizeof text - 1) < 0) return;
    close(file);
    sscanf(text, "rchar: %ld wchar: %ld syscr: %ld syscw: %ld read_bytes: %ld write_bytes: %ld", io, io + 1, io + 2, io + 3,
           io + 4, io + 5);
    getrusage(RUSAGE_SELF, &used);
    to->cpu += seconds(used.ru_utime) + seconds(used.ru_stime);
    to->minor += used.ru_minflt;
    to->major += used.ru_majflt;
    to->voluntary += used.ru_nvcsw;
    to->involuntary += used.ru_nivcsw;
    for (int i = 0; i < 6; i++) to->io[i] += io[i];
}

// What a sum over those that were waited for lacks.
static void said(const struct sums *of) {
    FILE *file = fopen("adjust.new", "w");
    fprintf(file,
            "{\"cpu_seconds\": %f, \"minor_faults\": %f, \"major_faults\": %f, \"switches\": %f, "
            "\"rchar\": %f, \"wchar\": %f, \"syscr\": %f, "
            "\"syscw\": %f, \"read_bytes\": %f, \"write_bytes\": %f}\n",
            of->cpu, of->minor, of->major, (of->voluntary + of->involuntary), of->io[0],
            of->io[1], of->io[2], of->io[3], of->io[4], of->io[5]);
    fclose(file);
    rename("adjust.new", "adjust.json");
}

static void ignore(int flags) {
    struct sigaction action = {.sa_handler = flags ? SIG_DFL : SIG_IGN, .sa_flags = flags};
    sigaction(SIGCHLD, &action, NULL);
}

// Children one after another whom nobody waits for; the parent works, too.
static void unwaited_children(void) {
    for (int i = 0; i < number; i++) {
        pid_t child = fork();
        if (child == 0) {
            work();
            add_own(unwaited);
            _exit(0);
        }
        burn(0.005);
        waitpid(child, NULL, 0);  // returns when it has ended, and adds nothing
    }
    said(unwaited);
}

static void waited_children(void) {
    for (int i = 0; i < number; i++) {
        pid_t child = fork();
        if (child == 0) {
            work();
            _exit(0);
        }
        waitpid(child, NULL, 0);
    }
}

static void ignored(void) { ignore(0), unwaited_children(); }
static void no_zombies(void) { ignore(SA_NOCLDWAIT), unwaited_children(); }
static void mixed(void) { waited_children(), ignore(0), unwaited_children(), signal(SIGCHLD, SIG_DFL), waited_children(); }

static void ignored_below(void) {
    pid_t child = fork();
    if (child == 0) ignored(), pause_for(60), _exit(0);
    waitpid(child, NULL, 0);
    pause_for(150);
}

static void end_all(void) { while (wait(NULL) > 0); }

static void writers(void) {  // of half of what they share
    char *memory = touched(size, MAP_PRIVATE);
    for (int i = 0; i < number; i++)
        if (fork() == 0) {
            memset(memory, 2, size / 2);
            pause_for(600);
            _exit(0);
        }
    end_all();
}

static void sharers(void) {
    char *memory = touched(size, MAP_SHARED);
    for (int i = 0; i < number; i++)
        if (fork() == 0) look_at(memory, size), pause_for(400), _exit(0);
    end_all();
}

static void in_turn(void) {  // one after another: the peak is that of one
    for (int i = 0; i < number; i++) {
        if (fork() == 0) touched(size, MAP_PRIVATE), pause_for(100), _exit(0);
        end_all();
    }
}

static void together(void) {
    for (int i = 0; i < number; i++)
        if (fork() == 0) touched(size, MAP_PRIVATE), pause_for(700), _exit(0);
    end_all();
}

static void vforks(void) {
    touched(size, MAP_PRIVATE);
    for (int i = 0; i < number; i++) {
        pid_t child = vfork();
        if (child == 0) execl("/bin/true", "true", NULL), _exit(127);
        waitpid(child, NULL, 0);
    }
}

static void faults(void) {
    for (int i = 0; i < number; i++) munmap(touched(size, MAP_PRIVATE), size);
}

static void killed(void) {  // by a signal, in the midst of their work
    for (int i = 0; i < number; i++) {
        pid_t child = fork();
        if (child == 0) for (;;) work();
        pause_for(50);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
}

static const struct { const char *name; void (*shape)(void); } shapes[] = {
    {"ignored", ignored}, {"no-zombies", no_zombies}, {"mixed", mixed},       {"ignored-below", ignored_below},
    {"writers", writers}, {"sharers", sharers},       {"in-turn", in_turn},   {"together", together},
    {"vforks", vforks},   {"faults", faults},         {"killed", killed},
};

int main(int count, char **arguments) {
    if (count > 2) number = atoi(arguments[2]);
    if (count > 3) size = (size_t)atoi(arguments[3]) << 20;
    unwaited = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (count > 1 && strcmp(arguments[1], shapes[i].name) == 0) {
            shapes[i].shape();
            return 0;
        }
    return 64;
}
