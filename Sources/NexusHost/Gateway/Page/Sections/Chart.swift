import Text

/// One line over the last hour, with axes that people can read.
struct Chart {
  let name: StaticString
  let title: HTMLText
  let unit: HTMLText
  /// Oldest first; nil where nothing is known.
  let values: [Double?]
  var second: [Double?] = []
  var secondName: HTMLText = ""
  /// The axis goes up to this at least.
  var leastTop = 1.0
  var format: (Double) -> String = { Figures.rate($0) }

  /// Of the coordinates inside.
  private static let height = 1_000

  var html: HTMLText {
    let known = values.compactMap { $0 }
    let most = known.max() ?? 0
    let top = max(leastTop, Self.roundedUp(most))
    let width = max(1, values.count - 1) * 10
    let now: HTMLText = values.last.flatMap { $0 }.map { "\(format($0))" } ?? "–"
    var html: HTMLText = #"""
      <figure class="chart"><figcaption><span>\#(title)</span> <b>\#(now)</b>\#(legend)</figcaption>\#
      <div class="plot"><svg viewBox="0 0 \#(width) \#(Self.height)" preserveAspectRatio="none" role="img" \#
      aria-labelledby="c-\#(name)-t c-\#(name)-d"><title id="c-\#(name)-t">\#(title), last hour</title>\#
      <desc id="c-\#(name)-d">\#(description(known, most))</desc>\#
      <path class="grid" d="M0 0H\#(width)M0 500H\#(width)M0 1000H\#(width)"/>
      """#
    html.add(paths(values, top, classed: "line", filled: true))
    if second.contains(where: { ($0 ?? 0) > 0 }) {
      html.add(paths(second, top, classed: "line bad", filled: false))
    }
    html.add(
      #"""
      </svg><ol class="y" aria-hidden="true"><li>\#(format(top))</li><li>\#(format(top / 2))</li>\#
      <li>0</li></ol></div><ol class="x" aria-hidden="true"><li>60 min ago</li><li>40</li><li>20</li>\#
      <li>now</li></ol></figure>
      """#)
    return html
  }

  private var legend: HTMLText {
    guard second.contains(where: { ($0 ?? 0) > 0 }) else { return "" }
    return #"<span class="key">\#(Piece.icon("dash"))\#(secondName)</span>"#
  }

  private func description(_ known: [Double], _ most: Double) -> HTMLText {
    guard let last = known.last, let least = known.min() else { return "No data yet." }
    return """
      \(format(last)) at last, between \(format(least)) and \(format(most)) (\(unit)).
      """
  }

  private func paths(
    _ values: [Double?], _ top: Double, classed name: StaticString, filled: Bool
  ) -> HTMLText {
    var line = HTMLText()
    var area = HTMLText()
    var start: Int?
    for index in 0...values.count {
      let value = index < values.count ? values[index] : nil
      guard let value else {
        if let first = start, filled {
          area.add("L\((index - 1) * 10) \(Self.height)L\(first * 10) \(Self.height)Z")
        }
        start = nil
        continue
      }
      let y = Self.height - Int((min(1, max(0, value / top)) * Double(Self.height)).rounded())
      let isAlone = start == nil && (index + 1 == values.count || values[index + 1] == nil)
      line.add(start == nil ? "M\(index * 10) \(y)" : "L\(index * 10) \(y)")
      // What stands alone would have no length.
      if isAlone { line.add("m-5 0h10") }
      if filled { area.add(start == nil ? "M\(index * 10) \(y)" : "L\(index * 10) \(y)") }
      if start == nil { start = index }
    }
    var html = HTMLText()
    if !area.isEmpty { html.add(#"<path class="area" d="\#(area)"/>"#) }
    if !line.isEmpty { html.add(#"<path class="\#(name)" d="\#(line)"/>"#) }
    return html
  }

  /// The next of 1, 2 and 5 times a power of ten; at least 1.
  static func roundedUp(_ value: Double) -> Double {
    guard value > 1, value.isFinite else { return 1 }
    var unit = 1.0
    while unit * 10 < value { unit *= 10 }
    for step in [1.0, 2, 5, 10] where unit * step >= value { return unit * step }
    return unit * 10
  }
}
