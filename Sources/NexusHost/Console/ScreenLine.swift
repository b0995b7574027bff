/// How a part of a line is shown (ECMA-48 §8.3.117).
public enum Paint: String, Sendable {
  case bold = "1"
  case dim = "2"
  case inverse = "7"
  case red = "31"
  case green = "32"
  case yellow = "33"
  case cyan = "36"

  /// The text between the sequences that begin and end this.
  public func around(_ text: String) -> String {
    text.isEmpty ? text : "\u{1B}[\(rawValue)m\(text)\u{1B}[0m"
  }

  /// The colour of a backend's status.
  public init?(status: String) {
    switch status {
    case "healthy": self = .green
    case "unhealthy": self = .red
    case "unknown", "loading", "degraded": self = .yellow
    case "draining": self = .cyan
    default: return nil
    }
  }

  /// The colour of what a client was answered with: an error that is the client's own is none of the
  /// gateway's.
  init(statusCode: Int64) {
    switch statusCode {
    case ..<400: self = .green
    case 499: self = .dim
    case ..<500: self = .yellow
    default: self = .red
    }
  }
}

/// A line of a terminal: pieces of text, each of which may have a colour. Whatever text it is given,
/// it is harmless in the line.
public struct ScreenLine: Equatable, Sendable {
  private struct Piece: Equatable, Sendable {
    var text: String
    var paint: Paint?
  }

  private var pieces: [Piece] = []
  /// Columns that it takes.
  public private(set) var width = 0

  public init() {}

  public init(_ text: String, _ paint: Paint? = nil) { append(text, paint) }

  public mutating func append(_ text: String, _ paint: Paint? = nil) {
    let text = DisplayText.harmless(text)
    guard !text.isEmpty else { return }
    width += DisplayText.width(text)
    if pieces.last?.paint == paint, !pieces.isEmpty {
      pieces[pieces.count - 1].text += text
    } else {
      pieces.append(Piece(text: text, paint: paint))
    }
  }

  /// Appends blanks up to that column.
  public mutating func pad(to column: Int) {
    if width < column { append(String(repeating: " ", count: column - width)) }
  }

  /// The line in so many columns at most; "…" says that more was there.
  public func cut(to columns: Int) -> ScreenLine {
    guard width > columns else { return self }
    var result = ScreenLine()
    for piece in pieces {
      let room = columns - result.width
      // One column is kept for the mark that more was there.
      if DisplayText.width(piece.text) < room {
        result.append(piece.text, piece.paint)
      } else {
        if room > 0 { result.append(DisplayText.head(piece.text, room - 1) + "…", piece.paint) }
        break
      }
    }
    return result
  }

  /// The letters alone.
  public var text: String { pieces.map(\.text).joined() }

  /// With the sequences that colour it.
  public var painted: String {
    pieces.map { $0.paint?.around($0.text) ?? $0.text }.joined()
  }
}
