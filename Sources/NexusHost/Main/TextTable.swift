import Console

/// Columns as wide as their widest cell.
enum TextTable {
  /// Lines of `rows`, each ending with a newline; what a file or a server says cannot move the
  /// cursor. If the lines must not be wider than `width`, the widest cells are cut. `paint` is given
  /// row, column and text of each cell and may put colours around it.
  static func render(
    _ rows: [[String]], width: Int? = nil,
    paint: (_ row: Int, _ column: Int, _ text: String) -> String = { $2 }
  ) -> String {
    var rows = rows.map { $0.map(printable) }
    let columns = rows.map(\.count).max() ?? 0
    var widths = (0..<columns).map { column in
      rows.map { column < $0.count ? DisplayText.width($0[column]) : 0 }.max() ?? 0
    }
    if let width {
      shrink(&widths, to: width)
      rows = rows.map { zip($0, widths).map { DisplayText.cut($0, to: $1) } }
    }
    return rows.enumerated().map { number, row in
      var line = ""
      for (column, cell) in row.enumerated() {
        line += paint(number, column, cell)
        guard row[(column + 1)...].contains(where: { !$0.isEmpty }) else { break }
        line += String(repeating: " ", count: widths[column] - DisplayText.width(cell) + 2)
      }
      return line + "\n"
    }.joined()
  }

  /// Narrower than this, a column tells nothing.
  private static let narrowest = 5

  /// Takes from the widest columns what is too much.
  private static func shrink(_ widths: inout [Int], to width: Int) {
    var excess = widths.reduce(0, +) + 2 * max(0, widths.count - 1) - width
    while excess > 0, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
      widths[widest] > narrowest
    {
      widths[widest] -= 1
      excess -= 1
    }
  }

  /// The text without anything that a terminal could take for more than letters.
  static func printable(_ text: String) -> String { DisplayText.harmless(text) }
}
