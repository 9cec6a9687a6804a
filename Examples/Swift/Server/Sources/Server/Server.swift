import Hummingbird
import Logging
import Metrics
import ServiceLifecycle
import Stripchart
import StripchartMetrics
import StripchartService
import StripchartTracing
import Tracing

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// A web server with one route that forgets nothing.
///
///     stripchart run -- .build/debug/Server 8080
///     .build/debug/Server 8080 server.pftrace
@main
struct Server {
  static func main() async throws {
    let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8080
    let path = CommandLine.arguments.dropFirst(2).first
    InstrumentationSystem.bootstrap(StripchartTracer())
    MetricsSystem.bootstrap(StripchartMetricsFactory())

    var logger = Logger(label: "server")
    logger.logLevel = .notice
    let server = Application(
      router: routes(),
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
      onServerRunning: { channel in
        // On the first line of its output the port, which may have been chosen by the system.
        print("listening on \(channel.localAddress?.port ?? 0)")
        fflush(nil)
      },
      logger: logger)
    // First: it is shut down last.
    let group = ServiceGroup(
      services: [StripchartService(path: path), server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    try await group.run()
  }

  static func routes() -> Router<BasicRequestContext> {
    let router = Router()
    router.addMiddleware {
      TracingMiddleware()
      MetricsMiddleware()
    }
    let pages = Pages()
    let shelf = Shelf()
    router.get("pages/:name") { _, context in
      try await pages.page(named: context.parameters.require("name"))
    }
    router.post("notes") { request, _ in
      let body = try await request.body.collect(upTo: 4 << 20)
      return await shelf.keep(body)
    }
    router.get("broken") { _, _ -> String in throw PageFailure.tornPage }
    return router
  }
}

enum PageFailure: Error { case tornPage }

/// Pages that take some work to make.
struct Pages {
  func page(named name: String) async throws -> String {
    let lines = try await withSpan("load page") { span in
      span.attributes["page.name"] = name
      // The time that a database would take.
      try await Task.sleep(for: .milliseconds(2))
      return (1...200).map { "\(name), line \($0)" }
    }
    return withSpan("render page") { _ in
      Stripchart.span("join lines") { lines.joined(separator: "\n") }
    }
  }
}

/// Keeps every note that was ever sent: what grows.
actor Shelf {
  private var notes: [ByteBuffer] = []
  private let kept = Gauge(label: "notes.kept")

  func keep(_ note: ByteBuffer) -> String {
    Stripchart.span("keep note") {
      var copy = ByteBufferAllocator().buffer(capacity: note.readableBytes)
      copy.writeBytes(note.readableBytesView)
      notes.append(copy)
      kept.record(notes.count)
      return "\(notes.count)"
    }
  }
}
