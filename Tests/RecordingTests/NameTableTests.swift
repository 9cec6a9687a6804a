import Foundation
@testable import StripRecording
import Testing

struct NameTableTests {
  @Test func `the same name has the same number, another has another`() {
    let table = NameTable()
    let names = [
      "a", "b", "", "a\0", "é", "e\u{301}", "12345678", "123456789", "x23456789", "12345678x",
      String(repeating: "long", count: 1000),
    ]
    let numbers = names.map { table.number($0) }
    #expect(Set(numbers).count == names.count)
    #expect(names.map { table.number($0) } == numbers)
    for (name, number) in zip(names, numbers) { #expect([UInt8](table.text(of: number)) == Array(name.utf8)) }
  }

  @Test func `names beyond the capacity share the last number`() {
    let table = NameTable()
    var numbers: Set<UInt32> = []
    for index in 0..<NameTable.capacity - 2 { numbers.insert(table.number("name \(index)")) }
    #expect(numbers.count == NameTable.capacity - 2)
    #expect(!numbers.contains(0))
    let last = UInt32(NameTable.capacity - 1)
    #expect(!numbers.contains(last))
    #expect(table.number("one more") == last)
    #expect(table.number("another") == last)
    #expect(table.number("name 0") == 1)
    #expect(String(decoding: table.text(of: last), as: UTF8.self) == "(other names)")
  }

  @Test func `threads that ask for the same names get the same numbers`() {
    let table = NameTable()
    let numbers = (0..<8).map { _ in UnsafeMutableBufferPointer<UInt32>.allocate(capacity: 500) }
    defer { for buffer in numbers { buffer.deallocate() } }
    nonisolated(unsafe) let buffers = numbers
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for index in 0..<500 { buffers[thread][index] = table.number("name \(index)") }
    }
    for buffer in numbers { #expect(buffer.elementsEqual(numbers[0])) }
    #expect(Set(numbers[0]).count == 500)
  }
}
