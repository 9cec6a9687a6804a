// The predecessor's 15-column sample in plain C: the floor that the Swift sampler is held against.
//
// It reads the same six kernel files as psutil does, from kept-open descriptors with pread at offset 0, and parses them by
// hand: /proc/PID/{stat,statm,io} (proc_pid_stat(5), proc_pid_statm(5), proc_pid_io(5)) for one process, and
// /proc/{stat,meminfo,diskstats} (proc_stat(5), proc_meminfo(5), iostats.rst in the kernel's admin guide) for the machine.
//
//   reference [--pid PID] [--batches N] [--samples N] [--show]
//
// Prints one JSON line: {"name": ..., "min_ns": ..., "median_ns": ...}, nanoseconds a sample over the batches.
// --show prints the columns of a sample instead, to compare with another source.

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { max_disk_lines = 1024, sector_bytes = 512 };

typedef struct {
  uint64_t time_ns;
  uint64_t process_cpu_ticks, rss_bytes, vms_bytes;
  uint64_t read_calls, write_calls, read_bytes, write_bytes;
  uint64_t machine_busy_ticks, machine_total_ticks, used_bytes, swap_used_bytes;
  uint64_t disk_reads, disk_writes, disk_read_bytes, disk_write_bytes;
} sample;

static struct { int stat, statm, io, machine_stat, meminfo, diskstats; } files;
static uint64_t page_bytes;
static char is_physical_disk[max_disk_lines];  // by line of /proc/diskstats; the lines do not move while the program runs
static char buffer[1 << 18];

static int must_open(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) { perror(path); exit(66); }
  return fd;
}

static int open_of_process(const char *pid, const char *file) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/%s", pid, file);
  return must_open(path);
}

static const char *read_whole(int fd) {
  ssize_t length = pread(fd, buffer, sizeof buffer - 1, 0);
  if (length < 0) { perror("pread"); exit(74); }
  buffer[length] = 0;
  return buffer;
}

// The next unsigned number at or after *cursor; stops at the terminating zero.
static inline uint64_t number(const char **cursor) {
  const char *p = *cursor;
  while ((unsigned char)(*p - '0') > 9 && *p) p++;
  uint64_t value = 0;
  for (; (unsigned char)(*p - '0') <= 9; p++) value = value * 10 + (uint64_t)(*p - '0');
  *cursor = p;
  return value;
}

static inline void skip_fields(const char **cursor, int count) {
  const char *p = *cursor;
  while (count--) {
    while (*p == ' ') p++;
    while (*p > ' ') p++;
  }
  *cursor = p;
}

static inline const char *next_line(const char *p) {
  const char *newline = strchr(p, '\n');
  return newline ? newline + 1 : p + strlen(p);
}

// The name in field 2 may hold spaces and brackets, so fields count from the last ')'.
static void read_process_stat(sample *s) {
  const char *p = strrchr(read_whole(files.stat), ')') + 1;
  skip_fields(&p, 11);  // fields 3 to 13
  s->process_cpu_ticks = number(&p);
  s->process_cpu_ticks += number(&p);
}

static void read_process_statm(sample *s) {
  const char *p = read_whole(files.statm);
  s->vms_bytes = number(&p) * page_bytes;
  s->rss_bytes = number(&p) * page_bytes;
}

// Lines in fixed order since 2.6.20: rchar, wchar, syscr, syscw, read_bytes, write_bytes, cancelled_write_bytes.
static void read_process_io(sample *s) {
  const char *p = read_whole(files.io);
  number(&p), number(&p);
  s->read_calls = number(&p), s->write_calls = number(&p);
  s->read_bytes = number(&p), s->write_bytes = number(&p);
}

// "cpu  user nice system idle iowait irq softirq steal guest guest_nice"; guest is contained in user.
static void read_machine_cpu(sample *s) {
  const char *p = read_whole(files.machine_stat);
  uint64_t ticks[8], total = 0;
  for (int i = 0; i < 8; i++) total += ticks[i] = number(&p);
  s->machine_total_ticks = total;
  s->machine_busy_ticks = total - ticks[3] - ticks[4];
}

static void read_machine_memory(sample *s) {
  uint64_t total = 0, available = 0, swap_total = 0, swap_free = 0;
  for (const char *p = read_whole(files.meminfo); *p; p = next_line(p)) {
    if (!strncmp(p, "MemTotal:", 9)) total = number(&p);
    else if (!strncmp(p, "MemAvailable:", 13)) available = number(&p);
    else if (!strncmp(p, "SwapTotal:", 10)) swap_total = number(&p);
    else if (!strncmp(p, "SwapFree:", 9)) { swap_free = number(&p); break; }
  }
  s->used_bytes = (total - available) * 1024;
  s->swap_used_bytes = (swap_total - swap_free) * 1024;
}

static void read_disks(sample *s) {
  s->disk_reads = s->disk_writes = s->disk_read_bytes = s->disk_write_bytes = 0;
  int line = 0;
  for (const char *p = read_whole(files.diskstats); *p && line < max_disk_lines; p = next_line(p)) {
    if (!is_physical_disk[line++]) continue;
    skip_fields(&p, 3);  // major, minor, name
    s->disk_reads += number(&p), number(&p);
    s->disk_read_bytes += number(&p) * sector_bytes, number(&p);
    s->disk_writes += number(&p), number(&p);
    s->disk_write_bytes += number(&p) * sector_bytes;
  }
}

// A partition, a loop device and a mapped volume have no "device" of their own, so each byte is counted once.
static void find_physical_disks(void) {
  int line = 0;
  for (const char *p = read_whole(files.diskstats); *p && line < max_disk_lines; p = next_line(p), line++) {
    char name[64], path[128];
    if (sscanf(p, "%*d %*d %63s", name) != 1) continue;
    snprintf(path, sizeof path, "/sys/block/%s/device", name);
    is_physical_disk[line] = access(path, F_OK) == 0;
  }
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void take(sample *s) {
  s->time_ns = now_ns();
  read_process_stat(s);
  read_process_statm(s);
  read_process_io(s);
  read_machine_cpu(s);
  read_machine_memory(s);
  read_disks(s);
}

// The differences that make percentages belong to the sample too, as psutil pays for them.
static double derive(const sample *before, const sample *after) {
  double elapsed = (double)(after->time_ns - before->time_ns) / 1e9;
  double ticks_a_second = 100;
  double process = (double)(after->process_cpu_ticks - before->process_cpu_ticks) / ticks_a_second / elapsed;
  uint64_t total = after->machine_total_ticks - before->machine_total_ticks;
  double machine = total ? (double)(after->machine_busy_ticks - before->machine_busy_ticks) / (double)total : 0;
  return 100 * (process + machine);
}

static void show(const sample *s) {
  printf("rss_bytes %lu\nvms_bytes %lu\nread_calls %lu\nwrite_calls %lu\nread_bytes %lu\nwrite_bytes %lu\n"
         "used_bytes %lu\nswap_used_bytes %lu\ndisk_reads %lu\ndisk_writes %lu\ndisk_read_bytes %lu\ndisk_write_bytes %lu\n",
         s->rss_bytes, s->vms_bytes, s->read_calls, s->write_calls, s->read_bytes, s->write_bytes, s->used_bytes,
         s->swap_used_bytes, s->disk_reads, s->disk_writes, s->disk_read_bytes, s->disk_write_bytes);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  const char *pid = "self";
  int batches = 11, samples = 1000, only_show = 0;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--show")) only_show = 1;
    else if (i + 1 < argc && !strcmp(argv[i], "--pid")) pid = argv[++i];
    else if (i + 1 < argc && !strcmp(argv[i], "--batches")) batches = atoi(argv[++i]);
    else if (i + 1 < argc && !strcmp(argv[i], "--samples")) samples = atoi(argv[++i]);
    else { fprintf(stderr, "usage: reference [--pid PID] [--batches N] [--samples N] [--show]\n"); return 64; }
  }
  if (batches < 1 || samples < 1) { fprintf(stderr, "reference: --batches and --samples start at 1\n"); return 64; }

  page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
  files.stat = open_of_process(pid, "stat");
  files.statm = open_of_process(pid, "statm");
  files.io = open_of_process(pid, "io");
  files.machine_stat = must_open("/proc/stat");
  files.meminfo = must_open("/proc/meminfo");
  files.diskstats = must_open("/proc/diskstats");
  find_physical_disks();

  sample pair[2];
  take(&pair[0]);
  if (only_show) { show(&pair[0]); return 0; }

  double *batch_ns = malloc(sizeof(double) * (size_t)batches);
  volatile double sink = 0;  // keeps the work from being optimised away
  for (int b = 0; b < batches; b++) {
    uint64_t start = now_ns();
    for (int i = 1; i <= samples; i++) {
      take(&pair[i & 1]);
      sink += derive(&pair[(i - 1) & 1], &pair[i & 1]);
    }
    if (samples & 1) pair[0] = pair[1];  // the next batch starts from the last sample
    batch_ns[b] = (double)(now_ns() - start) / samples;
  }
  qsort(batch_ns, (size_t)batches, sizeof *batch_ns, ascending);
  printf("{\"name\": \"c\", \"min_ns\": %.1f, \"median_ns\": %.1f}\n", batch_ns[0], batch_ns[batches / 2]);
  return 0;
}
