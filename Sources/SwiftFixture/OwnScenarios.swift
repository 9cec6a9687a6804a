import Glibc
import Stripchart

/// Programs that record themselves.
enum OwnScenarios {
  static func record(_ path: String) {
    span("too early") {}
    do throws(Recording.StartFailure) {
      try Recording.start(path: path, interval: .milliseconds(5))
    } catch {
      print(error)
      exit(1)
    }
    do throws(Recording.StartFailure) {
      try Recording.start(path: path + ".second")
    } catch {
      print(error)
    }
    for _ in 0..<100 { span("step") { _ = usleep(1000) } }
    print(Recording.isOn, Recording.stop(), Recording.isOn, Recording.stop())
    span("too late") {}
  }

  static func again(_ first: String, _ second: String) {
    for path in [first, second] {
      do throws(Recording.StartFailure) { try Recording.start(path: path) } catch { print(error) }
      for _ in 0..<1000 { span(named: path == first ? "first" : "second") { span("both") {} } }
      Recording.stop()
    }
  }

  static func refused(_ path: String) {
    do throws(Recording.StartFailure) { try Recording.start(path: path) } catch { print("refused: \(error)") }
    span("nowhere") {}
    beginSpan("nowhere").end()
    counter("nowhere", 1)
    mark("nowhere")
  }

  /// Other threads go on writing while the recording ends and another one begins.
  static func stopInTheMiddle(_ path: String) {
    for number in 0..<8 {
      do throws(Recording.StartFailure) {
        try Recording.start(path: "\(path).\(number)", interval: .milliseconds(1), maximumBytes: 4 << 20)
      } catch {
        print(error)
      }
      if number == 0 {
        for _ in 0..<3 { SyncScenarios.endlessInBackground() }
      }
      usleep(20_000)
      Recording.stop()
    }
  }
}
