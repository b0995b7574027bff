import Text

/// How long requests of a backend took over the last hour, as a small line.
enum Sparkline {
  static func html(_ values: [UInt32?]) -> HTMLText {
    let known = values.compactMap { $0 }
    guard let latest = known.last, let most = known.max(), let least = known.min() else {
      return #"<p class="spark none">No request in the last hour</p>"#
    }
    let width = max(1, values.count - 1)
    return #"""
      <figure class="spark"><svg viewBox="0 -2 \#(width * 10) 44" preserveAspectRatio="none" role="img" \#
      aria-label="Latency over the last hour: \#(Figures.duration(milliseconds: latest)) at last, \#
      \#(Figures.duration(milliseconds: least)) to \#(Figures.duration(milliseconds: most))">\#
      <path d="\#(path(values, most))"/></svg><figcaption>Latency, last hour<b>\#
      \#(Figures.duration(milliseconds: latest))</b></figcaption></figure>
      """#
  }

  /// A line with gaps; a value that stands alone is a dash.
  private static func path(_ values: [UInt32?], _ most: UInt32) -> HTMLText {
    var path = HTMLText()
    var isOpen = false
    for (index, value) in values.enumerated() {
      guard let value else {
        isOpen = false
        continue
      }
      let y = 40 - Int(UInt64(value) * 40 / UInt64(max(1, most)))
      path.add(isOpen ? "L\(index * 10) \(y)" : "M\(index * 10) \(y)")
      let isAlone = !isOpen && (index + 1 == values.count || values[index + 1] == nil)
      if isAlone { path.add("m-5 0h10") }
      isOpen = true
    }
    return path
  }
}
