internal import StripModel

/// What one process may use by getrlimit(2): the soft limits. `nil`: no limit, or the recording does not say.
package struct ResourceLimits: Equatable, Sendable {
  package var addressSpaceBytes: Int64?
  package var fileSizeBytes: Int64?
  package var cpuSeconds: Int64?
  /// Of all tasks of the user.
  package var tasks: Int64?
  package var descriptors: Int64?
  /// The most that it had since these limits hold.
  package var peakVirtualBytes: Int64?
  package var peakDescriptors: Int64?

  package init() {}

  /// `current`: what it has when they begin to hold.
  init(_ note: Note, _ current: ProcessSample) {
    addressSpaceBytes = note.integer("address_space_bytes")
    fileSizeBytes = note.integer("file_size_bytes")
    cpuSeconds = note.integer("cpu_seconds")
    tasks = note.integer("tasks")
    descriptors = note.integer("descriptors")
    peakVirtualBytes = current[.virtualSize]
    peakDescriptors = current[.descriptors]
  }

  /// The values of `others` with the peaks that were seen here.
  func filled(from others: ResourceLimits) -> ResourceLimits {
    var limits = others
    limits.peakVirtualBytes = peakVirtualBytes
    limits.peakDescriptors = peakDescriptors
    return limits
  }

  mutating func record(_ metric: ProcessMetric, _ value: Int64) {
    switch metric {
    case .virtualSize: peakVirtualBytes = max(peakVirtualBytes ?? 0, value)
    case .descriptors: peakDescriptors = max(peakDescriptors ?? 0, value)
    default: break
    }
  }
}

extension ResourceLimits {
  /// `nil`: there is no such limit. `tasks`: how many recorded processes and threads lived at once.
  func use(_ kind: LimitUse.Kind, _ name: String, of process: ProcessUsage, tasks greatest: Int) -> LimitUse? {
    let limit: Int64?
    let peak: Double?
    switch kind {
    case .addressSpace: (limit, peak) = (addressSpaceBytes, peakVirtualBytes.map(Double.init))
    case .descriptors: (limit, peak) = (descriptors, peakDescriptors.map(Double.init))
    case .cpuTime: (limit, peak) = (cpuSeconds, process.cpuSeconds)
    // Others of the user's count too, and root is not held to it.
    case .userTasks: (limit, peak) = (process.userID == 0 ? nil : tasks, Double(greatest))
    // How large its files were is not recorded.
    case .fileSize: (limit, peak) = (fileSizeBytes, nil)
    default: return nil
    }
    guard let limit else { return nil }
    var use = LimitUse(kind, .resource(name), limit: Double(limit))
    use.peak = peak
    use.pid = process.pid
    return use
  }
}
