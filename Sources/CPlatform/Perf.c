#include "CStripPlatform.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int strip_perf_open(int pid, int cpu, uint64_t period_nanoseconds, int flags, int output) {
  struct perf_event_attr a;
  memset(&a, 0, sizeof a);
  a.size = sizeof a;
  a.type = PERF_TYPE_SOFTWARE;
  a.config = PERF_COUNT_SW_CPU_CLOCK;
  a.sample_period = period_nanoseconds;
  a.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CALLCHAIN;
  a.sample_id_all = 1;
  a.use_clockid = 1;
  a.clockid = STRIP_CLOCK_BOOTTIME;
  a.exclude_kernel = !(flags & STRIP_PERF_WITH_KERNEL);
  a.exclude_hv = 1;
  a.exclude_callchain_kernel = 1;
  a.inherit = 1;
  a.mmap = a.mmap2 = a.comm = a.comm_exec = a.task = 1;
  if (period_nanoseconds == 0) {
    a.config = PERF_COUNT_SW_DUMMY;
    a.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME;
    a.mmap = a.mmap2 = 0;
    a.exclude_kernel = 1;
  }
  a.disabled = a.enable_on_exec = !!(flags & STRIP_PERF_FROM_EXEC);
  a.watermark = 1;
  a.wakeup_watermark = (period_nanoseconds ? STRIP_PERF_DATA_BYTES : STRIP_PERF_TASK_BYTES) / 4;
  int fd = (int)syscall(SYS_perf_event_open, &a, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
  if (fd == -1) return -errno;
  if (output >= 0 && ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, output) == -1) {
    int error = errno;
    close(fd);
    return -error;
  }
  return fd;
}

void *strip_perf_map(int fd, size_t bytes) {
  void *address = mmap(NULL, (size_t)strip_page_size() + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return address == MAP_FAILED ? NULL : address;
}

void strip_perf_unmap(void *ring, size_t bytes) { munmap(ring, (size_t)strip_page_size() + bytes); }

// perf_event_open(2): the head is read before the data, and the data before the tail is given back.
uint64_t strip_perf_head(const void *ring) { return __atomic_load_n(&((const struct perf_event_mmap_page *)ring)->data_head, __ATOMIC_ACQUIRE); }
uint64_t strip_perf_tail(const void *ring) { return ((const struct perf_event_mmap_page *)ring)->data_tail; }
void strip_perf_give_back(void *ring, uint64_t tail) { __atomic_store_n(&((struct perf_event_mmap_page *)ring)->data_tail, tail, __ATOMIC_RELEASE); }
