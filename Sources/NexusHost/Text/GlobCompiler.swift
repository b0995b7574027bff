/// Turns the text of a glob into its steps.
struct GlobCompiler {
  /// How many braces may contain each other.
  static let depthLimit = 8
  /// Far more than any name needs, and little enough to match at once.
  static let lengthLimit = 1024

  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var program = GlobProgram()

  static func compile(_ pattern: String) throws(GlobError) -> GlobProgram {
    var compiler = GlobCompiler(scalars: Array(pattern.unicodeScalars))
    if compiler.scalars.count > lengthLimit {
      throw GlobError(
        column: lengthLimit + 1, message: "A pattern has at most \(lengthLimit) characters.")
    }
    try compiler.sequence(depth: 0)
    compiler.program.steps.append(.end)
    return compiler.program
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  private mutating func sequence(depth: Int) throws(GlobError) {
    while let scalar = peek {
      if depth > 0, scalar == "," || scalar == "}" { return }
      index += 1
      switch scalar {
      case "*": appendAnyText()
      case "?": program.steps.append(.anyCharacter)
      case "[": try set()
      case "{": try alternatives(depth: depth + 1)
      case "\\": program.steps.append(.character(try escaped()))
      default: program.steps.append(.character(scalar))
      }
    }
  }

  private mutating func appendAnyText() {
    if case .anyText = program.steps.last { return }
    program.steps.append(.anyText)
  }

  private mutating func escaped() throws(GlobError) -> Unicode.Scalar {
    guard let scalar = peek else {
      throw fault(at: index - 1, "Nothing follows this backslash; write two for one.")
    }
    index += 1
    return scalar
  }

  // MARK: [a-z]

  private mutating func set() throws(GlobError) {
    let start = index - 1
    let isInverted = peek == "!" || peek == "^"
    if isInverted { index += 1 }
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    while true {
      guard let scalar = peek else {
        throw fault(at: start, "This '[' is not closed; add ']', or write \\[ for the character.")
      }
      if scalar == "]", !ranges.isEmpty { break }
      ranges.append(try range())
    }
    index += 1
    program.steps.append(.oneOf(ranges, isInverted: isInverted))
  }

  private mutating func range() throws(GlobError) -> ClosedRange<Unicode.Scalar> {
    let start = index
    let first = try member()
    let isRange = peek == "-" && index + 1 < scalars.count && scalars[index + 1] != "]"
    guard isRange else { return first...first }
    index += 1
    let last = try member()
    guard first <= last else {
      throw fault(at: start, "'\(first)-\(last)' runs backwards; write \(last)-\(first).")
    }
    return first...last
  }

  private mutating func member() throws(GlobError) -> Unicode.Scalar {
    let scalar = scalars[index]
    index += 1
    return scalar == "\\" ? try escaped() : scalar
  }

  // MARK: {a,b}

  private mutating func alternatives(depth: Int) throws(GlobError) {
    let start = index - 1
    guard depth <= Self.depthLimit else {
      throw fault(at: start, "Braces contain each other at most \(Self.depthLimit) times.")
    }
    let fork = program.steps.count
    program.steps.append(.fork([]))
    var targets: [Int] = []
    var jumps: [Int] = []
    while true {
      targets.append(program.steps.count)
      try sequence(depth: depth)
      jumps.append(program.steps.count)
      program.steps.append(.jump(0))
      guard let scalar = peek else {
        throw fault(at: start, "This '{' is not closed; add '}', or write \\{ for the character.")
      }
      index += 1
      if scalar == "}" { break }
    }
    program.steps[fork] = .fork(targets)
    for jump in jumps { program.steps[jump] = .jump(program.steps.count) }
  }

  private func fault(at index: Int, _ message: String) -> GlobError {
    GlobError(column: index + 1, message: message)
  }
}
