// A stand-in for NVIDIA's management library: it says of GPUs what files say, so that a test, or a program that it records, plays the
// driver. Built by the tests as libnvidia-ml.so.1, from the published interface and not from our declarations of it.
//
// STANDIN_NVML names a folder. `gpu0`, `gpu1`, … are the GPUs; each call reads its GPU's file anew. Lines:
//   KEY NUMBER                 a value by its key below
//   text KEY TEXT              name, uuid
//   compute|graphics|mps PID BYTES     a process on a list; BYTES -1: not available
//   use PID PERCENT            what nvmlDeviceGetProcessUtilization says
//   mig UUID TOTAL USED        a MIG device; its lists are those of `gpu0.0`, `gpu0.1`, …
//   fail FUNCTION CODE         the function returns that, whatever else stands here
//   slow FUNCTION MILLISECONDS it takes so long first; `hang FUNCTION`: it never returns
// Each reading of a GPU's memory lengthens the file `reads0`, `reads1`, … by a byte, so that a program can wait until it was seen.
// The file `driver` may have `fail nvmlInit_v2 CODE` and the like for calls without a GPU.
//
// -DOLD leaves the second and third versions of the process lists and all that came later away; -DLAYOUT_535 writes the process lists
// as drivers 535.43 to 535.86 did.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef int nvmlReturn_t;
typedef struct standin *nvmlDevice_t;
struct standin { int gpu, slot; };  // slot -1: the whole GPU

static struct standin devices[16][9];

static FILE *open_file(nvmlDevice_t device) {
  const char *folder = getenv("STANDIN_NVML");
  char path[4096];
  if (!folder) return NULL;
  if (!device) snprintf(path, sizeof path, "%s/driver", folder);
  else if (device->slot < 0) snprintf(path, sizeof path, "%s/gpu%d", folder, device->gpu);
  else snprintf(path, sizeof path, "%s/gpu%d.%d", folder, device->gpu, device->slot);
  return fopen(path, "r");
}

// What the file says about a call: it may fail, be slow, or hang.
static nvmlReturn_t enter(nvmlDevice_t device, const char *function) {
  FILE *file = open_file(device);
  char line[512], verb[32], name[128];
  long long number;
  nvmlReturn_t result = 0;
  while (file && fgets(line, sizeof line, file)) {
    number = 0;
    if (sscanf(line, "%31s %127s %lld", verb, name, &number) < 2 || strcmp(name, function) != 0) continue;
    if (strcmp(verb, "fail") == 0) result = (int)number;
    if (strcmp(verb, "slow") == 0) nanosleep(&(struct timespec){number / 1000, number % 1000 * 1000000}, NULL);
    if (strcmp(verb, "hang") == 0) for (;;) pause();
  }
  if (file) fclose(file);
  return result;
}

static int number(nvmlDevice_t device, const char *key, long long *out) {
  FILE *file = open_file(device);
  char line[512], name[128];
  long long value;
  int found = 0;
  while (file && fgets(line, sizeof line, file)) {
    if (sscanf(line, "%127s %lld", name, &value) == 2 && strcmp(name, key) == 0) {
      *out = value;
      found = 1;
    }
  }
  if (file) fclose(file);
  return found;
}

static nvmlReturn_t text(nvmlDevice_t device, const char *key, char *out, unsigned int capacity) {
  FILE *file = open_file(device);
  char line[512], name[128], value[256];
  nvmlReturn_t result = 3;
  while (file && fgets(line, sizeof line, file)) {
    if (sscanf(line, "text %127s %255[^\n]", name, value) != 2 || strcmp(name, key) != 0) continue;
    result = strlen(value) < capacity ? 0 : 7;
    if (result == 0) strcpy(out, value);
  }
  if (file) fclose(file);
  return result;
}

static nvmlReturn_t one(nvmlDevice_t device, const char *function, const char *key, unsigned int *out) {
  long long value;
  nvmlReturn_t failure = enter(device, function);
  if (failure) return failure;
  if (!number(device, key, &value)) return 3;
  *out = (unsigned int)value;
  return 0;
}

nvmlReturn_t nvmlInit_v2(void) { return enter(NULL, __func__); }
nvmlReturn_t nvmlShutdown(void) { return 0; }

const char *nvmlErrorString(nvmlReturn_t code) {
  switch (code) {
    case 3: return "Not Supported";
    case 4: return "Insufficient Permissions";
    case 9: return "Driver Not Loaded";
    case 15: return "GPU is lost";
    case 18: return "Driver/library version mismatch";
    case 999: return "Unknown Error";
    default: return "Some Error";
  }
}

nvmlReturn_t nvmlSystemGetDriverVersion(char *out, unsigned int capacity) {
  if (capacity < 12) return 7;
  strcpy(out, "999.01.02");
  return 0;
}

nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count) {
  nvmlReturn_t failure = enter(NULL, __func__);
  if (failure) return failure;
  for (*count = 0; *count < 16; ++*count) {
    struct standin device = {(int)*count, -1};
    FILE *file = open_file(&device);
    if (!file) break;
    fclose(file);
  }
  return 0;
}

nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device) {
  if (index >= 16) return 2;
  devices[index][0] = (struct standin){(int)index, -1};
  nvmlReturn_t failure = enter(&devices[index][0], __func__);
  if (failure) return failure;
  *device = &devices[index][0];
  return 0;
}

nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *out, unsigned int capacity) { return text(device, "name", out, capacity); }
nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *out, unsigned int capacity) { return text(device, "uuid", out, capacity); }

typedef struct {
  char busIdLegacy[16];
  unsigned int domain, bus, device, pciDeviceId, pciSubSystemId;
  char busId[32];
} nvmlPciInfo_t;

nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t *pci) {
  memset(pci, 0, sizeof *pci);
  pci->bus = 0x65 + device->gpu;
  snprintf(pci->busId, sizeof pci->busId, "00000000:%02X:00.0", pci->bus);
  return 0;
}

typedef struct { unsigned long long total, free, used; } nvmlMemory_t;

static void count_reading(nvmlDevice_t device) {
  char path[4096];
  if (device->slot >= 0) return;
  snprintf(path, sizeof path, "%s/reads%d", getenv("STANDIN_NVML"), device->gpu);
  FILE *file = fopen(path, "a");
  if (!file) return;
  fputc('.', file);
  fclose(file);
}

nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory) {
  long long total, used;
  nvmlReturn_t failure = enter(device, __func__);
  if (failure) return failure;
  if (!number(device, "total", &total) || !number(device, "used", &used)) return 3;
  count_reading(device);
  *memory = (nvmlMemory_t){total, total - used, used};
  return 0;
}

typedef struct { unsigned int gpu, memory; } nvmlUtilization_t;

nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *use) {
  long long gpu, memory = 0;
  nvmlReturn_t failure = enter(device, __func__);
  if (failure) return failure;
  if (!number(device, "busy", &gpu)) return 3;
  number(device, "memory_busy", &memory);
  *use = (nvmlUtilization_t){(unsigned int)gpu, (unsigned int)memory};
  return 0;
}

nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t device, unsigned int *out) { return one(device, __func__, "power", out); }
nvmlReturn_t nvmlDeviceGetEnforcedPowerLimit(nvmlDevice_t device, unsigned int *out) { return one(device, __func__, "power_limit", out); }
nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device, int sensor, unsigned int *out) {
  return sensor == 0 ? one(device, __func__, "temperature", out) : 2;
}
nvmlReturn_t nvmlDeviceGetClockInfo(nvmlDevice_t device, int which, unsigned int *out) {
  return one(device, __func__, which == 1 ? "clock" : "memory_clock", out);
}

typedef struct { unsigned int pid; unsigned long long used; } process_v1_t;
typedef struct { unsigned int pid; unsigned long long used; unsigned int gpuInstanceId, computeInstanceId; } process_v2_t;
typedef struct { process_v2_t process; unsigned long long usedGpuCcProtectedMemory; } process_535_t;

static nvmlReturn_t processes(nvmlDevice_t device, const char *list, unsigned int *count, void *out, size_t width) {
  FILE *file = open_file(device);
  char line[512], name[128];
  long long pid, used;
  unsigned int found = 0;
  while (file && fgets(line, sizeof line, file)) {
    if (sscanf(line, "%127s %lld %lld", name, &pid, &used) != 3 || strcmp(name, list) != 0) continue;
    process_535_t entry = {{(unsigned int)pid, (unsigned long long)used, ~0u, ~0u}, 0};
    if (found < *count) memcpy((char *)out + found * width, &entry, width);
    found++;
  }
  if (file) fclose(file);
  nvmlReturn_t result = found > *count ? 7 : 0;
  *count = found;
  return result;
}

#ifdef LAYOUT_535
typedef process_535_t process_v3_t;
#else
typedef process_v2_t process_v3_t;
#endif

#define LIST(name, key, width)                                                                     \
  nvmlReturn_t name(nvmlDevice_t device, unsigned int *count, void *out) {                         \
    nvmlReturn_t failure = enter(device, #name);                                                   \
    return failure ? failure : processes(device, key, count, out, width);                          \
  }
LIST(nvmlDeviceGetComputeRunningProcesses, "compute", sizeof(process_v1_t))
LIST(nvmlDeviceGetGraphicsRunningProcesses, "graphics", sizeof(process_v1_t))

#ifndef OLD
LIST(nvmlDeviceGetComputeRunningProcesses_v2, "compute", sizeof(process_v2_t))
LIST(nvmlDeviceGetGraphicsRunningProcesses_v2, "graphics", sizeof(process_v2_t))
LIST(nvmlDeviceGetComputeRunningProcesses_v3, "compute", sizeof(process_v3_t))
LIST(nvmlDeviceGetGraphicsRunningProcesses_v3, "graphics", sizeof(process_v3_t))
LIST(nvmlDeviceGetMPSComputeRunningProcesses_v3, "mps", sizeof(process_v3_t))

typedef struct { unsigned int version; unsigned long long total, reserved, free, used; } nvmlMemory_v2_t;

nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, nvmlMemory_v2_t *memory) {
  long long total, used, reserved = 0;
  nvmlReturn_t failure = enter(device, __func__);
  if (failure) return failure;
  if (memory->version != (sizeof(nvmlMemory_v2_t) | 2 << 24)) return 25;
  if (!number(device, "total", &total) || !number(device, "used", &used)) return 3;
  number(device, "reserved", &reserved);
  count_reading(device);
  *memory = (nvmlMemory_v2_t){memory->version, total, reserved, total - used - reserved, used};
  return 0;
}

nvmlReturn_t nvmlDeviceGetTotalEnergyConsumption(nvmlDevice_t device, unsigned long long *out) {
  long long value;
  nvmlReturn_t failure = enter(device, __func__);
  if (failure) return failure;
  if (!number(device, "energy", &value)) return 3;
  *out = value;
  return 0;
}

nvmlReturn_t nvmlDeviceGetCurrentClocksEventReasons(nvmlDevice_t device, unsigned long long *out) {
  long long value;
  if (!number(device, "reasons", &value)) return 3;
  *out = value;
  return 0;
}

nvmlReturn_t nvmlDeviceGetPcieThroughput(nvmlDevice_t device, int which, unsigned int *out) {
  nanosleep(&(struct timespec){0, 20000000}, NULL);
  return one(device, __func__, which == 0 ? "pcie_sent_kilobytes" : "pcie_received_kilobytes", out);
}

typedef struct {
  unsigned int fieldId, scopeId;
  long long timestamp, latencyUsec;
  int valueType, nvmlReturn;
  union { double dVal; unsigned int uiVal; unsigned long long ullVal; } value;
} nvmlFieldValue_t;

nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t device, int count, nvmlFieldValue_t *fields) {
  nvmlReturn_t failure = enter(device, __func__);
  if (failure) return failure;
  for (int i = 0; i < count; i++) {
    const char *key = fields[i].fieldId == 138 ? "nvlink_sent_kib" : fields[i].fieldId == 139 ? "nvlink_received_kib"
                      : fields[i].fieldId == 197 ? "pcie_sent" : fields[i].fieldId == 198 ? "pcie_received" : "";
    long long value;
    int isLink = fields[i].fieldId < 197;
    fields[i].nvmlReturn = number(device, key, &value) && (!isLink || fields[i].scopeId == ~0u) ? 0 : 3;
    fields[i].valueType = 3;
    fields[i].value.ullVal = value;
  }
  return 0;
}

nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned int *now, unsigned int *pending) {
  *pending = 0;
  return one(device, __func__, "mig_mode", now);
}

nvmlReturn_t nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t device, unsigned int *count) {
  (void)device;
  *count = 7;
  return 0;
}

nvmlReturn_t nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t device, unsigned int slot, nvmlDevice_t *mig) {
  if (slot >= 7) return 2;
  devices[device->gpu][slot + 1] = (struct standin){device->gpu, (int)slot};
  FILE *file = open_file(&devices[device->gpu][slot + 1]);
  if (!file) return 6;
  fclose(file);
  *mig = &devices[device->gpu][slot + 1];
  return 0;
}

typedef struct {
  unsigned int pid;
  unsigned long long timeStamp;
  unsigned int smUtil, memUtil, encUtil, decUtil;
} nvmlProcessUtilizationSample_t;

nvmlReturn_t nvmlDeviceGetProcessUtilization(
    nvmlDevice_t device, nvmlProcessUtilizationSample_t *out, unsigned int *count, unsigned long long since) {
  FILE *file = open_file(device);
  char line[512];
  long long pid, percent;
  unsigned int found = 0, capacity = *count;
  while (file && fgets(line, sizeof line, file)) {
    if (sscanf(line, "use %lld %lld", &pid, &percent) != 2) continue;
    if (found < capacity) out[found] = (nvmlProcessUtilizationSample_t){(unsigned int)pid, since + 1, (unsigned int)percent, 0, 0, 0};
    found++;
  }
  if (file) fclose(file);
  *count = found;
  return found > capacity ? 7 : found == 0 ? 6 : 0;
}
#endif
