#include "CStripPlatform.h"

#include <dlfcn.h>
#include <errno.h>

// As glibc declares it since 2.33; musl and others have none, so it is looked up and not linked.
struct heap_information {
  size_t arena, free_chunks, fast_chunks, mapped_chunks, mapped, unused, fast_free, used, free, top;
};

int strip_heap(uint64_t *in_use, uint64_t *held) {
  static struct heap_information (*_Atomic information)(void);
  static _Atomic int is_looked_up;
  // Two threads at once find the same.
  if (!is_looked_up) {
    information = (struct heap_information (*)(void))dlsym(RTLD_DEFAULT, "mallinfo2");
    is_looked_up = 1;
  }
  if (!information) return -ENOSYS;
  struct heap_information now = information();
  *in_use = now.used + now.mapped;
  *held = now.arena + now.mapped;
  return 0;
}
