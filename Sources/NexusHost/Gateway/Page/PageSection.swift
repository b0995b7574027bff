import Text

/// A part of the page that is replaced as a whole when it has changed.
struct PageSection: Sendable {
  /// Which it is: the `id` of its element.
  let name: StaticString
  /// Its element and all in it.
  let html: [UInt8]
}

/// All parts of the page at one moment.
struct PageParts: Sendable {
  let sections: [PageSection]
  /// Of all but the time.
  let hash: UInt64

  init(_ snapshot: LiveSnapshot) {
    sections = PageRenderer.sections(snapshot)
    hash = sections.reduce(NameHash.of(snapshot.version)) { hash, section in
      "\(section.name)" == "clock" ? hash : NameHash.of(bytes: section.html, after: hash)
    }
  }

  /// The markup of a section.
  subscript(_ name: String) -> [UInt8] {
    sections.first { "\($0.name)" == name }?.html ?? []
  }
}
