package import StripPlatform

/// A source that the kernel does not give to us here, and why. Its metrics stay missing.
package struct Refusal: Sendable {
  /// The index in ``ProcessProbe/all`` or ``MachineProbe/all``.
  package let probe: Int
  package let error: SystemError
}
