// NVIDIA's management library, libnvidia-ml.so.1, opened when it is asked for: nothing is needed to build, and where it is missing
// that is all there is to say. Results are its own (nvmlReturn_t, 0 is success) but for the negative ones below.
#ifndef CSTRIPNVML_H
#define CSTRIPNVML_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  STRIP_NVML_NO_LIBRARY = -1,    // dlopen(3) failed
  STRIP_NVML_NO_FUNCTIONS = -2,  // it is a library of that name without the functions that everything needs
};

// dlopen(3) and nvmlInit_v2, once a process: tens of milliseconds, and as much as the driver likes. `error` says why not.
int strip_nvml_open(char *_Nonnull error, size_t capacity);
// What nvmlErrorString says.
const char *_Nonnull strip_nvml_error_text(int result);
int strip_nvml_driver_version(char *_Nonnull out, size_t capacity);
int strip_nvml_count(uint32_t *_Nonnull count);
int strip_nvml_device(uint32_t index, void *_Nullable *_Nonnull device);
// The MIG devices of a GPU: how many there may be, and the one in a slot (NVML_ERROR_NOT_FOUND where it is empty).
int strip_nvml_mig_slots(void *_Nonnull device, uint32_t *_Nonnull slots);
int strip_nvml_mig_device(void *_Nonnull device, uint32_t slot, void *_Nullable *_Nonnull mig);
int strip_nvml_name(void *_Nonnull device, char *_Nonnull out, size_t capacity);
int strip_nvml_uuid(void *_Nonnull device, char *_Nonnull out, size_t capacity);
// `0000:65:00.0`, as the kernel writes it.
int strip_nvml_pci(void *_Nonnull device, char *_Nonnull out, size_t capacity);

enum {
  STRIP_NVML_MEMORY,           // bytes: used, total
  STRIP_NVML_UTILIZATION,      // percent of the driver's last period: GPU, memory
  STRIP_NVML_POWER,            // mW
  STRIP_NVML_POWER_LIMIT,      // mW
  STRIP_NVML_ENERGY,           // mJ since the driver was loaded
  STRIP_NVML_TEMPERATURE,      // degrees Celsius
  STRIP_NVML_CLOCKS,           // MHz: SM, memory
  STRIP_NVML_CLOCK_REASONS,    // bits of nvmlClocksEventReasons
  STRIP_NVML_PCIE_COUNTERS,    // bytes since the driver was loaded: received, sent
  STRIP_NVML_PCIE_RATES,       // bytes a second in 20 ms: received, sent; takes 40 ms
  STRIP_NVML_NVLINK,           // bytes since the driver was loaded, over all links: received, sent
  STRIP_NVML_MIG_MODE,         // 1: the GPU is divided
  STRIP_NVML_VALUES,
};
// One of the above; `out` is set only where the result is 0.
int strip_nvml_read(void *_Nonnull device, int which, int64_t out[_Nonnull 2]);

enum { STRIP_NVML_COMPUTE, STRIP_NVML_GRAPHICS, STRIP_NVML_MPS };
typedef struct {
  uint32_t pid;
  int64_t used_bytes;  // -1: the driver does not tell
} strip_nvml_process;
// The processes of one list. `*count` is the capacity before and the number after; where that is more than the capacity, nothing was
// written and the result is 7 (NVML_ERROR_INSUFFICIENT_SIZE).
int strip_nvml_processes(void *_Nonnull device, int list, strip_nvml_process *_Nonnull out, uint32_t *_Nonnull count);

typedef struct {
  uint32_t pid;
  uint32_t gpu_percent, memory_percent;
  uint64_t microseconds;  // of the driver's clock
} strip_nvml_use;
// Samples of what processes used, later than `since`. `*count` as above.
int strip_nvml_process_use(void *_Nonnull device, uint64_t since, strip_nvml_use *_Nonnull out, uint32_t *_Nonnull count);

#ifdef __cplusplus
}
#endif
#endif
