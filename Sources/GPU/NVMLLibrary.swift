internal import CStripNVML

/// NVIDIA's management library, by dlopen(3). One thread; each call may take tens of milliseconds or never return.
package enum NVMLLibrary {
  /// Why there is nothing to ask.
  package enum Absence: Error, Equatable, Sendable {
    /// dlopen(3) failed: what it says.
    case noLibrary(String)
    case noFunctions(String)
    /// nvmlInit_v2 failed: nvmlReturn_t, and what the library calls it.
    case failed(Int32, String)
  }

  /// What a call said. Only `value` has anything to show.
  package enum Answer<Value: Sendable>: Sendable {
    case value(Value)
    /// Not on this GPU, not in this library, not for us: asking again is of no use.
    case never(Int32)
    /// Not now.
    case failed(Int32)
    /// The GPU has fallen off the bus or waits for a reset, or the driver is gone.
    case lost(Int32)
  }

  @safe package struct Device: @unchecked Sendable {
    fileprivate let handle: UnsafeMutableRawPointer
  }

  /// Two numbers of a device; what they are: `strip_nvml_read` in CStripNVML.h.
  package enum Reading: Int32, Sendable, CaseIterable {
    case memory, utilization, power, powerLimit, energy, temperature, clocks, clockReasons, pcieCounters, pcieRates,
      nvlink, migMode
  }

  package enum ProcessList: Int32, Sendable, CaseIterable { case compute, graphics, multiProcessService }

  /// dlopen(3) and nvmlInit_v2: tens of milliseconds.
  package static func open() throws(Absence) {
    var status: Int32 = 0
    let why = unsafe text(200) { text, capacity in
      unsafe status = strip_nvml_open(text, capacity)
      return 0
    }
    switch status {
    case 0: return
    case Int32(STRIP_NVML_NO_LIBRARY): throw .noLibrary(why ?? "")
    case Int32(STRIP_NVML_NO_FUNCTIONS): throw .noFunctions(why ?? "")
    default: throw .failed(status, why ?? "")
    }
  }

  package static func errorText(_ code: Int32) -> String { unsafe String(cString: strip_nvml_error_text(code)) }

  package static var driverVersion: String? { unsafe text(100) { unsafe strip_nvml_driver_version($0, $1) } }

  /// How many GPUs there are; those that we may not see among them.
  package static func count() -> Answer<UInt32> {
    var count: UInt32 = 0
    return answer(unsafe strip_nvml_count(&count), count)
  }

  package static func device(_ index: UInt32) -> Answer<Device> {
    var handle: UnsafeMutableRawPointer?
    return unsafe answer(strip_nvml_device(index, &handle), handle)
  }

  /// How many MIG devices the GPU may have at most.
  package static func partitionSlots(of device: Device) -> Int {
    var slots: UInt32 = 0
    return unsafe strip_nvml_mig_slots(device.handle, &slots) == 0 ? Int(slots) : 0
  }

  /// The MIG device in a slot; most slots are empty.
  package static func partition(_ slot: Int, of device: Device) -> Answer<Device> {
    var handle: UnsafeMutableRawPointer?
    return unsafe answer(strip_nvml_mig_device(device.handle, UInt32(slot), &handle), handle)
  }

  package static func name(of device: Device) -> String? {
    unsafe text(128) { unsafe strip_nvml_name(device.handle, $0, $1) }
  }
  package static func uuid(of device: Device) -> String? {
    unsafe text(128) { unsafe strip_nvml_uuid(device.handle, $0, $1) }
  }
  /// Its place on the PCI bus as the kernel writes it: `0000:65:00.0`.
  package static func pci(of device: Device) -> String? {
    unsafe text(64) { unsafe strip_nvml_pci(device.handle, $0, $1) }
  }

  package static func read(_ reading: Reading, of device: Device) -> Answer<(Int64, Int64)> {
    unsafe withUnsafeTemporaryAllocation(of: Int64.self, capacity: 2) { values in
      unsafe values.initialize(repeating: 0)
      // Safe because it has the two elements that are written.
      let result = unsafe strip_nvml_read(device.handle, reading.rawValue, values.baseAddress!)
      return unsafe answer(result, (values[0], values[1]))
    }
  }

  /// The processes of a list with the bytes they hold; `nil` bytes where the driver does not tell.
  ///
  /// The list is asked for again with more room as long as it does not fit; `capacity` remembers the room.
  package static func processes(
    _ list: ProcessList, of device: Device, capacity: inout Int
  ) -> Answer<[(pid: UInt32, bytes: Int64?)]> {
    for _ in 0..<8 {
      let (result, found, count) = unsafe withUnsafeTemporaryAllocation(of: strip_nvml_process.self, capacity: capacity)
      { buffer in
        var count = UInt32(buffer.count)
        // Safe because the count is the buffer's, and what is read was written.
        let result = unsafe strip_nvml_processes(device.handle, list.rawValue, buffer.baseAddress!, &count)
        var found: [(pid: UInt32, bytes: Int64?)] = []
        if result == 0 {
          for index in 0..<Int(count) {
            let process = unsafe buffer[index]
            found.append((process.pid, process.used_bytes < 0 ? nil : process.used_bytes))
          }
        }
        return (result, found, Int(count))
      }
      guard result == Self.insufficientSize, count < 1 << 16 else { return answer(result, found) }
      // Some more than it asks for: processes come between two calls.
      capacity = max(count + count / 4 + 4, capacity + 16)
    }
    return .failed(Self.insufficientSize)
  }

  /// What processes used of the GPU, percent, in the samples after `since`; the time of the last goes there.
  package static func processUse(
    of device: Device, since: inout UInt64, capacity: inout Int
  ) -> Answer<[(pid: UInt32, gpu: Int64)]> {
    for _ in 0..<8 {
      var latest = since
      let before = since
      let (result, found, count) = unsafe withUnsafeTemporaryAllocation(of: strip_nvml_use.self, capacity: capacity) {
        buffer in
        var count = UInt32(buffer.count)
        // Safe because the count is the buffer's, and what is read was written.
        let result = unsafe strip_nvml_process_use(device.handle, before, buffer.baseAddress!, &count)
        var found: [(pid: UInt32, gpu: Int64)] = []
        if result == 0 {
          for index in 0..<Int(count) {
            let use = unsafe buffer[index]
            // Unused entries are zero; a driver was seen to give percentages beyond all reason.
            guard use.pid != 0, use.gpu_percent <= 100 else { continue }
            found.append((use.pid, Int64(use.gpu_percent)))
            latest = max(latest, use.microseconds)
          }
        }
        return (result, found, Int(count))
      }
      guard result == Self.insufficientSize, count < 1 << 16 else {
        since = latest
        // NVML_ERROR_NOT_FOUND: nobody used it since then.
        return result == Self.notFound ? .value([]) : answer(result, found)
      }
      capacity = max(count + count / 4 + 4, capacity + 16)
    }
    return .failed(Self.insufficientSize)
  }

  // MARK: -

  private static let insufficientSize: Int32 = 7
  private static let notFound: Int32 = 6

  private static func answer<Value>(_ result: Int32, _ value: Value) -> Answer<Value> {
    switch result {
    case 0: .value(value)
    // INVALID_ARGUMENT, NOT_SUPPORTED, NO_PERMISSION, NOT_FOUND, FUNCTION_NOT_FOUND, DEPRECATED
    case 2, 3, 4, 6, 13, 26: .never(result)
    // UNINITIALIZED, DRIVER_NOT_LOADED, GPU_IS_LOST, RESET_REQUIRED, LIB_RM_VERSION_MISMATCH
    case 1, 9, 15, 16, 18: .lost(result)
    default: .failed(result)
    }
  }

  private static func answer(_ result: Int32, _ handle: UnsafeMutableRawPointer?) -> Answer<Device> {
    switch unsafe (answer(result, 0), handle) {
    case (.value, let handle?): return unsafe .value(Device(handle: handle))
    case (.value, nil): return .never(result)
    case (.never(let code), _): return .never(code)
    case (.failed(let code), _): return .failed(code)
    case (.lost(let code), _): return .lost(code)
    }
  }

  private static func text(
    _ capacity: Int, _ fill: (UnsafeMutablePointer<CChar>, Int) -> Int32
  ) -> String? {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
      unsafe buffer.initialize(repeating: 0)
      // Safe because it is told one byte less than there is, so a NUL stands behind whatever is written.
      guard unsafe fill(buffer.baseAddress!, capacity - 1) == 0 else { return nil }
      return unsafe String(cString: buffer.baseAddress!)
    }
  }
}
