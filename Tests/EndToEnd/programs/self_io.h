// What the kernel counted for this process, from inside. Each reader ends the program's known work.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Copies a whole /proc file with one read call.
static inline void read_proc(const char *path, char *text, size_t size) {
    int file = open(path, O_RDONLY);
    ssize_t length = file < 0 ? -1 : read(file, text, size - 1);
    if (length < 0) { perror(path); _exit(70); }
    text[length] = 0;
}

static inline long long value_of(const char *text, const char *name) {
    const char *at = strstr(text, name);
    if (!at) { fprintf(stderr, "no %s\n", name); _exit(70); }
    return atoll(at + strlen(name));
}

// Prints /proc/self/io as JSON, with one read call and one write call after what it says, and ends the program.
static inline void end_with_io(void) {
    char text[1024], json[512];
    read_proc("/proc/self/io", text, sizeof text);
    int length = snprintf(json, sizeof json,
        "{\"pid\": %d, \"syscr\": %lld, \"syscw\": %lld, \"read_bytes\": %lld, \"write_bytes\": %lld}\n", getpid(),
        value_of(text, "syscr: "), value_of(text, "syscw: "), value_of(text, "\nread_bytes: "), value_of(text, "\nwrite_bytes: "));
    _exit(write(1, json, length) == length ? 0 : 70);
}
