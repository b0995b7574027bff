import Glibc

func expDecay(_ x: Double) -> Double { exp(-max(0, x)) }

extension Double {
  /// With so many digits after the point.
  func text(_ digits: Int) -> String {
    guard isFinite else { return "-" }
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int((magnitude * Double(scale)).rounded())
    let sign = self < 0 && scaled > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(scaled)" }
    let rest = String(scaled % scale)
    return "\(sign)\(scaled / scale)." + String(repeating: "0", count: digits - rest.count) + rest
  }
}

extension Double {
  /// With two digits after the point, or none if that would be false precision.
  var short: String { text(self < 10 ? 2 : self < 100 ? 1 : 0) }
}

extension String {
  func padded(_ width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
  func aligned(_ width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
