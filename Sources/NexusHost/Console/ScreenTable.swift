/// Columns of a table as wide as they need to be and as narrow as they must.
struct ScreenTable {
  struct Column {
    let title: String
    /// Narrowest that tells something; as wide as its widest cell if nil.
    var narrowest: Int?
    /// Whether numbers stand in it.
    var isRight = false
    /// What goes first where there is too little room; 0 stays.
    var rank = 0

    init(_ title: String, narrowest: Int? = nil, isRight: Bool = false, rank: Int = 0) {
      self.title = title
      self.narrowest = narrowest
      self.isRight = isRight
      self.rank = rank
    }
  }

  struct Cell {
    var text: String
    var paint: Paint?

    init(_ text: String, _ paint: Paint? = nil) {
      self.text = DisplayText.harmless(text)
      self.paint = paint
    }
  }

  private static let gap = 2
  /// Which columns are shown, and how wide.
  private var shown: [(index: Int, width: Int)] = []
  private let columns: [Column]

  /// Lays out columns for these rows in so many columns of the terminal.
  init(_ columns: [Column], _ rows: [[Cell]], width: Int) {
    self.columns = columns
    var natural = columns.map { DisplayText.width($0.title) }
    for row in rows {
      for (index, cell) in row.enumerated() {
        natural[index] = max(natural[index], DisplayText.width(cell.text))
      }
    }
    var indices = Array(columns.indices)
    func least(_ index: Int) -> Int { min(natural[index], columns[index].narrowest ?? .max) }
    func room() -> Int { width - Self.gap * max(0, indices.count - 1) }
    while indices.map(least).reduce(0, +) > room(), indices.count > 1,
      let last = indices.max(by: { columns[$0].rank < columns[$1].rank })
    {
      indices.removeAll { $0 == last }
    }
    var widths = indices.map { natural[$0] }
    // The widest of those that may gives way first.
    var excess = widths.reduce(0, +) - room()
    while excess > 0,
      let widest = indices.indices.filter({ widths[$0] > least(indices[$0]) })
        .max(by: { widths[$0] < widths[$1] })
    {
      widths[widest] -= 1
      excess -= 1
    }
    shown = Array(zip(indices, widths))
  }

  /// The titles.
  func head(_ paint: Paint = .bold) -> ScreenLine {
    line(columns.map { Cell($0.title, paint) })
  }

  func line(_ row: [Cell]) -> ScreenLine {
    var line = ScreenLine()
    for (place, column) in shown.enumerated() where column.index < row.count {
      if place > 0 { line.append(String(repeating: " ", count: Self.gap)) }
      let cell = row[column.index]
      let text = DisplayText.cut(cell.text, to: column.width)
      let blanks = String(repeating: " ", count: column.width - DisplayText.width(text))
      let isRight = columns[column.index].isRight
      if isRight { line.append(blanks) }
      line.append(text, cell.paint)
      if !isRight, place < shown.count - 1 { line.append(blanks) }
    }
    return line
  }
}
