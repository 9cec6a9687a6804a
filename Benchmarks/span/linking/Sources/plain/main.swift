@inline(never) func work(_ number: Int) async -> Int { number &* 31 }

print(await work(CommandLine.arguments.count))
