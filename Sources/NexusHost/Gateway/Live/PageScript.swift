import Text

/// What watchers of the page are told: its sections, each when it has changed.
struct PageScript: LiveScript {
  private var number: UInt64?
  /// By their names.
  private var sections: [PageSection] = []

  mutating func changes(to snapshot: LiveSnapshot) -> WatchedMessages? {
    guard number != snapshot.number else { return nil }
    let isFirst = number == nil
    number = snapshot.number
    let new = snapshot.renderings.page(snapshot).sections
    return isFirst ? begin(new) : changes(to: new)
  }

  var everything: WatchedMessages? { Self.message(sections) }

  /// Nobody has been told anything yet.
  private mutating func begin(_ new: [PageSection]) -> WatchedMessages? {
    sections = new
    return nil
  }

  private mutating func changes(to new: [PageSection]) -> WatchedMessages? {
    var known: [String: [UInt8]] = [:]
    for section in sections { known["\(section.name)"] = section.html }
    sections = new
    return Self.message(new.filter { known["\($0.name)"] != $0.html })
  }

  private static func message(_ sections: [PageSection]) -> WatchedMessages? {
    guard !sections.isEmpty else { return nil }
    return WatchedMessages([
      JSONText.object { text in
        text.member("update_type", "Page" as StaticString)
        text.object("data") { data in
          for section in sections { data.member("\(section.name)", section.html) }
        }
      }
    ])
  }
}
