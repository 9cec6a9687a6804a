import Stripchart

@inline(never) func work(_ number: Int) async -> Int { span("inner") { number &* 31 } }

print(await span("outer") { await work(CommandLine.arguments.count) })
counter("calls", 1)
mark("done")
