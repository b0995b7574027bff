/// Columns as wide as their widest cell.
enum TextTable {
  /// Lines of `rows`, each ending with a newline; what a file or a server says cannot move the
  /// cursor. `paint` is given row, column and text of each cell and may put colours around it.
  static func render(
    _ rows: [[String]], paint: (_ row: Int, _ column: Int, _ text: String) -> String = { $2 }
  ) -> String {
    let rows = rows.map { $0.map(printable) }
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.enumerated().map { number, row in
      var line = ""
      for (column, cell) in row.enumerated() {
        line += paint(number, column, cell)
        guard row[(column + 1)...].contains(where: { !$0.isEmpty }) else { break }
        line += String(repeating: " ", count: widths[column] - cell.count + 2)
      }
      return line + "\n"
    }.joined()
  }

  /// The text with "?" for every control character.
  static func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          scalar.properties.generalCategory == .control ? "?" : scalar
        }))
  }
}
