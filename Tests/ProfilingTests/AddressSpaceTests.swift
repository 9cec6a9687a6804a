import Glibc
import StripPlatform
import Testing

@testable import StripProfiling

@Suite struct AddressSpaceTests {
  private func region(_ start: UInt64, _ end: UInt64, _ path: String, offset: UInt64 = 0) -> AddressSpace.Region {
    AddressSpace.Region(start: start, end: end, offset: offset, path: path)
  }

  private func path(_ space: AddressSpace, _ address: UInt64) -> String? {
    space.place(of: address).map { space.regions[$0].path }
  }

  @Test func `an address belongs to the region that holds it, from its start to before its end`() {
    var space = AddressSpace()
    space.map(region(0x3000, 0x4000, "b"))
    space.map(region(0x1000, 0x2000, "a"))
    #expect([0xFFF, 0x1000, 0x1FFF, 0x2000, 0x3000, 0x4000].map { path(space, $0) } == [nil, "a", "a", nil, "b", nil])
  }

  @Test func `a later mapping takes the place of what lay there, and the rest keeps its place in its file`() throws {
    var space = AddressSpace()
    space.map(region(0x1000, 0x9000, "old", offset: 0x100))
    space.name(0, as: 7, bias: 5)
    space.map(region(0x3000, 0x5000, "new"))
    #expect(space.regions.map(\.path) == ["old", "new", "old"])
    #expect(space.regions.map(\.offset) == [0x100, 0, 0x4100])
    #expect(space.regions.map(\.mapping) == [7, nil, 7])
    #expect(space.regions.map(\.bias) == [5, 0, 5])
    space.map(region(0, 0x10000, "all"))
    #expect(space.regions.map(\.path) == ["all"])
    space.map(region(0x20, 0x20, "nothing"))
    #expect(space.regions.count == 1)
  }

  @Test func `the kernel's list gives what is executable, with blanks in paths`() {
    // Linux 6.18: cat /proc/PID/maps
    let text = """
      55a4f0400000-55a4f0428000 r--p 00000000 fe:00 16295826                   /tmp/my program
      55a4f0428000-55a4f0500000 r-xp 00028000 fe:00 16295826                   /tmp/my program
      7f1200000000-7f1200001000 rwxp 00000000 00:00 0 \("")
      7fff1a3fe000-7fff1a400000 r-xp 00000000 00:00 0                          [vdso]
      nonsense

      """
    let space = AddressSpace(maps: Array(text.utf8))
    #expect(space.regions.map(\.path) == ["/tmp/my program", "//anon", "[vdso]"])
    #expect(space.regions[0].start == 0x55A4_F042_8000)
    #expect(space.regions[0].offset == 0x28000)
  }

  /// Independent of the file's own headers: the kernel lists where the file begins in memory.
  @Test func `an address of ours lies as far into its file's memory as the kernel says`() throws {
    let maps = try FileSystem.contents(of: "/proc/self/maps")
    let space = AddressSpace(maps: maps)
    let lines = String(decoding: maps, as: UTF8.self).split(separator: "\n")
    for symbol in ["malloc", "qsort", "memcpy"] {
      let address = UInt64(UInt(bitPattern: dlsym(nil, symbol)))
      let region = space.regions[try #require(space.place(of: address))]
      let first = try #require(lines.first { $0.hasSuffix(" " + region.path) })
      let base = try #require(UInt64(first.prefix { $0 != "-" }, radix: 16))
      let image = try #require(ExecutableImage(region.path))
      #expect(address - region.start + region.offset &+ image.bias(at: region.offset) == address - base)
      #expect(image.buildID.count == 20)
    }
  }
}
