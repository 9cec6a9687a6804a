internal import StripModel
internal import StripPlatform

/// How many files a process has open. proc_pid_fd(5): since Linux 6.2 the directory's size says it; before, it is 0 and
/// the entries are counted (that needs the right to look inside, and allocates).
extension ProcessProbe {
  static let descriptors = ProcessProbe(
    name: "fd", metrics: [.descriptors], tier: .often,
    source: .call { _, directory, sample in
      do throws(SystemError) {
        let size = try FileStatus.of("fd", in: directory).size
        sample[.descriptors] =
          size > 0 ? Int64(clamping: size) : Int64(try FileSystem.entries(of: "fd", in: directory).count)
        return nil
      } catch {
        return error
      }
    })
}
