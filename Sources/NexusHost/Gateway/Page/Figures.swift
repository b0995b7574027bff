import Config
import Fleet
import Text

/// Numbers and times in the words of the page.
enum Figures {
  /// "1,234".
  static func count(_ value: some BinaryInteger) -> String {
    let digits = Array(String(value).utf8)
    var out: [UInt8] = []
    for (index, digit) in digits.enumerated() {
      let left = digits.count - index
      if index > 0, left % 3 == 0, digits[index - 1] != UInt8(ascii: "-") {
        out.append(UInt8(ascii: ","))
      }
      out.append(digit)
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// With so many decimals, none of them a zero at the end.
  static func decimal(_ value: Double, _ decimals: Int = 1) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "–" }
    let scale = (0..<decimals).reduce(Int64(1)) { product, _ in product * 10 }
    let scaled = Int64((abs(value) * Double(scale)).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    var rest = String(scaled % scale)
    rest = String(repeating: "0", count: max(0, decimals - rest.utf8.count)) + rest
    while rest.hasSuffix("0") { rest.removeLast() }
    let whole = sign + count(scaled / scale)
    return decimals == 0 || rest.isEmpty ? whole : "\(whole).\(rest)"
  }

  /// A rate or the like: a decimal below ten, none from there on.
  static func rate(_ value: Double) -> String { decimal(value, value < 9.95 ? 1 : 0) }

  /// "12.5 %" of a share from 0 to 1.
  static func percent(_ share: Double) -> String { "\(decimal(share * 100, 1)) %" }

  /// "850 ms", "1.25 s", "2 m 5 s".
  static func duration(milliseconds: some BinaryInteger) -> String {
    let value = Int(clamping: milliseconds)
    if value < 1_000 { return "\(value) ms" }
    if value < 60_000 { return "\(decimal(Double(value) / 1_000, value < 10_000 ? 2 : 1)) s" }
    return span(seconds: value / 1_000)
  }

  /// "45s", "7m", "3h 4m", "2d 5h".
  static func uptime(seconds: Int) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60)
    if days > 0 { return "\(days)d \(hours)h" }
    if hours > 0 { return "\(hours)h \(minutes)m" }
    return minutes > 0 ? "\(minutes)m" : "\(seconds)s"
  }

  private static func span(seconds: Int) -> String {
    seconds < 3_600 ? "\(seconds / 60)m \(seconds % 60)s" : uptime(seconds: seconds)
  }

  /// "128k" tokens.
  static func context(_ tokens: UInt64) -> String {
    if tokens < 1_000 { return "\(tokens)" }
    // Windows are powers of two mostly: 131,072 is called 128k, and 200,000 is 200k.
    let unit: UInt64 = tokens % 1_024 == 0 ? 1_024 : 1_000
    return tokens < 1_000 * unit
      ? "\(decimal(Double(tokens) / Double(unit), tokens < 10 * unit ? 1 : 0))k"
      : "\(decimal(Double(tokens) / Double(unit * unit), 1))M"
  }

  /// "4.7 GB".
  static func bytes(_ count: UInt64) -> String {
    count < 1_000_000_000
      ? "\(count / 1_000_000) MB" : "\(decimal(Double(count) / 1e9, 1)) GB"
  }

  /// "$0.0023" of micro-dollars.
  static func dollars(_ micro: Int64) -> String {
    let value = Double(micro) / 1_000_000
    return "$\(decimal(value, micro != 0 && abs(micro) < 100_000 ? 4 : 2))"
  }

  /// A moment: the script makes local time of it, or with `ago` how long ago it was.
  static func time(_ unixSeconds: Int64, ago: Bool = false) -> HTMLText {
    let text = UTCTime(unixSeconds: unixSeconds).text
    let clock = String(text.dropFirst(11).dropLast())
    return ago
      ? #"<time class="ago" datetime="\#(text)">\#(clock) UTC</time>"#
      : #"<time datetime="\#(text)">\#(clock)</time>"#
  }
}

extension HTMLText.StringInterpolation {
  /// A text as one segment of a path.
  mutating func appendInterpolation(segment: String) {
    appendInterpolation(PercentCoding.encode(segment))
  }

  /// A piece, or nothing.
  mutating func appendInterpolation(_ piece: HTMLText, if condition: Bool) {
    if condition { appendInterpolation(piece) }
  }
}

/// Small pieces that several parts of the page have.
enum Piece {
  /// A symbol of the page's own set, which adds nothing to the words beside it.
  static func icon(_ name: StaticString) -> HTMLText {
    ##"<svg class="i" aria-hidden="true"><use href="#i-\##(name)"/></svg>"##
  }

  /// A name from outside, cut where it is very long, and kept from turning the text around it.
  static func name(_ name: String, longest: Int = 64) -> HTMLText {
    name.utf8.count <= longest
      ? "<bdi>\(name)</bdi>"
      : #"<bdi title="\#(name.cut(to: 256))">\#(name.cut(to: longest))…</bdi>"#
  }

  /// Says that there is nothing, and what to do about it.
  static func empty(_ words: HTMLText) -> HTMLText { #"<p class="empty">\#(words)</p>"# }
}

/// How a backend is, for eyes of every kind: a word, a shape and a colour.
struct StateMark {
  let word: StaticString
  let icon: StaticString
  /// The class that colours it.
  let tone: StaticString

  init(_ member: FleetMember) {
    word = member.statusName
    if member.isDraining {
      (icon, tone) = ("pause", "info")
    } else {
      switch member.state {
      case .up: (icon, tone) = ("ok", "ok")
      case .loading: (icon, tone) = ("clock", "warn")
      case .down: (icon, tone) = ("bad", "bad")
      case .unknown: (icon, tone) = ("ask", "mute")
      }
    }
  }

  var html: HTMLText { #"<span class="st \#(tone)">\#(Piece.icon(icon))\#(word)</span>"# }
}
