#include "CStripPlatform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RESULT(expression)                                     \
  ({                                                           \
    __typeof__(expression) r_;                                 \
    do r_ = (expression);                                      \
    while (r_ == -1 && errno == EINTR);                        \
    r_ == -1 ? -errno : r_;                                    \
  })

// MARK: files

int strip_open(int directory, const char *path, int kind) {
  // O_NONBLOCK: opening a pipe without a writer must not wait; regular and kernel files know no difference.
  static const int flags[] = {O_RDONLY | O_NONBLOCK, O_RDWR, O_RDWR | O_CREAT | O_EXCL, O_RDWR | O_CREAT | O_TRUNC, O_RDONLY | O_DIRECTORY};
  if (directory < 0) directory = AT_FDCWD;
  return RESULT(openat(directory, path, flags[kind] | O_CLOEXEC | O_NOCTTY, 0600));
}

int strip_close(int fd) { return close(fd) == -1 ? -errno : 0; }
int64_t strip_read(int fd, void *buffer, size_t count) { return RESULT(read(fd, buffer, count)); }
int64_t strip_pread(int fd, void *buffer, size_t count, uint64_t offset) { return RESULT(pread(fd, buffer, count, (off_t)offset)); }
int64_t strip_write(int fd, const void *buffer, size_t count) { return RESULT(write(fd, buffer, count)); }

static void fill(strip_file_status *out, const struct stat *s) {
  out->device = s->st_dev;
  out->inode = s->st_ino;
  out->size = (uint64_t)s->st_size;
  out->modified_nanoseconds = (int64_t)s->st_mtim.tv_sec * 1000000000 + s->st_mtim.tv_nsec;
  out->mode = s->st_mode;
  out->user = s->st_uid;
}

int strip_fstat(int fd, strip_file_status *out) {
  struct stat s;
  int r = RESULT(fstat(fd, &s));
  if (r >= 0) fill(out, &s);
  return r;
}

int strip_fstatat(int directory, const char *path, strip_file_status *out) {
  struct stat s;
  int r = RESULT(fstatat(directory < 0 ? AT_FDCWD : directory, path, &s, 0));
  if (r >= 0) fill(out, &s);
  return r;
}

int64_t strip_readlinkat(int directory, const char *path, char *buffer, size_t count) {
  return RESULT(readlinkat(directory < 0 ? AT_FDCWD : directory, path, buffer, count));
}

int strip_ftruncate(int fd, uint64_t size) { return RESULT(ftruncate(fd, (off_t)size)); }

int strip_allocate(int fd, uint64_t offset, uint64_t length) {
  int r = RESULT(fallocate(fd, 0, (off_t)offset, (off_t)length));
  if (r < 0 && r != -EOPNOTSUPP && r != -ENOSYS) return r;
  // Not const: an array of the file's would be 64 KiB of zeros in every program.
  static char zeros[65536];
  while (length > 0) {
    size_t n = length < sizeof zeros ? (size_t)length : sizeof zeros;
    ssize_t w = RESULT(pwrite(fd, zeros, n, (off_t)offset));
    if (w < 0) return (int)w;
    if (w == 0) return -ENOSPC;
    offset += (uint64_t)w;
    length -= (uint64_t)w;
  }
  return 0;
}

int strip_unlink(const char *path) { return unlink(path) == -1 ? -errno : 0; }
int strip_make_private_folder(char *path) { return mkdtemp(path) ? 0 : -errno; }
int strip_remove_folder(const char *path) { return rmdir(path) == -1 ? -errno : 0; }
int strip_isatty(int fd) { return isatty(fd); }

int strip_terminal_columns(int fd) {
  struct winsize size;
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : -ENOTTY;
}

int64_t strip_getdents(int fd, void *buffer, size_t count) { return RESULT(syscall(SYS_getdents64, fd, buffer, count)); }

int64_t strip_realpath(const char *path, char *out, size_t capacity) {
  char *resolved = realpath(path, NULL);
  if (!resolved) return -errno;
  size_t length = strlen(resolved);
  if (length >= capacity) {
    free(resolved);
    return -ENAMETOOLONG;
  }
  memcpy(out, resolved, length + 1);
  free(resolved);
  return (int64_t)length;
}

// MARK: mappings

void *strip_map_shared(int fd, uint64_t offset, size_t length) {
  void *address = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
  return address == MAP_FAILED ? NULL : address;
}

int strip_release_pages(void *address, size_t length) { return madvise(address, length, MADV_DONTNEED) == -1 ? -errno : 0; }

// MARK: clocks

static int64_t nanoseconds(const struct timespec *t) { return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec; }

int64_t strip_clock(int clock) {
  struct timespec t;
  return clock_gettime((clockid_t)clock, &t) == -1 ? -errno : nanoseconds(&t);
}

uint64_t strip_boottime(void) {
  struct timespec t;
  clock_gettime(CLOCK_BOOTTIME, &t);
  return (uint64_t)nanoseconds(&t);
}

int64_t strip_process_cpu_clock(int pid) {
  // clock_getcpuclockid(3) checks first and then computes this; the check would cost a second system call.
  return strip_clock((int)((~(unsigned)pid << 3) | 2));
}

int64_t strip_sleep_until(uint64_t monotonic_nanoseconds) {
  struct timespec t = {(time_t)(monotonic_nanoseconds / 1000000000), (long)(monotonic_nanoseconds % 1000000000)};
  return -clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

// MARK: processes

int strip_getpid(void) { return getpid(); }
int strip_gettid(void) { return (int)syscall(SYS_gettid); }
uint32_t strip_geteuid(void) { return geteuid(); }
int strip_kill(int pid, int signal) { return kill(pid, signal) == -1 ? -errno : 0; }
int strip_pidfd_open(int pid) { return (int)RESULT(syscall(SYS_pidfd_open, pid, 0)); }
int strip_shares_memory(int first, int second) { return syscall(SYS_kcmp, first, second, 1 /* KCMP_VM */, 0, 0) == 0; }

uint64_t strip_pidfd_inode(int pidfd) {
  // PID_FS_MAGIC of linux/magic.h. Before pidfs all pidfds had one inode.
  struct statfs system;
  struct stat s;
  if (RESULT(fstatfs(pidfd, &system)) < 0 || (uint32_t)system.f_type != 0x50494446 || RESULT(fstat(pidfd, &s)) < 0) return 0;
  return s.st_ino;
}

uint64_t strip_pidfd_namespace(int pidfd) {
  int namespace = RESULT(ioctl(pidfd, _IO(0xFF, 5), 0));
  if (namespace < 0) return 0;
  struct stat s;
  int r = RESULT(fstat(namespace, &s));
  close(namespace);
  return r < 0 ? 0 : s.st_ino;
}

int strip_has_system_call_filter(void) { return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > 0; }
int strip_set_child_subreaper(void) { return RESULT(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)); }
int strip_set_timer_slack(uint64_t n) { return RESULT(prctl(PR_SET_TIMERSLACK, n, 0, 0, 0)); }
int strip_thread_name(char out[16]) { return RESULT(prctl(PR_GET_NAME, out, 0, 0, 0)); }

int strip_process_name(char out[16]) {
  int fd = strip_open(-1, "/proc/self/comm", STRIP_OPEN_READ);
  if (fd < 0) return fd;
  int64_t n = strip_read(fd, out, 15);
  close(fd);
  if (n < 0) return (int)n;
  while (n > 0 && out[n - 1] == '\n') n--;
  out[n] = 0;
  return 0;
}

static void set_from_mask(sigset_t *set, uint64_t mask) {
  sigemptyset(set);
  for (int s = 1; s < NSIG && s <= 64; s++)
    if (mask & (1ull << (s - 1))) sigaddset(set, s);
}

static uint64_t mask_from_set(const sigset_t *set) {
  uint64_t mask = 0;
  for (int s = 1; s < NSIG && s <= 64; s++)
    if (sigismember(set, s) == 1) mask |= 1ull << (s - 1);
  return mask;
}

static const int taken[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD, SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM};
static const int ignored[] = {SIGXFSZ, SIGPIPE};

static int argument_count;
static const char *const *arguments;

// glibc hands main's arguments to constructors too.
__attribute__((constructor)) static void keep_arguments(int count, const char *const *values) {
  argument_count = count;
  arguments = values;
}

int strip_argument_count(void) { return argument_count; }
const char *const *strip_arguments(void) { return arguments; }

extern char **environ;

// Our environment without `variable`, and `entry` at its end. Lives until the process does.
static char **environment_with(const char *variable, char *entry) {
  size_t count = 0, length = strlen(variable), kept = 0;
  while (environ && environ[count]) count++;
  char **list = calloc(count + 2, sizeof *list);
  if (!list) return NULL;
  for (size_t i = 0; i < count; i++)
    if (strncmp(environ[i], variable, length) != 0 || environ[i][length] != '=') list[kept++] = environ[i];
  list[kept] = entry;
  return list;
}

static void restore_signals(uint64_t mask, uint64_t was_ignored) {
  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
    if (!(was_ignored & (1ull << (ignored[i] - 1)))) signal(ignored[i], SIG_DFL);
  if (was_ignored & (1ull << (SIGCHLD - 1))) signal(SIGCHLD, SIG_IGN);
  sigset_t set;
  set_from_mask(&set, mask);
  sigprocmask(SIG_SETMASK, &set, NULL);
}

int strip_fork_pending(const char *const *argv, const char *variable, uint64_t mask, uint64_t was_ignored, strip_pending *out) {
  static char entry[8192];
  int gate[2], outcome[2];
  size_t length = (size_t)snprintf(entry, sizeof entry, "%s=", variable);
  char **list = environment_with(variable, entry);
  if (!list) return -ENOMEM;
  if (pipe2(gate, O_CLOEXEC) == -1) return -errno;
  if (pipe2(outcome, O_CLOEXEC) == -1) {
    int error = errno;
    close(gate[0]);
    close(gate[1]);
    return -error;
  }
  pid_t pid = fork();
  if (pid == 0) {
    close(gate[1]);
    close(outcome[0]);
    restore_signals(mask, was_ignored);
    ssize_t got;
    while ((got = RESULT(read(gate[0], entry + length, sizeof entry - 1 - length))) > 0) length += (size_t)got;
    if (entry[length - 1] == '=') _exit(0);
    entry[length] = 0;
    environ = list;
    execvp(argv[0], (char *const *)argv);
    int error = errno;
    RESULT(write(outcome[1], &error, sizeof error));
    _exit(127);
  }
  int error = errno;
  close(gate[0]);
  close(outcome[1]);
  if (pid == -1) {
    close(gate[1]);
    close(outcome[0]);
    return -error;
  }
  *out = (strip_pending){pid, gate[1], outcome[0]};
  return 0;
}

// execvp(3): PATH, or confstr(_CS_PATH) without one; an empty folder is the working directory.
int strip_is_found(const char *program) {
  struct stat status;
  if (!*program) return 0;
  if (strchr(program, '/')) return stat(program, &status) == 0;
  const char *path = getenv("PATH");
  if (!path) path = "/bin:/usr/bin";
  for (;;) {
    const char *end = strchrnul(path, ':');
    char name[PATH_MAX];
    int folder = (int)(end - path);
    int length = snprintf(name, sizeof name, "%.*s%s%s", folder, path, folder ? "/" : "", program);
    if (length < (int)sizeof name && stat(name, &status) == 0) return 1;
    if (!*end) return 0;
    path = end + 1;
  }
}

int strip_release(const strip_pending *pending, const char *value) {
  size_t length = strlen(value);
  while (length > 0) {
    ssize_t wrote = RESULT(write(pending->gate, value, length));
    if (wrote < 0) break;
    value += wrote;
    length -= (size_t)wrote;
  }
  close(pending->gate);
  int error = 0;
  ssize_t got = RESULT(read(pending->outcome, &error, sizeof error));
  close(pending->outcome);
  return got == sizeof error ? -error : 0;
}

void strip_cancel(const strip_pending *pending) {
  close(pending->gate);
  close(pending->outcome);
}

int strip_peek_child(strip_child_event *out) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  int r = RESULT(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | WNOHANG));
  if (r < 0) return r;
  if (info.si_pid == 0) return 0;
  out->pid = info.si_pid;
  out->code = info.si_code;
  out->status = info.si_status;
  return 1;
}

static void fill_usage(strip_usage *out, int status, const struct rusage *u) {
  out->status = status;
  out->user_microseconds = (int64_t)u->ru_utime.tv_sec * 1000000 + u->ru_utime.tv_usec;
  out->system_microseconds = (int64_t)u->ru_stime.tv_sec * 1000000 + u->ru_stime.tv_usec;
  out->peak_resident_kilobytes = u->ru_maxrss;
  out->minor_faults = u->ru_minflt;
  out->major_faults = u->ru_majflt;
  out->voluntary_switches = u->ru_nvcsw;
  out->involuntary_switches = u->ru_nivcsw;
}

int strip_wait(int pid, strip_usage *out) {
  int status = 0;
  struct rusage usage;
  int r = RESULT(wait4(pid, &status, 0, &usage));
  if (r >= 0) fill_usage(out, status, &usage);
  return r;
}

int strip_own_usage(strip_usage *out) {
  struct rusage usage;
  int r = RESULT(getrusage(RUSAGE_SELF, &usage));
  if (r >= 0) fill_usage(out, 0, &usage);
  return r;
}

const char *strip_getenv(const char *name) { return getenv(name); }
int strip_setenv(const char *name, const char *value) { return setenv(name, value, 1) == -1 ? -errno : 0; }

// The resident pages in the text of /proc/self/statm: seven numbers and a newline. -1: it is something else.
static int64_t resident_pages(const char *text, ssize_t count) {
  if (count < 14 || text[count - 1] != '\n') return -1;
  int64_t resident = 0;
  int numbers = 1;
  for (ssize_t i = 0; i < count - 1; i++) {
    if (text[i] == ' ') numbers++;
    else if (text[i] < '0' || text[i] > '9') return -1;
    else if (numbers == 2) resident = resident * 10 + (text[i] - '0');
  }
  return numbers == 7 ? resident : -1;
}

// Far above the numbers that programs use, so that one that closes and opens descriptors does not meet ours.
enum { FAR_DESCRIPTOR = 700 };

static int moved_far(int fd) {
  int far = fcntl(fd, F_DUPFD_CLOEXEC, FAR_DESCRIPTOR);
  if (far == -1) return fd;
  close(fd);
  return far;
}

static strip_statm open_statm(void) {
  strip_statm opened = {.descriptor = -1};
  struct stat status;
  int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd == -1) return opened;
  fd = moved_far(fd);
  if (fstat(fd, &status) == 0) opened = (strip_statm){fd, status.st_dev, status.st_ino};
  else close(fd);
  return opened;
}

// While it is open the kernel gives its inode's number to nobody else.
static int is_still_statm(const strip_statm *statm) {
  struct stat status;
  return statm->descriptor >= 0 && fstat(statm->descriptor, &status) == 0 && status.st_dev == statm->device &&
         status.st_ino == statm->inode;
}

void strip_close_statm(strip_statm *statm) {
  if (is_still_statm(statm)) close(statm->descriptor);
  statm->descriptor = -1;
}

int strip_detached_proc(void) {
  // linux/mount.h: FSOPEN_CLOEXEC, FSCONFIG_CMD_CREATE, FSMOUNT_CLOEXEC.
  int context = (int)RESULT(syscall(SYS_fsopen, "proc", 1));
  if (context < 0) return context;
  int result = (int)RESULT(syscall(SYS_fsconfig, context, 6, NULL, NULL, 0));
  if (result >= 0) result = (int)RESULT(syscall(SYS_fsmount, context, 1, 0));
  close(context);
  return result < 0 ? result : moved_far(result);
}

uint64_t strip_peak_resident(void) {
  int saved = errno;
  char text[4096];
  uint64_t kilobytes = 0;
  int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  if (fd != -1) {
    ssize_t count = read(fd, text, sizeof text - 1);
    close(fd);
    text[count > 0 ? count : 0] = 0;
    const char *line = strstr(text, "VmHWM:");
    if (line) kilobytes = strtoull(line + 6, NULL, 10);
  }
  errno = saved;
  return kilobytes * 1024;
}

// MARK: what ancestors say

// A file of /proc/PID, up to `capacity` - 1 bytes; ends with a NUL.
static ssize_t read_of(int pid, const char *file, char *buffer, size_t capacity) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  size_t count = 0;
  while (count < capacity - 1) {
    ssize_t now = read(fd, buffer + count, capacity - 1 - count);
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0) break;
    count += (size_t)now;
  }
  close(fd);
  buffer[count] = 0;
  return (ssize_t)count;
}

static int parent_of(int pid, char *buffer, size_t capacity) {
  if (read_of(pid, "stat", buffer, capacity) <= 0) return 0;
  const char *end = strrchr(buffer, ')');
  int parent = 0;
  return end != NULL && sscanf(end + 1, " %*c %d", &parent) == 1 ? parent : 0;  // proc_pid_stat(5), fields 3 and 4
}

static int copied(const char *text, size_t length, char *out, size_t capacity) {
  if (length == 0 || length >= capacity) return 0;
  memcpy(out, text, length);
  out[length] = 0;
  return 1;
}

static int in_environment(char *buffer, ssize_t count, const char *variable, char *out, size_t capacity) {
  size_t length = strlen(variable);
  for (char *at = buffer; at < buffer + count; at += strlen(at) + 1) {
    if (strncmp(at, variable, length) == 0 && at[length] == '=') return copied(at + length + 1, strlen(at + length + 1), out, capacity);
  }
  return 0;
}

// proc_pid_maps(5): the file that a process shares with others and may write.
static int in_mappings(char *buffer, char *out, size_t capacity) {
  for (char *line = buffer, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
    *end = 0;
    char *path = strchr(line, '/');
    if (strstr(line, " rw-s ") != NULL && path != NULL && strncmp(path, "/dev/", 5) != 0) return copied(path, strlen(path), out, capacity);
  }
  return 0;
}

int strip_ancestors_recording(const char *variable, const char *recorder, int above, char *out, size_t capacity) {
  enum { SIZE = 1 << 18, MOST = 64 };
  int saved = errno, pid = 0;
  char self[16] = "";
  ssize_t length = readlink("/proc/self", self, sizeof self - 1);
  char *buffer = length > 0 && atoi(self) == getpid() ? malloc(SIZE) : NULL;  // else its numbers are those of another PID namespace
  if (buffer != NULL) {
    pid = above == 0 ? getppid() : above == 1 ? 0 : parent_of(above, buffer, SIZE);
    for (int level = 0; pid > 0 && level < MOST; level++) {
      ssize_t count = read_of(pid, "environ", buffer, SIZE);
      if (count > 0 && in_environment(buffer, count, variable, out, capacity)) break;
      count = read_of(pid, "comm", buffer, SIZE);
      if (count > 0 && strncmp(buffer, recorder, strlen(recorder)) == 0 && buffer[strlen(recorder)] == '\n' &&
          read_of(pid, "maps", buffer, SIZE) > 0 && in_mappings(buffer, out, capacity)) {
        break;
      }
      pid = pid == 1 || level == MOST - 1 ? 0 : parent_of(pid, buffer, SIZE);
    }
    free(buffer);
  }
  errno = saved;
  return pid;
}

int strip_read_self(strip_statm *statm, strip_reading *out) {
  int saved = errno;
  char text[128];
  // Not opened yet, closed by the program, or its own by now: then it is not ours to read or to close.
  if (!is_still_statm(statm)) *statm = open_statm();
  int64_t pages = statm->descriptor < 0 ? -1 : resident_pages(text, pread(statm->descriptor, text, sizeof text, 0));
  struct rusage usage;
  struct timespec thread;
  if (pages < 0 || getrusage(RUSAGE_THREAD, &usage) == -1 || clock_gettime(CLOCK_THREAD_CPUTIME_ID, &thread) == -1) {
    int error = errno;
    errno = saved;
    return error ? -error : -EIO;
  }
  *out = (strip_reading){
      .thread_cpu = (uint64_t)thread.tv_sec * 1000000000 + (uint64_t)thread.tv_nsec,
      .resident = (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE),
      .peak_resident = (uint64_t)usage.ru_maxrss * 1024,
      .minor_faults = (uint64_t)usage.ru_minflt,
      .major_faults = (uint64_t)usage.ru_majflt,
      // getrusage(2): blocks of 512 bytes of the same accounting as read_bytes and write_bytes in /proc/PID/io.
      .read_bytes = (uint64_t)usage.ru_inblock * 512,
      .write_bytes = (uint64_t)usage.ru_oublock * 512,
      .voluntary_switches = (uint64_t)usage.ru_nvcsw,
      .involuntary_switches = (uint64_t)usage.ru_nivcsw,
  };
  errno = saved;
  return 0;
}

uint64_t strip_thread_run_delay(void) {
  int saved = errno;
  char text[96];
  int file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  ssize_t count = file < 0 ? -1 : read(file, text, sizeof text - 1);
  if (file >= 0) close(file);
  errno = saved;
  if (count <= 0) return UINT64_MAX;
  text[count] = 0;
  // Nanoseconds on a CPU, nanoseconds in a run queue, times on a CPU.
  char *delay = strchr(text, ' ');
  return delay == NULL ? UINT64_MAX : strtoull(delay, NULL, 10);
}

void strip_thread_pages(uint64_t *written_bytes, uint64_t *minor_faults) {
  struct rusage usage;
  int is_known = getrusage(RUSAGE_THREAD, &usage) == 0;
  *written_bytes = is_known ? (uint64_t)usage.ru_oublock * 512 : 0;
  *minor_faults = is_known ? (uint64_t)usage.ru_minflt : 0;
}

// MARK: limits, signals, waiting

int strip_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == -1) return -errno;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == -1 ? -errno : 0;
}

int strip_descriptor_limit(uint64_t *now, uint64_t *most) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == -1) return -errno;
  *now = limit.rlim_cur;
  *most = limit.rlim_max;
  return 0;
}

uint64_t strip_file_size_limit(void) {
  struct rlimit limit;
  return getrlimit(RLIMIT_FSIZE, &limit) == -1 || limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}

int strip_take_signals(uint64_t *previous_mask, uint64_t *previous_ignored) {
  uint64_t were_ignored = 0;
  for (int s = 1; s < NSIG && s <= 64; s++) {
    struct sigaction now;
    if (sigaction(s, NULL, &now) == 0 && now.sa_handler == SIG_IGN) were_ignored |= 1ull << (s - 1);
  }
  *previous_ignored = were_ignored;
  sigset_t set, before;
  sigemptyset(&set);
  for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
    // What was ignored stays ignored: nohup's child must go on ignoring SIGHUP, and so do we.
    if (taken[i] == SIGCHLD || !(were_ignored & (1ull << (taken[i] - 1)))) sigaddset(&set, taken[i]);
  if (were_ignored & (1ull << (SIGCHLD - 1))) signal(SIGCHLD, SIG_DFL);
  if (sigprocmask(SIG_BLOCK, &set, &before) == -1) return -errno;
  *previous_mask = mask_from_set(&before);
  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_IGN);
  return RESULT(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

int strip_next_signal(int fd, strip_signal *out) {
  struct signalfd_siginfo info;
  ssize_t r = RESULT(read(fd, &info, sizeof info));
  if (r == -EAGAIN) return 0;
  if (r < 0) return (int)r;
  out->signal = (int32_t)info.ssi_signo;
  out->code = info.ssi_code;
  out->sender = (int32_t)info.ssi_pid;
  return 1;
}

int strip_poll(const int32_t *descriptors, uint8_t *ready, size_t count, int64_t timeout) {
  struct pollfd few[16], *polled = few;
  if (count > 16 && !(polled = calloc(count, sizeof *polled))) return -ENOMEM;
  for (size_t i = 0; i < count; i++) polled[i] = (struct pollfd){descriptors[i], POLLIN, 0};
  struct timespec t = {timeout / 1000000000, timeout % 1000000000};
  int r = ppoll(polled, count, timeout < 0 ? NULL : &t, NULL);
  r = r == -1 ? (errno == EINTR ? 0 : -errno) : r;
  for (size_t i = 0; i < count; i++) ready[i] = r > 0 && polled[i].revents != 0;
  if (polled != few) free(polled);
  return r;
}

// MARK: machine

int strip_uname(strip_names *out) {
  struct utsname names;
  int r = RESULT(uname(&names));
  if (r < 0) return r;
  memcpy(out->system, names.sysname, 65);
  memcpy(out->host, names.nodename, 65);
  memcpy(out->release, names.release, 65);
  memcpy(out->version, names.version, 65);
  memcpy(out->machine, names.machine, 65);
  return 0;
}

uint64_t strip_page_size(void) { return (uint64_t)sysconf(_SC_PAGESIZE); }
uint64_t strip_ticks_per_second(void) { return (uint64_t)sysconf(_SC_CLK_TCK); }
uint64_t strip_logical_cpus(void) { return (uint64_t)sysconf(_SC_NPROCESSORS_ONLN); }
int strip_random(void *out, size_t count) { return (int)RESULT(getrandom(out, count, 0)); }

int strip_user_name(uint32_t user, char *out, size_t capacity) {
  // getpwuid_r may load name-service modules; the file alone is enough for a label and costs nothing else.
  int fd = strip_open(-1, "/etc/passwd", STRIP_OPEN_READ);
  if (fd < 0) return fd;
  char text[65536];
  int64_t n = strip_read(fd, text, sizeof text - 1);
  close(fd);
  if (n < 0) return (int)n;
  text[n] = 0;
  for (char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
    char *colon = strpbrk(line, ":\n");
    if (!colon || *colon != ':') continue;
    char *second = strpbrk(colon + 1, ":\n");
    if (!second || *second != ':') continue;
    if (strtoul(second + 1, NULL, 10) != user) continue;
    size_t length = (size_t)(colon - line);
    if (length >= capacity) length = capacity - 1;
    memcpy(out, line, length);
    out[length] = 0;
    return 0;
  }
  return -ENOENT;
}

const char *strip_error_text(int error) { return strerrordesc_np(error) ?: "unknown error"; }

// MARK: threads

_Thread_local void *strip_thread_slot __attribute__((tls_model("initial-exec")));
static pthread_key_t end_key;
uint32_t strip_epoch = UINT32_MAX;
uint32_t strip_lanes_used = 0;
void *strip_recorder = NULL;
uint64_t strip_known_literals[STRIP_KNOWN_LITERALS];

void strip_literals_forget(void) {
  for (int i = 0; i < STRIP_KNOWN_LITERALS; i++) __atomic_store_n(&strip_known_literals[i], 0, __ATOMIC_RELAXED);
}

int strip_eventfd(void) { return RESULT(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int strip_signal_event(int fd) {
  uint64_t one = 1;
  return write(fd, &one, sizeof one) == -1 ? -errno : 0;
}

int strip_drain_event(int fd) {
  uint64_t count;
  return read(fd, &count, sizeof count) == -1 ? -errno : 0;
}

int strip_on_thread_end(void (*ended)(void *)) { return -pthread_key_create(&end_key, ended); }
int strip_arm_thread_end(void *value) { return -pthread_setspecific(end_key, value); }
int strip_on_fork(void (*forked)(void)) { return -pthread_atfork(NULL, NULL, forked); }

struct start {
  void (*body)(void *);
  void *argument;
};

static void *run_body(void *raw) {
  struct start s = *(struct start *)raw;
  free(raw);
  s.body(s.argument);
  return NULL;
}

int strip_start_thread(void (*body)(void *), void *argument, uint64_t *thread) {
  struct start *s = malloc(sizeof *s);
  if (!s) return -ENOMEM;
  *s = (struct start){body, argument};
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // no signal of the program is ever delivered to a thread of ours
  pthread_t id;
  int error = pthread_create(&id, NULL, run_body, s);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error) free(s);
  *thread = (uint64_t)id;
  return -error;
}

int strip_join_thread(uint64_t thread) { return -pthread_join((pthread_t)thread, NULL); }
void strip_pause(void) { sched_yield(); }
int strip_fork(void) { return RESULT(fork()); }
void strip_exit(int code) { exit(code); }
void strip_exit_now(int code) { _exit(code); }
