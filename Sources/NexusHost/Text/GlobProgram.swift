/// The states of a glob, run side by side, so that no text makes it try again and again (Thompson,
/// "Regular Expression Search Algorithm", 1968).
struct GlobProgram: Sendable {
  enum Step: Sendable {
    case character(Unicode.Scalar)
    case anyCharacter
    case oneOf([ClosedRange<Unicode.Scalar>], isInverted: Bool)
    /// Any text: stays here for each character.
    case anyText
    /// Goes on at each of these steps.
    case fork([Int])
    case jump(Int)
    case end
  }

  var steps: [Step] = []

  func matches(_ text: String) -> Bool {
    var states = States(count: steps.count)
    var next = States(count: steps.count)
    add(0, to: &states)
    for scalar in text.unicodeScalars {
      if states.list.isEmpty { return false }
      for state in states.list { advance(state, over: scalar, to: &next) }
      swap(&states, &next)
      next.removeAll()
    }
    return states.list.contains { if case .end = steps[$0] { true } else { false } }
  }

  private func advance(_ state: Int, over scalar: Unicode.Scalar, to next: inout States) {
    switch steps[state] {
    case .character(let wanted): if scalar == wanted { add(state + 1, to: &next) }
    case .anyCharacter: add(state + 1, to: &next)
    case .oneOf(let ranges, let isInverted):
      if ranges.contains(where: { $0.contains(scalar) }) != isInverted { add(state + 1, to: &next) }
    case .anyText: add(state, to: &next)
    case .fork, .jump, .end: break
    }
  }

  /// Adds a state and all that it reaches without a character. All jumps go forward.
  private func add(_ state: Int, to states: inout States) {
    states.waiting.append(state)
    while let state = states.waiting.popLast() {
      guard states.insert(state) else { continue }
      switch steps[state] {
      case .anyText: states.waiting.append(state + 1)
      case .fork(let targets): states.waiting += targets
      case .jump(let target): states.waiting.append(target)
      case .character, .anyCharacter, .oneOf, .end: break
      }
    }
  }

  /// A set of states in the order of their arrival.
  private struct States {
    private(set) var list: [Int] = []
    /// To be added.
    var waiting: [Int] = []
    private var isIn: [Bool]

    init(count: Int) { isIn = [Bool](repeating: false, count: count) }

    mutating func insert(_ state: Int) -> Bool {
      if isIn[state] { return false }
      isIn[state] = true
      list.append(state)
      return true
    }

    mutating func removeAll() {
      for state in list { isIn[state] = false }
      list.removeAll(keepingCapacity: true)
    }
  }
}
