#define _GNU_SOURCE
#include "CStripchart.h"
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Thread_local signed char is_main = -1;

int strip_is_main_thread(void) {
  if (is_main < 0) is_main = syscall(SYS_gettid) == getpid();
  return is_main;
}

void strip_at_exit(void (*body)(void)) { atexit(body); }
