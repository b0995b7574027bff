/// Reads the values of options; each error names the option, the value and what would be right.
enum OptionValue {
  /// A whole number within `range`.
  static func integer(
    _ text: String, _ option: String, in range: ClosedRange<Int>
  ) throws(UsageError) -> Int {
    guard let number = Int(text), range.contains(number) else {
      throw UsageError(
        "'\(option) \(text)': give a whole number from \(range.lowerBound) to"
          + " \(range.upperBound).")
    }
    return number
  }

  /// A number of bytes, plain or with KiB, MiB, GiB, kB, MB, GB or K, M, G (powers of 1,024).
  static func bytes(
    _ text: String, _ option: String, in range: ClosedRange<Int>
  ) throws(UsageError) -> Int {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(digits.count).lowercased()
    let factors = [
      "": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "kib": 1 << 10, "mib": 1 << 20,
      "gib": 1 << 30, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000,
    ]
    if let count = Int(digits), let factor = factors[unit] {
      let (product, overflow) = count.multipliedReportingOverflow(by: factor)
      if !overflow, range.contains(product) { return product }
    }
    throw UsageError(
      "'\(option) \(text)': give a size from \(range.lowerBound) to \(range.upperBound) bytes,"
        + " such as 10MiB.")
  }

  /// One of the cases of an enumeration.
  static func word<Word: RawRepresentable & CaseIterable>(
    _ text: String, _ option: String, as type: Word.Type
  ) throws(UsageError) -> Word where Word.RawValue == String {
    if let word = Word(rawValue: text.lowercased()) { return word }
    let words = Word.allCases.map(\.rawValue)
    let hint = Suggestion.hint(for: text, among: words)
    throw UsageError("'\(option) \(text)': give \(words.joined(separator: ", ")).\(hint)")
  }
}
