extension String {
  /// Are they the same bytes? `==` asks whether they are the same characters, which takes Unicode's tables: half a megabyte in
  /// every program that links the core.
  package func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension [String] {
  package func isSame(as other: [String]) -> Bool { elementsEqual(other) { $0.isSame(as: $1) } }
}
