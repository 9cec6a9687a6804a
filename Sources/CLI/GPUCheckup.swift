internal import StripGPU
internal import StripPlatform
internal import StripProbes

extension Checkup {
  /// What of GPUs can be recorded here.
  static func gpus() -> [Checkup] {
    var roots = KernelRoots()
    if let sys = Own.environment("STRIPCHART_SYS") { roots.sys = sys }
    guard let answer = GPUInquiry.ask(roots, within: 10_000_000_000) else {
      return [
        Checkup(
          capability: "NVIDIA GPUs", isFine: false, because: "the driver did not answer in 10 s",
          fix: "see whether `nvidia-smi` answers and what `dmesg` says; recordings go on without it")
      ]
    }
    let nvidia = answer.devices.filter { $0.driver?.hasPrefix("nvidia ") ?? false }
    let others = answer.devices.filter { !($0.driver?.hasPrefix("nvidia ") ?? false) }
    return [self.nvidia(nvidia, answer.refusals), drm(others), processes(hasNVIDIA: !nvidia.isEmpty)]
  }

  private static func nvidia(_ devices: [GPUDevice], _ refusals: [GPURefusal]) -> Checkup {
    let capability = "NVIDIA GPUs: memory, utilisation, power, clocks, traffic"
    if let refusal = refusals.first {
      return Checkup(
        capability: capability, isFine: false, because: "\(refusal.probe): \(refusal.reason)", fix: refusal.needs)
    }
    guard !devices.isEmpty else {
      return Checkup(
        capability: capability, isFine: false, because: "libnvidia-ml.so.1 is not here, or finds no GPU",
        fix: "with such a GPU: install NVIDIA's driver (in a container: docker run --gpus all)")
    }
    let whole = devices.filter { $0.partition == nil }
    let parts = devices.count - whole.count
    return Checkup(
      capability: capability, isFine: true,
      because: list(whole) + (parts > 0 ? ", \(parts) MIG devices" : "")
        + (whole[0].driver.map { "; driver \($0)" } ?? ""), fix: nil)
  }

  private static func drm(_ devices: [GPUDevice]) -> Checkup {
    Checkup(
      capability: "AMD, Intel and other GPUs of the kernel's own drivers", isFine: !devices.isEmpty,
      because: devices.isEmpty ? "/sys/class/drm has none" : list(devices),
      fix: devices.isEmpty ? "with such a GPU: load its driver (amdgpu, i915, xe); in a container mount /sys" : nil)
  }

  private static func processes(hasNVIDIA: Bool) -> Checkup {
    let isFine = GPUInquiry.isInOutermostNamespace
    return Checkup(
      capability: "GPU memory of each process", isFine: isFine,
      because: isFine
        ? "processes have the numbers here that drivers know them by"
        : "a PID namespace of its own: NVIDIA's driver may know processes by other numbers (AMD and Intel do not)",
      fix: isFine ? nil : "run in the machine's PID namespace (docker run --pid=host)")
  }

  private static func list(_ devices: [GPUDevice]) -> String {
    // A driver's text; nothing in it acts on the terminal.
    let names = devices.map { String($0.name.unicodeScalars.map { 32...126 ~= $0.value ? Character($0) : "?" }) }
    return "\(devices.count) GPU\(devices.count == 1 ? "" : "s"): " + names.joined(separator: ", ")
  }
}
