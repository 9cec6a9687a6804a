// The kernel's exit records: generic netlink, family TASKSTATS (Documentation/accounting/taskstats.rst).
#include "CStripPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/acct.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// linux/acct.h since 6.0; the last task of its thread group.
#define LAST_OF_GROUP 0x20
// ac_tgid and the flag above came with this version (Linux 6.0).
#define LEAST_VERSION 12

typedef struct {
  struct nlmsghdr header;
  struct genlmsghdr generic;
  char attributes[256];
} request;

static int ask(int fd, int family, int command, int attribute, const char *text) {
  request message;
  memset(&message, 0, sizeof message);
  struct nlattr *head = (struct nlattr *)message.attributes;
  size_t length = strlen(text) + 1;
  if (length > sizeof message.attributes - NLA_HDRLEN) return -E2BIG;
  head->nla_type = (unsigned short)attribute;
  head->nla_len = (unsigned short)(NLA_HDRLEN + length);
  memcpy(message.attributes + NLA_HDRLEN, text, length);
  message.header.nlmsg_len = (unsigned)(NLMSG_HDRLEN + GENL_HDRLEN + NLA_ALIGN(head->nla_len));
  message.header.nlmsg_type = (unsigned short)family;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  message.header.nlmsg_seq = 1;
  message.generic.cmd = (unsigned char)command;
  message.generic.version = 1;
  return send(fd, &message, message.header.nlmsg_len, 0) < 0 ? -errno : 0;
}

// Walks the attributes of [at, end): the one of `type`, its length without the head in `length`.
static const char *find(const char *at, const char *end, int type, size_t *length) {
  while (end - at >= NLA_HDRLEN) {
    struct nlattr head;
    memcpy(&head, at, sizeof head);
    if (head.nla_len < NLA_HDRLEN || head.nla_len > end - at) return NULL;
    if ((head.nla_type & NLA_TYPE_MASK) == type) {
      *length = head.nla_len - NLA_HDRLEN;
      return at + NLA_HDRLEN;
    }
    size_t step = NLA_ALIGN(head.nla_len);
    if ((size_t)(end - at) <= step) return NULL;
    at += step;
  }
  return NULL;
}

// Reads answers until the acknowledgement; the family's number where one is told.
static int answer(int fd, int *family) {
  char buffer[4096];
  for (int turn = 0; turn < 16; turn++) {
    ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got < 0) return -errno;
    const char *at = buffer;
    while (got - (at - buffer) >= NLMSG_HDRLEN) {
      struct nlmsghdr head;
      memcpy(&head, at, sizeof head);
      if (head.nlmsg_len < NLMSG_HDRLEN || head.nlmsg_len > (size_t)(got - (at - buffer))) return -EPROTO;
      if (head.nlmsg_type == NLMSG_ERROR) {
        int error;
        memcpy(&error, at + NLMSG_HDRLEN, sizeof error);
        return error;
      }
      size_t length;
      const char *id = find(at + NLMSG_HDRLEN + GENL_HDRLEN, at + head.nlmsg_len, CTRL_ATTR_FAMILY_ID, &length);
      if (family && id && length >= 2) {
        unsigned short number;
        memcpy(&number, id, sizeof number);
        *family = number;
      }
      size_t step = NLMSG_ALIGN(head.nlmsg_len);
      if ((size_t)(got - (at - buffer)) < step) break;
      at += step;
    }
  }
  return -EPROTO;
}

int strip_exits_open(const char *cpus) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
  if (fd < 0) return -errno;
  struct sockaddr_nl address = {.nl_family = AF_NETLINK};
  struct timeval patience = {.tv_sec = 1};
  int family = 0, size = 16 << 20, error;
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    error = -errno;
    goto failed;
  }
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if ((error = ask(fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, TASKSTATS_GENL_NAME)) < 0) goto failed;
  if ((error = answer(fd, &family)) < 0) goto failed;
  if (!family) {
    error = -ENOENT;
    goto failed;
  }
  // The first needs CAP_NET_ADMIN, and so do the records.
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  if ((error = ask(fd, family, TASKSTATS_CMD_GET, TASKSTATS_CMD_ATTR_REGISTER_CPUMASK, cpus)) < 0) goto failed;
  if ((error = answer(fd, NULL)) < 0) goto failed;
  return fd;
failed:
  close(fd);
  return error;
}

int strip_exits_next(int fd, strip_exit_record *out) {
  char buffer[4096];
  ssize_t got = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
  memset(out, 0, sizeof *out);
  struct nlmsghdr head;
  if (got < NLMSG_HDRLEN + GENL_HDRLEN) return 1;
  memcpy(&head, buffer, sizeof head);
  if (head.nlmsg_type < NLMSG_MIN_TYPE) return 1;
  size_t length, size;
  const char *end = buffer + got;
  const char *group = find(buffer + NLMSG_HDRLEN + GENL_HDRLEN, end, TASKSTATS_TYPE_AGGR_PID, &length);
  const char *bytes = group ? find(group, group + length, TASKSTATS_TYPE_STATS, &size) : NULL;
  if (!bytes) return 1;
  struct taskstats stats;
  memset(&stats, 0, sizeof stats);
  memcpy(&stats, bytes, size < sizeof stats ? size : sizeof stats);
  out->version = stats.version;
  if (stats.version < LEAST_VERSION) return 1;
  out->thread = (int32_t)stats.ac_pid;
  out->process = (int32_t)stats.ac_tgid;
  out->parent = (int32_t)stats.ac_ppid;
  out->is_last = (stats.ac_flag & LAST_OF_GROUP) != 0;
  out->is_leader = stats.ac_pid == stats.ac_tgid;
  out->status = (int32_t)stats.ac_exitcode;
  out->elapsed_nanoseconds = (stats.ac_tgetime ? stats.ac_tgetime : stats.ac_etime) * 1000;
  memcpy(out->name, stats.ac_comm, sizeof out->name - 1);
  uint64_t cpu = stats.cpu_run_virtual_total, user = stats.ac_utime, system = stats.ac_stime;
  // The kernel brings this count up to date at each of its clock ticks and when the task gives up the CPU. One that never slept has
  // run since it began, but for its time in the run queue; what is missing is less than a tick (10 ms at most).
  uint64_t ran = stats.ac_etime * 1000 > stats.cpu_delay_total ? stats.ac_etime * 1000 - stats.cpu_delay_total : 0;
  if (stats.nvcsw == 0 && ran > cpu) cpu = ran < cpu + 10000000 ? ran : cpu;
  // The kernel samples the share of both; where it met none, it gives all to the other (cputime_adjust).
  uint64_t system_part = system == 0 ? 0 : (uint64_t)((double)cpu * (double)system / (double)(user + system));
  const uint64_t values[STRIP_EXIT_VALUES] = {
      cpu, cpu - system_part, system_part, stats.ac_minflt, stats.ac_majflt, stats.hiwater_rss * 1024,
      stats.read_syscalls, stats.write_syscalls, stats.read_char, stats.write_char, stats.read_bytes, stats.write_bytes,
      stats.nvcsw, stats.nivcsw, stats.cpu_delay_total, stats.hiwater_vm * 1024};
  for (int index = 0; index < STRIP_EXIT_VALUES; index++) out->values[index] = (int64_t)values[index];
  return 1;
}
