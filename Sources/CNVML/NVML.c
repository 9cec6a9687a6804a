// NVML's calling interface as its reference manual publishes it, declared here because no header of it is needed to build.
#include "CStripNVML.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef void *device_t;
typedef struct { unsigned long long total, free, used; } memory_t;
typedef struct { unsigned int version; unsigned long long total, reserved, free, used; } memory_v2_t;
typedef struct { unsigned int gpu, memory; } utilization_t;
typedef struct {
  char legacy_bus_id[16];
  unsigned int domain, bus, device, device_id, subsystem_id;
  char bus_id[32];
} pci_t;
typedef struct { unsigned int pid; unsigned long long used; } process_v1_t;
typedef struct { unsigned int pid; unsigned long long used; unsigned int gpu_instance, compute_instance; } process_v2_t;
// What drivers 535.43 to 535.86 wrote for the third version of the call, before it went back to the one above.
typedef struct { process_v2_t process; unsigned long long protected_used; } process_535_t;
typedef struct { unsigned int pid; unsigned long long time; unsigned int sm, memory, encoder, decoder; } use_t;
typedef struct {
  unsigned int field, scope;
  long long time, latency;
  int type, result;
  union { double real; unsigned int unsigned32; unsigned long unsigned_long; unsigned long long unsigned64; long long signed64; } value;
} field_t;

_Static_assert(sizeof(memory_v2_t) == 40 && sizeof(pci_t) == 68 && sizeof(process_v1_t) == 16 && sizeof(process_v2_t) == 24 &&
                   sizeof(process_535_t) == 32 && sizeof(use_t) == 32 && sizeof(field_t) == 40,
               "the layouts that the library has");

enum { SUCCESS = 0, NOT_SUPPORTED = 3, INSUFFICIENT_SIZE = 7, FUNCTION_NOT_FOUND = 13, ARGUMENT_VERSION_MISMATCH = 25 };
enum { UNSIGNED_LONG = 2, UNSIGNED_LONG_LONG = 3, SIGNED_LONG_LONG = 4 };
enum { FIELD_NVLINK_SENT = 138, FIELD_NVLINK_RECEIVED = 139, FIELD_PCIE_SENT = 197, FIELD_PCIE_RECEIVED = 198 };

static void *library;
// How many calls are in the library now: see `leave`.
static atomic_int inside;

// A thread of ours may still wait for the driver when the program ends. The library's destructors would then wait for that thread, so
// the process leaves without them.
#ifdef __GLIBC__
static void leave(int status, void *unused) {
  (void)unused;
  if (atomic_load(&inside) > 0) _exit(status);
}
static void guard_exit(void) { on_exit(leave, NULL); }
#else
static void guard_exit(void) {}
#endif

static void *function(const char *name) { return library ? dlsym(library, name) : NULL; }

// Calls the function that `name` names with these types and arguments, or says that there is none.
#define CALL(name, types, ...)                                   \
  ({                                                             \
    static void *found_;                                         \
    static _Bool asked_;                                         \
    if (!asked_) {                                               \
      found_ = function(name);                                   \
      asked_ = 1;                                                \
    }                                                            \
    int result_ = FUNCTION_NOT_FOUND;                            \
    if (found_) {                                                \
      atomic_fetch_add(&inside, 1);                              \
      result_ = ((int(*) types)found_)(__VA_ARGS__);             \
      atomic_fetch_sub(&inside, 1);                              \
    }                                                            \
    result_;                                                     \
  })

const char *strip_nvml_error_text(int result) {
  const char *(*text)(int) = (const char *(*)(int))function("nvmlErrorString");
  const char *said = text ? text(result) : NULL;
  return said ? said : "unknown error";
}

int strip_nvml_open(char *error, size_t capacity) {
  guard_exit();
  atomic_fetch_add(&inside, 1);
  if (!library) library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  atomic_fetch_sub(&inside, 1);
  if (!library) {
    const char *why = dlerror();
    snprintf(error, capacity, "%s", why ? why : "it cannot be opened");
    return STRIP_NVML_NO_LIBRARY;
  }
  if (!function("nvmlInit_v2") || !function("nvmlDeviceGetCount_v2") || !function("nvmlDeviceGetHandleByIndex_v2")) {
    snprintf(error, capacity, "libnvidia-ml.so.1 lacks nvmlInit_v2 or the list of devices");
    return STRIP_NVML_NO_FUNCTIONS;
  }
  int result = CALL("nvmlInit_v2", (void));
  // What the library has registered to be called at the exit now comes after ours.
  guard_exit();
  if (result != SUCCESS) snprintf(error, capacity, "%s", strip_nvml_error_text(result));
  return result;
}

int strip_nvml_driver_version(char *out, size_t capacity) {
  return CALL("nvmlSystemGetDriverVersion", (char *, unsigned int), out, (unsigned int)capacity);
}

int strip_nvml_count(uint32_t *count) {
  unsigned int found = 0;
  int result = CALL("nvmlDeviceGetCount_v2", (unsigned int *), &found);
  *count = found;
  return result;
}

int strip_nvml_device(uint32_t index, void **device) {
  return CALL("nvmlDeviceGetHandleByIndex_v2", (unsigned int, device_t *), index, device);
}

int strip_nvml_mig_slots(void *device, uint32_t *slots) {
  unsigned int found = 0;
  int result = CALL("nvmlDeviceGetMaxMigDeviceCount", (device_t, unsigned int *), device, &found);
  *slots = found;
  return result;
}

int strip_nvml_mig_device(void *device, uint32_t slot, void **mig) {
  return CALL("nvmlDeviceGetMigDeviceHandleByIndex", (device_t, unsigned int, device_t *), device, slot, mig);
}

int strip_nvml_name(void *device, char *out, size_t capacity) {
  return CALL("nvmlDeviceGetName", (device_t, char *, unsigned int), device, out, (unsigned int)capacity);
}

int strip_nvml_uuid(void *device, char *out, size_t capacity) {
  return CALL("nvmlDeviceGetUUID", (device_t, char *, unsigned int), device, out, (unsigned int)capacity);
}

int strip_nvml_pci(void *device, char *out, size_t capacity) {
  pci_t pci;
  memset(&pci, 0, sizeof pci);
  int result = CALL("nvmlDeviceGetPciInfo_v3", (device_t, pci_t *), device, &pci);
  // A device of the bus; the function is 0 for every GPU.
  if (result == SUCCESS) snprintf(out, capacity, "%04x:%02x:%02x.0", pci.domain, pci.bus, pci.device);
  return result;
}

// Two counters of the field interface. Those that are 32 bits wide go round in less than a second on a busy link, so they tell nothing.
static int counters(void *device, unsigned int received, unsigned int sent, unsigned int scope, int64_t unit, int64_t out[2]) {
  field_t fields[2];
  memset(fields, 0, sizeof fields);
  fields[0].field = received;
  fields[1].field = sent;
  fields[0].scope = fields[1].scope = scope;
  int result = CALL("nvmlDeviceGetFieldValues", (device_t, int, field_t *), device, 2, fields);
  if (result != SUCCESS) return result;
  for (int i = 0; i < 2; i++) {
    if (fields[i].result != SUCCESS) return fields[i].result;
    int type = fields[i].type;
    if (type != UNSIGNED_LONG && type != UNSIGNED_LONG_LONG && type != SIGNED_LONG_LONG) return NOT_SUPPORTED;
    if (fields[i].value.signed64 < 0 || fields[i].value.signed64 > INT64_MAX / unit) return NOT_SUPPORTED;
    out[i] = fields[i].value.signed64 * unit;
  }
  return SUCCESS;
}

static int memory(void *device, int64_t out[2]) {
  // The second version tells what the driver keeps for itself apart from what is used, as nvidia-smi does.
  memory_v2_t wide = {.version = sizeof(memory_v2_t) | 2u << 24};
  int result = CALL("nvmlDeviceGetMemoryInfo_v2", (device_t, memory_v2_t *), device, &wide);
  if (result == SUCCESS) {
    out[0] = (int64_t)wide.used;
    out[1] = (int64_t)wide.total;
  }
  if (result != FUNCTION_NOT_FOUND && result != NOT_SUPPORTED && result != ARGUMENT_VERSION_MISMATCH) return result;
  memory_t plain = {0};
  result = CALL("nvmlDeviceGetMemoryInfo", (device_t, memory_t *), device, &plain);
  out[0] = (int64_t)plain.used;
  out[1] = (int64_t)plain.total;
  return result;
}

int strip_nvml_read(void *device, int which, int64_t out[2]) {
  unsigned int first = 0, second = 0;
  unsigned long long wide = 0;
  utilization_t use = {0};
  int result;
  switch (which) {
    case STRIP_NVML_MEMORY: return memory(device, out);
    case STRIP_NVML_UTILIZATION:
      result = CALL("nvmlDeviceGetUtilizationRates", (device_t, utilization_t *), device, &use);
      out[0] = use.gpu;
      out[1] = use.memory;
      return result;
    case STRIP_NVML_POWER: result = CALL("nvmlDeviceGetPowerUsage", (device_t, unsigned int *), device, &first); break;
    case STRIP_NVML_POWER_LIMIT:
      result = CALL("nvmlDeviceGetEnforcedPowerLimit", (device_t, unsigned int *), device, &first);
      break;
    case STRIP_NVML_ENERGY:
      result = CALL("nvmlDeviceGetTotalEnergyConsumption", (device_t, unsigned long long *), device, &wide);
      out[0] = (int64_t)wide;
      return result;
    case STRIP_NVML_TEMPERATURE:
      result = CALL("nvmlDeviceGetTemperature", (device_t, int, unsigned int *), device, 0 /* NVML_TEMPERATURE_GPU */, &first);
      break;
    case STRIP_NVML_CLOCKS:
      result = CALL("nvmlDeviceGetClockInfo", (device_t, int, unsigned int *), device, 1 /* NVML_CLOCK_SM */, &first);
      if (result == SUCCESS)
        result = CALL("nvmlDeviceGetClockInfo", (device_t, int, unsigned int *), device, 2 /* NVML_CLOCK_MEM */, &second);
      break;
    case STRIP_NVML_CLOCK_REASONS:
      // The first is the second's name since driver 535.
      result = CALL("nvmlDeviceGetCurrentClocksEventReasons", (device_t, unsigned long long *), device, &wide);
      if (result == FUNCTION_NOT_FOUND)
        result = CALL("nvmlDeviceGetCurrentClocksThrottleReasons", (device_t, unsigned long long *), device, &wide);
      out[0] = (int64_t)(wide & INT64_MAX);
      return result;
    case STRIP_NVML_PCIE_COUNTERS: return counters(device, FIELD_PCIE_RECEIVED, FIELD_PCIE_SENT, 0, 1, out);
    case STRIP_NVML_PCIE_RATES:
      result = CALL("nvmlDeviceGetPcieThroughput", (device_t, int, unsigned int *), device, 1 /* NVML_PCIE_UTIL_RX_BYTES */, &first);
      if (result == SUCCESS)
        result = CALL("nvmlDeviceGetPcieThroughput", (device_t, int, unsigned int *), device, 0 /* NVML_PCIE_UTIL_TX_BYTES */, &second);
      out[0] = (int64_t)first * 1000;
      out[1] = (int64_t)second * 1000;
      return result;
    case STRIP_NVML_NVLINK: return counters(device, FIELD_NVLINK_RECEIVED, FIELD_NVLINK_SENT, ~0u, 1024, out);
    case STRIP_NVML_MIG_MODE:
      result = CALL("nvmlDeviceGetMigMode", (device_t, unsigned int *, unsigned int *), device, &first, &second);
      break;
    default: return NOT_SUPPORTED;
  }
  out[0] = first;
  out[1] = second;
  return result;
}

static int64_t used_bytes(unsigned long long used) { return used > INT64_MAX ? -1 : (int64_t)used; }

// The newest version of the call that is there, into `raw`, which has room for `*count` of the widest entries. `*width` is an entry's.
static int list_processes(void *device, int list, char *raw, unsigned int *count, size_t *width) {
  typedef int (*call_t)(device_t, unsigned int *, void *);
  static const char *const names[3][3] = {
      {"nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses_v2", "nvmlDeviceGetComputeRunningProcesses"},
      {"nvmlDeviceGetGraphicsRunningProcesses_v3", "nvmlDeviceGetGraphicsRunningProcesses_v2", "nvmlDeviceGetGraphicsRunningProcesses"},
      {"nvmlDeviceGetMPSComputeRunningProcesses_v3", "nvmlDeviceGetMPSComputeRunningProcesses_v2",
       "nvmlDeviceGetMPSComputeRunningProcesses"},
  };
  static call_t found[3][3];
  static _Bool asked[3];
  if (!asked[list]) {
    for (int version = 0; version < 3; version++) found[list][version] = (call_t)function(names[list][version]);
    asked[list] = 1;
  }
  int result = FUNCTION_NOT_FOUND;
  unsigned int capacity = *count;
  for (int version = 0; version < 3 && result == FUNCTION_NOT_FOUND; version++) {
    if (!found[list][version]) continue;
    *count = capacity;
    *width = version == 2 ? sizeof(process_v1_t) : sizeof(process_v2_t);
    atomic_fetch_add(&inside, 1);
    result = found[list][version](device, count, raw);
    atomic_fetch_sub(&inside, 1);
  }
  return result;
}

int strip_nvml_processes(void *device, int list, strip_nvml_process *out, uint32_t *count) {
  if (list < STRIP_NVML_COMPUTE || list > STRIP_NVML_MPS) return NOT_SUPPORTED;
  unsigned int capacity = *count, found = capacity;
  char *raw = malloc(capacity * sizeof(process_535_t));
  if (!raw) return 20;  // NVML_ERROR_MEMORY
  memset(raw, 0xA5, capacity * sizeof(process_535_t));
  size_t width = sizeof(process_v2_t);
  int result = list_processes(device, list, raw, &found, &width);
  if (result == SUCCESS && found <= capacity) {
    // Entries of 32 bytes reach further than those of 24 would, so bytes behind these tell which the driver wrote.
    for (size_t at = found * sizeof(process_v2_t); width == sizeof(process_v2_t) && at < found * sizeof(process_535_t); at++) {
      if ((unsigned char)raw[at] != 0xA5) width = sizeof(process_535_t);
    }
    for (unsigned int i = 0; i < found; i++) {
      process_v1_t process;
      memcpy(&process, raw + i * width, sizeof process);
      out[i] = (strip_nvml_process){process.pid, used_bytes(process.used)};
    }
  }
  free(raw);
  if (result == SUCCESS && found > capacity) result = INSUFFICIENT_SIZE;
  *count = found;
  return result;
}

int strip_nvml_process_use(void *device, uint64_t since, strip_nvml_use *out, uint32_t *count) {
  unsigned int capacity = *count, found = capacity;
  use_t *raw = calloc(capacity, sizeof *raw);
  if (!raw) return 20;
  int result = CALL("nvmlDeviceGetProcessUtilization", (device_t, use_t *, unsigned int *, unsigned long long), device, raw, &found, since);
  if (result == SUCCESS && found <= capacity) {
    for (unsigned int i = 0; i < found; i++) out[i] = (strip_nvml_use){raw[i].pid, raw[i].sm, raw[i].memory, raw[i].time};
  }
  free(raw);
  if (result == SUCCESS && found > capacity) result = INSUFFICIENT_SIZE;
  *count = found;
  return result;
}
