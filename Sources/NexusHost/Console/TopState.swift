/// What somebody has made of the live view with keys.
public struct TopState: Equatable, Sendable {
  /// What backends are sorted by.
  public enum Sort: String, CaseIterable, Sendable {
    case order = "fleet order"
    case name, status, active, requests
    case firstToken = "TTFT"
    case speed = "tok/s"
    case errors
  }

  /// What is to be done after a key.
  public enum Action: Equatable, Sendable {
    case draw, redraw, quit
  }

  public private(set) var sort = Sort.order
  public private(set) var isReversed = false
  /// Backends above the first that is shown; the screen limits it.
  public private(set) var scroll = 0
  public private(set) var filter = ""
  public private(set) var isEditing = false
  public private(set) var isPaused = false
  public private(set) var showsHelp = false
  private static let longestFilter = 64
  private static let page = 10

  public init() {}

  /// Goes by a key; `mostScroll` as the screen tells it.
  public mutating func on(_ key: TopKey, mostScroll: Int) -> Action {
    if isEditing { return edit(key) }
    if showsHelp, key != .redraw {
      showsHelp = false
      return key == .letter("q") ? .quit : .draw
    }
    switch key {
    case .letter("q"), .letter("Q"): return .quit
    case .letter("s"): step(1)
    case .letter("S"): step(Sort.allCases.count - 1)
    case .letter("r"): isReversed.toggle()
    case .letter("p"), .letter(" "): isPaused.toggle()
    case .letter("h"), .letter("?"): showsHelp = true
    case .letter("/"): isEditing = true
    case .escape: filter = ""
    case .redraw: return .redraw
    default: move(key, mostScroll)
    }
    return .draw
  }

  private mutating func move(_ key: TopKey, _ last: Int) {
    switch key {
    case .down, .letter("j"): scroll += 1
    case .up, .letter("k"): scroll -= 1
    case .pageDown: scroll += Self.page
    case .pageUp: scroll -= Self.page
    case .home, .letter("g"): scroll = 0
    case .end, .letter("G"): scroll = last
    default: break
    }
    scroll = min(max(0, scroll), last)
  }

  private mutating func step(_ count: Int) {
    let all = Sort.allCases
    let place = all.firstIndex(of: sort) ?? 0
    sort = all[(place + count) % all.count]
    scroll = 0
  }

  private mutating func edit(_ key: TopKey) -> Action {
    switch key {
    case .enter: isEditing = false
    case .escape:
      isEditing = false
      filter = ""
    case .backspace: if !filter.isEmpty { filter.removeLast() }
    case .letter(let letter): if filter.count < Self.longestFilter { filter.append(letter) }
    case .redraw: return .redraw
    default: break
    }
    scroll = 0
    return .draw
  }
}
