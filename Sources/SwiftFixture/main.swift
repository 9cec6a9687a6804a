// A Swift program of known behaviour for the tests: `strip-swift-fixture SCENARIO [NUMBER…]`.
let arguments = Array(CommandLine.arguments.dropFirst())
let numbers = arguments.dropFirst().compactMap { Int($0) }

switch arguments.first {
case "sync": SyncScenarios.nested(numbers[0])
case "threads": SyncScenarios.threads(numbers[0], numbers[1])
case "throws": await SyncScenarios.throwing()
case "grow": SyncScenarios.grow(mebibytes: numbers[0])
case "names": SyncScenarios.names(numbers[0])
case "curves": SyncScenarios.curves(numbers[0])
case "fork": SyncScenarios.fork()
case "endless": SyncScenarios.endless()
case "tasks": await TaskScenarios.requests(numbers[0])
case "together": await TaskScenarios.together(numbers[0])
case "hop": await TaskScenarios.hop(numbers[0])
case "actor": await TaskScenarios.isolated()
case "open": OpenScenarios.open()
case "lines": LineScenarios.counted(threads: numbers[0], turns: numbers[1])
case "async-lines": await LineScenarios.suspended(numbers[0])
case "endless-lines": LineScenarios.endless()
case "record": OwnScenarios.record(arguments[1])
case "again": OwnScenarios.again(arguments[1], arguments[2])
case "refused": OwnScenarios.refused(arguments[1])
case "stop-in-the-middle": OwnScenarios.stopInTheMiddle(arguments[1])
default: fatalError("usage: strip-swift-fixture SCENARIO [NUMBER…]")
}
