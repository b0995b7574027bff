/// Everything that is told of one thing that is measured: its name, its meaning and its labels. All
/// families stand in `MetricTable`.
///
/// What is recorded are integers; `digits` says how many of their decimal digits stand behind the
/// point, so that nanoseconds are told as seconds (9) and micro-dollars as dollars (6) without any
/// rounding.
public struct MetricFamily: Sendable {
  /// The types of the text format of Prometheus, as far as they are used here.
  public enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  /// As samples are named in the text format of Prometheus 0.0.4; a counter's ends with "_total".
  public let name: String
  public let kind: Kind
  /// One sentence without a full stop.
  public let help: String
  /// The names of its labels, in the order in which they are told.
  public let labels: [String]
  /// Decimal places of the integers that are recorded.
  public let digits: Int
  /// The upper bounds of a histogram's buckets in recorded units, the last one (+Inf) left out.
  public let bounds: [UInt64]

  init(
    _ name: String, _ kind: Kind, _ help: String, labels: [String] = [], digits: Int = 0,
    bounds: [UInt64] = []
  ) {
    self.name = name
    self.kind = kind
    self.help = help
    self.labels = labels
    self.digits = digits
    self.bounds = bounds
  }

  static func counter(
    _ name: String, _ help: String, labels: [String] = [], digits: Int = 0
  ) -> MetricFamily {
    MetricFamily(name, .counter, help, labels: labels, digits: digits)
  }

  static func gauge(
    _ name: String, _ help: String, labels: [String] = [], digits: Int = 0
  ) -> MetricFamily {
    MetricFamily(name, .gauge, help, labels: labels, digits: digits)
  }

  static func histogram(
    _ name: String, _ help: String, labels: [String] = [], digits: Int, bounds: [UInt64]
  ) -> MetricFamily {
    MetricFamily(name, .histogram, help, labels: labels, digits: digits, bounds: bounds)
  }

  /// The name of the family where it is not told with that of a sample (OpenMetrics 1.0: a counter's
  /// suffix belongs to its samples).
  var openName: String {
    kind == .counter && name.hasSuffix("_total") ? String(name.dropLast(6)) : name
  }
}
