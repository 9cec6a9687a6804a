// Every construct that a function's body may hold. The test builds this file as it stands, with `@Profiled` in place of
// `@ProfiledLines`, and with neither, and all three must print the same.
import StripchartMacros

// MARK: - Implicit returns

@ProfiledLines func sum(_ a: Int, _ b: Int) -> Int { a + b }
@ProfiledLines func sumOnALine(_ a: Int, _ b: Int) -> Int {
  a + b
}
@ProfiledLines func chosen(_ n: Int) -> String { if n > 0 { "positive" } else if n < 0 { "negative" } else { "zero" } }
@ProfiledLines func switched(_ n: Int) throws -> String {
  switch n {
  case 0: "none"
  case 1...9: if n.isMultiple(of: 2) { "even" } else { "odd" }
  default: throw Failure(code: n)
  }
}
@ProfiledLines func returning(_ flag: Bool) -> Int {
  if flag {
    return 1
  } else {
    return 2
  }
}
@ProfiledLines func throwing(_ flag: Bool) throws -> Int {
  if flag { throw Failure(code: 1) } else { throw Failure(code: 2) }
}
@ProfiledLines func conditional() -> Int {
  #if os(Linux)
    40 + 2
  #else
    7
  #endif
}
@ProfiledLines func nothing() {}
@ProfiledLines func explicitVoid() -> Void { print("void") }
@ProfiledLines func emptyTuple() -> () { print("tuple") }
@discardableResult @ProfiledLines func discarded() -> Int { 5 }
@ProfiledLines func opaque(_ n: Int) -> some Sequence<Int> { (0..<n).lazy.map { $0 * $0 } }
@ProfiledLines func existential(_ flag: Bool) -> any CustomStringConvertible { flag ? 1 : "one" }
@ProfiledLines func never(_ code: Int32) -> Never { fatalError("code \(code)") }
@ProfiledLines func closure() -> (Int) -> Int { { $0 + 1 } }
@ProfiledLines func text() -> String {
  """
  several
    lines \([1, 2].map { n in
      "\(n)"
    }.joined())
  """
}

struct Failure: Error, Equatable, CustomStringConvertible {
  let code: Int
  var description: String { "failure \(code)" }
}

// MARK: - Generics, ownership, errors

@ProfiledLines func largest<T: Comparable>(_ values: [T]) -> T? where T: Hashable {
  guard var best = values.first else { return nil }
  for value in values where value > best { best = value }
  return best
}
@ProfiledLines func each<each T>(_ values: repeat each T) -> String {
  var all = ""
  repeat all.append(String(describing: each values) + " ")
  return all
}
@ProfiledLines func typed(_ n: Int) throws(Failure) -> Int {
  if n > 2 { throw Failure(code: n) }
  return n
}
@ProfiledLines func rethrown<T>(_ body: () throws -> T) rethrows -> T { try body() }
@ProfiledLines func rethrownTyped<T, E: Error>(_ body: () throws(E) -> T) throws(E) -> T {
  let value = try body()
  return value
}
@ProfiledLines func changing(_ value: inout [Int]) { value.append(value.count) }

struct Handle: ~Copyable {
  var number: Int
  @ProfiledLines borrowing func peek() -> Int { number }
  @ProfiledLines mutating func grow(by n: Int) {
    number += n
  }
  @ProfiledLines consuming func close() -> Int {
    let last = number
    discard self
    return last
  }
  @ProfiledLines deinit {
    print("handle \(number) dropped")
  }
}
@ProfiledLines func take(_ handle: consuming Handle) -> Int {
  let seen = handle.peek()
  return seen + handle.close()
}
@ProfiledLines func look(_ handle: borrowing Handle) -> Int { handle.peek() }
@ProfiledLines func variadic(_ numbers: Int..., prefix: String = "n") -> String {
  numbers.map { prefix + String($0) }.joined(separator: ",")
}
@ProfiledLines func later(_ body: @escaping @Sendable () -> Int) -> @Sendable () -> Int {
  let wrapped: @Sendable () -> Int = {
    let inner = body()
    return inner * 2
  }
  return wrapped
}
@ProfiledLines func lazily(_ value: @autoclosure () -> Int) -> Int {
  let first = value()
  return first + value()
}

// MARK: - Statements

@ProfiledLines func deferredLet(_ flag: Bool) -> Int {
  let value: Int
  if flag { value = 1 } else { value = 2 }
  return value
}
@ProfiledLines func deferred() -> [String] {
  var log: [String] = []
  func note(_ text: String) { log.append(text) }
  do {
    defer { note("first registered") }
    defer {
      note("second registered")
      note("still second")
    }
    note("body")
  }
  return log
}
@ProfiledLines func labelled() -> Int {
  var found = 0
  outer: for i in 0..<10 {
    inner: while true {
      found += 1
      if found % 3 == 0 { continue outer }
      if i > 7 { break outer }
      if found % 2 == 0 {
        break inner
      }
    }
    found += 10
  }
  repeat { found -= 1 } while found > 40
  repeat {
    found += 3
    if found == 41 { continue }
    found += 1
  } while found < 50
  return found
}
@ProfiledLines func falling(_ n: Int) -> String {
  var text = ""
  switch n {
  case 0:
    text += "zero "
    fallthrough
  case 1: text += "one "; fallthrough
  case 2 where n < 5, 3:
    text += "few"
  case let other:
    text += "many \(other)"
  }
  return text
}
@ProfiledLines func guarded(_ text: String?) -> Int {
  guard let text, let number = Int(text) else { return -1 }
  guard number > 0
  else {
    return 0
  }
  return number
}
// swift-format-ignore
@ProfiledLines func values(_ n: Int) -> String {
  let size = if n > 10 { "big" } else { "small" }
  let kind =
    switch n % 3 {
    case 0: "fizz"
    case 1:
      if n > 5 { "late" } else { "early" }
    default: [n].map { k in
      let doubled = k * 2
      return "double \(doubled)"
    }[0]
    }
  return size + " " + kind
}
@ProfiledLines func caught(_ n: Int) -> String {
  do {
    if n == 9 { throw CancellationError() }
    let value = try typed(n)
    return "value \(value)"
  } catch let failure as Failure where failure.code == 3 {
    return "three"
  } catch is CancellationError {
    return "cancelled"
  } catch {
    return "other \(error)"
  }
}
@ProfiledLines func caughtTyped(_ n: Int) -> Int {
  do throws(Failure) {
    return try typed(n)
  } catch { return -error.code }
}
@ProfiledLines func availability() -> String {
  if #available(macOS 10.15, *) { return "new" }
  return "old"
}
@ProfiledLines func compiled() -> String {
  var text = ""
  #if os(Linux)
    text += "linux "
    let bits = 64
  #elseif os(macOS)
    text += "mac "
    let bits = 64
  #else
    let bits = 32
  #endif
  #if compiler(>=6) && DEBUGGING
    text += "debugging "
  #endif
  switch text.count * bits {
  #if os(Linux)
    case 6 * 64:
      text += "wide"
  #endif
  default: text += "other"
  }
  return text
}
@ProfiledLines func oneLine(_ n: Int) -> Int { var k = n; for i in 0..<n { k += i; if k > 20 { break } }; return k }
// swift-format-ignore
@ProfiledLines func oddLayout(_ n: Int) -> Int
{
	let a = n; let b = a /* a comment */ + 1
	if a > 0,
	  b > 0 { return [a, b].reduce(0) { sum, next in
	    let both = sum + next
	    return both } } ; /* another */ return b
}
@ProfiledLines func unicode(_ naïve: String) -> Int { let é = "→ \(naïve) \u{1F600} 😀"; return é.count }

// MARK: - Closures and nested functions

@ProfiledLines func nested(_ n: Int) -> [Int] {
  var results: [Int] = []
  func add(_ value: Int) {
    guard value % 2 == 0 else { return }
    results.append(value)
  }
  func doubled(_ value: Int) -> Int { value * 2 }
  struct Local {
    var scale = 3
    func scaled(_ value: Int) -> Int { value * scale }
    var half: Int { scale / 2 }
  }
  let local = Local()
  var counted: Int { results.count }
  for i in 0..<n { add(i); add(local.scaled(i)) }
  results.append(contentsOf: (0..<2).map(doubled))
  results.sort { a, b in
    let order = a > b
    return order
  }
  results += [1, 2, 3].compactMap { value -> Int? in
    if value == 2 { return nil }
    return value
  }
  results.append(counted + local.half)
  return results
}
@ProfiledLines func captures() -> Int {
  final class Box { var n = 0 }
  let box = Box()
  let step: () -> Void = { [weak box] in
    guard let box else { return }
    box.n += 1
  }
  step()
  step()
  let convention: @convention(c) (Int32) -> Int32 = { n in
    let next = n + 1
    return next
  }
  return box.n + Int(convention(4))
}
@ProfiledLines func immediately() -> Int {
  let value: Int = {
    var n = 1
    n += 1
    return n
  }()
  lazy var more: Int = {
    let m = value * 10
    return m
  }()
  return value + more
}

@resultBuilder enum Words {
  static func buildExpression(_ word: String) -> [String] { [word] }
  static func buildBlock(_ words: [String]...) -> [String] { words.flatMap { $0 } }
  static func buildOptional(_ words: [String]?) -> [String] { words ?? [] }
  static func buildEither(first words: [String]) -> [String] { words }
  static func buildEither(second words: [String]) -> [String] { words }
  static func buildArray(_ words: [[String]]) -> [String] { words.flatMap { $0 } }
}
func sentence(@Words _ words: () -> [String]) -> String { words().joined(separator: " ") }
@ProfiledLines func built(_ loud: Bool) -> String {
  let text = sentence {
    "one"
    let two = "two"
    two
    if loud {
      "three"
      "four"
    } else {
      "five"
    }
    if loud { "six" }
    for i in 7..<9 { "\(i)" }
    switch loud {
    case true: "nine"
    case false:
      "ten"
    }
  }
  return text
}

// MARK: - Types

class Base {
  var log: [String]
  @ProfiledLines init(name: String) {
    log = ["base \(name)"]
  }
  @ProfiledLines convenience init() { self.init(name: "plain") }
  @ProfiledLines required init?(number: Int) {
    guard number > 0 else { return nil }
    log = ["number \(number)"]
  }
  @ProfiledLines class func make() -> Self? { Self(number: 3) }
  @ProfiledLines func speak() -> String { log.joined(separator: ";") }
  @ProfiledLines deinit { print("base gone") }
}
final class Derived: Base {
  let extra: Int
  @ProfiledLines override init(name: String) {
    extra = name.count
    super.init(name: name + "!")
    log.append("derived")
  }
  @ProfiledLines required init?(number: Int) { nil }
  @ProfiledLines override func speak() -> String {
    let base = super.speak()
    return base + " \(extra)"
  }
}
struct Point<Number: Numeric>: Equatable {
  var x, y: Number
  @ProfiledLines init(_ x: Number, _ y: Number) { (self.x, self.y) = (x, y) }
  @ProfiledLines init?(_ text: String) where Number == Int {
    let parts = text.split(separator: ",").compactMap { Int($0) }
    if parts.count != 2 { return nil }
    self.init(parts[0], parts[1])
  }
  @ProfiledLines init(failing: Bool) throws(Failure) {
    if failing { throw Failure(code: 8) }
    x = 0
    y = 0
  }
  @ProfiledLines static func + (a: Self, b: Self) -> Self { Self(a.x + b.x, a.y + b.y) }
  @ProfiledLines mutating func move(by n: Number) { x += n; y += n }
  @ProfiledLines func callAsFunction(_ n: Number) -> Number { x * n }
}
enum Tree {
  case leaf(Int)
  indirect case node(Tree, Tree)
  @ProfiledLines func sum() -> Int {
    switch self {
    case .leaf(let n): n
    case .node(let left, let right): left.sum() + right.sum()
    }
  }
}
protocol Shape { func area() -> Double }
extension Shape {
  @ProfiledLines func described() -> String { "area \(area())" }
}
struct Square: Shape {
  let side: Double
  @ProfiledLines @inline(__always) func area() -> Double { side * side }
}
extension Array where Element == Int {
  @ProfiledLines func total() -> Int {
    var total = 0
    forEach { total += $0 }
    return total
  }
}

// MARK: - Concurrency

@ProfiledLines func sleepy(_ n: Int) async throws -> Int {
  await Task.yield()
  try await Task.sleep(nanoseconds: 1000)
  return n
}
@ProfiledLines func soleAwait(_ n: Int) async throws -> Int { try await sleepy(n) }
// swift-format-ignore
@ProfiledLines func parallel() async throws -> Int {
  async let one = sleepy(1)
  async let two = sleepy(2)
  let both = try await one + two
  let (three, four) = await (Task { 3 }.value, Task { () async -> Int in
    await Task.yield()
    return 4
  }.value)
  return both + three + four
}
@ProfiledLines func grouped(_ n: Int) async throws -> Int {
  try await withThrowingTaskGroup(of: Int.self) { group in
    for i in 0..<n {
      group.addTask {
        let value = try await sleepy(i)
        return value * value
      }
    }
    var total = 0
    for try await value in group { total += value }
    return total
  }
}
@ProfiledLines func streamed() async -> [Int] {
  let stream = AsyncStream<Int> { continuation in
    for i in 0..<3 { continuation.yield(i) }
    continuation.finish()
  }
  var seen: [Int] = []
  for await n in stream {
    if n == 1 { continue }
    seen.append(n)
  }
  return seen
}
actor Account {
  var balance = 0
  let name: String
  @ProfiledLines init(_ name: String) {
    self.name = name
    balance = 1
  }
  @ProfiledLines func deposit(_ n: Int) -> Int {
    balance += n
    return balance
  }
  @ProfiledLines func settle() async -> Int {
    await Task.yield()
    balance *= 2
    return deposit(0)
  }
  @ProfiledLines nonisolated func label() -> String { name }
}
@MainActor final class Screen {
  var shown: [String] = []
  @ProfiledLines func show(_ text: String) -> Int {
    shown.append(text)
    return shown.count
  }
  @ProfiledLines func load() async -> Int {
    let n = await Task.detached { await Account("detached").deposit(6) }.value
    MainActor.assertIsolated()
    return show("\(n)")
  }
}
@MainActor @ProfiledLines func onMain() -> Bool { MainActor.assertIsolated(); return true }
@concurrent @ProfiledLines func offMain() async -> Int { let n = 3; return n }
@ProfiledLines nonisolated(nonsending) func inCaller() async -> Int {
  MainActor.assertIsolated()
  return 11
}
@ProfiledLines func isolatedTo(_ account: isolated Account) -> Int {
  account.balance += 1
  return account.balance
}
@ProfiledLines func inherited(isolation: isolated (any Actor)? = #isolation) async -> Bool { isolation != nil }
@ProfiledLines func sent(_ value: sending [Int]) async -> Int {
  let account = Account("sent")
  return await account.deposit(value.count)
}

// MARK: - Places

// swift-format-ignore
@ProfiledLines func places(_ line: Int = #line) -> String {
  let own = #line; let again =
    #line
  return "\(#function) \(line) \(own) \(again) \(#fileID)"
}

@ProfiledLines func run() async throws {
  print(sum(1, 2), sumOnALine(3, 4), chosen(0), chosen(-1), chosen(1))
  for n in [0, 4, 5, 12] { print((try? switched(n)) as Any) }
  print(returning(true), returning(false), conditional())
  do { _ = try throwing(true) } catch { print(error) }
  nothing(); explicitVoid(); emptyTuple(); discarded()
  print(Array(opaque(4)), existential(true), existential(false), closure()(1), text())
  print(largest([3, 9, 2]) as Any, largest([String]()) as Any, each(1, "a", 2.5))
  print(try typed(1), rethrown { 3 }, try rethrownTyped { () throws(Failure) in try typed(2) })
  var numbers = [1]
  changing(&numbers)
  var handle = Handle(number: 4)
  handle.grow(by: 2)
  print(numbers, look(handle), take(handle))
  do { let dropped = Handle(number: 1); print(dropped.number) }
  print(variadic(1, 2, 3), later { 21 }(), lazily(sum(1, 1)))
  print(deferredLet(true), deferred(), labelled(), (0..<5).map(falling))
  print(guarded("12"), guarded("-1"), guarded(nil), values(12), values(4), values(2))
  print((0..<5).map(caught), caught(9), caughtTyped(1), caughtTyped(7), availability(), compiled())
  print(oneLine(9), oddLayout(2), oddLayout(-4), unicode("x"))
  print(nested(4), captures(), immediately(), built(true), built(false))
  do {
    let derived = Derived(name: "d")
    print(derived.speak(), Base().speak(), Base(number: -1) as Any, Base.make()?.log as Any, Derived(number: 1) as Any)
  }
  var point = Point(1, 2) + Point(3, 4)
  point.move(by: 1)
  print(point, point(3), Point("5,6") as Any, Point("5") as Any, (try? Point<Int>(failing: true)) as Any)
  print(Tree.node(.leaf(2), .node(.leaf(3), .leaf(4))).sum(), Square(side: 3).described(), [4, 5].total())
  print(try await soleAwait(5), try await parallel(), try await grouped(5), await streamed())
  let account = Account("main")
  print(await account.deposit(5), await account.settle(), account.label(), await isolatedTo(account))
  let screen = await MainActor.run { Screen() }
  print(await screen.show("a"), await screen.load(), await onMain(), await offMain(), await sent([1, 2]))
  print(await Task { @MainActor in await inCaller() }.value, await inherited(), await account.inheriting())
}
extension Account {
  @ProfiledLines func inheriting() async -> Bool { await inherited() }
}

print(places())
try await run()
